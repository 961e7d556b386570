package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
)

// lines keeps a client for each platform that somebody registered, and the
// mappings of resources as they were read. What was changed is made anew at the
// next call.
type lines struct {
	dial func(models.Platform) (Caller, error)
	mu   sync.Mutex
	open map[string]dialled
	read map[int64]mapped
}

func newLines(dial func(models.Platform) (Caller, error)) *lines {
	return &lines{dial: dial, open: map[string]dialled{}, read: map[int64]mapped{}}
}

type mapped struct {
	text    string
	mapping exchange.Mapping
}

type dialled struct {
	to     models.Platform
	caller Caller
}

var errNoDial = errors.New("jobs: platforms are registered, and Dial was not given")

// to returns the client of a platform.
func (l *lines) to(p models.Platform) (Caller, error) {
	if l.dial == nil {
		return nil, errNoDial
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.open[p.Code]; ok && at.to == p {
		return at.caller, nil
	}
	c, err := l.dial(p)
	if err != nil {
		return nil, err
	}
	l.open[p.Code] = dialled{p, c}
	return c, nil
}

// mapping returns the mapping of a resource, read once as long as it stays.
func (l *lines) mapping(r models.Resource) (exchange.Mapping, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.read[r.ID]; ok && at.text == r.Mapping {
		return at.mapping, nil
	}
	m, err := exchange.ParseMapping([]byte(r.Mapping))
	if err == nil {
		l.read[r.ID] = mapped{r.Mapping, m}
	}
	return m, err
}

// prepare finds the platform that is called, and puts the question in the words
// of the resource's mapping. An error is of the registration: a person corrects it.
func (f *fetcher) prepare(job int64, t models.Target) (func(context.Context) exchange.Answer, error) {
	caller, first := f.caller, t.Route[0]
	if first.Base != "" {
		var err error
		if caller, err = f.lines.to(first); err != nil {
			return nil, err
		}
	}
	l := t.Resource.Link
	service := exchange.Service{
		RID: l.RID, SID: l.SID, AppKey: l.AppKey, Method: l.Method, Operation: l.Operation, Account: l.Account, Password: l.Password,
	}
	by := t.Asker
	q := exchange.Question{
		Params: map[string]string{"xm": t.Subject.Name, "gmsfhm": t.Subject.IDNumber},
		Key:    fmt.Sprintf("%s/%d", by.Case, job),
		By:     exchange.Asker{Account: by.Account, Name: by.Name, Unit: by.Unit, UnitCode: by.UnitCode, Matter: by.Matter, Case: by.Case},
	}
	if t.Resource.Mapping == "" {
		return func(ctx context.Context) exchange.Answer { return caller.Call(ctx, service, q) }, nil
	}
	m, err := f.lines.mapping(t.Resource)
	if err != nil {
		return nil, err
	}
	q.Params = m.Parameters(exchange.Values{
		"subject.name": t.Subject.Name, "subject.id_number": t.Subject.IDNumber,
		"case.number": by.Case, "case.matter": by.Matter, "case.purpose": t.Purpose, "case.basis": t.Basis,
		"asker.account": by.Account, "asker.name": by.Name, "asker.unit": by.Unit, "asker.unit_code": by.UnitCode,
	})
	return func(ctx context.Context) exchange.Answer { return m.Apply(caller.Call(ctx, service, q)) }, nil
}
