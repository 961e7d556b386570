package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"path/filepath"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// upload serves POST /definitions: a new version is checked and kept as a draft.
// The same text again is the same draft.
func (h *definitions) upload(c *gin.Context) (Page, error) {
	if err := h.whole(c); err != nil {
		return Page{}, err
	}
	file, text, err := yamlOf(c)
	if err != nil {
		return h.again(c, "", err)
	}
	d, err := h.sound(file, text)
	if err != nil {
		return h.again(c, string(text), err)
	}
	kept, err := h.store.AddDefinition(c.Request.Context(), models.NewDefinition{Kind: d.Kind, Version: d.Version, File: file, Text: string(text)}, actorOf(c))
	if err != nil {
		return Page{}, err
	}
	l, err := h.look(c)
	if err != nil {
		return Page{}, err
	}
	out, err := h.version(c, l, kept.Kind, kept.Version)
	return Page{Status: http.StatusCreated, View: "definition", Data: out, Location: definitionPath(kept.Kind, kept.Version)}, err
}

func definitionPath(kind workflow.Kind, version int) string {
	return fmt.Sprintf("/definitions/%s?version=%d", kind, version)
}

// again shows the form again with what was typed.
func (h *definitions) again(c *gin.Context, typed string, cause error) (Page, error) {
	if !wantsHTML(c) {
		return Page{}, cause
	}
	l, err := h.look(c)
	if err != nil {
		return Page{}, err
	}
	out, err := h.all(c, l)
	if err != nil {
		return Page{}, err
	}
	out.Typed = typed
	return Page{View: "definitions", Data: out}, cause
}

// check serves POST /definitions/check: it says whether a definition would be
// accepted and what it changes. Nothing is kept.
func (h *definitions) check(c *gin.Context) (Page, error) {
	file, text, err := yamlOf(c)
	if err != nil {
		return Page{}, err
	}
	d, err := h.sound(file, text)
	if err != nil {
		return Page{}, err
	}
	out := checkedView{OK: true, Kind: string(d.Kind), Version: d.Version, Changes: []workflow.Change{}}
	if old := h.engine.Defs.Latest(d.Kind); old != nil {
		out.Before, out.Changes = old.Version, workflow.Diff(old, d)
	}
	return Page{Data: out}, nil
}

// sound reads a definition and holds it against its own check, the policy and
// the definitions in force. The refusals name line, state and action.
func (h *definitions) sound(file string, text []byte) (*workflow.Definition, error) {
	d, err := workflow.Parse(file, text)
	if err == nil {
		err = h.policy.Fits(d)
	}
	if err == nil && h.engine.Defs.Get(d.Kind, d.Version) == nil {
		_, err = h.engine.Defs.With(d)
	}
	if err == nil {
		return d, nil
	}
	f := fault.New(fault.Invalid, "流程定义未通过检查。", "The definition was refused.")
	for _, r := range workflow.Refusals(err) {
		f.Fields = append(f.Fields, fault.Field{Name: "yaml", Text: fault.Text{ZH: r.In("zh"), EN: r.In("en")}})
	}
	return nil, f
}

// yamlOf reads a definition: as YAML, as {"yaml": "…"}, or as a form with a file
// or a text.
func yamlOf(c *gin.Context) (file string, text []byte, err error) {
	const unnamed = "definition.yaml"
	missing := func() error { return fault.InvalidField("yaml", "请填写", "is required") }
	switch kind, _, _ := mime.ParseMediaType(c.GetHeader("Content-Type")); kind { // an unreadable type is none of these
	case "application/yaml", "application/x-yaml", "text/yaml", "text/plain":
		text, err := io.ReadAll(c.Request.Body)
		if err == nil && len(text) == 0 {
			err = missing()
		}
		return unnamed, text, err
	case "multipart/form-data":
		if err := c.Request.ParseMultipartForm(maxBody); err != nil {
			if errors.As(err, new(*http.MaxBytesError)) {
				return "", nil, err
			}
			return "", nil, fault.InvalidField("yaml", "表单没有传完", "the form did not arrive whole")
		}
		f, head, err := c.Request.FormFile("file")
		if err != nil || head.Size == 0 {
			if typed := c.Request.FormValue("yaml"); typed != "" {
				return unnamed, []byte(typed), nil
			}
			return "", nil, missing()
		}
		defer func() { _ = f.Close() }()
		text, err := io.ReadAll(f)
		return filepath.Base(head.Filename), text, err
	}
	b, err := readBody(c)
	if err != nil {
		return "", nil, err
	}
	typed := b.must("yaml", maxBody)
	return unnamed, []byte(typed), b.err()
}

// release serves POST /definitions/:kind/release: new cases begin in the draft.
func (h *definitions) release(c *gin.Context) (Page, error) {
	return h.move(c, func(ctx context.Context, kind workflow.Kind, version int, by workflow.Actor) error {
		stored, _, err := h.store.Definitions(ctx)
		if err != nil {
			return err
		}
		for _, s := range stored {
			if s.Kind == kind && s.Version == version && s.Status == models.Draft { // the program may be another one since it was uploaded
				if _, err := h.sound(s.File, []byte(s.Text)); err != nil {
					return err
				}
			}
		}
		return h.store.ReleaseDefinition(ctx, kind, version, by)
	})
}

// retire serves POST /definitions/:kind/retire: no new cases begin in it.
func (h *definitions) retire(c *gin.Context) (Page, error) {
	return h.move(c, h.store.RetireDefinition)
}

// discard serves POST /definitions/:kind/discard: a draft is thrown away.
func (h *definitions) discard(c *gin.Context) (Page, error) {
	if err := h.whole(c); err != nil {
		return Page{}, err
	}
	kind, version, err := h.which(c)
	if err != nil {
		return Page{}, err
	}
	if err := h.store.DiscardDefinition(c.Request.Context(), kind, version); err != nil {
		return Page{}, err
	}
	if wantsHTML(c) {
		return Page{Location: "/definitions"}, nil
	}
	return Page{Status: http.StatusNoContent}, nil
}

func (h *definitions) which(c *gin.Context) (workflow.Kind, int, error) {
	b, err := readBody(c)
	if err != nil {
		return "", 0, err
	}
	n, given := b.whole("version")
	if !given || n < 1 {
		b.refuse("version", "应为版本号", "must be a version")
	}
	return workflow.Kind(c.Param("kind")), int(n), b.err()
}

func (h *definitions) move(c *gin.Context, do func(context.Context, workflow.Kind, int, workflow.Actor) error) (Page, error) {
	if err := h.whole(c); err != nil {
		return Page{}, err
	}
	kind, version, err := h.which(c)
	if err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	if err := do(ctx, kind, version, actorOf(c)); err != nil {
		return Page{}, err
	}
	if h.engine.Learn != nil { // here at once; other replicas see it within a second
		if err := h.engine.Learn(ctx); err != nil {
			return Page{}, err
		}
	}
	l, err := h.look(c)
	if err != nil {
		return Page{}, err
	}
	out, err := h.version(c, l, kind, version)
	return Page{View: "definition", Data: out, Location: definitionPath(kind, version)}, err
}
