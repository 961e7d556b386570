package modelstest

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

func ids(lines []models.Line) []workflow.CaseID {
	out := make([]workflow.CaseID, len(lines))
	for i, l := range lines {
		out[i] = l.ID
	}
	return out
}

// crowd files n cases, a third of them with the same due date and time, and
// some without a deadline.
func (w *World) crowd(n int) {
	w.Helper()
	for i := range n {
		c := w.File(w.Draft(fmt.Sprintf("第 %d 件", i)))
		if i%3 == 0 {
			w.Act("coord", c.ID, "reject", nil) // ended: no deadline
		}
	}
	w.Exec("UPDATE cases SET updated_at = (SELECT min(updated_at) FROM cases) WHERE id % 3 = 1")
}

func walkedLists(w *World) {
	w.crowd(57)
	coord := w.Actor("coord")
	sc := models.ScopeOf(coord)
	for _, box := range []models.Box{"", models.Todo, models.Done, models.Mine} {
		for _, sort := range []models.Sort{"", models.ByDue, models.ByNewest, models.ByUpdated} {
			q := models.CaseQuery{Box: box, Sort: sort, Actor: coord, Limit: 100}
			if box == models.Mine {
				q.Actor = w.Actor("hall")
			}
			whole := ids(w.all(sc, q))
			seen := map[workflow.CaseID]bool{}
			for _, id := range whole {
				seen[id] = true
			}
			want := map[models.Box]int{"": 57, models.Todo: 38, models.Done: 19, models.Mine: 57}[box]
			if len(whole) != want || len(seen) != want {
				w.Errorf("box %q sort %q: %d rows, %d distinct, want %d", box, sort, len(whole), len(seen), want)
			}
			for _, limit := range []int{1, 7, 50} {
				q.Limit = limit
				if got := ids(w.all(sc, q)); !reflect.DeepEqual(got, whole) {
					w.Errorf("box %q sort %q in pages of %d: %v, want %v", box, sort, limit, got, whole)
				}
			}
			n, err := w.Store.CountCases(w.Context(), sc, q, 0)
			if err != nil || n != int64(want) {
				w.Errorf("box %q counts %d, %v", box, n, err)
			}
			if n, err = w.Store.CountCases(w.Context(), sc, q, 10); err != nil || n != 10 {
				w.Errorf("box %q counts %d up to 10, %v", box, n, err)
			}
		}
	}
	w.Clock.Add(15 * time.Hour) // the terms of one day turn yellow on their day
	w.desk(coord)
	lines := w.all(sc, models.CaseQuery{Sort: models.ByDue})
	if lines[0].Due == nil || lines[len(lines)-1].Due != nil {
		w.Error("what has no deadline is not last")
	}
	if !slices.IsSortedFunc(lines[:38], func(a, b models.Line) int { return a.Due.Compare(*b.Due) }) {
		w.Error("the list is not in the order of its deadlines")
	}
	w.otherLists()
}

// otherLists walks the lists of the catalogue and of events.
func (w *World) otherLists() {
	c := w.File(w.Draft("有很多留言"))
	for i := range 12 {
		w.Act("coord", c.ID, "comment", map[string]any{"i": i})
	}
	for _, limit := range []int{1, 5, 100} {
		events := Walk(w.Context(), w.TB, func(ctx context.Context, cursor string) (models.Page[workflow.Event], error) {
			return w.Store.Events(ctx, models.Scope{All: true}, c.ID, cursor, limit)
		})
		resources := Walk(w.Context(), w.TB, func(ctx context.Context, cursor string) (models.Page[models.Resource], error) {
			return w.Store.Resources(ctx, models.ResourceQuery{Cursor: cursor, Limit: limit})
		})
		items := Walk(w.Context(), w.TB, func(ctx context.Context, cursor string) (models.Page[models.ServiceItem], error) {
			return w.Store.ServiceItems(ctx, models.ItemQuery{Cursor: cursor, Limit: limit})
		})
		if len(events) != 13 || len(resources) != 2 || len(items) != 1 {
			w.Errorf("in pages of %d: %d events, %d resources, %d items", limit, len(events), len(resources), len(items))
		}
		for i, e := range events {
			if e.Seq != int64(i+1) {
				w.Errorf("event %d has seq %d", i, e.Seq)
			}
		}
	}
}

