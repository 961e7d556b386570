package handlers

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// query reads the query of a list. Like body it notes every wrong value, so
// that one answer names them all.
type query struct {
	values url.Values
	wrong  []fault.Field
}

func queryOf(c *gin.Context) *query {
	values, err := url.ParseQuery(c.Request.URL.RawQuery)
	q := &query{values: values}
	if err != nil {
		q.refuse("query", "编码错误", "is not encoded right")
	}
	for name, list := range values {
		for _, v := range list {
			if !storable(v) || !storable(name) {
				q.refuse(name, "含有无法保存的字符", "holds characters that cannot be kept")
				q.values.Del(name)
				break
			}
		}
	}
	return q
}

func (q *query) refuse(name, zh, en string) {
	q.wrong = append(q.wrong, fault.Field{Name: name, Text: fault.Text{ZH: zh, EN: en}})
}

func (q *query) err() error {
	if len(q.wrong) == 0 {
		return nil
	}
	e := fault.InvalidField("", "", "")
	e.Text = fault.Text{ZH: "查询条件有误，请检查标出的内容。", EN: "The query is wrong; see the marked fields."}
	e.Fields = q.wrong
	return e
}

func (q *query) text(name string) string {
	s := strings.TrimSpace(q.values.Get(name))
	if len(s) > 400 {
		q.refuse(name, "过长", "is too long")
		return ""
	}
	return s
}

// oneOf reads a word of a list; an unknown one is refused.
func (q *query) oneOf(name string, words ...string) string {
	s := q.text(name)
	if s == "" {
		return ""
	}
	for _, w := range words {
		if s == w {
			return s
		}
	}
	q.refuse(name, "只能是 "+strings.Join(words, "、"), "must be one of "+strings.Join(words, ", "))
	return ""
}

func (q *query) id(name string) int64 {
	s := q.text(name)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 1 {
		q.refuse(name, "应为编号", "must be an id")
		return 0
	}
	return n
}

