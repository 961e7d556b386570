package exchange

import (
	"bytes"
	"mime"
	"regexp"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// legible returns the body of an answer as UTF-8. What it is written in is said,
// in this order (RFC 7303 §3), by a byte order mark, by the charset of its media
// type, and by the declaration of an XML document. Old providers write GBK and
// say nothing, or UTF-8: what is not the UTF-8 that it should be is read as
// GB 18030, of which GBK and GB 2312 are parts.
func legible(body []byte, media string) []byte {
	from := unicode.UTF8
	if e, err := htmlindex.Get(charset(body, media)); err == nil {
		from = e
	}
	marked := bytes.HasPrefix(body, []byte{0xff, 0xfe}) || bytes.HasPrefix(body, []byte{0xfe, 0xff}) // UTF-16
	if from == unicode.UTF8 && !marked {
		if utf8.Valid(body) {
			return bytes.TrimPrefix(body, []byte("\xef\xbb\xbf"))
		}
		from = simplifiedchinese.GB18030
	}
	text, _, err := transform.Bytes(unicode.BOMOverride(from.NewDecoder()), body)
	if err != nil {
		return bytes.ToValidUTF8(body, []byte("\uFFFD"))
	}
	return text
}

// declared finds the encoding in the declaration of an XML document.
var declared = regexp.MustCompile(`^\s*<\?xml[^>]*\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']`)

// charset returns what the media type or an XML declaration calls the encoding,
// "" when neither does.
func charset(body []byte, media string) string {
	if _, params, err := mime.ParseMediaType(media); err == nil && params["charset"] != "" {
		return params["charset"]
	}
	if m := declared.FindSubmatch(body[:min(len(body), 256)]); m != nil {
		return string(m[1])
	}
	return ""
}
