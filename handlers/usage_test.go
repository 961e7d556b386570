package handlers

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/shujie-gov/shujie/sheet"
)

// TestAProviderSeesWhoUsedItsDataForWhat follows one use from its receipt to the
// provider's list, totals, page and file.
func TestAProviderSeesWhoUsedItsDataForWhat(t *testing.T) {
	everywhere(t, func(w *world) {
		t := w.t
		own, _ := w.twoCities()
		r := w.get("ga", own.ID).Receipts[0]
		var got usageView
		w.as("ga", http.MethodGet, "/usage", nil).want(http.StatusOK).into(&got)
		if got.N != 1 || len(got.Items) != 1 || len(got.Totals) != 1 {
			t.Fatalf("%+v", got)
		}
		use, total := got.Items[0], got.Totals[0]
		if use.Receipt != r.ID || use.Purpose != r.Purpose || use.Basis != r.Basis || use.CaseNumber != r.CaseNumber || use.User == nil || use.User.ID != r.User.ID || !use.At.Equal(r.At) || use.DestroyedAt != nil {
			t.Errorf("%+v of %+v", use, r)
		}
		if total.N != 1 || total.Kept != 1 || total.Purpose != r.Purpose || total.User.ID != r.User.ID || total.Resource != use.Resource || !total.Last.Equal(r.At) {
			t.Errorf("%+v", total)
		}
		for _, user := range []string{"mz", "wj_head", "hall", "coord_wx"} {
			var none usageView
			w.as(user, http.MethodGet, "/usage", nil).want(http.StatusOK).into(&none)
			if none.N != 0 || len(none.Items) != 0 || len(none.Totals) != 0 {
				t.Errorf("%s sees %+v", user, none)
			}
		}
		for query, want := range map[string]int{
			fmt.Sprintf("resource=%d", use.Resource.ID):                             1,
			fmt.Sprintf("department=%d&from=2026-03-02&to=2026-03-02", use.User.ID): 1,
			"department=MZ":                         0,
			"to=2026-03-01":                         0,
			"from=2026-03-03":                       0,
			"from=2026-03-02T00:00:00%2B08:00":      1,
			"from=2026-03-02&to=2026-03-02&limit=1": 1,
		} {
			var page usageView
			w.as("coord", http.MethodGet, "/usage?"+query, nil).want(http.StatusOK).into(&page)
			if len(page.Items) != want || page.N != int64(want) {
				t.Errorf("%s: %d uses, %d in all, want %d", query, len(page.Items), page.N, want)
			}
		}
		for query, field := range map[string]string{"from=gestern": "from", "from=2026-03-02&to=2026-03-01": "to", "department=9999": "department", "resource=x": "resource", "cursor=x": "cursor"} {
			if answer := w.as("ga", http.MethodGet, "/usage?"+query, nil).want(http.StatusUnprocessableEntity).Body.String(); !strings.Contains(answer, `"`+field+`"`) {
				t.Errorf("%s does not name %s: %s", query, field, answer)
			}
		}
		w.as("ga", http.MethodGet, "/usage?resource=4711", nil).want(http.StatusNotFound)
		page := w.page("ga", http.MethodGet, fmt.Sprintf("/usage?resource=%d", use.Resource.ID), nil).want(http.StatusOK).Body.String()
		for _, want := range []string{"共使用 1 次", use.Purpose, use.User.Name, use.Resource.Name, "/usage/export?resource="} {
			if !strings.Contains(page, want) {
				t.Errorf("the page does not show %q", want)
			}
		}
		if link := fmt.Sprintf(`href="/usage?resource=%d"`, use.Resource.ID); !strings.Contains(w.page("ga", http.MethodGet, fmt.Sprintf("/resources/%d", use.Resource.ID), nil).Body.String(), link) {
			t.Error("the page of the resource does not lead to its use")
		}
		for _, format := range []string{"csv", "xlsx"} {
			var rows [][]string
			err := sheet.Read(w.download("ga", "/usage/export?format="+format), FileLimits(), func(_ int, cells []string) error {
				rows = append(rows, slices.Clone(cells))
				return nil
			})
			if err != nil || len(rows) != 2 || !slices.Equal(rows[0], useHead()) || !slices.Contains(rows[1], use.Purpose) || !slices.Contains(rows[1], use.User.Name) {
				t.Errorf("%s: %q, %v", format, rows, err)
			}
		}
		if out := w.download("mz", "/usage/export"); bytes.Contains(out, []byte(use.Purpose)) {
			t.Errorf("another department's file: %s", out)
		}
	})
}
