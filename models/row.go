package models

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/shujie-gov/shujie/workflow"
)

// caseRow is a row of cases.
type caseRow struct {
	I int `json:"i" gorm:"-"` // index of its plan, see statement

	ID           int64    `json:"id"`
	Kind         string   `json:"kind"`
	DefVersion   int      `json:"def_version"`
	State        string   `json:"state"`
	Version      int64    `json:"version"`
	ParentID     ref      `json:"parent_id"`
	Region       string   `json:"region"`
	Title        string   `json:"title"`
	Proof        string   `json:"proof"`
	Search       string   `json:"search"`
	ItemID       ref      `json:"item_id"`
	BatchID      ref      `json:"batch_id"`
	NeedID       int64    `json:"need_id"`
	Series       string   `json:"series"`
	Serial       int64    `json:"-"` // given when the row is written
	Filer        ref      `json:"filer"`
	Demander     ref      `json:"demander"`
	Holder       ref      `json:"holder"`
	Lead         ref      `json:"lead"`
	Facts        jsonText `json:"facts"`
	Term         jsonText `json:"term"`
	Due          stamp    `json:"due"`
	Wake         stamp    `json:"wake"`
	Assignee     int64    `json:"assignee"`
	NoMeeting    string   `json:"no_meeting"`
	Ended        bool     `json:"ended"`
	EndedAt      stamp    `json:"ended_at"`
	WaitsPart    string   `json:"waits_part"`
	WaitsRole    string   `json:"waits_role"`
	WaitsDept    int64    `json:"waits_dept"`
	Creator      int64    `json:"creator"`
	PersonMasked jsonText `json:"person_masked"`
	PersonEnc    string   `json:"person_enc"`
	Chain        string   `json:"chain"`
	CreatedAt    stamp    `json:"created_at"`
	UpdatedAt    stamp    `json:"updated_at"`
}

// TableName implements schema.Tabler.
func (caseRow) TableName() string { return "cases" }

// needRow is a row of requirements.
type needRow struct {
	I int `json:"i" gorm:"-"` // index of its plan, see statement

	ID          int64  `json:"id"`
	CaseID      int64  `json:"case_id"`
	Name        string `json:"name"`
	ResourceID  ref    `json:"resource_id"`
	Provider    ref    `json:"provider"`
	Class       int    `json:"class"`
	Status      string `json:"status"`
	ReceiptID   int64  `json:"receipt_id"`
	Alternative string `json:"alternative"`

	Applications []applicationRow `json:"applications" gorm:"-"` // read only
}

// TableName implements schema.Tabler.
func (needRow) TableName() string { return "requirements" }

func needRowOf(id workflow.CaseID, r workflow.Requirement) needRow {
	return needRow{
		ID: r.ID, CaseID: int64(id), Name: r.Name, ResourceID: ref(r.Resource), Provider: ref(r.Provider),
		Class: int(r.Class), Status: string(r.Status), ReceiptID: r.Receipt, Alternative: r.Alternative,
	}
}

func (r needRow) requirement() workflow.Requirement {
	need := workflow.Requirement{
		ID: r.ID, Name: r.Name, Resource: int64(r.ResourceID), Provider: workflow.DeptID(r.Provider),
		Class: workflow.ShareClass(r.Class), Status: workflow.NeedStatus(r.Status), Receipt: r.ReceiptID, Alternative: r.Alternative,
	}
	for _, a := range r.Applications {
		need.Applications = append(need.Applications, a.application())
	}
	return need
}

// markRow is a row of marks.
type markRow struct {
	I int `json:"i" gorm:"-"` // index of its plan, see statement

	ID     int64  `json:"id"`
	CaseID int64  `json:"case_id"`
	At     stamp  `json:"at"`
	State  string `json:"state"`
	Charge string `json:"charge"`
	Dept   int64  `json:"dept"`
	Paused bool   `json:"paused"`
	Reason string `json:"reason"`
}

// TableName implements schema.Tabler.
func (markRow) TableName() string { return "marks" }

func markRowOf(id workflow.CaseID, m workflow.Mark) markRow {
	return markRow{
		CaseID: int64(id), At: at(m.At), State: string(m.State), Charge: string(m.Charge),
		Dept: int64(m.Dept), Paused: m.Paused, Reason: m.Reason,
	}
}

func (r markRow) mark() workflow.Mark {
	return workflow.Mark{
		At: r.At.Time, State: workflow.State(r.State), Charge: workflow.Charge(r.Charge),
		Dept: workflow.DeptID(r.Dept), Paused: r.Paused, Reason: r.Reason,
	}
}

// kinRow is a child, or a group of them.
type kinRow struct {
	ID        int64
	Kind      string
	State     string
	Ended     bool
	NoMeeting string
	Need      int64
	Lead      ref
	Round     int64
	N         int64
	Outcome   string
}

