package modelstest

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

func notices(w *World) {
	c := w.Dispatched("消息")
	told := models.Notice{Case: c.ID, Seq: 3, Role: workflow.DeptHandler, Dept: w.Depts["GA"], Region: c.Region}
	coord := models.Notice{Case: c.ID, Seq: 1, Role: workflow.Coordinator, Region: c.Region}
	for range 3 {
		for _, n := range []models.Notice{told, coord} {
			if err := w.Store.AddNotice(w.Context(), n); err != nil {
				w.Fatal(err)
			}
		}
	}
	for user, want := range map[string]workflow.Action{"ga": "dispatch", "coord": "file"} {
		list, unread, err := w.Store.Notices(w.Context(), w.Actor(user), 10)
		if err != nil || len(list) != 1 || unread != 1 || list[0].Action != want || list[0].Title != c.Title || list[0].Case != c.ID || list[0].At.IsZero() {
			w.Errorf("%s reads %+v, %d unread, %v", user, list, unread, err)
		}
	}
	for _, user := range []string{"mz", "hall", "coord2", "zhejiang", "sys"} {
		if list, unread, err := w.Store.Notices(w.Context(), w.Actor(user), 10); err != nil || len(list) != 0 || unread != 0 {
			w.Errorf("%s reads %+v, %d unread, %v", user, list, unread, err)
		}
	}
	if err := w.Store.SeeNotices(w.Context(), w.Actor("ga")); err != nil {
		w.Fatal(err)
	}
	if list, unread, err := w.Store.Notices(w.Context(), w.Actor("ga"), 10); err != nil || len(list) != 1 || unread != 0 {
		w.Errorf("after the look: %+v, %d unread, %v", list, unread, err)
	}
	if _, unread, err := w.Store.Notices(w.Context(), w.Actor("coord"), 10); err != nil || unread != 1 {
		w.Errorf("another's look counts: %d, %v", unread, err)
	}
	// Who lost sight of a case reads no more about it.
	w.Exec(fmt.Sprintf("UPDATE cases SET holder = %[1]d, lead = %[1]d, waits_dept = %[1]d WHERE id = %[2]d", w.Depts["MZ"], c.ID))
	if list, _, err := w.Store.Notices(w.Context(), w.Actor("ga"), 10); err != nil || len(list) != 0 {
		w.Errorf("out of scope: %+v, %v", list, err)
	}
}

func sessions(w *World) {
	s := w.Store.Sessions()
	other := w.Replica().Sessions()
	now := w.Clock.Now()
	if _, found, err := s.Find("token"); found || err != nil {
		w.Errorf("found %v, %v", found, err)
	}
	if err := s.Commit("token", []byte("data"), now.Add(time.Hour)); err != nil {
		w.Fatal(err)
	}
	for name, one := range map[string]*models.Sessions{"here": s, "on another replica": other} {
		if data, found, err := one.FindCtx(w.Context(), "token"); !found || string(data) != "data" || err != nil {
			w.Errorf("%s: %s %v %v", name, data, found, err)
		}
	}
	for _, row := range w.Rows()["sessions"] {
		if strings.Contains(row, "token=token") {
			w.Error("the token itself is kept")
		}
	}
	before := w.Rows()["sessions"]
	if err := s.Commit("token", []byte("data"), now.Add(time.Hour+30*time.Second)); err != nil || !reflect.DeepEqual(before, w.Rows()["sessions"]) {
		w.Errorf("a session prolonged by half a minute was written, %v", err)
	}
	if err := s.Commit("token", []byte("data"), now.Add(time.Hour+2*time.Minute)); err != nil || reflect.DeepEqual(before, w.Rows()["sessions"]) {
		w.Errorf("a session prolonged by two minutes was not written, %v", err)
	}
	if err := s.Commit("token", []byte("more"), now.Add(time.Hour)); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(5 * time.Second) // what is cached is two seconds old at most
	if data, _, err := other.Find("token"); string(data) != "more" || err != nil {
		w.Errorf("%s %v", data, err)
	}
	if err := s.Delete("token"); err != nil {
		w.Fatal(err)
	}
	if _, found, err := s.Find("token"); found || err != nil {
		w.Errorf("deleted: %v %v", found, err)
	}
	// A request that was still under way does not bring it back.
	if err := other.Commit("token", []byte("late"), now.Add(time.Hour)); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(5 * time.Second)
	if _, found, err := s.Find("token"); found || err != nil {
		w.Errorf("back from the dead: %v %v", found, err)
	}
	if err := s.CommitCtx(w.Context(), "short", []byte("x"), w.Clock.Now().Add(time.Minute)); err != nil {
		w.Fatal(err)
	}
	w.Clock.Add(2 * time.Minute)
	if _, found, err := s.Find("short"); found || err != nil {
		w.Errorf("ended: %v %v", found, err)
	}
	if err := s.DeleteCtx(w.Context(), "never was"); err != nil {
		w.Error(err)
	}
}

