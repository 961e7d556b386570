package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/shujie-gov/shujie/models"
)

// soakChecks are statements that count what must not be, by what they count.
func soakChecks() map[string]string {
	return map[string]string{
		"requirements that ended in none of the outcomes": `SELECT count(*) FROM requirements WHERE status NOT IN ('satisfied', 'missing', 'refused', 'unsure')`,
		"requirements whose receipts are not one for a success and none else": `SELECT count(*) FROM requirements q
			LEFT JOIN (SELECT requirement_id, count(*) AS n FROM receipts GROUP BY requirement_id) r ON r.requirement_id = q.id
			WHERE (q.status = 'satisfied') <> (q.receipt_id <> 0) OR coalesce(r.n, 0) <> CASE WHEN q.status = 'satisfied' THEN 1 ELSE 0 END`,
		"requirements whose last call ended otherwise": `SELECT count(*) FROM requirements q
			LEFT JOIN (SELECT DISTINCT ON (requirement_id) requirement_id, outcome FROM fetches ORDER BY requirement_id, id DESC) f ON f.requirement_id = q.id
			WHERE f.outcome IS NULL AND NOT EXISTS (SELECT 1 FROM receipts r WHERE r.id = q.receipt_id AND r.source_id <> 0) OR f.outcome <> CASE q.status WHEN 'satisfied' THEN 'found' WHEN 'missing' THEN 'no_record' WHEN 'unsure' THEN 'unknown' ELSE f.outcome END`,
		"calls that are still open in the ledger": `SELECT count(*) FROM fetches WHERE outcome = 'pending'`,
		"records that were found twice":           `SELECT count(*) FROM (SELECT job_id FROM fetches WHERE outcome = 'found' GROUP BY job_id HAVING count(*) > 1) x`,
		"calls that were repeated though that does harm": `SELECT count(*) FROM (SELECT lag(f.outcome) OVER (PARTITION BY f.job_id ORDER BY f.id) AS before
			FROM fetches f JOIN resources r ON r.id = f.resource_id WHERE NOT r.repeatable) x WHERE before IN ('unknown', 'found')`,
		"jobs that were given up":       `SELECT count(*) FROM outbox WHERE dead`,
		"outages that are still on":     `SELECT count(*) FROM incidents WHERE closed_at IS NULL`,
		"fetches that are still parked": `SELECT count(*) FROM parks`,
	}
}

// check counts what must not be, and prints what there is.
func (s *soak) check(ctx context.Context) error {
	var wrong []error
	for what, sql := range soakChecks() {
		var n int64
		if err := s.db.QueryRow(ctx, sql).Scan(&n); err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if n != 0 {
			wrong = append(wrong, fmt.Errorf("%d %s", n, what))
		}
	}
	report, err := s.app.store.Verify(ctx, 10)
	if err != nil {
		return err
	}
	for _, p := range report.Problems { // among it a count that differs from the ledger
		wrong = append(wrong, errors.New("verify: "+p.Text))
	}
	for _, f := range []func(context.Context) error{s.rates, s.outages, s.tell, s.memory} {
		wrong = append(wrong, f(ctx))
	}
	if err := errors.Join(wrong...); err != nil {
		return err
	}
	fmt.Fprintf(s.out, "all is well: %d calls and %d receipts verified\n", report.Calls, report.Receipts)
	return nil
}

// rates looks at every period of the rated service that begins with a call.
func (s *soak) rates(ctx context.Context) error {
	rate, err := models.ParseRate(s.o.rate)
	if err != nil {
		return err
	}
	rows, err := s.db.Query(ctx, "SELECT f.started_at FROM fetches f JOIN resources r ON r.id = f.resource_id WHERE r.rate <> '' ORDER BY f.started_at")
	if err != nil {
		return err
	}
	at, err := pgx.CollectRows(rows, pgx.RowTo[time.Time])
	if err != nil {
		return err
	}
	most, first := 0, 0
	for i := range at {
		for at[i].Sub(at[first]) >= rate.Per {
			first++
		}
		most = max(most, i-first+1)
	}
	fmt.Fprintf(s.out, "rated service: %d calls, at most %d in any %s of %d registered\n", len(at), most, rate.Per, rate.Calls)
	if most > rate.Calls {
		return fmt.Errorf("%d calls in %s, %d are registered", most, rate.Per, rate.Calls)
	}
	return nil
}

// outages: the two of the platform are on record. More may be: so many broken
// answers in a row are an outage, too.
func (s *soak) outages(ctx context.Context) error {
	list, err := s.app.store.Incidents(ctx, models.IncidentQuery{Limit: models.MaxLimit})
	if err != nil {
		return err
	}
	whole := 0
	for _, i := range list {
		if i.Resource == 0 {
			whole++
		}
		end := i.OpenedAt
		if i.ClosedAt != nil {
			end = *i.ClosedAt
		}
		fmt.Fprintf(s.out, "incident %d: service %d, %d parked, %s, %s\n", i.ID, i.Resource, i.Parked, end.Sub(i.OpenedAt).Round(time.Second), i.Reason)
	}
	if whole < 2 {
		return fmt.Errorf("%d outages of the platform are on record, there were 2", whole)
	}
	return nil
}

// tell prints how the requirements and the calls ended.
func (s *soak) tell(ctx context.Context) error {
	for what, sql := range map[string]string{
		"requirements": "SELECT status, count(*) FROM requirements GROUP BY status ORDER BY status",
		"calls":        "SELECT outcome, count(*) FROM fetches GROUP BY outcome ORDER BY outcome",
	} {
		rows, err := s.db.Query(ctx, sql)
		if err != nil {
			return err
		}
		type line struct {
			Word string
			N    int64
		}
		list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[line])
		if err != nil {
			return err
		}
		fmt.Fprintf(s.out, "%s: %v\n", what, list)
	}
	return nil
}

// memory compares what the workers took in the second and in the last quarter.
func (s *soak) memory(context.Context) error {
	for n, w := range s.workers {
		q := len(w.sizes) / 4
		if q < 5 {
			continue
		}
		early, late := middle(w.sizes[q:2*q]), middle(w.sizes[3*q:])
		fmt.Fprintf(s.out, "worker %d: %d MB in the second quarter, %d MB in the last\n", n+1, early/1024, late/1024)
		if late > early+early/2+16*1024 {
			return fmt.Errorf("worker %d grew from %d to %d MB", n+1, early/1024, late/1024)
		}
	}
	return nil
}

func middle(v []int64) int64 {
	s := slices.Sorted(slices.Values(v))
	return s[len(s)/2]
}
