package exchange

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"
)

// tif is the signature of the TIF gateways (docs/domain.md §6.7): a token that
// is given once, the time in seconds and a nonce, hashed by SHA-256.
type tif struct{}

func (tif) wrong(s Service) string {
	return firstWrong(s.needs("rid", s.RID, "appkey", s.AppKey), s.needsPath(), s.wrongMethod())
}

func (tif) request(c call) request {
	return c.carrying(request{path: c.path(), header: tifHead(c.RID, c.AppKey, nonce(c.id), c.at)})
}

func (tif) read(a Answer, c call) Answer { return readJSON(a, c.private()) }

// tifHead returns the four headers.
func tifHead(paasid, token, nonce string, at time.Time) map[string]string {
	timestamp := strconv.FormatInt(at.Unix(), 10)
	return map[string]string{
		"x-tif-paasid": paasid, "x-tif-timestamp": timestamp, "x-tif-nonce": nonce, "x-tif-signature": tifSign(timestamp, token, nonce),
	}
}

func tifSign(timestamp, token, nonce string) string {
	sum := sha256.Sum256([]byte(timestamp + token + nonce + timestamp))
	return hex.EncodeToString(sum[:])
}

// nonce is a word for one request, made of its random id.
func nonce(id string) string {
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:8])
}
