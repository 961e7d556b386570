package exchange

import (
	"net/http"
	"net/url"
	"strings"
)

// Service is one interface that a requester may call (docs/domain.md §6.1), in
// the words of the national platform. docs/profiles.md says what each profile
// takes its fields for.
type Service struct {
	RID       string // requester
	SID       string // interface
	AppKey    string // long-lived authorisation of this pair; secret
	Method    string // GET or POST as registered; "" is POST
	Operation string // what is called: a path below the base address, or a SOAP operation
	Account   string // by which a provider behind the platform knows us, where it wants one
	Password  string // of Account; secret
}

func (s Service) method() string { return or(strings.ToUpper(s.Method), http.MethodPost) }

// path is the operation as an escaped path.
func (s Service) path() string {
	u := url.URL{Path: "/" + strings.TrimLeft(s.Operation, "/")}
	return u.EscapedPath()
}

// needs says which of the fields, given by name and value, is empty or cannot be
// carried by a header, or "".
func (Service) needs(fields ...string) string {
	for i := 0; i+1 < len(fields); i += 2 {
		name, value := fields[i], fields[i+1]
		if value == "" {
			return name + " is empty"
		}
		if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return name + " has characters that a header cannot carry"
		}
	}
	return ""
}

// needsPath says what is wrong with an operation that is a path.
func (s Service) needsPath() string {
	switch {
	case s.Operation == "":
		return "operation is empty; it is the path of the interface"
	case strings.ContainsAny(s.Operation, "?#") || strings.ContainsFunc(s.Operation, unprintable):
		return "operation must be a path, without query or fragment"
	}
	return ""
}

func (s Service) wrongMethod() string {
	if m := s.method(); m != http.MethodGet && m != http.MethodPost {
		return "method is neither GET nor POST"
	}
	return ""
}

// firstWrong returns the first complaint.
func firstWrong(complaints ...string) string {
	for _, why := range complaints {
		if why != "" {
			return why
		}
	}
	return ""
}
