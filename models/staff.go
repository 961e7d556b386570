package models

import (
	"context"

	"github.com/shujie-gov/shujie/workflow"
)

// Colleague is a person of a department with the cases they have claimed there.
type Colleague struct {
	ID     int64
	Name   string
	Open   int64 // claimed and not ended
	Yellow int64 // of these: close to their deadline
	Red    int64 // … and overdue
}

// Workload is what a department has to do and who has taken it.
type Workload struct {
	Dept   workflow.DeptID
	People []Colleague
	Pool   Colleague // what nobody has claimed; ID 0
}

// departmentRoles are the roles that work on the cases of a department.
func departmentRoles() []string {
	return []string{string(workflow.HallStaff), string(workflow.DeptHandler), string(workflow.DeptHead)}
}

// worksIn selects the people of a department, by the alias u of users.
const worksIn = `FROM users u WHERE NOT u.disabled AND EXISTS (SELECT 1 FROM grants g WHERE g.user_id = u.id AND g.dept = ? AND g.role IN ?)`

// WorksIn implements workflow.Staff: a person works in the department in which
// they hold a role of their own. Who stands in for somebody does not count: a
// case given to them would be theirs after the absence, too.
func (s *Store) WorksIn(ctx context.Context, person int64, dept workflow.DeptID) (bool, error) {
	var n int64
	err := s.read(ctx).Raw("SELECT count(*) "+worksIn+" AND u.id = ?", int64(dept), departmentRoles(), person).Scan(&n).Error
	return n > 0, dbError("staff", err)
}

// Workload counts the cases in work that a department leads by who claimed them,
// over all its people and whoever else holds a claim.
func (s *Store) Workload(ctx context.Context, dept workflow.DeptID) (Workload, error) {
	out := Workload{Dept: dept}
	lights, err := s.lightCounts()
	if err != nil {
		return out, err
	}
	var counts []Colleague
	err = s.read(ctx).Raw("SELECT c.assignee AS id, count(*) AS open, "+lights.sql+" FROM cases c WHERE c.lead = ? AND "+inWork+
		" AND "+claimable+" GROUP BY c.assignee", append(lights.args, int64(dept))...).Scan(&counts).Error
	if err != nil {
		return out, dbError("workload", err)
	}
	byID := map[int64]Colleague{}
	holders := []int64{0}
	for _, c := range counts {
		byID[c.ID] = c
		holders = append(holders, c.ID)
	}
	var people []struct {
		ID   int64
		Name string
	}
	err = s.read(ctx).Raw("SELECT u.id, u.name FROM users u WHERE u.id IN ? OR u.id IN (SELECT u.id "+worksIn+") ORDER BY u.id",
		holders, int64(dept), departmentRoles()).Scan(&people).Error
	if err != nil {
		return out, dbError("workload", err)
	}
	for _, p := range people {
		c := byID[p.ID]
		c.ID, c.Name = p.ID, p.Name
		out.People = append(out.People, c)
	}
	out.Pool = byID[0]
	return out, nil
}

// PersonNames returns what people are called; who is unknown is left out.
func (s *Store) PersonNames(ctx context.Context, ids []int64) (map[int64]string, error) {
	names := make(map[int64]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	var rows []struct {
		ID   int64
		Name string
	}
	if err := s.read(ctx).Raw("SELECT id, name FROM users WHERE id IN ?", ids).Scan(&rows).Error; err != nil {
		return nil, dbError("user", err)
	}
	for _, r := range rows {
		names[r.ID] = r.Name
	}
	return names, nil
}
