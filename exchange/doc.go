// Package exchange speaks with the government data exchange platform
// (数据共享交换平台): a client of its call protocol, and a simulator of the
// platform for trying out and for tests. docs/domain.md §6 is the protocol; the
// numbers behind the word "design" below are ours, because no public source
// gives them.
//
// One call is two questions to the platform. With the long-lived appkey of a
// service the client asks for the secret of the day (refreshappsecret), opens
// it, and signs the call itself (httpproxy) with it. The secret is kept until
// shortly before it ends, or until midnight in Shanghai.
//
// How a call ended is one of five outcomes, and the difference between two of
// them is why this package exists: a technical failure may be repeated at once,
// an unknown outcome may not, for the provider may have done the work and only
// the answer was lost.
//
// MD5, SHA-1, ECB and plain HTTP are what these platforms use. They live in
// this package and nowhere else, and nothing of ours is stored with them.
package exchange