func movingRows(w *World) {
	w.crowd(30)
	coord := w.Actor("coord")
	sc := models.ScopeOf(coord)
	for _, sort := range []models.Sort{models.ByDue, models.ByNewest, models.ByUpdated} {
		q := models.CaseQuery{Sort: sort, Limit: 7}
		before := ids(w.all(sc, q))
		first, err := w.Store.Cases(w.Context(), sc, q)
		if err != nil {
			w.Fatal(err)
		}
		// While the reader looks at the first page, one of its rows moves.
		moved := first.Items[3].ID
		w.Act("coord", moved, "comment", nil)
		seen := ids(first.Items)
		for q.Cursor = first.Next; q.Cursor != ""; {
			page, err := w.Store.Cases(w.Context(), sc, q)
			if err != nil {
				w.Fatal(err)
			}
			seen = append(seen, ids(page.Items)...)
			q.Cursor = page.Next
		}
		for _, id := range before {
			if n := count(seen, id); id != moved && n != 1 {
				w.Errorf("sort %q: case %d was seen %d times", sort, id, n)
			}
		}
	}
}

func count[T comparable](list []T, v T) int {
	n := 0
	for _, x := range list {
		if x == v {
			n++
		}
	}
	return n
}

func foreignCursor(w *World) {
	w.crowd(6)
	sc := models.Scope{All: true}
	page, err := w.Store.Cases(w.Context(), sc, models.CaseQuery{Sort: models.ByDue, Limit: 2})
	if err != nil || page.Next == "" {
		w.Fatalf("%+v %v", page, err)
	}
	forged := base64.RawURLEncoding.EncodeToString([]byte(`12345678{"l":"cases/due","k":0,"i":0}`))
	for what, q := range map[string]models.CaseQuery{
		"of another order": {Sort: models.ByNewest, Cursor: page.Next},
		"forged":           {Sort: models.ByDue, Cursor: forged},
		"cut":              {Sort: models.ByDue, Cursor: page.Next[:5]},
		"no cursor at all": {Sort: models.ByDue, Cursor: "???"},
	} {
		_, err := w.Store.Cases(w.Context(), sc, q)
		w.wantField(err, "cursor", what)
	}
	_, err = w.Store.Resources(w.Context(), models.ResourceQuery{Cursor: page.Next})
	w.wantField(err, "cursor", "of another list")
	_, err = w.Store.Events(w.Context(), sc, 1, page.Next, 0)
	w.wantField(err, "cursor", "of another list")
	_, err = w.Store.Cases(w.Context(), sc, models.CaseQuery{Sort: "title"})
	w.wantField(err, "sort", "an unknown order")
	_, err = w.Store.CountCases(w.Context(), sc, models.CaseQuery{Box: "spam"}, 0)
	w.wantField(err, "box", "an unknown box")
	_, err = w.Store.Cases(w.Context(), sc, models.CaseQuery{Light: "blue"})
	w.wantField(err, "light", "an unknown light")
}

func (w *World) wantField(err error, field, what string) {
	w.Helper()
	f := (*fault.Error)(nil)
	if !errors.As(err, &f) || f.Kind != fault.Invalid || len(f.Fields) == 0 || f.Fields[0].Name != field {
		w.Errorf("%s: got %v, want an Invalid %s", what, err, field)
	}
}