func leaders(w *World) {
	other := w.Store
	if w.Store.Dialect() == "postgres" {
		other = w.Replica()
	}
	led, err := w.Store.Lead(w.Context(), "sweep", func(ctx context.Context) error {
		inner, err := other.Lead(ctx, "sweep", func(context.Context) error { return fmt.Errorf("two lead") })
		if inner || err != nil {
			w.Errorf("the second leads: %v, %v", inner, err)
		}
		inner, err = other.Lead(ctx, "another", func(context.Context) error { return nil })
		if !inner || err != nil {
			w.Errorf("another name: %v, %v", inner, err)
		}
		return nil
	})
	if !led || err != nil {
		w.Errorf("%v %v", led, err)
	}
	for range 3 { // the lock was given back
		led, err = other.Lead(w.Context(), "sweep", func(context.Context) error { return fmt.Errorf("mine") })
		if !led || err == nil || err.Error() != "mine" {
			w.Errorf("afterwards: %v %v", led, err)
		}
	}
}

func prune(w *World) {
	s := w.Store.Sessions()
	for token, life := range map[string]time.Duration{"old": time.Hour, "new": 48 * time.Hour} {
		if err := s.Commit(token, []byte("x"), w.Clock.Now().Add(life)); err != nil {
			w.Fatal(err)
		}
	}
	file := func(key string) {
		if _, err := w.Engine.Open(w.Context(), w.Actor("hall"), w.Draft(key), workflow.Input{}, workflow.Key{Actor: 1, Value: key, Hash: "h"}); err != nil {
			w.Fatal(err)
		}
	}
	file("old")
	w.Clock.Add(25 * time.Hour)
	file("new")
	if err := w.Store.Prune(w.Context()); err != nil {
		w.Fatal(err)
	}
	rows := w.Rows()
	if len(rows["sessions"]) != 1 || len(rows["idempotency_keys"]) != 1 || !strings.Contains(rows["idempotency_keys"][0], "key=new") {
		w.Errorf("left: %v %v", rows["sessions"], rows["idempotency_keys"])
	}
}

func imports(w *World) {
	before := w.Rows()
	err := w.Store.Import(w.Context(), models.Reference{
		Departments: []models.Department{{Code: "NEW", Name: "新局", Region: "320000"}, {Code: "BAD", Name: "x", Region: "999999"}},
		Resources: []models.NewResource{
			{Resource: models.Resource{Name: "新资源", Class: 1}, ProviderCode: "NEW"},
			{Resource: models.Resource{Name: "坏资源", Class: 1}, ProviderCode: "NOBODY"},
			{Resource: models.Resource{Name: "坏类型", Class: 9}, ProviderCode: "NEW"},
		},
		Items: []models.NewItem{{Name: "坏事项", DeptCode: "NOBODY"}},
		Users: []models.NewUser{
			{Username: "two", Roles: []workflow.Role{workflow.SysAdmin, workflow.Auditor}},
			{Username: "odd", Roles: []workflow.Role{"emperor"}},
			{Username: "homeless", Roles: []workflow.Role{workflow.DeptHead}},
		},
		Days: []workflow.Day{{Date: "2026-13-01", Kind: workflow.Holiday}},
	})
	w.wantKind(err, fault.Invalid, "a bad import")
	for _, name := range []string{
		"departments[1].region", "resources[1].provider_code", "resources[2].share_class", "items[0].dept_code",
		"users[0].roles", "users[1].roles", "users[2].dept_code", "days",
	} {
		if !strings.Contains(err.Error(), name+":") {
			w.Errorf("%s is not named in: %v", name, err)
		}
	}
	if !reflect.DeepEqual(before, w.Rows()) {
		w.Error("something of it was written")
	}
	err = w.Store.Import(w.Context(), models.Reference{Items: []models.NewItem{
		{Name: "有坏材料", DeptCode: "GA", Proofs: []models.NewProof{{Name: "x", Resource: "没有这个资源"}, {Name: "y", HolderCode: "NOBODY"}}},
	}})
	w.wantKind(err, fault.Invalid, "a proof that refers to nothing")
	for _, what := range []string{"没有这个资源", "NOBODY"} {
		if !strings.Contains(err.Error(), what) {
			w.Errorf("%s is not named in: %v", what, err)
		}
	}
	if !reflect.DeepEqual(before, w.Rows()) {
		w.Error("something of it was written")
	}
}