func (q *query) limit() int {
	s := q.text("limit")
	if s == "" {
		return models.DefaultLimit
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 || n > models.MaxLimit {
		q.refuse("limit", fmt.Sprintf("应为 1 至 %d", models.MaxLimit), fmt.Sprintf("must be 1 to %d", models.MaxLimit))
		return models.DefaultLimit
	}
	return n
}

// moment reads a time, or a date in China.
func (q *query) moment(name string) time.Time {
	s := q.text(name)
	if s == "" {
		return time.Time{}
	}
	if t, err := time.Parse(time.RFC3339, s); err == nil && inReach(t) {
		return t.UTC()
	}
	if t, err := time.ParseInLocation(time.DateOnly, s, china()); err == nil && inReach(t) {
		return t.UTC()
	}
	q.refuse(name, "应为日期（2026-03-02）或 RFC 3339 时间", "must be a date (2026-03-02) or a time by RFC 3339")
	return time.Time{}
}

// inReach keeps times to years that every database can compare.
func inReach(t time.Time) bool { return t.Year() >= 1900 && t.Year() < 3000 }

func china() *time.Location { return time.FixedZone("CST", 8*60*60) }

// next returns the query of the page after this one.
func (q *query) next(cursor string) string {
	if cursor == "" {
		return ""
	}
	v := url.Values{}
	for name, list := range q.values {
		v[name] = list
	}
	v.Set("cursor", cursor)
	return v.Encode()
}

// first returns the query of the first page, or "" when this is it.
func (q *query) first(path string) string {
	if q.values.Get("cursor") == "" {
		return ""
	}
	v := url.Values{}
	for name, list := range q.values {
		if name != "cursor" {
			v[name] = list
		}
	}
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// without returns the query but the values named.
func (q *query) without(names ...string) string {
	v := url.Values{}
	for name, list := range q.values {
		if !slices.Contains(names, name) {
			v[name] = list
		}
	}
	return v.Encode()
}

// cases reads the filters of a list of cases.
func (q *query) cases(defs *workflow.Definitions, n *names, a workflow.Actor) (models.CaseQuery, listQuery) {
	out := models.CaseQuery{
		Kind: workflow.Kind(q.oneOf("kind", kindWords(defs)...)), Item: q.id("item"), Parent: workflow.CaseID(q.id("parent")),
		Box: models.Box(q.oneOf("box", string(models.Todo), string(models.Done), string(models.Mine))), Actor: a,
		Light: models.Light(q.oneOf("light", string(models.Yellow), string(models.Red))),
		Sort:  models.Sort(q.oneOf("sort", string(models.ByDue), string(models.ByNewest), string(models.ByUpdated))),
		Text:  q.text("q"), DueBefore: q.moment("due_before"), Limit: q.limit(), Cursor: q.text("cursor"),
	}
	out.State = workflow.State(q.oneOf("state", stateWords(defs, out.Kind)...))
	switch q.oneOf("open", "true", "false") {
	case "true":
		yes := true
		out.Open = &yes
	case "false":
		no := false
		out.Open = &no
	}
	q.assignee(a, &out)
	out.Department = q.department(n)
	out.Batch = q.batch(n)
	return out, listQuery{
		Kind: string(out.Kind), State: string(out.State), Text: out.Text, Box: string(out.Box), Light: string(out.Light), Sort: string(out.Sort),
		Cursor: out.Cursor, DueBefore: q.values.Get("due_before"), Department: int64(out.Department), Batch: out.Batch, Item: out.Item,
		Open: q.values.Get("open"), Assignee: q.values.Get("assignee"), Limit: out.Limit,
	}
}

// assignee reads who claimed a case: me, none (it lies in the pool), or a person
// by id.
func (q *query) assignee(a workflow.Actor, out *models.CaseQuery) {
	switch q.text("assignee") {
	case "":
	case "me":
		out.Assignee = a.UserID
	case "none":
		out.Pool = true
	default:
		out.Assignee = q.id("assignee")
	}
}

// department reads a department by id or code.
func (q *query) department(n *names) workflow.DeptID {
	s := q.text("department")
	if s == "" {
		return 0
	}
	if d, ok := n.findDept(s); ok {
		return d.ID
	}
	q.refuse("department", "没有这个部门", "there is no such department")
	return 0
}

// findDept finds a department by code or id.
func (n *names) findDept(ref string) (models.Department, bool) {
	if d, ok := n.byCode[ref]; ok {
		return d, true
	}
	id, err := strconv.ParseInt(ref, 10, 64)
	if err != nil {
		return models.Department{}, false
	}
	d, ok := n.byID[workflow.DeptID(id)]
	return d, ok
}

// batch reads a batch by id or name.
func (q *query) batch(n *names) int64 {
	s := q.text("batch")
	if s == "" {
		return 0
	}
	if b, ok := n.findBatch(s); ok {
		return b.ID
	}
	if id, err := strconv.ParseInt(s, 10, 64); err == nil && id > 0 {
		return id // one that does not exist holds no case
	}
	q.refuse("batch", "没有这个批次", "there is no such batch")
	return 0
}

// findBatch finds a batch by id or name.
func (n *names) findBatch(ref string) (models.Batch, bool) {
	if id, err := strconv.ParseInt(ref, 10, 64); err == nil {
		if b, ok := n.batches[id]; ok {
			return b, true
		}
	}
	for _, b := range n.batches {
		if b.Name == ref {
			return b, true
		}
	}
	return models.Batch{}, false
}

func kindWords(defs *workflow.Definitions) []string {
	kinds := defs.Kinds()
	words := make([]string, len(kinds))
	for i, k := range kinds {
		words[i] = string(k)
	}
	return words
}

// stateWords lists the states of a kind, or of all.
func stateWords(defs *workflow.Definitions, kind workflow.Kind) []string {
	var words []string
	seen := map[string]bool{}
	for _, k := range defs.Kinds() {
		if kind != "" && k != kind {
			continue
		}
		for _, d := range slices.Backward(defs.Versions(k)) { // cases live in older versions, too
			for _, s := range d.StatesInOrder() {
				if !seen[string(s)] {
					seen[string(s)] = true
					words = append(words, string(s))
				}
			}
		}
	}
	return words
}
