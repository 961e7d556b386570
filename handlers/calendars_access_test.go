package handlers

import "net/http"

// calendarExpectations says who gets what of the working calendar: everybody
// looks, a data steward proposes, a system administrator applies.
func calendarExpectations() map[string][]probe {
	none := map[string]any{}
	ok, bad, gone := http.StatusOK, http.StatusUnprocessableEntity, http.StatusNotFound
	everybody, steward := people()[1:], who{"steward"}
	return map[string][]probe{
		"GET /calendars":              {{path: "/calendars", yes: ok, may: everybody}},
		"POST /calendars":             {{path: "/calendars", body: none, yes: bad, may: steward}},
		"GET /calendars/:id":          {{path: "/calendars/1", yes: ok, may: everybody}},
		"POST /calendars/:id":         {{path: "/calendars/1", body: none, yes: bad, may: steward}},
		"GET /calendars/:id/csv":      {{path: "/calendars/1/csv", yes: ok, may: everybody}},
		"POST /calendars/:id/discard": {{path: "/calendars/1/discard", body: none, yes: http.StatusConflict, may: steward}},
		"POST /calendars/:id/replays": {{path: "/calendars/4711/replays", body: none, yes: gone, may: steward}},
		"GET /replays/:id":            {{path: "/replays/4711", yes: gone, may: everybody}},
		"POST /replays/:id/apply":     {{path: "/replays/4711/apply", body: none, yes: gone, may: who{"sysadmin"}}},
	}
}