func importTwice(w *World) {
	before := w.Rows()
	if err := w.Store.Import(w.Context(), Reference()); err != nil {
		w.Fatal(err)
	}
	after := w.Rows()
	for _, table := range []string{"resources", "grants"} { // a new ciphertext of the same link, new rows of the same grants
		if len(before[table]) != len(after[table]) {
			w.Errorf("%s: %d rows became %d", table, len(before[table]), len(after[table]))
		}
		delete(before, table)
		delete(after, table)
	}
	if !reflect.DeepEqual(before, after) {
		w.Error("the second import changed something")
	}
	// What is known is updated, what the new row leaves open stays.
	err := w.Store.Import(w.Context(), models.Reference{
		Departments: []models.Department{{Code: "GA", Name: "公安部门", Region: "320000"}},
		Resources:   []models.NewResource{{Resource: models.Resource{Name: "人口基准信息", Class: 2, ValidDays: 7}, ProviderCode: "GA"}},
		Items:       []models.NewItem{{Name: "新生儿参保", DeptCode: "YB", Proofs: []models.NewProof{{Name: "户口簿复印件", HolderCode: "MZ"}, {Name: "出生证"}}}},
		Users:       []models.NewUser{{Username: "ga", Name: "改名", DeptCode: "GA", Roles: []workflow.Role{workflow.DeptHead}}},
	})
	if err != nil {
		w.Fatal(err)
	}
	r, err := w.Store.Resource(w.Context(), 1)
	if err != nil || r.Class != workflow.Conditional || r.ValidDays != 7 || r.Code != "R1" || r.Link.AppKey != "clear-app-key" || !r.Connected {
		w.Errorf("resource %+v, %v", r, err)
	}
	item, err := w.Store.ServiceItem(w.Context(), w.Item.ID)
	if err != nil || len(item.Proofs) != 4 || item.Proofs[0].Holders != 2 || item.Proofs[0].Holder != w.Depts["GA"] ||
		item.Proofs[0].Resource != 1 || item.Proofs[2].Alternative != "告知承诺" || item.Code != "I1" {
		w.Errorf("item %+v, %v", item, err)
	}
	u, err := w.Store.UserByName(w.Context(), "ga")
	if err != nil || u.Name != "改名" || u.Password != "argon2id$ga" || len(u.Grants) != 1 || u.Grants[0].Role != workflow.DeptHead {
		w.Errorf("user %+v, %v", u, err)
	}
	if cached, err := w.Store.User(w.Context(), u.ID); err != nil || !same(cached, u) {
		w.Errorf("cached %+v, %v", cached, err)
	}
	_, err = w.Store.UserByName(w.Context(), "nobody")
	w.wantKind(err, fault.NotFound, "an unknown user")
}

func bigImport(w *World) {
	var r models.Reference
	for i := range 10_000 {
		name := fmt.Sprintf("资源 %d", i)
		r.Resources = append(r.Resources, models.NewResource{
			Resource: models.Resource{Name: name, Class: 1}, ProviderCode: "GA", Link: models.Link{SID: fmt.Sprint(i), AppKey: "k"},
		})
		if i%10 == 0 {
			r.Items = append(r.Items, models.NewItem{
				Name: fmt.Sprintf("事项 %d", i), DeptCode: "YB", Proofs: []models.NewProof{{Name: "证明", HolderCode: "GA", Resource: name}},
			})
		}
	}
	if err := w.Store.Import(w.Context(), r); err != nil {
		w.Fatal(err)
	}
	page, err := w.Store.Resources(w.Context(), models.ResourceQuery{Text: "资源 9999"})
	if err != nil || len(page.Items) != 1 {
		w.Errorf("%+v %v", page, err)
	}
}
