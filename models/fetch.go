package models

import (
	"cmp"
	"context"
	"slices"
	"time"

	"gorm.io/gorm"

	"github.com/shujie-gov/shujie/workflow"
)

// Outcome is how a call over the exchange platform ended.
type Outcome string

// The outcomes (docs/design.md, invariant 5). Pending is a call that has not
// ended; found after a crash it is Unknown.
const (
	FetchPending   Outcome = "pending"
	FetchFound     Outcome = "found"
	FetchNoRecord  Outcome = "no_record"
	FetchRefused   Outcome = "refused"
	FetchTechnical Outcome = "technical"
	FetchUnknown   Outcome = "unknown"
)

// Fetch is one attempt of a call: a row of the ledger, kept three years (条例
// Art. 29).
type Fetch struct {
	ID              int64
	Job             int64 // outbox row that asked for it
	Attempt         int
	Case            workflow.CaseID
	Requirement     int64
	Resource        int64
	ResourceName    string
	ResourceVersion string
	Provider        workflow.DeptID
	User            workflow.DeptID // the department that it is for
	Platform        string          // over which it is made
	Purpose         string          // which service, for which paper
	Basis           string          // legal basis
	Consent         string          // how the citizen consented, "" where the law asks for none
	Application     workflow.CaseID // whose grant let it be fetched, 0 when none is needed
	Actor           int64           // on whose behalf; 0 is the system
	RequestID       string
	StartedAt       time.Time
	EndedAt         *time.Time
	Outcome         Outcome
	Message         string
	Trail           []Hop // the platforms that the call passed, ours first
	Receipt         int64
}

// Target is what a fetch needs to know.
type Target struct {
	Case        workflow.CaseID
	Requirement workflow.Requirement
	Resource    Resource // with its Link
	Route       Route
	Asker       Asker
	Subject     workflow.Person
	Probe       bool            // Subject is the provider's test person
	User        workflow.DeptID // the department that the data is for
	Purpose     string
	Basis       string
	Consent     string // how the citizen consented
	Grant       Grant
	Actor       int64
}

// Asker is who asks for the data of a case, and what for, as platforms want to
// know it.
type Asker struct {
	Account, Name  string // of the person
	Unit, UnitCode string // of the department that the data is for
	Matter         string // the service item
	Case           string // its number
}

type fetchRow struct {
	ID              int64
	JobID           int64
	Attempt         int
	CaseID          int64
	RequirementID   int64
	ResourceID      ref
	ResourceName    string
	ResourceVersion string
	Provider        ref
	UserDept        ref
	Platform        string
	Purpose         string
	Basis           string
	Consent         string
	Application     int64
	Actor           int64
	RequestID       string
	StartedAt       stamp
	EndedAt         stamp
	Outcome         string
	Message         string
	Trail           string
	ReceiptID       int64
	Seal            string // see fetchRow.text
}

// TableName implements schema.Tabler.
func (fetchRow) TableName() string { return "fetches" }

func (r fetchRow) fetch() Fetch {
	return Fetch{
		ID: r.ID, Job: r.JobID, Attempt: r.Attempt, Case: workflow.CaseID(r.CaseID), Requirement: r.RequirementID,
		Resource: int64(r.ResourceID), ResourceName: r.ResourceName, ResourceVersion: r.ResourceVersion,
		Provider: workflow.DeptID(r.Provider), User: workflow.DeptID(r.UserDept), Platform: r.Platform, Purpose: r.Purpose, Basis: r.Basis, Consent: r.Consent,
		Application: workflow.CaseID(r.Application), Actor: r.Actor, RequestID: r.RequestID,
		StartedAt: r.StartedAt.Time, EndedAt: r.EndedAt.ptr(), Outcome: Outcome(r.Outcome), Message: r.Message, Trail: readTrail(r.Trail), Receipt: r.ReceiptID,
	}
}

// The legal bases of a fetch that no share request states (条例 Art. 14, 20).
const (
	basisUnconditional = "《政务数据共享条例》第十四条（无条件共享）"
	basisConditional   = "《政务数据共享条例》第二十条（有条件共享）"
)

