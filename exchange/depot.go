package exchange

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"path"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// Files is a place where two parties lay files for each other: the front machine
// (前置机) of a department, as a folder or over SFTP.
type Files interface {
	// Put lays down a file, whole or not at all; one that is there stays.
	Put(name string, body []byte) error
	// Get reads a file of at most limit bytes; fs.ErrNotExist when it is not there.
	Get(name string, limit int64) ([]byte, error)
	Close() error
}

// OpenFiles opens the place for a service whose account and password may be
// needed.
type OpenFiles func(ctx context.Context, s Service) (Files, error)

// DepotOptions are what a depot needs. Open and Now must be given.
type DepotOptions struct {
	Open    OpenFiles
	Timeout time.Duration // how long an answer is waited for. Default 10 s
	Poll    time.Duration // how often it is looked for. Default 1 s
	MaxBody int64         // bytes of one answer. Default 4 MiB
	Now     func() time.Time
	Log     *slog.Logger // default: nothing is logged
}

// Depot exchanges requests and answers as files. It is asynchronous underneath: a
// call lays down its request and waits a while for the answer; what has not come
// by then is unknown, and whoever asks again under the same key finds the same
// request, or its answer, and lays down nothing.
type Depot struct{ o DepotOptions }

// NewDepot returns a depot.
func NewDepot(o DepotOptions) (*Depot, error) {
	if o.Open == nil || o.Now == nil {
		return nil, fault.InvalidField("base", "未指定文件交换的位置或时钟。", "no place for files, or no clock, was given")
	}
	o.Timeout, o.Poll, o.MaxBody = or(o.Timeout, 10*time.Second), or(o.Poll, time.Second), or(o.MaxBody, 4<<20)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Depot{o}, nil
}

// depotRequest is a request as it lies in requests/. No public source gives a
// form for it; design.
type depotRequest struct {
	ID     string            `json:"id"`
	RID    string            `json:"rid"`
	SID    string            `json:"sid"`
	At     string            `json:"at"` // RFC 3339
	Params map[string]string `json:"params"`
	By     Asker             `json:"by"`
	Sign   string            `json:"sign"` // over id, rid, sid and at, as docs/domain.md §6.2 signs
}

// depotSign signs a request by the appkey.
func depotSign(appkey string, r depotRequest) string { return sign(appkey, r.SID, r.RID, r.ID+r.At) }

// depotPaths are where the request and the answer of an id lie.
func depotPaths(sid, id string) (request, answer string) {
	return path.Join(sid, "requests", id+".json"), path.Join(sid, "answers", id+".json")
}

// Call asks a service by files. It never fails otherwise than by the outcome of
// its answer.
func (d *Depot) Call(ctx context.Context, s Service, q Question) Answer {
	began := d.o.Now()
	a := d.call(ctx, s, q)
	a.Took = d.o.Now().Sub(began)
	d.o.Log.DebugContext(ctx, "file exchange", "sid", s.SID, "outcome", a.Outcome, "code", a.Code, "request", a.RequestID, "sent", a.Sent, "took", a.Took)
	return a
}

func (d *Depot) call(ctx context.Context, s Service, q Question) Answer {
	if why := depotWrong(s); why != "" {
		return Answer{Outcome: Refused, Message: "the service is not set up: " + why}
	}
	out := call{Service: s, Question: q, id: depotID(s, q), at: d.o.Now(), key: s.AppKey}
	a := Answer{RequestID: out.id}
	ctx, cancel := context.WithTimeout(ctx, d.o.Timeout)
	defer cancel()
	files, err := d.o.Open(ctx, s)
	if err != nil {
		a.Outcome, a.Message = Technical, "the place for files cannot be reached: "+scrub(err.Error(), out.private())
		return a
	}
	defer func() { _ = files.Close() }() // what was read is read
	request, answer := depotPaths(s.SID, out.id)
	if body, err := files.Get(answer, d.o.MaxBody); err == nil {
		return d.read(a, body, out)
	}
	r := depotRequest{ID: out.id, RID: s.RID, SID: s.SID, At: out.at.UTC().Format(time.RFC3339), Params: q.Params, By: q.By}
	r.Sign = depotSign(s.AppKey, r)
	body, err := json.Marshal(r)
	if err != nil {
		panic(err) // texts can always be written
	}
	if err := files.Put(request, body); err != nil {
		a.Outcome, a.Message = Technical, "the request could not be laid down: "+scrub(err.Error(), out.private())
		return a
	}
	a.Sent = true
	return d.wait(ctx, a, files, answer, out)
}

// wait looks for the answer until its time is over.
func (d *Depot) wait(ctx context.Context, a Answer, files Files, name string, out call) Answer {
	tick := time.NewTicker(d.o.Poll)
	defer tick.Stop()
	for {
		body, err := files.Get(name, d.o.MaxBody)
		switch {
		case err == nil:
			return d.read(a, body, out)
		case !errors.Is(err, fs.ErrNotExist):
			a.Outcome, a.Message = Unknown, "the answer cannot be read: "+scrub(err.Error(), out.private())
			return a
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			a.Outcome, a.Message = Unknown, "the request lies there and is not answered yet"
			return a
		}
	}
}

// read judges an answer: the envelope of the platforms with the id of its request.
func (d *Depot) read(a Answer, body []byte, out call) Answer {
	a.Sent = true
	body = legible(body, "")
	var head struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(body, &head); err != nil || head.ID != out.id {
		a.Outcome, a.Message = Unknown, "the answer does not name its request"
		return a
	}
	a.Body = body
	return judge(a, out.private())
}

// depotID names a request. Asked the same again under the same key it is the same.
func depotID(s Service, q Question) string {
	if q.Key == "" {
		return strings.ReplaceAll(requestID(), "-", "")
	}
	mac := hmac.New(sha256.New, []byte(s.AppKey))
	mac.Write([]byte(s.RID + "\n" + s.SID + "\n" + q.Key + "\n"))
	mac.Write(encode(q.Params))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// depotWrong says what keeps a service from being asked by files, or "". The SID
// is the name of a folder.
func depotWrong(s Service) string {
	if strings.ContainsAny(s.SID, `/\`) || strings.HasPrefix(s.SID, ".") {
		return "sid is no name of a folder"
	}
	return s.needs("rid", s.RID, "sid", s.SID, "appkey", s.AppKey)
}
