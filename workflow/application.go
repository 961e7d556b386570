package workflow

import (
	"cmp"
	"time"
)

// Application is a share application (共享申请) as the requirements know it that
// may rest on it: one of the same applicant for the same resource and the same
// service item, which is its purpose (条例 Art. 20, 25). A delivered one is the
// grant itself (共享授权): there is no second record of it.
type Application struct {
	ID        CaseID
	State     State
	Ended     bool
	Waits     Part   // whose move it is: the part of the department, if one is waited for
	Until     string // the last day of the grant
	Basis     string // 使用依据
	CreatedAt time.Time
}

// The states of an application that code knows: its data may be fetched, and
// the permission is suspended (条例 Art. 27).
const (
	StateDelivered State = "delivered"
	StateSuspended State = "suspended"
)

// Standing is what a requirement may expect of the applications it rests on.
type Standing string

// The standings, from the best. Ended ones are told apart from none at all only
// by their application.
const (
	GrantValid  Standing = "valid"     // fetch
	GrantHeld   Standing = "held"      // suspended; wait until it is reinstated
	AtProvider  Standing = "provider"  // applied for; the provider or an authority moves next
	AtApplicant Standing = "applicant" // applied for; the applicant moves next
	GrantNone   Standing = "none"      // refused, expired, terminated, or never applied for
)

// NeedsGrant reports whether demander may fetch the data only under a grant:
// conditional data of another department. Unconditional data is for everybody
// (条例 Art. 14).
func (r Requirement) NeedsGrant(demander DeptID) bool {
	return r.Class == Conditional && r.Provider != demander
}

// Rests returns the application that the requirement rests on, and how far it
// is on the day today: of all, the one that lets the data come soonest, the
// latest of equals.
func (r Requirement) Rests(today string) (Application, Standing) {
	var best Application
	standing := GrantNone
	for _, a := range r.Applications {
		s := a.standing(today)
		if d := cmp.Compare(s.rank(), standing.rank()); d > 0 || d == 0 && a.ID > best.ID {
			best, standing = a, s
		}
	}
	return best, standing
}

func (a Application) standing(today string) Standing {
	switch {
	case a.State == StateDelivered && a.Until >= today:
		return GrantValid
	case a.State == StateSuspended && a.Until >= today:
		return GrantHeld
	case a.Ended, a.State == StateDelivered, a.State == StateSuspended:
		return GrantNone
	case a.Waits == Demander:
		return AtApplicant
	}
	return AtProvider
}

func (s Standing) rank() int {
	switch s {
	case GrantValid:
		return 4
	case GrantHeld:
		return 3
	case AtProvider:
		return 2
	case AtApplicant:
		return 1
	case GrantNone:
	}
	return 0
}

// today is the date in China.
func (m Moment) today() string {
	if m.Calendar == nil {
		return m.Now.Format(time.DateOnly)
	}
	return m.Calendar.Today(m.Now)
}