// Target returns what the fetch of a requirement needs, and under which grant it
// would be made. The basis of conditional sharing is the one that the application
// states; the actor is the last person who moved the case.
func (s *Store) Target(ctx context.Context, id workflow.CaseID, requirement int64) (Target, error) {
	c, err := s.find(ctx, Scope{All: true}, id)
	if err != nil {
		return Target{}, err
	}
	before, err := c.toCase()
	if err != nil {
		return Target{}, dbError("case", err)
	}
	i := slices.IndexFunc(before.Requirements, func(r workflow.Requirement) bool { return r.ID == requirement })
	if i < 0 {
		return Target{}, notFound("requirement")
	}
	t := Target{Case: id, Requirement: before.Requirements[i], User: before.Parts[workflow.Demander]}
	if t.Resource, err = s.Resource(ctx, t.Requirement.Resource); err != nil {
		return Target{}, err
	}
	if t.Subject, err = s.openPerson(id, c.Row.PersonEnc); err != nil {
		return Target{}, err
	}
	if t.Subject.IDNumber == "" { // nobody, or somebody who cannot be told apart
		t.Subject, t.Probe = t.Resource.Link.Probe, true
	}
	if t.Route, err = s.Route(ctx, t.Resource.Platform); err != nil {
		return Target{}, err
	}
	t.Grant = s.grant(before.Parts[workflow.Demander], t.Requirement)
	var about struct {
		Item           string
		Actor          int64
		Account, Name  string
		Unit, UnitCode string
		CreatedAt      stamp
	}
	err = s.read(ctx).Raw(`SELECT
		coalesce((SELECT i.name FROM service_items i WHERE i.id = ?), ?) AS item,
		a.actor, coalesce(u.username, '') AS account, coalesce(u.name, '') AS name,
		coalesce(d.name, '') AS unit, coalesce(d.code, '') AS unit_code, c.created_at
		FROM (SELECT coalesce((SELECT e.actor FROM events e WHERE e.case_id = ? AND e.actor <> 0 ORDER BY e.seq DESC LIMIT 1), 0) AS actor) a
		JOIN cases c ON c.id = ? LEFT JOIN users u ON u.id = a.actor LEFT JOIN departments d ON d.id = c.demander`,
		before.Item, before.Title, int64(id), int64(id)).Scan(&about).Error
	if err != nil {
		return Target{}, dbError("fetch target", err)
	}
	t.Consent, _ = before.Facts["consent"].(string)
	t.Purpose, t.Basis, t.Actor = about.Item+"："+t.Requirement.Name, t.Grant.Application.Basis, about.Actor
	t.Asker = Asker{
		Account: about.Account, Name: about.Name, Unit: about.Unit, UnitCode: about.UnitCode, Matter: about.Item, Case: Number(id, about.CreatedAt.Time),
	}
	switch {
	case t.Basis != "":
	case t.Requirement.Class == workflow.Unconditional:
		t.Basis = basisUnconditional
	default:
		t.Basis = basisConditional
	}
	return t, nil
}

// grant works out under which grant demander may fetch the data of r today.
func (s *Store) grant(demander workflow.DeptID, r workflow.Requirement) Grant {
	if !r.NeedsGrant(demander) {
		return Grant{}
	}
	g := Grant{Needed: true}
	g.Application, g.Standing = r.Rests(s.now().In(china()).Format(time.DateOnly))
	return g
}

