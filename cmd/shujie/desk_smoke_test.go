//go:build smoke

package main

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// file files n blockers of an item over the API, which the demo's hall may.
func (d desk) file(n int, item, proof string) {
	d.t.Helper()
	for range n {
		d.until(fmt.Sprintf(`fetch("/api/v1/cases", {method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({service_item: %q, proof: %q})}).then(r => r.status === 201)`, item, proof))
	}
}

// TestSmokeTheDeskOfADepartment: a handler claims a case by mouse from the list,
// and signs for five cases at once by keyboard alone.
func TestSmokeTheDeskOfADepartment(t *testing.T) {
	base := stage(t)
	const title = "新生儿参保：索要出生证明"
	hall := sit(t, base, "hall_js")
	hall.file(6, "新生儿参保", "出生证明")
	chief := sit(t, base, "coordinator")
	chief.arrive(title)
	chief.until(`document.querySelectorAll("#rows .row-link").length >= 6`)
	chief.bulkByKeys(6, "accept")

	holder := sit(t, base, "wj_handler")
	holder.arrive(title)
	holder.waitRows(6)
	holder.bulkByKeys(5, "sign")
	holder.goTo("/?assignee=none&kind=blocker")
	holder.until(`document.querySelectorAll("form[action$='/actions/claim']").length === 5`)
	holder.click(`form[action$="/actions/claim"] button`)
	holder.until(`document.querySelectorAll("form[action$='/actions/claim']").length === 4`)
	holder.goTo("/?assignee=me")
	holder.until(`document.querySelectorAll("#rows .row-link").length === 1 && document.querySelector("#rows .holder")`)
}

// waitRows opens the inbox until it has n rows: background work brings them.
func (d desk) waitRows(n int) {
	d.t.Helper()
	for range 100 {
		d.goTo("/")
		if d.value(fmt.Sprintf(`String(document.querySelectorAll("#rows .row-link").length >= %d)`, n)) == "true" {
			return
		}
	}
	d.t.Fatalf("%s: fewer than %d rows", d.user, n)
}

// bulkByKeys chooses the first n rows of the inbox and does an action on them,
// all by keyboard.
func (d desk) bulkByKeys(n int, action string) {
	d.t.Helper()
	for range n {
		d.key("j")
		d.key("x")
	}
	d.until(fmt.Sprintf(`document.querySelectorAll("[data-pick]:checked").length === %d && document.querySelector("[data-picked]").textContent.includes("%d")`, n, n))
	d.key("b")
	d.until(`document.activeElement.id === "bulk-action"`)
	for range 30 {
		if d.value(`document.activeElement.value`) == action {
			break
		}
		d.key(kb.ArrowDown)
	}
	d.key(kb.Tab)
	d.key(kb.Enter)
	d.until(`location.pathname.match(/^\/bulk\/\d+$/) && document.activeElement.matches("form[action$='/run'] button")`)
	d.key(kb.Enter)
	d.until(fmt.Sprintf(`document.querySelectorAll(".r-done").length === %d`, n))
	d.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("#main").focus()`, chromedp.EvalIgnoreExceptions))
}
