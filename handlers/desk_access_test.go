package handlers

import (
	"fmt"
	"net/http"
)

// deskExpectations says who gets what of the desk of a department. What is the
// reader's own alone is probed by the number of somebody else's, or of nobody's.
func deskExpectations(own caseView) map[string][]probe {
	none := map[string]any{}
	ok, bad, gone := http.StatusOK, http.StatusUnprocessableEntity, http.StatusNotFound
	everybody, seesOwn := people()[1:], who{"hall", "ga", "ga_head", "coord", "steward"}
	return map[string][]probe{
		"GET /cases/:id/closing":    {{path: fmt.Sprintf("/cases/%d/closing", own.ID), yes: http.StatusConflict, may: seesOwn, hidden: seesOwn.others()}},
		"GET /cases/:id/order":      {{path: fmt.Sprintf("/cases/%d/order", own.ID), yes: http.StatusConflict, may: seesOwn, hidden: seesOwn.others()}},
		"GET /substitutes":          {{path: "/substitutes", yes: ok, may: everybody}},
		"POST /substitutes":         {{path: "/substitutes", body: none, yes: bad, may: everybody}},
		"POST /substitutes/:id/end": {{path: "/substitutes/4711/end", body: none, yes: gone, may: everybody}},
		"GET /filters":              {{path: "/filters", yes: ok, may: everybody}},
		"POST /filters":             {{path: "/filters", body: none, yes: bad, may: everybody}},
		"POST /filters/:id/remove":  {{path: "/filters/4711/remove", body: none, yes: gone, may: everybody}},
		"GET /workload":             {{path: "/workload", yes: ok, may: who{"ga_head"}}},
		"POST /bulk":                {{path: "/bulk", body: none, yes: bad, may: business()}},
		"GET /bulk/:id":             {{path: "/bulk/4711", yes: gone, may: business()}},
		"POST /bulk/:id/run":        {{path: "/bulk/4711/run", body: none, yes: gone, may: business()}},
		"POST /bulk/:id/undo":       {{path: "/bulk/4711/undo", body: none, yes: gone, may: business()}},
	}
}
