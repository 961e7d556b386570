package workflow

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// someDept stands for a department that no row names: one can always be added.
const someDept DeptID = -1

// narrowest returns questions that fit r and as few other rows as can be: what
// fits none of them but r hides r from every question. The place is the row's
// own, since a place within it fits more rows; item and papers are those of the
// row, since what it does not name fits only rows that do not ask. Only of the
// holders there are several that no other one stands for.
func (t *RoutingTable) narrowest(r *RoutingRow) []RoutingQuestion {
	q := RoutingQuestion{Region: r.Region, Item: r.Item}
	if q.Region == "" {
		q.Region = t.Region
	}
	if r.Proof != "" {
		q.Proofs = []string{r.Proof}
	}
	held := func(n int64, by DeptID) RoutingQuestion {
		h := q
		h.Holders, h.Holder = n, by
		return h
	}
	switch r.Holder {
	case HeldByNone:
		return []RoutingQuestion{held(0, 0)}
	case HeldByOne:
		return []RoutingQuestion{held(1, someDept)}
	case HeldBySome:
		return []RoutingQuestion{held(2, someDept)}
	case HeldByGiven:
		return []RoutingQuestion{held(1, r.Held)}
	case HeldAnyhow:
	}
	return []RoutingQuestion{held(0, 0), held(1, someDept), held(2, someDept)}
}

// hiddenBy returns the rows before row i that decide whatever fits it, counted
// from 0, so that it never decides: one that does alone, else several that do
// together; nil when it sometimes decides.
func (t *RoutingTable) hiddenBy(i int) []int {
	asked := t.narrowest(&t.Rows[i])
	for j := range i {
		if !slices.ContainsFunc(asked, func(q RoutingQuestion) bool { return !t.Rows[j].fits(q) }) {
			return []int{j}
		}
	}
	if i == len(t.Rows)-1 && t.Rows[i].fitsAll() {
		return nil // every table ends with a default, though the rows before leave it nothing
	}
	var by []int
	for _, q := range asked {
		j := slices.IndexFunc(t.Rows[:i], func(o RoutingRow) bool { return o.fits(q) })
		if j < 0 {
			return nil
		}
		if !slices.Contains(by, j) {
			by = append(by, j)
		}
	}
	slices.Sort(by)
	return by
}

// never says that a row is hidden by others.
func never(by []int) fault.Text {
	names := make([]string, len(by))
	for i, j := range by {
		names[i] = fmt.Sprint(j + 1)
	}
	if len(by) == 1 {
		return fault.Text{ZH: "永远轮不到：第 " + names[0] + " 行已包含它", EN: "it never decides: row " + names[0] + " covers it"}
	}
	last := len(names) - 1
	return fault.Text{
		ZH: "永远轮不到：第 " + strings.Join(names, "、") + " 行合起来已包含它",
		EN: "it never decides: rows " + strings.Join(names[:last], ", ") + " and " + names[last] + " together cover it",
	}
}
