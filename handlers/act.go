package handlers

import (
	"context"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/web"
	"github.com/shujie-gov/shujie/workflow"
)

// unmask is the action whose event is the record of a look at personal data
// (docs/design.md, invariant 8); its answer alone shows the person in clear.
const unmask workflow.Action = "unmask"

// act serves POST /cases/:id/actions/:action. A page goes back to the case; a
// system gets the case as it is after the move.
func (h *cases) act(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	a := actorOf(c)
	in := workflow.Input{Action: workflow.Action(c.Param("action")), Note: b.text("note", 2000)}
	in.Version = b.version(c)
	in.Fields = h.fields(in.Action, b)
	key := b.key(c, a)
	if err := b.err(); err != nil {
		return h.refused(c, id, in, b, err)
	}
	got, err := h.engine.Act(c.Request.Context(), a, workflow.CaseID(id), in, key)
	if err != nil {
		return h.refused(c, id, in, b, err)
	}
	if in.Action == unmask {
		return h.unmasked(c, got)
	}
	page := Page{View: "case", Location: casePath(id), Version: got.Version}
	if wantsHTML(c) {
		if back := b.text("back", 2000); back != "" {
			page.Location = local(back) // it was a click in a list
		}
		page.Data = struct{}{}
		return page, nil // people are sent to the case
	}
	page.Data, err = h.show.moved(c.Request.Context(), a, &got)
	return page, err
}

// fields returns the inputs of an action. A case may be named by its number.
func (h *cases) fields(act workflow.Action, b *body) map[string]any {
	fields := make(map[string]any, len(b.values))
	for name, v := range b.values {
		switch name {
		case "version", "note", "idempotency_key", "back":
		default:
			fields[name] = v
		}
	}
	for _, k := range h.engine.Defs.Kinds() {
		for _, v := range h.engine.Defs.Versions(k) {
			numbered(v.Definition, act, fields)
		}
	}
	return fields
}

// numbered turns the number of a case into its id, where an action of d asks for
// a case.
func numbered(d *workflow.Definition, act workflow.Action, fields map[string]any) {
	for _, t := range d.Transitions {
		if t.Action != act {
			continue
		}
		for _, f := range t.Inputs {
			s, ok := fields[f.Name].(string)
			if id, isNumber := models.ParseNumber(s); ok && isNumber && f.Type == "case" {
				fields[f.Name] = int64(id)
			}
		}
	}
}

// refused answers a move that was not made. A wrong input shows the case again
// with what was typed; a case that has moved on, or does not allow the action
// now, is shown as it is.
func (h *cases) refused(c *gin.Context, id int64, in workflow.Input, b *body, cause error) (Page, error) {
	kind := fault.KindOf(cause)
	moved, form := kind == fault.Conflict || kind == fault.Stale, kind == fault.Invalid && wantsHTML(c)
	if !moved && !form {
		return Page{}, cause
	}
	ctx, sc := c.Request.Context(), scopeOf(c)
	got, err := h.store.Case(ctx, sc, workflow.CaseID(id))
	if err != nil {
		return Page{}, cause // hidden from the reader, or unreadable: the first cause tells more
	}
	if form {
		view, err := h.full(c, &got)
		if err != nil {
			return Page{}, err
		}
		view.Acted, view.Form = string(in.Action), b.values
		return Page{View: "case", Data: view}, cause
	}
	now, err := h.show.whole(ctx, actorOf(c), &got)
	if err != nil {
		return Page{}, err
	}
	e := &clashError{err: cause, now: now}
	if wantsHTML(c) {
		if e.past, err = h.since(ctx, sc, &got, in.Version); err != nil {
			return Page{}, err
		}
		e.acts = web.Again{URL: c.Request.URL.Path, Fields: map[string]string{}}
		if d, err := h.engine.Defs.Of(&got); err == nil {
			e.acts.Action = d.ActionTitle(in.Action)
		}
		for name, v := range b.values {
			if s, ok := v.(string); ok && name != "version" && name != "idempotency_key" {
				e.acts.Fields[name] = s
			}
		}
	}
	return Page{}, e
}

// since lists what happened after the version the reader's page showed.
func (h *cases) since(ctx context.Context, sc models.Scope, got *workflow.Case, version int64) ([]any, error) {
	if version == 0 {
		return nil, nil
	}
	log, err := h.log(ctx, sc, got.Kind, got.ID)
	if err != nil {
		return nil, err
	}
	var out []any
	for _, e := range log {
		if e.Seq > version {
			out = append(out, e)
		}
	}
	return out, nil
}

// unmasked shows a case with the person in clear, once, after the look was
// recorded.
func (h *cases) unmasked(c *gin.Context, got workflow.Case) (Page, error) {
	p, err := h.store.Citizen(c.Request.Context(), scopeOf(c), got.ID)
	if err != nil {
		return Page{}, err
	}
	got.Person = p
	view, err := h.full(c, &got)
	return Page{View: "case", Data: view, Version: got.Version}, err
}
