package workflow

import (
	"slices"
	"strings"
)

// RoutingTable is a decision table (路由规则) of one region: which department
// answers for a blocker. Rows are asked in their order and the first that fits
// decides, so a table ends with a row that fits everything.
type RoutingTable struct {
	Set    int64        `json:"set"`    // its version
	Region string       `json:"region"` // path; it decides what was filed there or below
	Rows   []RoutingRow `json:"rows"`
}

// RoutingRow is one rule. A condition that is empty fits everything.
type RoutingRow struct {
	Region string  `json:"region,omitempty"` // path: there or below
	Item   int64   `json:"item,omitempty"`
	Proof  string  `json:"proof,omitempty"`  // one of the demanded papers
	Holder Holding `json:"holder,omitempty"` // what the catalogue knows
	Held   DeptID  `json:"held,omitempty"`   // by whom, with HeldBy
	To     Target  `json:"to"`
	Dept   DeptID  `json:"dept,omitempty"` // with ToDepartment
	Reason string  `json:"reason"`
}

// Holding is what the catalogue knows of who holds the demanded data.
type Holding string

// What a row may ask about the holders.
const (
	HeldAnyhow  Holding = ""
	HeldByNone  Holding = "none"    // nobody is registered: a gap in the catalogue
	HeldByOne   Holding = "one"     // exactly one
	HeldBySome  Holding = "several" // more than one
	HeldByGiven Holding = "department"
)

// Target is whom a row sends a blocker to.
type Target string

// Whom a row may name. ToHolder is the one registered holder; where there is
// not exactly one, the coordinator decides.
const (
	ToDepartment  Target = "department"
	ToCoordinator Target = "coordinator"
	ToHolder      Target = "holder"
)

// RoutingQuestion is what a table looks at.
type RoutingQuestion struct {
	Region  string
	Item    int64
	Proofs  []string
	Holder  DeptID // the registered holder, the first of several
	Holders int64
}

// Route is the answer: whom a blocker goes to, and why.
type Route struct {
	To     DeptID `json:"to"`  // 0: the coordinator decides
	Set    int64  `json:"set"` // 0: the catalogue alone
	Row    int    `json:"row"` // counted from 1
	Reason string `json:"reason"`
}

// QuestionOf asks about a blocker as it was filed. The facts say how many
// holders were registered then: a dispatch names the lead as the holder where
// nobody was.
func QuestionOf(c *Case) RoutingQuestion {
	q := RoutingQuestion{Region: c.Region, Item: c.Item}
	if q.Holders, _ = whole(c.Facts["holders"]); q.Holders > 0 {
		q.Holder = c.Parts[Holder]
	}
	for _, r := range c.Requirements {
		q.Proofs = append(q.Proofs, r.Name)
	}
	return q
}

// Route asks the table. A nil table leaves it to the catalogue.
func (t *RoutingTable) Route(q RoutingQuestion) Route {
	if t == nil {
		return Route{To: q.single()}
	}
	for i := range t.Rows {
		r := &t.Rows[i]
		if !r.fits(q) {
			continue
		}
		out := Route{Set: t.Set, Row: i + 1, Reason: r.Reason}
		switch r.To {
		case ToDepartment:
			out.To = r.Dept
		case ToHolder:
			out.To = q.single()
		case ToCoordinator:
		}
		return out
	}
	return Route{Set: t.Set} // no table in force lacks a default; see Check
}

// single is the one registered holder, 0 where there is not exactly one.
func (q RoutingQuestion) single() DeptID {
	if q.Holders == 1 {
		return q.Holder
	}
	return 0
}

func (r *RoutingRow) fits(q RoutingQuestion) bool {
	if r.Region != "" && !within(q.Region, r.Region) || r.Item != 0 && r.Item != q.Item {
		return false
	}
	if r.Proof != "" && !slices.Contains(q.Proofs, r.Proof) {
		return false
	}
	switch r.Holder {
	case HeldAnyhow:
		return true
	case HeldByNone:
		return q.Holders == 0
	case HeldByOne:
		return q.Holders == 1
	case HeldBySome:
		return q.Holders > 1
	case HeldByGiven:
		return q.single() == r.Held
	}
	return false
}

// fitsAll reports whether the row is a default.
func (r *RoutingRow) fitsAll() bool {
	return r.Region == "" && r.Item == 0 && r.Proof == "" && r.Holder == HeldAnyhow
}

// NearestTable returns the table that decides for a region: of those whose
// region it lies in, the one closest to it; nil when there is none.
func NearestTable(tables []RoutingTable, region string) *RoutingTable {
	var best *RoutingTable
	for i := range tables {
		t := &tables[i]
		if within(region, t.Region) && (best == nil || strings.Count(t.Region, "/") > strings.Count(best.Region, "/")) {
			best = t
		}
	}
	return best
}