func filters(w *World) {
	a := w.Dispatched("已派单") // and its assist child
	b := w.File(w.Draft("刚登记"))
	w.Act("coord", b.ID, "reject", nil)
	c := w.File(w.Draft("待受理"))
	no, yes := false, true
	sc := models.Scope{All: true}
	child := a.Children[0].ID
	for what, test := range map[string]struct {
		q    models.CaseQuery
		want []workflow.CaseID
	}{
		"kind":         {models.CaseQuery{Kind: workflow.Assist}, []workflow.CaseID{child}},
		"state":        {models.CaseQuery{State: "filed"}, []workflow.CaseID{c.ID}},
		"department":   {models.CaseQuery{Department: w.Depts["GA"]}, []workflow.CaseID{a.ID, child, b.ID, c.ID}},
		"not its part": {models.CaseQuery{Department: w.Depts["XX"]}, nil},
		"batch":        {models.CaseQuery{Batch: w.Batch.ID, Kind: workflow.Blocker}, []workflow.CaseID{a.ID, b.ID, c.ID}},
		"item":         {models.CaseQuery{Item: w.Item.ID, Open: &yes, Kind: workflow.Blocker}, []workflow.CaseID{a.ID, c.ID}},
		"parent":       {models.CaseQuery{Parent: a.ID}, []workflow.CaseID{child}},
		"ended":        {models.CaseQuery{Open: &no}, []workflow.CaseID{b.ID}},
		"due before":   {models.CaseQuery{DueBefore: start().Add(72 * time.Hour)}, []workflow.CaseID{a.ID, child, c.ID}},
		"none is red":  {models.CaseQuery{Light: models.Red}, nil},
		"none yet":     {models.CaseQuery{Light: models.Yellow}, nil}, // a term of one day turns yellow on its day
	} {
		got := ids(w.all(sc, test.q))
		slices.Sort(got)
		slices.Sort(test.want)
		if !slices.Equal(got, test.want) {
			w.Errorf("%s: %v, want %v", what, got, test.want)
		}
	}
	w.Act("ga", a.ID, "sign", nil) // its term of five days is yellow at the end only
	for range 14 {
		w.Clock.Add(12 * time.Hour)
		for light, colour := range map[models.Light]workflow.Colour{models.Yellow: workflow.Yellow, models.Red: workflow.Red} {
			var shine []workflow.CaseID
			for _, l := range w.all(sc, models.CaseQuery{Open: &yes}) {
				if workflow.LightOf(l.Term, l.Due, w.Clock.Now(), nil).Colour == colour {
					shine = append(shine, l.ID)
				}
			}
			got := ids(w.all(sc, models.CaseQuery{Light: light}))
			slices.Sort(got)
			slices.Sort(shine)
			if !slices.Equal(got, shine) {
				w.Errorf("%s at %s: the filter finds %v, the lights show %v", light, w.Clock.Now(), got, shine)
			}
		}
	}
	if got := len(w.all(sc, models.CaseQuery{Light: models.Red})); got != 2 {
		w.Errorf("a week later %d are red", got)
	}
	line := w.all(sc, models.CaseQuery{Sort: models.ByNewest, Kind: workflow.Blocker})[2]
	full := w.Read(a.ID)
	if line.ID != a.ID || line.Version != full.Version || !reflect.DeepEqual(line.Parts, full.Parts) || line.Waits != full.Waits ||
		line.WaitsDept != full.Parts[workflow.Lead] || !line.Due.Equal(*full.Due) || !same(line.Term, full.Term) || line.NoMeeting != full.NoMeeting {
		w.Errorf("line %+v\ncase %+v", line, full)
	}
}

func search(w *World) {
	titles := []string{"新生儿参保要户口簿", "居住证 ABC 办理", "100% 退税_申请", "异地换领身份证"}
	var filed []workflow.Case
	for _, t := range titles {
		filed = append(filed, w.File(w.Draft(t)))
	}
	number := models.Number(filed[1].ID, filed[1].CreatedAt)
	if !strings.HasPrefix(number, "JS-2026-") {
		w.Errorf("number %q", number)
	}
	for text, want := range map[string][]int{
		"参保":       {0},
		"身份":       {3},
		"abc":      {1},
		"AbC 居住":   {1},
		"居住 参保":    nil,
		"100%":     {2},
		"%":        {2},
		"_":        {2},
		"户口簿 新生":   {0},
		"户口":       {0, 1, 2, 3}, // the proof of all is 户口簿复印件
		number:     {1},
		"  ":       {0, 1, 2, 3},
		"JS-2026-": nil,
		"' OR 1=1": nil,
	} {
		var ws []workflow.CaseID
		for _, i := range want {
			ws = append(ws, filed[i].ID)
		}
		got := ids(w.all(models.Scope{All: true}, models.CaseQuery{Text: text}))
		slices.Sort(got)
		if !slices.Equal(got, ws) {
			w.Errorf("%q finds %v, want %v", text, got, ws)
		}
	}
	if got := w.all(models.ScopeOf(w.Actor("xx")), models.CaseQuery{Text: number}); len(got) != 0 {
		w.Error("a search sees beyond the scope")
	}
	for text, want := range map[string]bool{"xsecb": true, "XSE": true, "新生": true, "cb": true, "i1": true, "hkb": false} {
		page, err := w.Store.ServiceItems(w.Context(), models.ItemQuery{Text: text})
		if err != nil || (len(page.Items) == 1) != want {
			w.Errorf("item %q: %d found, %v", text, len(page.Items), err)
		}
	}
	class := workflow.Conditional
	page, err := w.Store.Resources(w.Context(), models.ResourceQuery{Text: "婚姻", Class: &class, Provider: w.Depts["MZ"]})
	if err != nil || len(page.Items) != 1 || page.Items[0].Link != (models.Link{}) || !page.Items[0].Connected {
		w.Errorf("resources: %+v, %v", page, err)
	}
	if id, ok := models.ParseNumber(" js-2026-00042 "); !ok || id != 42 {
		w.Errorf("parsed %d %v", id, ok)
	}
	for _, bad := range []string{"", "JS-26-1", "JS-2026-", "12a", "0", "99999999999999999999"} {
		if id, ok := models.ParseNumber(bad); ok {
			w.Errorf("%q parsed as %d", bad, id)
		}
	}
}

