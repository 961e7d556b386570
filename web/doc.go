// Package web turns data into pages: templates, the texts of both languages,
// the style sheet and the script. It knows no route, no session and no rule;
// handlers pass it what a page shows.
//
// A page is rendered from a [View]: the frame around every page, the page's own
// data and, after a refused request, the problem. Templates read the exported
// fields of the data by name, so the views of handlers are the contract.
//
// # Forms
//
// Every form works without JavaScript and is sent as
// application/x-www-form-urlencoded by POST:
//
//	/login                       username, password, next
//	/logout, /notices/seen       nothing
//	/lang                        lang (zh, en), back (a local path)
//	/cases                       kind=blocker, service_item (id), proofs (ids, repeated),
//	                             proof (free text), batch (id), person.name,
//	                             person.id_number, person.phone, idempotency_key
//	/cases/{id}/actions/{action} version, the fields of the action, idempotency_key
//
// idempotency_key is unique to the page that was rendered, so that a form sent
// twice acts once. Field errors are shown beside the input of the same name. A
// form that comes back shows what was typed from the Form map of its view, under
// the input's name; several values of one name are joined by commas. Papers in
// the filing form that are ticked come as proofs, unlisted ones as proof.
//
// # Without JavaScript
//
// The script only adds: keys, type-ahead, live figures, masked input, a second
// look before a danger action. Nothing is reachable by it alone.
package web