// BeginFetch writes a ledger row before the call goes out and returns it, or a
// *[WaitError] when the call may not go out now; it counts the call. Rows of the same job
// that were left pending by a crash become unknown.
func (s *Store) BeginFetch(ctx context.Context, f Fetch) (Fetch, error) {
	now := s.moment()
	row := fetchRow{
		JobID: f.Job, Attempt: f.Attempt, CaseID: int64(f.Case), RequirementID: f.Requirement, ResourceID: ref(f.Resource),
		ResourceName: f.ResourceName, ResourceVersion: f.ResourceVersion, Provider: ref(f.Provider), UserDept: ref(f.User), Platform: f.Platform, Purpose: f.Purpose,
		Basis: f.Basis, Consent: legibleText(f.Consent), Application: int64(f.Application), Actor: f.Actor, RequestID: legibleText(f.RequestID), StartedAt: now, Outcome: string(FetchPending), Trail: writeTrail(f.Trail),
	}
	var err error
	if row.Seal, err = s.sealFetch(row); err != nil {
		return Fetch{}, err
	}
	var wait *WaitError
	err = s.write(ctx, "fetch", func(tx *gorm.DB) (err error) {
		g, err := glanceAt(tx, f)
		if err == nil {
			wait, err = s.gate(tx, f, g, now.Time)
		}
		if err != nil || wait != nil {
			return err
		}
		if g.Open > 0 {
			if err := s.closeLost(tx, f.Job, now); err != nil {
				return err
			}
		}
		if err := countCall(tx, row); err != nil {
			return err
		}
		return tx.Create(&row).Error
	})
	if err == nil && wait != nil {
		return Fetch{}, wait
	}
	return row.fetch(), err
}

// closeLost closes the rows of a job that were left open by a crash.
func (s *Store) closeLost(tx *gorm.DB, job int64, now stamp) error {
	var open []fetchRow
	if err := tx.Where("job_id = ? AND outcome = ?", job, string(FetchPending)).Order("id").Find(&open).Error; err != nil {
		return err
	}
	for _, lost := range open {
		lost.Outcome, lost.EndedAt, lost.Message = string(FetchUnknown), now, "the call did not end: its worker stopped"
		if err := s.closeFetch(tx, lost, string(FetchPending)); err != nil {
			return err
		}
	}
	return nil
}

// FetchEnd is how a call ended.
type FetchEnd struct {
	Outcome   Outcome
	Message   string
	RequestID string
	Payload   []byte          // with FetchFound
	Subject   workflow.Person // whom the payload is about
	Probe     bool
	ValidDays int
	Evidence  string // what the platform says of the request that it answered, for the trail

	Sent       bool          // the call itself may have gone out
	RetryAfter time.Duration // how long the platform asks not to be called, when it was not
}

// EndFetch closes a ledger row. With FetchFound it writes the receipt and the
// encrypted payload in the same transaction; a job that has a receipt gets that
// one, never a second. A row that is closed already stays as it is, except that
// a record that was found after all counts. What it says of the platform is judged
// in the same transaction, see [Incident].
func (s *Store) EndFetch(ctx context.Context, id int64, e FetchEnd) (*Receipt, error) {
	var record envelope
	if e.Outcome == FetchFound {
		var err error
		if record, err = s.keep(ctx, s.subject(e.Subject, e.Probe), e.Payload); err != nil {
			return nil, err
		}
	}
	var receipt *Receipt
	woke := false
	err := s.write(ctx, "fetch", func(tx *gorm.DB) error {
		var row fetchRow
		if err := tx.Where("id = ?", id).Take(&row).Error; err != nil {
			return err
		}
		was := string(FetchPending)
		row.RequestID = cmp.Or(legibleText(e.RequestID), row.RequestID)
		row.Trail = witnessed(row.Trail, row.RequestID, legibleText(e.Evidence))
		if e.Outcome == FetchFound {
			r, err := s.keepReceipt(tx, record, row, e)
			if err != nil {
				return err
			}
			was, receipt, row.ReceiptID = "", r, r.ID
		}
		row.Outcome, row.EndedAt, row.Message = string(e.Outcome), s.moment(), legibleText(e.Message)
		err := s.closeFetch(tx, row, was)
		if err == nil {
			woke, err = s.judge(tx, row, e)
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	if woke {
		s.wake()
	}
	return receipt, nil
}

// Fetches lists the ledger rows of a case in scope, oldest first.
func (s *Store) Fetches(ctx context.Context, sc Scope, id workflow.CaseID) ([]Fetch, error) {
	if err := s.visible(ctx, sc, id); err != nil {
		return nil, err
	}
	var rows []fetchRow
	if err := s.read(ctx).Where("case_id = ?", int64(id)).Order("id").Find(&rows).Error; err != nil {
		return nil, dbError("fetches", err)
	}
	list := make([]Fetch, len(rows))
	for i, r := range rows {
		list[i] = r.fetch()
	}
	return list, nil
}
