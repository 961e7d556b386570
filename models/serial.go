package models

import (
	"context"
	"regexp"
	"strconv"

	"gorm.io/gorm"
)

// A kind may number its cases in a series of each year, without gaps (督〔2026〕1号,
// 2号, …). Such a number is taken from the table series by the write that brings
// the case into being, and lives or dies with it: a write that fails leaves no
// gap. Who writes to a series meanwhile waits for the row, so that the order of
// numbers is the order of commits. docs/adr/0012.

// numberRow asks for the number of one new case, see partNumbers.
type numberRow struct {
	I      int    `json:"i"`
	Series string `json:"series"`
}

// numbered lists the new cases that have a number in a series.
func numbered(cases []caseRow) []numberRow {
	var list []numberRow
	for i := range cases {
		if c := &cases[i]; c.Series != "" {
			list = append(list, numberRow{I: c.I, Series: c.Series})
		}
	}
	return list
}

// numberSQLite gives the new cases their numbers in the transaction tx.
func numberSQLite(tx *gorm.DB, cases []caseRow) error {
	for i := range cases {
		c := &cases[i]
		if c.Series == "" {
			continue
		}
		err := tx.Raw(`INSERT INTO series (name, last) VALUES (?, 1)
			ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last`, c.Series).Scan(&c.Serial).Error
		if err != nil {
			return err
		}
	}
	return nil
}

var serialForm = regexp.MustCompile(`^(\S{1,8}[〔\[（(]\d{4}[〕\]）)])第?(\d{1,18})号?$`)

// ParseSerial returns series and number of a number such as 督〔2026〕7号. Other
// brackets, which a keyboard has nearer, stand for 〔〕.
func ParseSerial(text string) (series string, serial int64, ok bool) {
	m := serialForm.FindStringSubmatch(text)
	if m == nil {
		return "", 0, false
	}
	n, err := strconv.ParseInt(m[2], 10, 64)
	name := []rune(m[1])
	year := len(name) - 6
	return string(name[:year]) + "〔" + string(name[year+1:year+5]) + "〕", n, err == nil
}

// numbers checks that each series runs from 1 to its last number without a gap.
// It reads in one statement: a series may grow meanwhile.
func (v *verifier) numbers(ctx context.Context) error {
	var rows []struct {
		Name       string
		Last, N, M int64
	}
	err := v.s.read(ctx).Raw(`SELECT s.name, s.last, count(c.id) AS n, coalesce(max(c.serial), 0) AS m FROM series s
		LEFT JOIN cases c ON c.series = s.name AND c.series <> '' GROUP BY s.name, s.last ORDER BY s.name`).Scan(&rows).Error
	for _, r := range rows {
		if r.N != r.Last || r.M > r.Last {
			v.found(Problem{Kind: Missing}, "the series %s has %d numbers up to %d, and %d cases carry one", r.Name, r.Last, r.M, r.N)
		}
	}
	return err
}