func boxes(w *World) {
	a := w.Dispatched("等公安")
	b := w.File(w.Draft("等协调"))
	todo := func(user string) []workflow.CaseID {
		actor := w.Actor(user)
		got := ids(w.all(models.ScopeOf(actor), models.CaseQuery{Box: models.Todo, Actor: actor}))
		slices.Sort(got)
		return got
	}
	for user, want := range map[string][]workflow.CaseID{
		"ga": {a.ID}, "yb": {a.Children[0].ID}, "coord": {b.ID}, "coord2": nil, "hall": nil, "sys": nil, "steward": nil, "xx": nil,
	} {
		if got := todo(user); !slices.Equal(got, want) {
			w.Errorf("%s has to do %v, want %v", user, got, want)
		}
	}
	w.Act("coord", b.ID, "reject", nil)
	if got := todo("coord"); len(got) != 0 {
		w.Errorf("ended cases wait: %v", got)
	}
	coord := w.Actor("coord")
	done := ids(w.all(models.ScopeOf(coord), models.CaseQuery{Box: models.Done, Actor: coord}))
	if slices.Sort(done); !slices.Equal(done, []workflow.CaseID{a.ID, b.ID}) {
		w.Errorf("done: %v", done)
	}
	// Nobody's box holds what the system did.
	if got := w.all(models.Scope{All: true}, models.CaseQuery{Box: models.Done, Actor: workflow.SystemActor()}); len(got) != 0 {
		w.Errorf("the system did %v", ids(got))
	}
	// Overlapping grants show a case once.
	twice := coord
	twice.Grants = append(twice.Grants, workflow.Grant{Role: workflow.Coordinator, Region: "320000/320100"},
		workflow.Grant{Role: workflow.Coordinator, Region: "320000"}, workflow.Grant{Role: workflow.DeptHandler, Dept: w.Depts["GA"]},
		workflow.Grant{Role: workflow.DeptHandler, Dept: w.Depts["GA"]})
	c := w.File(w.Draft("只看一次"))
	got := ids(w.all(models.ScopeOf(twice), models.CaseQuery{Box: models.Todo, Actor: twice}))
	if slices.Sort(got); !slices.Equal(got, []workflow.CaseID{a.ID, c.ID}) {
		w.Errorf("overlapping grants see %v", got)
	}
}

// desk compares the one look with the counts that it stands for.
func (w *World) desk(a workflow.Actor) {
	w.Helper()
	sc := models.ScopeOf(a)
	count := func(narrow func(*models.CaseQuery)) int64 {
		q := models.CaseQuery{Box: models.Todo, Actor: a}
		narrow(&q)
		n, err := w.Store.CountCases(w.Context(), sc, q, 0)
		if err != nil {
			w.Fatal(err)
		}
		return n
	}
	want := models.Desk{
		Todo:   count(func(*models.CaseQuery) {}),
		Red:    count(func(q *models.CaseQuery) { q.Light = models.Red }),
		Yellow: count(func(q *models.CaseQuery) { q.Light = models.Yellow }),
		Kinds:  map[workflow.Kind]int64{},
	}
	for _, k := range []workflow.Kind{workflow.Blocker, workflow.Assist, workflow.ShareRequest, workflow.Service} {
		if n := count(func(q *models.CaseQuery) { q.Kind = k }); n > 0 {
			want.Kinds[k] = n
		}
	}
	got, err := w.Store.Desk(w.Context(), sc, a, 1000)
	if err != nil || !reflect.DeepEqual(got, want) {
		w.Errorf("the desk of %s holds %+v, %v; want %+v", a.Name, got, err, want)
	}
	if want.Todo < 2 || want.Red+want.Yellow == 0 {
		w.Errorf("the desk of %s shows nothing: %+v", a.Name, want)
	}
	if got, err = w.Store.Desk(w.Context(), sc, a, 2); err != nil || got.Todo != 2 {
		w.Errorf("the desk of %s up to 2: %+v, %v", a.Name, got, err)
	}
}
