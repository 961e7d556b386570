package policies

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/shujie-gov/shujie/workflow"
)

// rules are the rows of a policy as casbin takes them.
type rules struct {
	allow  [][]string // sub, dom, obj, act
	groups [][]string // role, group, dom
}

// read parses a policy and refuses, by line, what is not in the vocabulary: a
// misspelt word would silently deny.
func read(text string, v vocabulary) (rules, error) {
	var rs rules
	var errs []error
	r := csv.NewReader(strings.NewReader(text))
	r.Comment, r.TrimLeadingSpace, r.FieldsPerRecord = '#', true, -1
	lines := map[string]int{}
	type member struct{ group, domain string }
	members := map[member]bool{}
	type rule struct {
		line int
		row  []string
	}
	var allow []rule
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return rules{}, fmt.Errorf("policy: %w", err)
		}
		line, _ := r.FieldPos(0)
		refuse := func(format string, args ...any) {
			errs = append(errs, fmt.Errorf("policy line %d: %s", line, fmt.Sprintf(format, args...)))
		}
		if first := lines[strings.Join(row, ",")]; first != 0 {
			refuse("the same rule as line %d", first)
		}
		lines[strings.Join(row, ",")] = line
		switch {
		case row[0] == "p" && len(row) == 5:
			allow = append(allow, rule{line, row[1:]})
			rs.allow = append(rs.allow, row[1:])
		case row[0] == "g" && len(row) == 4:
			if why := held(row[1], row[3]); why != "" {
				refuse("%s", why)
			}
			if known(row[2]) {
				refuse("%s is a role, not a group", row[2])
			}
			members[member{row[2], row[3]}] = true
			rs.groups = append(rs.groups, row[1:])
		default:
			refuse(`it must be "p, role, domain, object, act" or "g, role, group, domain"`)
		}
	}
	for _, a := range allow {
		if !members[member{a.row[0], a.row[1]}] {
			if why := held(a.row[0], a.row[1]); why != "" {
				errs = append(errs, fmt.Errorf("policy line %d: %s", a.line, why))
			}
		}
		if why := v.refuses(workflow.Kind(a.row[2]), workflow.Action(a.row[3])); why != "" {
			errs = append(errs, fmt.Errorf("policy line %d: %s", a.line, why))
		}
	}
	return rs, errors.Join(errs...)
}

func known(role string) bool { return slices.Contains(workflow.Roles(), workflow.Role(role)) }

// held says why role cannot be held in domain, or "".
func held(role, domain string) string {
	if !known(role) {
		return fmt.Sprintf("unknown role or group %q", role)
	}
	if d := workflow.Role(role).Domain(); string(d) != domain {
		return fmt.Sprintf("the role %s is held in domain %q, not in %q", role, d, domain)
	}
	return ""
}

// refuses says why the policy may not speak of kind and act, or "".
func (v vocabulary) refuses(kind workflow.Kind, act workflow.Action) string {
	o := v.objects[kind]
	if o == nil {
		return fmt.Sprintf("unknown kind %q", kind)
	}
	if _, ok := o.acts[act]; !ok {
		return fmt.Sprintf("%s has no act %q", kind, act)
	}
	return ""
}
