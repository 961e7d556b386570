package handlers

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// viewer turns what the rules know into what people read: one function for
// each shape.
type viewer struct {
	dir    *directory
	window window
	tables *tables
	engine *workflow.Engine
}

// kindTitle returns what a kind is called.
func (v *viewer) kindTitle(k workflow.Kind) fault.Text {
	if d := v.engine.Defs.Latest(k); d != nil {
		return d.Title
	}
	return fault.Text{ZH: string(k), EN: string(k)}
}

// stateTitle returns what a state is called in the version a case runs under.
func (v *viewer) stateTitle(k workflow.Kind, version int, s workflow.State) fault.Text {
	if d := v.engine.Defs.Get(k, version); d != nil && d.States[s] != nil {
		return d.TitleOf(s)
	}
	return v.anyState(k, s) // a case comes from a state of an older version when it migrates
}

// anyState returns what a state is called in a kind, or in the first kind that
// has it.
func (v *viewer) anyState(kind workflow.Kind, s workflow.State) fault.Text {
	for _, k := range v.engine.Defs.Kinds() {
		if kind != "" && k != kind {
			continue
		}
		for _, d := range slices.Backward(v.engine.Defs.Versions(k)) {
			if d.States[s] != nil {
				return d.TitleOf(s)
			}
		}
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}

// told is the data of an event without what only the undo of a migration reads.
func told(e workflow.Event) map[string]any {
	if e.Action != workflow.ActionMigrate {
		return e.Data
	}
	data := maps.Clone(e.Data)
	delete(data, "before")
	return data
}

// lineOf is what a list knows of a case.
func lineOf(c *workflow.Case) models.Line {
	return models.Line{
		ID: c.ID, Kind: c.Kind, State: c.State, Version: c.Version, Def: c.DefVersion, Title: c.Title, Proof: c.Proof,
		Item: c.Item, Batch: c.Batch, Parent: c.Parent, Series: c.Series, Serial: c.Serial, Region: c.Region, Parts: c.Parts, Waits: c.Waits,
		WaitsDept: c.Parts[c.Waits.Part], NoMeeting: c.NoMeeting, Ended: c.Ended, Term: c.Term, Due: c.Due,
		Assignee: c.Assignee, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt,
	}
}

// lines shows a list of cases to actor a.
func (v *viewer) lines(ctx context.Context, a workflow.Actor, list []models.Line) ([]lineView, error) {
	n, err := v.dir.names(ctx)
	if err != nil {
		return nil, err
	}
	who, err := v.claimants(ctx, list)
	if err != nil {
		return nil, err
	}
	out := make([]lineView, 0, len(list))
	for i := range list {
		l, err := v.line(ctx, n, who, a, &list[i])
		if err != nil {
			return nil, err
		}
		out = append(out, l)
	}
	return out, nil
}

// claimants returns the names of those who claimed a case of the list.
func (v *viewer) claimants(ctx context.Context, list []models.Line) (map[int64]string, error) {
	var ids []int64
	for i := range list {
		if id := list[i].Assignee; id != 0 && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return v.dir.src.PersonNames(ctx, ids)
}

// line shows one case as a list does; who names the people who claimed one.
func (v *viewer) line(ctx context.Context, n *names, who map[int64]string, a workflow.Actor, l *models.Line) (lineView, error) {
	out := lineView{
		ID: int64(l.ID), Number: l.Number(), Kind: string(l.Kind), KindTitle: v.kindTitle(l.Kind),
		State: string(l.State), StateName: v.stateTitle(l.Kind, l.Def, l.State), Version: l.Version, Title: l.Title, Proof: l.Proof,
		Batch: n.batch(l.Batch), Demander: n.dept(l.Parts[workflow.Demander]), Holder: n.dept(l.Parts[workflow.Holder]),
		Lead: n.dept(l.Parts[workflow.Lead]), Filer: n.dept(l.Parts[workflow.Filer]),
		NoMeeting: string(l.NoMeeting), Light: v.light(l), Due: l.Due, Ended: l.Ended, CreatedAt: l.CreatedAt, UpdatedAt: l.UpdatedAt,
	}
	if l.Assignee != 0 && !l.Ended {
		out.Assignee = &personRef{ID: l.Assignee, Name: who[l.Assignee], Me: l.Assignee == a.UserID}
	}
	if l.Item != 0 {
		it, err := v.dir.item(ctx, l.Item)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return out, err
		}
		if err == nil {
			out.Item = &refView{ID: it.ID, Name: it.Name}
		}
	}
	if l.Waits.Role != "" {
		out.Waits = &waitsView{Role: string(l.Waits.Role), RoleTitle: l.Waits.Role.Title(), Department: n.dept(l.WaitsDept), Me: seated(a, l)}
	}
	return out, nil
}

// seated reports whether a holds the seat that the case waits for.
func seated(a workflow.Actor, l *models.Line) bool {
	c := workflow.Case{Parts: l.Parts, Region: l.Region}
	for _, g := range a.Grants {
		if l.Waits.Holds(g, &c) {
			return true
		}
	}
	return false
}

// light says a deadline in colour and words.
func (v *viewer) light(l *models.Line) lightView {
	m := v.engine.Moment()
	light := workflow.LightOf(l.Term, l.Due, m.Now, m.Calendar)
	out := lightView{Colour: string(light.Colour)}
	switch light.Colour {
	case workflow.Red:
		out.Left = amount("逾期 ", " overdue", light.Over, -light.Rest)
	case workflow.Paused:
		out.Left = amount("暂停，余 ", " of pause left", light.Left, light.Rest)
	case workflow.Normal, workflow.Yellow:
		out.Left = amount("剩 ", " left", light.Left, light.Rest)
	case workflow.NoLight:
	}
	if d := v.engine.Defs.Get(l.Kind, l.Def); d != nil {
		if why := d.Why(l.Term); why != nil {
			out.Why = fault.Text{ZH: why.Title.ZH + "：" + why.Source.ZH, EN: why.Title.EN + ": " + why.Source.EN}
		}
	}
	return out
}

// amount says days in working days, and less than one in hours or minutes.
func amount(before, after string, days int, rest time.Duration) fault.Text {
	switch h := int(rest / time.Hour); {
	case days == 1:
		return fault.Text{ZH: before + "1 个工作日", EN: "1 working day" + after}
	case days > 1:
		return fault.Text{ZH: fmt.Sprintf("%s%d 个工作日", before, days), EN: fmt.Sprintf("%d working days%s", days, after)}
	case h >= 72: // a term by date that ends beyond the working calendar
		return fault.Text{ZH: fmt.Sprintf("%s%d 天", before, h/24), EN: fmt.Sprintf("%d days%s", h/24, after)}
	case h > 0:
		return fault.Text{ZH: fmt.Sprintf("%s%d 小时", before, h), EN: fmt.Sprintf("%d h%s", h, after)}
	default:
		minutes := max(1, int(rest/time.Minute))
		return fault.Text{ZH: fmt.Sprintf("%s%d 分钟", before, minutes), EN: fmt.Sprintf("%d min%s", minutes, after)}
	}
}

// whole shows all that the case itself carries; it asks the database nothing
// that is not already known here.
func (v *viewer) whole(ctx context.Context, a workflow.Actor, c *workflow.Case) (caseView, error) {
	return v.view(ctx, a, c, v.engine.Choices)
}

// moved shows a case to who has just moved it: as whole does, without what is
// somebody else's step.
func (v *viewer) moved(ctx context.Context, a workflow.Actor, c *workflow.Case) (caseView, error) {
	return v.view(ctx, a, c, v.engine.Steps)
}

func (v *viewer) view(ctx context.Context, a workflow.Actor, c *workflow.Case, choices func(workflow.Case, workflow.Actor) ([]workflow.Choice, error)) (caseView, error) {
	n, err := v.dir.names(ctx)
	if err != nil {
		return caseView{}, err
	}
	l := lineOf(c)
	who, err := v.claimants(ctx, []models.Line{l})
	if err != nil {
		return caseView{}, err
	}
	line, err := v.line(ctx, n, who, a, &l)
	if err != nil {
		return caseView{}, err
	}
	out := caseView{
		lineView: line, Definition: c.DefVersion, Region: n.region(c.Region), Facts: c.Facts,
		Clocks: v.clocks(n, c), Requirements: make([]needView, 0, len(c.Requirements)), Children: make([]childView, 0, len(c.Children)),
		Actions: []string{}, Choices: []choiceView{},
	}
	if out.Facts == nil {
		out.Facts = map[string]any{}
	}
	if c.Person != (workflow.Person{}) {
		out.Person = &personView{Name: c.Person.Name, IDNumber: c.Person.IDNumber, Phone: c.Person.Phone}
	}
	for _, r := range c.Requirements {
		need, err := v.need(ctx, n, r)
		if err != nil {
			return out, err
		}
		need.Application = v.rests(c, r)
		out.Requirements = append(out.Requirements, need)
	}
	for _, k := range c.Children {
		out.Children = append(out.Children, childView{
			ID: int64(k.ID), Kind: string(k.Kind), KindTitle: v.kindTitle(k.Kind), State: string(k.State),
			StateName: v.stateTitle(k.Kind, 0, k.State), Ended: k.Ended, NoMeeting: string(k.NoMeeting), N: k.N,
			Lead: n.dept(k.Lead), Round: k.Round,
		})
	}
	out.Joins, out.Hops, out.WhyHere = v.joins(c), v.hops(n, c), whyHere(c)
	if out.Pairs, err = v.particulars(ctx, c); err != nil {
		return out, err
	}
	list, err := choices(*c, a)
	if err != nil {
		return out, err
	}
	for _, ch := range list {
		if ch.Allowed {
			out.Actions = append(out.Actions, string(ch.Action))
		}
		out.Choices = append(out.Choices, choiceOf(ch))
	}
	return out, nil
}

func (v *viewer) need(ctx context.Context, n *names, r workflow.Requirement) (needView, error) {
	out := needView{
		ID: r.ID, Name: r.Name, Status: string(r.Status), StatusName: needTitle(r.Status), Done: r.Done(),
		ShareClass: int(r.Class), ClassName: classTitle(r.Class), Provider: n.dept(r.Provider), Receipt: r.Receipt, Alternative: r.Alternative,
	}
	if r.Resource != 0 {
		res, err := v.dir.resource(ctx, r.Resource)
		if err != nil && fault.KindOf(err) != fault.NotFound {
			return out, err
		}
		if err == nil {
			out.Resource = &refView{ID: res.ID, Name: res.Name}
		}
	}
	return out, nil
}

// choiceOf shows a choice; what an action asks for matters to whom may take it.
func choiceOf(ch workflow.Choice) choiceView {
	out := choiceView{
		Action: string(ch.Action), Title: ch.Title, Style: ch.Style, To: string(ch.To), Allowed: ch.Allowed, Mine: ch.Seated, Reasons: ch.Reasons,
	}
	if ch.Allowed {
		out.Inputs = inputsOf(ch.Inputs, ch.Defaults)
	}
	return out
}

// inputsOf shows what an action asks for.
func inputsOf(fields []workflow.Field, defaults map[string]any) []inputView {
	out := make([]inputView, 0, len(fields))
	for _, f := range fields {
		in := inputView{Name: f.Name, Type: f.Type, Title: f.Title, Required: f.Required, Default: defaults[f.Name]}
		for _, o := range f.Options {
			in.Options = append(in.Options, optionView{Value: o.Value, Title: o.Title})
		}
		out = append(out, in)
	}
	return out
}

// event shows one entry of a case's log.
func (v *viewer) event(n *names, k workflow.Kind, e workflow.Event) eventView {
	out := eventView{
		Seq: e.Seq, Action: string(e.Action), From: string(e.From), To: string(e.To), Actor: e.Name, Role: string(e.Role),
		RoleTitle: e.Role.Title(), Dept: n.dept(e.Dept), At: e.At, Note: e.Note, Data: told(e), System: e.Role == workflow.System,
		Title: fault.Text{ZH: string(e.Action), EN: string(e.Action)}, ToName: v.stateTitle(k, e.Def, e.To),
	}
	if e.From != "" {
		out.FromName = v.stateTitle(k, e.Def, e.From)
	}
	if d := v.engine.Defs.Get(k, e.Def); d != nil {
		out.Title = d.ActionTitle(e.Action)
		out.Said = said(n, d, e)
	}
	return out
}

// trailOf is the way of a call; a platform that nobody gave a name goes by its
// code.
func trailOf(hops []models.Hop) []trailView {
	list := make([]trailView, len(hops))
	for i, h := range hops {
		list[i] = trailView{Platform: h.Platform, Name: cmp.Or(h.Name, h.Platform), Level: string(h.Level), Request: h.Request, Evidence: h.Evidence}
	}
	return list
}

func fetchOf(n *names, f models.Fetch, now time.Time) fetchView {
	end := now
	if f.EndedAt != nil {
		end = *f.EndedAt
	}
	return fetchView{
		ID: f.ID, Attempt: f.Attempt, Need: f.Requirement, Resource: f.ResourceName, Version: f.ResourceVersion, Provider: n.dept(f.Provider),
		Purpose: f.Purpose, Basis: f.Basis, Applied: int64(f.Application), Outcome: string(f.Outcome), Title: outcomeTitle(f.Outcome), Message: f.Message,
		RequestID: f.RequestID, StartedAt: f.StartedAt, EndedAt: f.EndedAt, Receipt: f.Receipt,
		Seconds: int64(max(0, end.Sub(f.StartedAt)) / time.Second), Trail: trailOf(f.Trail),
	}
}

// person shows who is logged in.
func (v *viewer) person(ctx context.Context, u models.User) (meView, error) {
	n, err := v.dir.names(ctx)
	if err != nil {
		return meView{}, err
	}
	out := meView{
		ID: u.ID, Username: u.Username, Name: u.Name, Roles: []string{}, Department: n.dept(u.Dept),
		Region: n.region(u.Region), Grants: []grantView{},
	}
	seen := map[workflow.Role]bool{}
	for _, g := range u.Grants {
		if !seen[g.Role] {
			seen[g.Role] = true
			out.Roles = append(out.Roles, string(g.Role))
		}
		out.Grants = append(out.Grants, grantView{Role: string(g.Role), Title: g.Role.Title(), Department: n.dept(g.Dept), Region: g.Region, For: g.ForName})
	}
	return out, nil
}