// rowOf returns the row of a case that is not stored yet, or was moved. Its
// chain and its person are filled in by the writer.
func rowOf(c *workflow.Case) (caseRow, error) {
	r := caseRow{
		ID: int64(c.ID), Kind: string(c.Kind), DefVersion: c.DefVersion, State: string(c.State), Version: c.Version,
		ParentID: ref(c.Parent), Region: c.Region, Title: c.Title, Proof: c.Proof,
		Search: fold(c.Title + "\n" + c.Proof), ItemID: ref(c.Item), BatchID: ref(c.Batch), NeedID: c.Need, Series: c.Series, Serial: c.Serial,
		Filer: ref(c.Parts[workflow.Filer]), Demander: ref(c.Parts[workflow.Demander]),
		Holder: ref(c.Parts[workflow.Holder]), Lead: ref(c.Parts[workflow.Lead]),
		Due: stamp{never()}, Wake: stamp{never()}, Assignee: c.Assignee, NoMeeting: string(c.NoMeeting), Ended: c.Ended, EndedAt: atPtr(c.EndedAt),
		WaitsPart: string(c.Waits.Part), WaitsRole: string(c.Waits.Role), WaitsDept: int64(c.Parts[c.Waits.Part]),
		CreatedAt: at(c.CreatedAt), UpdatedAt: at(c.UpdatedAt),
	}
	if c.Due != nil {
		r.Due = at(*c.Due)
	}
	if c.Wake != nil {
		r.Wake = at(*c.Wake)
	}
	facts := c.Facts
	if facts == nil {
		facts = map[string]any{}
	}
	var err error
	if r.Facts, err = jsonOf(facts); err != nil {
		return r, err
	}
	if c.Term != nil {
		r.Term, err = jsonOf(c.Term)
	}
	return r, err
}

// fold is the form in which texts are searched.
func fold(s string) string { return strings.ToLower(s) }

// caseColumns are the columns of cases by the alias c, in the order of fields.
const caseColumns = `c.id, c.kind, c.def_version, c.state, c.version, c.parent_id, c.region, c.title, c.proof, c.search, c.item_id, c.batch_id,
  c.need_id, c.series, c.serial, c.filer, c.demander, c.holder, c.lead, c.facts, c.term, c.due, c.wake, c.assignee, c.no_meeting, c.ended, c.ended_at, c.waits_part,
  c.waits_role, c.waits_dept, c.creator, c.person_masked, c.person_enc, c.chain, c.created_at, c.updated_at`

// fields are where a row of caseColumns is scanned into.
func (r *caseRow) fields() []any {
	return []any{
		&r.ID, &r.Kind, &r.DefVersion, &r.State, &r.Version, &r.ParentID, &r.Region, &r.Title, &r.Proof, &r.Search, &r.ItemID,
		&r.BatchID, &r.NeedID, &r.Series, &r.Serial, &r.Filer, &r.Demander, &r.Holder, &r.Lead, &r.Facts, &r.Term, &r.Due, &r.Wake, &r.Assignee, &r.NoMeeting, &r.Ended,
		&r.EndedAt, &r.WaitsPart, &r.WaitsRole, &r.WaitsDept, &r.Creator, &r.PersonMasked, &r.PersonEnc, &r.Chain, &r.CreatedAt,
		&r.UpdatedAt,
	}
}

// toCase returns the case; the person in it is masked.
func (f *foundRow) toCase() (workflow.Case, error) {
	r := &f.Row
	c := workflow.Case{
		ID: workflow.CaseID(r.ID), Kind: workflow.Kind(r.Kind), DefVersion: r.DefVersion, State: workflow.State(r.State),
		Version: r.Version, Parent: workflow.CaseID(r.ParentID), Region: r.Region, Title: r.Title, Item: int64(r.ItemID),
		Proof: r.Proof, Batch: int64(r.BatchID), Need: r.NeedID, Series: r.Series, Serial: r.Serial, Parts: r.parts(),
		Due: r.Due.ptr(), Wake: r.Wake.ptr(), Assignee: r.Assignee, NoMeeting: workflow.NoMeeting(r.NoMeeting), Ended: r.Ended,
		Waits:     workflow.Seat{Part: workflow.Part(r.WaitsPart), Role: workflow.Role(r.WaitsRole)},
		CreatedAt: r.CreatedAt.Time, UpdatedAt: r.UpdatedAt.Time, EndedAt: r.EndedAt.ptr(),
	}
	var err error
	if c.Facts, err = factsOf(r.Facts); err != nil {
		return c, err
	}
	for _, part := range []struct {
		text jsonText
		into any
	}{{r.Term, &c.Term}, {r.PersonMasked, &c.Person}} {
		if len(part.text) == 0 {
			continue
		}
		if err := json.Unmarshal(part.text, part.into); err != nil {
			return c, err
		}
	}
	for _, n := range f.Needs {
		c.Requirements = append(c.Requirements, n.requirement())
	}
	for _, k := range f.Kin {
		c.Children = append(c.Children, workflow.Child{
			ID: workflow.CaseID(k.ID), Kind: workflow.Kind(k.Kind), State: workflow.State(k.State), Ended: k.Ended,
			NoMeeting: workflow.NoMeeting(k.NoMeeting), Need: k.Need, Lead: workflow.DeptID(k.Lead), Round: k.Round, N: k.N, Outcome: k.Outcome,
		})
	}
	for _, m := range f.Marks {
		c.Marks = append(c.Marks, m.mark())
	}
	return c, nil
}

func (r *caseRow) parts() map[workflow.Part]workflow.DeptID {
	parts := map[workflow.Part]workflow.DeptID{}
	for p, id := range map[workflow.Part]ref{
		workflow.Filer: r.Filer, workflow.Demander: r.Demander, workflow.Holder: r.Holder, workflow.Lead: r.Lead,
	} {
		if id != 0 {
			parts[p] = workflow.DeptID(id)
		}
	}
	return parts
}

// factsOf reads facts; whole numbers come back as int64, as the engine sets
// them.
func factsOf(text []byte) (map[string]any, error) {
	facts := map[string]any{}
	if len(text) == 0 {
		return facts, nil
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&facts); err != nil {
		return nil, err
	}
	for name, v := range facts {
		facts[name] = plain(v)
	}
	return facts, nil
}

func plain(v any) any {
	n, ok := v.(json.Number)
	if !ok {
		return v
	}
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil {
		return n.String()
	}
	return f
}
