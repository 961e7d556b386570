package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/testdata"
	"github.com/shujie-gov/shujie/workflow"
)

// settleCalendar is how long after a calendar came into force every replica has
// taken it up (see watchRules), and the cases that are left can be looked for.
const settleCalendar = 2 * time.Second

// keepCalendar begins the register with the notices that ship with the program,
// and takes the calendar in force. The close of business of the settings begins
// the register only; from then on it is a part of the version.
func (a *app) keepCalendar(ctx context.Context) error {
	closing, err := a.cfg.closing()
	if err != nil {
		return err
	}
	days, err := readDays(testdata.Files)
	if err != nil {
		return err
	}
	if err := a.store.SeedCalendar(ctx, models.NewCalendar{
		Close: closing, Days: days, Source: "国务院办公厅关于节假日安排的通知", Note: "随程序提供 shipped with the program",
	}); err != nil {
		return err
	}
	if err := a.learnCalendar(ctx); err != nil {
		return err
	}
	if now := a.calendar.Load().Close(); now != closing {
		a.log.WarnContext(ctx, "the close of business of the calendar in force holds; a new version changes it",
			"calendar", clock(now), "SHUJIE_BUSINESS_CLOSE", clock(closing))
	}
	return a.loadRegions(ctx)
}

// clock writes a time of day.
func clock(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// learnCalendar takes the calendar of the database, when it is another one. A
// year without data is said loudly: deadlines in it stay open.
func (a *app) learnCalendar(ctx context.Context) error {
	version, err := a.store.CalendarVersion(ctx)
	if err != nil {
		return err
	}
	if old := a.calendar.Load(); old != nil && old.Version() == version {
		return nil
	}
	kept, err := a.store.CalendarInForce(ctx)
	if err != nil {
		return err
	}
	cal, err := kept.Working()
	if err != nil {
		return err
	}
	if _, err := cal.Workday(a.now()); err != nil {
		a.log.ErrorContext(ctx, "calendar", "err", err)
	}
	a.calendar.Store(cal)
	return nil
}

// announce proposes days as a yearly notice brings them. A calendar by which no
// open case would move comes into force at once; else it waits for a replay.
func (a *app) announce(ctx context.Context, days []workflow.Day) error {
	if len(days) == 0 {
		return nil
	}
	if err := a.learnCalendar(ctx); err != nil {
		return err
	}
	cal, err := a.propose(ctx, days, "导入 import")
	if err != nil || cal.Status == models.CalendarInForce {
		return err
	}
	r, err := a.preview(ctx, cal.Number)
	if err != nil {
		return err
	}
	if n := r.Rows(); n > 0 {
		a.log.WarnContext(ctx, "the calendar is kept as a draft: cases would move by it; look at them and confirm by: shujie clocks replay --number N --apply",
			"number", cal.Number, "cases", n)
		return nil
	}
	if _, err := a.store.ApplyReplay(ctx, r.ID, operator()); err != nil {
		return err
	}
	_, err = a.settled(ctx, r.ID)
	return errors.Join(err, a.learnCalendar(ctx))
}

// propose keeps a version in which days replace the years that they speak of.
func (a *app) propose(ctx context.Context, days []workflow.Day, source string) (models.Calendar, error) {
	now := a.calendar.Load()
	cal, _, err := a.store.ProposeCalendar(ctx, models.NewCalendar{Close: now.Close(), Days: now.Replace(days), Source: source}, operator())
	return cal, err
}

// preview counts a preview with a calendar to its end.
func (a *app) preview(ctx context.Context, calendar int64) (models.Replay, error) {
	r, err := a.store.StartReplay(ctx, calendar, operator())
	if err != nil {
		return r, err
	}
	return a.settled(ctx, r.ID)
}

// settled does the work of a replay, or waits while a worker does it.
func (a *app) settled(ctx context.Context, id int64) (models.Replay, error) {
	for {
		r, err := a.store.Replay(ctx, id)
		if err != nil || !r.Active() {
			return r, err
		}
		led, err := a.store.Lead(ctx, "sweep:migrate", func(ctx context.Context) error { return a.advance(ctx, &r) })
		if err != nil && fault.KindOf(err) != fault.Conflict { // a Conflict: another process counts it
			return r, err
		}
		if led && err == nil && !a.early(&r) {
			continue
		}
		select {
		case <-ctx.Done():
			return r, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// early reports whether a replay has to wait until every replica counts with the
// calendar of the one that it follows.
func (a *app) early(r *models.Replay) bool {
	return r.Follows != 0 && r.Status == models.ReplayCounting && a.now().Before(r.At.Add(settleCalendar))
}

// advance does the work of a replay that is due.
func (a *app) advance(ctx context.Context, r *models.Replay) error {
	switch {
	case a.early(r):
		return nil
	case r.Status == models.ReplayRunning:
		return a.replay(ctx, r)
	}
	return a.count(ctx, r)
}

// replayClocks goes on with the replays that are at work, to their ends. What is
// left after one is looked for when every replica counts with its calendar.
func (a *app) replayClocks(ctx context.Context) error {
	active, err := a.store.ActiveReplays(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for i := range active {
		// A Conflict: the preview was outdated while it was counted.
		if err := a.advance(ctx, &active[i]); err != nil && fault.KindOf(err) != fault.Conflict {
			errs = append(errs, fmt.Errorf("replay %d: %w", active[i].ID, err))
		}
	}
	return errors.Join(errs...)
}

// count counts a preview, from where it was cut off.
func (a *app) count(ctx context.Context, r *models.Replay) error {
	cal, err := a.working(ctx, r.Calendar, r.Version)
	if err != nil {
		return err
	}
	if err := a.engine.PreviewReplay(ctx, a.store, r.ID, r.Turn, cal); err != nil {
		return err
	}
	return a.store.EndPreview(ctx, r.ID)
}

// replay moves the cases of a replay that was confirmed.
func (a *app) replay(ctx context.Context, r *models.Replay) error {
	cal, err := a.working(ctx, r.Calendar, r.Version)
	if err != nil {
		return err
	}
	if err := a.engine.RunReplay(ctx, a.store, r.ID, cal); err != nil {
		return err
	}
	return a.store.FinishReplay(ctx, r.ID)
}

// working returns a calendar of the register as the rules see it, if it has the
// content still.
func (a *app) working(ctx context.Context, number int64, version string) (*workflow.Calendar, error) {
	kept, err := a.store.Calendar(ctx, number)
	if err != nil {
		return nil, err
	}
	if kept.Version != version {
		return nil, fault.New(fault.Conflict, "预览之后日历已变，请重新预览。", "The calendar changed after this preview; preview it again.")
	}
	return kept.Working()
}

// readDays reads calendar.csv.
func readDays(files fs.FS) ([]workflow.Day, error) {
	text, err := fs.ReadFile(files, "calendar.csv")
	if err != nil {
		return nil, err
	}
	return daysOf("calendar.csv", string(text))
}

// daysOf reads the days of a file; every wrong cell is named by row and column.
func daysOf(name, text string) ([]workflow.Day, error) {
	days, wrong := workflow.ReadCalendarCSV(text)
	bad := &tableError{name: name}
	for _, f := range wrong {
		bad.cells = append(bad.cells, f.Place().EN+": "+f.Text.EN)
	}
	return days, bad.or()
}
