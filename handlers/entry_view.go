package handlers

import (
	"context"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// entryView is GET /api/v1/resources/{id}: an entry of the catalogue as it
// stands, its versions, and the proofs that it replaces.
type entryView struct {
	resourceView
	N        int                `json:"n"` // of the version shown
	Entry    workflow.Entry     `json:"entry"`
	Missing  []missingView      `json:"missing"` // what keeps it from being complete
	Versions []entryVersionView `json:"versions"`
	Uses     []useView          `json:"uses"`
	Calls    callsView          `json:"calls"`

	// For the page only.
	Pairs     []workflow.EntryPair    `json:"-"`
	Rows      []dataItemView          `json:"-"`
	Proposes  bool                    `json:"-"` // … may prepare a change of it
	DraftCase int64                   `json:"-"` // in which a version is being prepared
	Revises   bool                    `json:"-"` // the reader may publish a version
	Form      map[string]string       `json:"-"`
	Lists     map[string][]optionView `json:"-"`
}

type missingView struct {
	Field   string     `json:"field"`
	Label   fault.Text `json:"label"`
	Message fault.Text `json:"message"`
}

type dataItemView struct {
	Name string
	Type fault.Text
	Note string
}

type entryVersionView struct {
	N           int            `json:"n"`
	Status      string         `json:"status"`
	StatusTitle fault.Text     `json:"status_title"`
	Withdraws   bool           `json:"withdraws"`
	Entry       workflow.Entry `json:"entry"`
	Case        int64          `json:"case,omitempty"`
	Author      string         `json:"author"`
	CreatedAt   time.Time      `json:"created_at"`
	PublishedAt *time.Time     `json:"published_at,omitempty"`
	Publisher   string         `json:"publisher,omitempty"`

	Changes []workflow.EntryChange `json:"-"` // against the version before
}

type useView struct {
	Item  refView   `json:"service_item"`
	Dept  *deptView `json:"department,omitempty"`
	Proof refView   `json:"proof"`
}

// entryOf shows an entry to actor a.
func (h *things) entryOf(ctx context.Context, a workflow.Actor, e *models.Entry) (entryView, error) {
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return entryView{}, err
	}
	standing := e.Standing()
	out := entryView{
		resourceView: resourceOf(n, e.Resource), N: standing.N, Entry: standing.Entry, Missing: missingOf(&standing.Entry, h.code),
		Versions: []entryVersionView{}, Uses: []useView{}, Pairs: standing.Entry.Pairs(), Revises: h.revises(n, a, e), Lists: entryLists(),
	}
	for i, v := range e.Versions {
		one := entryVersionView{
			N: v.N, Status: string(v.Status), StatusTitle: versionTitle(v.Status), Withdraws: v.Withdraws, Entry: v.Entry, Case: int64(v.Case),
			Author: v.Author, CreatedAt: v.CreatedAt, PublishedAt: v.PublishedAt, Publisher: v.Publisher,
		}
		if before := earlier(e.Versions[i+1:]); before != nil {
			one.Changes = v.Entry.Changes(before)
		}
		out.Versions = append(out.Versions, one)
	}
	for _, it := range standing.Entry.Items {
		out.Rows = append(out.Rows, dataItemView{it.Name, workflow.TitleOf(workflow.DataTypes(), string(it.Type)), it.Note})
	}
	for _, u := range e.Uses {
		out.Uses = append(out.Uses, useView{refView{u.Item, u.ItemName}, n.dept(u.Dept), refView{u.Proof, u.Name}})
	}
	if out.Calls, err = h.calls(ctx, n, e.ID); err != nil {
		return entryView{}, err
	}
	form := standing.Entry
	if d := e.Draft(); d.N != 0 {
		out.DraftCase, form = int64(d.Case), d.Entry
	}
	out.Proposes = ownDept(a) == e.Provider && e.Provider != 0 && h.policy.Can(a, "catalogue", "propose") == nil
	out.Form = entryForm(&form)
	return out, nil
}

// earlier returns the newest entry of a list of versions that was published.
func earlier(list []models.EntryVersion) *workflow.Entry {
	for i := range list {
		if list[i].PublishedAt != nil {
			return &list[i].Entry
		}
	}
	return nil
}

// missingOf lists what keeps an entry from being complete.
func missingOf(e *workflow.Entry, code *regexp.Regexp) []missingView {
	list := []missingView{}
	for _, f := range e.Complete(code) {
		label := workflow.EntryLabel(f.Field)
		if f.Item >= 0 {
			label = workflow.EntryLabel("item." + f.Field)
		}
		list = append(list, missingView{f.Name(), label, f.Text})
	}
	return list
}

// entryForm is an entry as its form holds it.
func entryForm(e *workflow.Entry) map[string]string {
	return map[string]string{
		"category": e.Category, "name": e.Name, "code": e.Code, "abstract": e.Abstract, "format": string(e.Format), "format_type": e.FormatType,
		"format_note": e.FormatNote, "items": itemText(e.Items), "share_class": strconv.Itoa(int(e.Class)), "condition": e.Condition, "basis": e.Basis,
		"share_mode": e.ShareMode, "share_way": string(e.ShareWay), "openness": string(e.Openness), "open_condition": e.OpenCondition,
		"update_cycle": string(e.Cycle), "released": e.Released, "related": strings.Join(e.Related, "、"), "level": e.Level,
	}
}

// entryFields are the names of the inputs of an entry's form.
func entryFields() []string {
	var list []string
	for name := range entryForm(&workflow.Entry{}) {
		list = append(list, name)
	}
	return list
}

// entryLists are the value lists of an entry's form.
func entryLists() map[string][]optionView {
	out := map[string][]optionView{}
	for name, list := range map[string][]workflow.Listed{
		"format": workflow.Formats(), "share_class": workflow.ShareClasses(), "share_way": workflow.ShareWays(),
		"openness": workflow.Opennesses(), "update_cycle": workflow.Cycles(),
	} {
		for _, t := range list {
			out[name] = append(out[name], optionView{Value: t.Word, Title: t.Title})
		}
	}
	return out
}

func versionTitle(s models.VersionStatus) fault.Text {
	switch s {
	case models.VersionDraft:
		return fault.Text{ZH: "编制中", EN: "Being prepared"}
	case models.VersionPublished:
		return fault.Text{ZH: "现行", EN: "In force"}
	case models.VersionReplaced:
		return fault.Text{ZH: "历史版本", EN: "Replaced"}
	case models.VersionWithdrawn:
		return fault.Text{ZH: "已撤销", EN: "Withdrawn"}
	case models.VersionDropped:
		return fault.Text{ZH: "已放弃", EN: "Given up"}
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}

func entryTitle(s models.EntryStatus) fault.Text {
	switch s {
	case models.EntryDraft:
		return fault.Text{ZH: "未发布", EN: "Not published yet"}
	case models.EntryPublished:
		return fault.Text{ZH: "已发布", EN: "Published"}
	case models.EntryWithdrawn:
		return fault.Text{ZH: "已撤销", EN: "Withdrawn"}
	}
	return fault.Text{ZH: string(s), EN: string(s)}
}
