package exchange

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Profile is a family of platforms that speak alike: the same addresses, names
// on the wire and way to sign.
type Profile struct {
	Name        string
	RefreshPath string // below the base address; hands out the secret of the day
	CallPath    string // below the base address; the service is named by sid only
	Signer      Signer
	Unconfirmed bool // no public source proves it; a client refuses it unless told otherwise
}

// Signer is what differs between the families of platforms (docs/domain.md
// §6.7): the fields that prove who calls, and how the secret of the day is
// sealed.
type Signer interface {
	// Proof returns the proving fields by their names on the wire: the headers
	// of a call, the body of a refresh. The secret is the appkey when
	// refreshing and the secret of the day when calling.
	Proof(s Service, secret string, at time.Time) map[string]string
	// Names returns the names of the fields that Proof fills, in the order
	// rid, sid, time, signature.
	Names() [4]string
	// Open returns the secret of the day that the platform sealed for the
	// holder of appkey.
	Open(appkey, sealed string) (string, error)
	// Seal is the platform's side of Open.
	Seal(appkey, secret string) string
}

// The profiles by name.
const (
	ProfileNational = "gjgxjhpt" // 国家数据共享交换平台; the default
	ProfileService  = "gjzwfwpt" // 国家政务服务平台: same algorithm, other prefix; its base address ends in /gateway
	ProfileJiangsu  = "jsjhpt"   // 江苏: prefix seen once, signature not found
)

// ProfileByName returns the profile of that name; "" is the national exchange
// platform.
func ProfileByName(name string) (Profile, error) {
	switch name {
	case "":
		name = ProfileNational
	case ProfileNational, ProfileService, ProfileJiangsu:
	default:
		return Profile{}, fault.InvalidField("profile",
			"没有名为“"+name+"”的平台协议，可用 gjgxjhpt、gjzwfwpt、jsjhpt。",
			"no platform profile "+strconv.Quote(name)+"; known are gjgxjhpt, gjzwfwpt, jsjhpt")
	}
	return newProfile(name), nil
}

// newProfile returns a profile of the national scheme.
func newProfile(name string) Profile {
	return Profile{
		Name:        name,
		RefreshPath: "/sysapi/auth/refreshappsecret",
		CallPath:    "/httpproxy",
		Signer:      national{prefix: name},
		Unconfirmed: name == ProfileJiangsu,
	}
}

// national is the scheme of the two national platforms (docs/domain.md §6.2,
// §6.3): HMAC-SHA256 over sid, rid and time, and AES for the secret of the day.
type national struct{ prefix string }

// Names implements Signer.
func (n national) Names() [4]string {
	return [4]string{n.prefix + "_rid", n.prefix + "_sid", n.prefix + "_rtime", n.prefix + "_sign"}
}

// Proof implements Signer.
func (n national) Proof(s Service, secret string, at time.Time) map[string]string {
	rtime := strconv.FormatInt(at.UnixMilli(), 10)
	names := n.Names()
	return map[string]string{
		names[0]: s.RID,
		names[1]: s.SID,
		names[2]: rtime,
		names[3]: sign(secret, s.SID, s.RID, rtime),
	}
}

// Open implements Signer.
func (national) Open(appkey, sealed string) (string, error) { return openSecret(appkey, sealed) }

// Seal implements Signer.
func (national) Seal(appkey, secret string) string { return sealSecret(appkey, secret) }

// sign returns the signature of docs/domain.md §6.2. The key is the text of the
// secret, not what its hex digits stand for.
func sign(secret, sid, rid, rtime string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(sid + rid + rtime))
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// shanghai is the zone of the platform's day. China has had no summer time
// since 1991, so a fixed offset needs no zone database.
func shanghai() *time.Location { return time.FixedZone("Asia/Shanghai", 8*60*60) }

// nextMidnight returns the first 00:00 in Shanghai after t.
func nextMidnight(t time.Time) time.Time {
	y, m, d := t.In(shanghai()).Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, shanghai())
}
