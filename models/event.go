package models

import (
	"bytes"
	"encoding/json"

	"github.com/shujie-gov/shujie/workflow"
)

// eventRow is a row of events: the log, which is only added to.
type eventRow struct {
	I int `json:"i" gorm:"-"` // index of its plan, see statement

	ID        int64  `json:"-"`
	CaseID    int64  `json:"case_id"`
	Seq       int64  `json:"seq"`
	Action    string `json:"action"`
	FromState string `json:"from_state"`
	ToState   string `json:"to_state"`
	Actor     int64  `json:"actor"`
	Name      string `json:"name"`
	Role      string `json:"role"`
	Dept      int64  `json:"dept"`
	At        stamp  `json:"at"`
	Note      string `json:"note"`
	Data      string `json:"data"` // JSON, to the letter
	Def       int    `json:"def"`
	Prev      string `json:"prev"`
	Hash      string `json:"hash"`
}

// TableName implements schema.Tabler.
func (eventRow) TableName() string { return "events" }

// eventRowOf returns the row that follows the event with hash prev.
func eventRowOf(e workflow.Event, prev string) (eventRow, error) {
	data := e.Data
	if data == nil {
		data = map[string]any{}
	}
	text, err := json.Marshal(data)
	if err != nil {
		return eventRow{}, err
	}
	r := eventRow{
		CaseID: int64(e.Case), Seq: e.Seq, Action: string(e.Action), FromState: string(e.From), ToState: string(e.To),
		Actor: e.Actor, Name: e.Name, Role: string(e.Role), Dept: int64(e.Dept), At: at(e.At), Note: e.Note,
		Data: string(text), Def: e.Def, Prev: prev,
	}
	r.Hash, err = r.digest()
	return r, err
}

// digest is SM3 over the event and the hash before it, as a JSON array without
// spaces in the order of the columns; the time is in microseconds since 1970
// (docs/adr/0006). Whoever holds an export can compute it again.
func (r *eventRow) digest() (string, error) {
	return digestOf("shujie event 1", r.Prev, r.CaseID, r.Seq, r.Action, r.FromState, r.ToState,
		r.Actor, r.Name, r.Role, r.Dept, r.At.UnixMicro(), r.Note, r.Data, r.Def)
}

// digestOf is SM3 over a JSON array without spaces.
func digestOf(fields ...any) (string, error) {
	text, err := arrayText(fields...)
	return digest(text), err
}

// arrayText is the JSON array of fields without spaces: the form in which what
// is hashed or signed is written down.
func arrayText(fields ...any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err := enc.Encode(fields)
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}

func (r *eventRow) event() (workflow.Event, error) {
	e := workflow.Event{
		Case: workflow.CaseID(r.CaseID), Seq: r.Seq, Action: workflow.Action(r.Action),
		From: workflow.State(r.FromState), To: workflow.State(r.ToState), Actor: r.Actor, Name: r.Name,
		Role: workflow.Role(r.Role), Dept: workflow.DeptID(r.Dept), At: r.At.Time, Note: r.Note, Def: r.Def,
	}
	var err error
	e.Data, err = factsOf([]byte(r.Data))
	return e, err
}
