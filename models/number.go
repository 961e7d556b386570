package models

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/shujie-gov/shujie/workflow"
)

// Number returns the number a case is known by, e.g. JS-2026-00042: the year it
// was filed in China and its id.
func Number(id workflow.CaseID, filed time.Time) string {
	return fmt.Sprintf("JS-%04d-%05d", filed.In(china()).Year(), id)
}

// NumberOf returns the number case c is known by: that of its series, e.g.
// 督〔2026〕7号, or else Number.
func NumberOf(c *workflow.Case) string { return numberIn(c.Series, c.Serial, c.ID, c.CreatedAt) }

// Number returns the number the case of a line is known by, see NumberOf.
func (l *Line) Number() string { return numberIn(l.Series, l.Serial, l.ID, l.CreatedAt) }

func numberIn(series string, serial int64, id workflow.CaseID, filed time.Time) string {
	if series == "" || serial == 0 {
		return Number(id, filed)
	}
	return series + strconv.FormatInt(serial, 10) + "号"
}

// china is the time of the whole country, without summer time since 1992.
func china() *time.Location { return time.FixedZone("CST", 8*60*60) }

var numberForm = regexp.MustCompile(`^(?:JS-\d{4}-)?(\d{1,18})$`)

// ParseNumber returns the id in a case number.
func ParseNumber(text string) (workflow.CaseID, bool) {
	m := numberForm.FindStringSubmatch(strings.ToUpper(strings.TrimSpace(text)))
	if m == nil {
		return 0, false
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	return workflow.CaseID(n), err == nil && n > 0
}
