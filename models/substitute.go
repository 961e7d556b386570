package models

import (
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/workflow"
)

// Substitute says who stands in for whom in a department, from one day to
// another, both included. During that time the substitute holds the roles that
// the absent one holds there, in addition; nobody has to remember to end it.
type Substitute struct {
	ID             int64
	Absent         int64
	AbsentName     string
	Substitute     int64
	SubstituteName string
	Dept           workflow.DeptID
	From, Until    string // days in China, 2026-03-02
	NamedBy        int64
	NamedByName    string
}

type substituteRow struct {
	ID         int64
	Absent     int64
	Substitute int64
	Dept       int64
	FirstDay   string
	LastDay    string
	NamedBy    int64
	NamedAt    stamp
	EndedAt    stamp
}

// TableName implements schema.Tabler.
func (substituteRow) TableName() string { return "substitutes" }

// today is the day in China.
func (s *Store) today() string {
	return s.now().In(time.FixedZone("CST", 8*60*60)).Format(time.DateOnly)
}

// Substitutes lists who stands in now or later: for person, by person, and in
// the departments that person heads.
func (s *Store) Substitutes(ctx context.Context, person int64) ([]Substitute, error) {
	return s.substitutes(ctx, cond{
		`(x.absent = ? OR x.substitute = ? OR x.dept IN (SELECT g.dept FROM grants g WHERE g.user_id = ? AND g.role = ?))`,
		[]any{person, person, person, string(workflow.DeptHead)},
	})
}

func (s *Store) substitutes(ctx context.Context, where cond) ([]Substitute, error) {
	var rows []struct {
		Row                                     substituteRow `gorm:"embedded"`
		AbsentName, SubstituteName, NamedByName string
	}
	err := s.read(ctx).Raw(`SELECT x.*, a.name AS absent_name, b.name AS substitute_name, n.name AS named_by_name
		FROM substitutes x JOIN users a ON a.id = x.absent JOIN users b ON b.id = x.substitute JOIN users n ON n.id = x.named_by
		WHERE x.ended_at IS NULL AND x.last_day >= ? AND `+where.sql+` ORDER BY x.first_day, x.id LIMIT 500`,
		append([]any{s.today()}, where.args...)...).Scan(&rows).Error
	if err != nil {
		return nil, dbError("substitutes", err)
	}
	list := make([]Substitute, len(rows))
	for i, r := range rows {
		list[i] = Substitute{
			ID: r.Row.ID, Absent: r.Row.Absent, AbsentName: r.AbsentName, Substitute: r.Row.Substitute, SubstituteName: r.SubstituteName,
			Dept: workflow.DeptID(r.Row.Dept), From: r.Row.FirstDay, Until: r.Row.LastDay, NamedBy: r.Row.NamedBy, NamedByName: r.NamedByName,
		}
	}
	return list, nil
}

