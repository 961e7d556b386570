package workflow

import (
	"strings"

	"github.com/shujie-gov/shujie/fault"
)

// Role names what a person may be in the system. Roles are held in a
// department or a region; see [Grant].
type Role string

// The roles. The three administrators are separated (三员分立): no person holds
// two of them, and none of them sees business data (docs/domain.md §9).
const (
	HallStaff   Role = "hall_staff"
	DeptHandler Role = "dept_handler"
	DeptHead    Role = "dept_head"
	Coordinator Role = "coordinator"
	DataSteward Role = "data_steward"
	SysAdmin    Role = "sys_admin"
	SecAdmin    Role = "sec_admin"
	Auditor     Role = "auditor"
	System      Role = "system"
)

// Roles lists every role in the order of the access matrix.
func Roles() []Role {
	return []Role{HallStaff, DeptHandler, DeptHead, Coordinator, DataSteward, SysAdmin, SecAdmin, Auditor, System}
}

// Title returns what the role is called.
func (r Role) Title() fault.Text {
	switch r {
	case HallStaff:
		return fault.Text{ZH: "大厅人员", EN: "Hall staff"}
	case DeptHandler:
		return fault.Text{ZH: "部门经办", EN: "Department handler"}
	case DeptHead:
		return fault.Text{ZH: "部门负责人", EN: "Department head"}
	case Coordinator:
		return fault.Text{ZH: "统筹协调员", EN: "Coordinator"}
	case DataSteward:
		return fault.Text{ZH: "数据管理员", EN: "Data steward"}
	case SysAdmin:
		return fault.Text{ZH: "系统管理员", EN: "System administrator"}
	case SecAdmin:
		return fault.Text{ZH: "安全管理员", EN: "Security administrator"}
	case Auditor:
		return fault.Text{ZH: "审计员", EN: "Auditor"}
	case System:
		return fault.Text{ZH: "系统", EN: "System"}
	}
	return fault.Text{ZH: string(r), EN: string(r)}
}

// Domain says in what a role is held: a department, a region, or everywhere.
type Domain string

// The domains a role can be held in.
const (
	InDepartment Domain = "department"
	InRegion     Domain = "region"
	Everywhere   Domain = "everywhere"
)

// Domain returns in what the role is held.
func (r Role) Domain() Domain {
	switch r {
	case HallStaff, DeptHandler, DeptHead:
		return InDepartment
	case Coordinator, DataSteward:
		return InRegion
	case SysAdmin, SecAdmin, Auditor, System:
	}
	return Everywhere
}

// DeptID is the number of a department (or of a service hall, which is one).
type DeptID int64

// Grant is one role that a person holds: department roles in Dept, regional
// roles in Region and everything below it.
type Grant struct {
	Role   Role
	Dept   DeptID
	Region string // path of GB/T 2260 codes, e.g. "320000/320100"

	// For is the absent person whose grant this is, 0 when it is the actor's own.
	For     int64
	ForName string
}

// Actor is who acts: a person with their grants, or the system.
type Actor struct {
	UserID int64
	Name   string
	Dept   DeptID // the department the person works in
	Region string // path of the region the person works in
	Grants []Grant
}

// SystemActor is the actor of everything the software does by itself.
func SystemActor() Actor {
	return Actor{Name: "系统", Grants: []Grant{{Role: System}}}
}

// Has reports whether the actor holds role anywhere.
func (a Actor) Has(role Role) bool {
	for _, g := range a.Grants {
		if g.Role == role {
			return true
		}
	}
	return false
}

// IsSystem reports whether the software itself acts.
func (a Actor) IsSystem() bool { return a.Has(System) }

// Part names which department of a case is meant.
type Part string

// The parts departments play in a case.
const (
	Filer    Part = "filer"    // the hall that filed it (登记大厅)
	Demander Part = "demander" // demands the paper (索要部门); the applicant of a share request
	Holder   Part = "holder"   // holds the data (持有部门); the provider of a share request
	Lead     Part = "lead"     // answers for the case now (主办部门)
)

// Parts lists every part.
func Parts() []Part { return []Part{Filer, Demander, Holder, Lead} }

// Seat is who may act: a role, and for department roles the part their
// department must play. It is written "lead/dept_head" or "coordinator".
type Seat struct {
	Part Part
	Role Role
}

// String returns the written form.
func (s Seat) String() string {
	if s.Part == "" {
		return string(s.Role)
	}
	return string(s.Part) + "/" + string(s.Role)
}

// Holds reports whether grant g fills seat s on case c.
func (s Seat) Holds(g Grant, c *Case) bool {
	if g.Role != s.Role {
		return false
	}
	switch s.Role.Domain() {
	case InDepartment:
		return g.Dept != 0 && c.Parts[s.Part] == g.Dept
	case InRegion:
		return within(c.Region, g.Region)
	case Everywhere:
	}
	return true
}

// within reports whether region path child lies in or below parent.
func within(child, parent string) bool {
	return parent != "" && (child == parent || strings.HasPrefix(child, parent+"/"))
}
