package exchange

import (
	"strconv"
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// Profile is a family of platforms that speak alike (docs/profiles.md).
type Profile struct {
	Name        string
	Title       fault.Text
	Unconfirmed bool // no public source proves it; a client refuses it unless told otherwise

	dialect dialect
	desk    func() desk // the platform's side of it, for the simulator
}

// The profiles by name.
const (
	ProfileNational     = "gjgxjhpt"      // 国家数据共享交换平台, REST; the default
	ProfileNationalSOAP = "gjgxjhpt-soap" // the same platform, SOAP services
	ProfileService      = "gjzwfwpt"      // 国家政务服务平台: same algorithm, other prefix; its base address ends in /gateway
	ProfileDirect       = "sjzd"          // 数据直达接口规范 v0.55
	ProfileZhejiang     = "zhejiang"      // 浙江公共数据: MD5 and a request secret of minutes
	ProfileTIF          = "tif"           // TIF gateway: nonce and SHA-256
	ProfileXRoad        = "x-road"        // X-Road message protocol for REST, version 1
	ProfileOAuth2       = "oauth2"        // plain JSON over HTTPS with OAuth 2.0 client credentials
	ProfileFiles        = "files"         // files on a front machine (前置机), see Depot; no dialect of HTTP
	ProfileJiangsu      = "jsjhpt"        // 江苏: prefix seen once, signature not found
)

// Profiles lists every profile, the default first.
func Profiles() []Profile {
	rest := func(prefix, zh, en string) Profile {
		n := national{prefix: prefix}
		return Profile{
			Name: prefix, Title: fault.Text{ZH: zh, EN: en}, dialect: n,
			desk: func() desk { return nationalDesk{n} },
		}
	}
	jiangsu := rest(ProfileJiangsu, "江苏省数据共享交换平台（未证实）", "Jiangsu exchange platform (unconfirmed)")
	jiangsu.Unconfirmed = true
	soap := soapDialect{national{prefix: ProfileNational}}
	return []Profile{
		rest(ProfileNational, "国家数据共享交换平台", "national data exchange platform"),
		{
			Name: ProfileNationalSOAP, Title: fault.Text{ZH: "国家数据共享交换平台（SOAP）", EN: "national data exchange platform, SOAP"},
			dialect: soap, desk: func() desk { return soapDesk{soap} },
		},
		rest(ProfileService, "国家政务服务平台", "national government service platform"),
		{
			Name: ProfileDirect, Title: fault.Text{ZH: "数据直达系统（接口规范 v0.55）", EN: "direct data access, specification v0.55"},
			dialect: direct{}, desk: func() desk { return directDesk{} },
		},
		{
			Name: ProfileZhejiang, Title: fault.Text{ZH: "浙江公共数据平台", EN: "Zhejiang public data platform"},
			dialect: zhejiang{}, desk: func() desk { return zhejiangDesk{} },
		},
		{
			Name: ProfileTIF, Title: fault.Text{ZH: "TIF 网关", EN: "TIF gateway"},
			dialect: tif{}, desk: func() desk { return tifDesk{} },
		},
		{
			Name: ProfileXRoad, Title: fault.Text{ZH: "X-Road（REST 消息协议 v1）", EN: "X-Road, message protocol for REST v1"},
			dialect: xroad{}, desk: func() desk { return xroadDesk{} },
		},
		{
			Name: ProfileOAuth2, Title: fault.Text{ZH: "HTTPS JSON（OAuth 2.0 客户端凭证）", EN: "JSON over HTTPS, OAuth 2.0 client credentials"},
			dialect: oauth2{}, desk: func() desk { return oauth2Desk{} },
		},
		jiangsu,
	}
}

// ProfileByName returns the profile of that name; "" is the national exchange
// platform.
func ProfileByName(name string) (Profile, error) {
	all := Profiles()
	if name == "" {
		return all[0], nil
	}
	names := make([]string, 0, len(all))
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fault.InvalidField("profile",
		"没有名为“"+name+"”的平台协议，可用 "+strings.Join(names, "、")+"。",
		"no platform profile "+strconv.Quote(name)+"; known are "+strings.Join(names, ", "))
}
