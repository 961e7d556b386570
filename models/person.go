package models

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/shujie-gov/shujie/workflow"
)

// Personal data is kept twice: encrypted, and as the masked form that every
// read carries (docs/design.md, invariant 8).

func personPlace(id workflow.CaseID) string { return fmt.Sprintf("cases.person:%d", id) }

// maskPerson returns what may be shown of p without a recorded reason.
func maskPerson(p workflow.Person) workflow.Person {
	return workflow.Person{
		Name:     maskName(p.Name),
		IDNumber: maskMiddle(p.IDNumber, 4),
		Phone:    maskMiddle(p.Phone, 3),
	}
}

// maskName keeps the family name, and the last character of longer names:
// 张*, 张*丰.
func maskName(name string) string {
	r := []rune(strings.TrimSpace(name))
	switch len(r) {
	case 0:
		return ""
	case 1:
		return "*"
	case 2:
		return string(r[0]) + "*"
	}
	return string(r[0]) + strings.Repeat("*", len(r)-2) + string(r[len(r)-1])
}

// maskMiddle keeps the first and the last four characters of a number, 3299****0037;
// of one too short to hide anything in its middle it keeps none.
func maskMiddle(number string, first int) string {
	const last = 4
	r := []rune(strings.TrimSpace(number))
	if len(r) < first+last+3 {
		return strings.Repeat("*", len(r))
	}
	return string(r[:first]) + strings.Repeat("*", len(r)-first-last) + string(r[len(r)-last:])
}

// keepPerson fills the columns of p into row.
func (s *safe) keepPerson(row *caseRow, p workflow.Person) error {
	if p == (workflow.Person{}) {
		return nil
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err
	}
	if row.PersonEnc, err = s.seal(personPlace(workflow.CaseID(row.ID)), text); err != nil {
		return err
	}
	row.PersonMasked, err = jsonOf(maskPerson(p))
	return err
}

func (s *safe) openPerson(id workflow.CaseID, sealed string) (workflow.Person, error) {
	var p workflow.Person
	if sealed == "" {
		return p, nil
	}
	text, err := s.unseal(personPlace(id), sealed)
	if err != nil {
		return p, err
	}
	return p, json.Unmarshal(text, &p)
}