// NameSubstitute lets somebody stand in for an absent person, as by. The absent
// one and the head of their department may name one; what is refused is named
// by field. Rights never cross a department, are never passed on, and never
// touch the three administrators.
func (s *Store) NameSubstitute(ctx context.Context, by int64, in Substitute) (Substitute, error) {
	row := substituteRow{
		Absent: in.Absent, Substitute: in.Substitute, FirstDay: in.From, LastDay: in.Until, NamedBy: by, NamedAt: s.moment(),
	}
	err := s.write(ctx, "substitute", func(tx *gorm.DB) error {
		if err := s.lockUsers(tx, in.Absent, in.Substitute); err != nil {
			return err
		}
		var people []userRow
		if err := tx.Where("id IN ? AND NOT disabled", []int64{by, in.Absent, in.Substitute}).Find(&people).Error; err != nil {
			return err
		}
		var own []grantRow
		if err := tx.Where("user_id IN ?", []int64{by, in.Absent, in.Substitute}).Find(&own).Error; err != nil {
			return err
		}
		i := slices.IndexFunc(people, func(u userRow) bool { return u.ID == in.Absent })
		if i < 0 {
			return fault.InvalidField("absent", "没有这个人员", "there is no such person")
		}
		row.Dept = int64(people[i].Dept)
		if err := mayName(by, &row, people, own); err != nil {
			return err
		}
		if err := s.freeDays(tx, &row); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err != nil {
		return Substitute{}, err
	}
	s.users.drop(row.Substitute)
	list, err := s.substitutes(ctx, cond{"x.id = ?", []any{row.ID}})
	if err != nil {
		return Substitute{}, err
	}
	if len(list) == 0 {
		return Substitute{}, notFound("substitute")
	}
	return list[0], nil
}

// lockUsers lets one write at a time decide about the absences of these people.
func (s *Store) lockUsers(tx *gorm.DB, ids ...int64) error {
	if s.d.name != postgresName {
		return nil // one writer
	}
	return tx.Exec("SELECT id FROM users WHERE id IN ? ORDER BY id FOR UPDATE", ids).Error
}

// mayName refuses a substitute whom by may not name, or who may not stand in.
func mayName(by int64, row *substituteRow, people []userRow, own []grantRow) error {
	holds := func(person int64, is func(grantRow) bool) bool {
		return slices.ContainsFunc(own, func(g grantRow) bool { return g.UserID == person && is(g) })
	}
	works := func(g grantRow) bool { return int64(g.Dept) == row.Dept && slices.Contains(departmentRoles(), g.Role) }
	heads := func(g grantRow) bool { return int64(g.Dept) == row.Dept && g.Role == string(workflow.DeptHead) }
	administers := func(g grantRow) bool { return workflow.Role(g.Role).Domain() == workflow.Everywhere }
	switch {
	case row.Dept == 0 || !holds(row.Absent, works):
		return fault.InvalidField("absent", "不是部门人员，不能由人代办", "works in no department, so nobody can stand in")
	case by != row.Absent && !holds(by, heads):
		return fault.New(fault.Forbidden, "只能为自己或本部门人员指定代办人。", "You may name a substitute for yourself, or as the head for your people.")
	case !slices.ContainsFunc(people, func(u userRow) bool { return u.ID == row.Substitute }):
		return fault.InvalidField("substitute", "没有这个人员", "there is no such person")
	case row.Absent == row.Substitute:
		return fault.InvalidField("substitute", "不能由本人代办", "nobody stands in for themselves")
	case holds(row.Absent, administers):
		return fault.InvalidField("absent", "系统、安全、审计管理员不得由人代办", "nobody stands in for an administrator")
	case holds(row.Substitute, administers):
		return fault.InvalidField("substitute", "系统、安全、审计管理员不得代办业务", "an administrator stands in for nobody")
	case !holds(row.Substitute, works):
		return fault.InvalidField("substitute", "不是同一部门的人员", "does not work in the same department")
	}
	return nil
}

// freeDays refuses days that are over, and days on which somebody stands in
// already, or who would stand in is absent or stands in for another: rights are
// not passed on, neither in a chain nor in a circle.
func (s *Store) freeDays(tx *gorm.DB, row *substituteRow) error {
	switch {
	case row.LastDay < row.FirstDay:
		return fault.InvalidField("until", "早于开始日期", "is before the first day")
	case row.LastDay < s.today():
		return fault.InvalidField("until", "已经过去", "is over")
	}
	var others []substituteRow
	err := tx.Where("ended_at IS NULL AND first_day <= ? AND last_day >= ? AND (absent IN ? OR substitute = ?)",
		row.LastDay, row.FirstDay, []int64{row.Absent, row.Substitute}, row.Absent).Find(&others).Error
	if err != nil {
		return err
	}
	for _, o := range others {
		switch o.Absent {
		case row.Absent:
			return fault.InvalidField("from", "这段时间已有代办人", "somebody stands in on these days already")
		case row.Substitute:
			return fault.InvalidField("substitute", "这段时间也不在岗，已由他人代办", "is absent on these days, too")
		default:
			return fault.InvalidField("absent", "这段时间正代他人办理，不能再转给第三人", "stands in for another on these days, which cannot be passed on")
		}
	}
	return nil
}

// EndSubstitute ends it before its last day, as by: the absent one, who named
// it, or the head of the department. The rights end at once.
func (s *Store) EndSubstitute(ctx context.Context, by, id int64) error {
	var row substituteRow
	err := s.alone(func() error {
		return s.read(ctx).Raw(`UPDATE substitutes SET ended_at = ? WHERE id = ? AND ended_at IS NULL AND (absent = ? OR named_by = ?
			OR dept IN (SELECT g.dept FROM grants g WHERE g.user_id = ? AND g.role = ?)) RETURNING *`,
			s.moment(), id, by, by, by, string(workflow.DeptHead)).Scan(&row).Error
	})
	if err != nil {
		return dbError("substitute", err)
	}
	if row.ID == 0 {
		return notFound("substitute")
	}
	s.users.drop(row.Substitute)
	return nil
}

// lent returns the grants that a person holds today in place of those who are
// absent: the absent ones' own, so that nothing that was lent is lent again.
func (s *Store) lent(ctx context.Context, person int64) ([]workflow.Grant, error) {
	day := s.today()
	var rows []struct {
		Role string
		Dept int64
		ID   int64
		Name string
	}
	err := s.read(ctx).Raw(`SELECT g.role, g.dept, u.id, u.name FROM substitutes x
		JOIN users u ON u.id = x.absent AND NOT u.disabled JOIN grants g ON g.user_id = x.absent AND g.dept = x.dept
		WHERE x.substitute = ? AND x.ended_at IS NULL AND x.first_day <= ? AND x.last_day >= ? AND g.role IN ? ORDER BY x.id, g.id`,
		person, day, day, departmentRoles()).Scan(&rows).Error
	if err != nil {
		return nil, dbError("substitutes", err)
	}
	var list []workflow.Grant
	for _, r := range rows {
		list = append(list, workflow.Grant{Role: workflow.Role(r.Role), Dept: workflow.DeptID(r.Dept), For: r.ID, ForName: r.Name})
	}
	return list, nil
}
