package handlers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// calendarRegister keeps the versions of the working calendar; models.Store is
// one.
type calendarRegister interface {
	Calendars(ctx context.Context) ([]models.Calendar, error)
	Calendar(ctx context.Context, number int64) (models.Calendar, error)
	CalendarInForce(ctx context.Context) (models.Calendar, error)
	ProposeCalendar(ctx context.Context, n models.NewCalendar, by workflow.Actor) (models.Calendar, bool, error)
	ReviseCalendar(ctx context.Context, number int64, seen string, n models.NewCalendar, by workflow.Actor) (models.Calendar, error)
	DiscardCalendar(ctx context.Context, number int64) error
	Undated(ctx context.Context) (int64, error)
}

// calendars serves the register of working calendars and the replays with them.
// A data steward proposes, a system administrator puts into force (三员分立): the
// one knows the cases, the other sees how many there are.
type calendars struct {
	store  calendarRegister
	book   replayBook
	policy Policy
	show   *viewer
	now    func() time.Time
}

func calendarPath(number int64) string { return fmt.Sprintf("/calendars/%d", number) }

// list serves GET /calendars.
func (h *calendars) list(c *gin.Context) (Page, error) {
	out, err := h.all(c)
	return Page{View: "calendars", Data: out}, err
}

func (h *calendars) all(c *gin.Context) (calendarsView, error) {
	out := calendarsView{Items: []calendarView{}, MayWrite: h.mayWrite(c), Form: map[string]string{}}
	ctx := c.Request.Context()
	kept, err := h.store.Calendars(ctx)
	if err != nil {
		return out, err
	}
	for i := range kept {
		v, err := h.brief(&kept[i])
		if err != nil {
			return out, err
		}
		out.Items = append(out.Items, v)
	}
	if out.Undated, err = h.store.Undated(ctx); err != nil || !wantsHTML(c) {
		return out, err
	}
	past, err := h.book.Replays(ctx, 0, 10)
	for i := range past {
		out.Replays = append(out.Replays, h.replayOf(&past[i]))
	}
	return out, err
}

// brief shows a version without its days.
func (h *calendars) brief(k *models.Calendar) (calendarView, error) {
	cal, err := k.Working()
	if err != nil {
		return calendarView{}, err
	}
	return calendarView{
		Number: k.Number, Version: k.Version, Status: string(k.Status), StatusName: k.Status.Title(), Close: clockTime(k.Close), Years: cal.Years(),
		Source: k.Source, Note: k.Note, By: k.By, At: k.At, MovedBy: k.MovedBy, MovedAt: k.MovedAt,
	}, nil
}

// clockTime writes a time of day.
func clockTime(d time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(d.Hours()), int(d.Minutes())%60)
}

// get serves GET /calendars/:id, for people one year of it (?year=).
func (h *calendars) get(c *gin.Context) (Page, error) {
	kept, err := h.kept(c)
	if err != nil {
		return Page{}, err
	}
	out, err := h.whole(c, &kept)
	return Page{View: "calendar", Data: out}, err
}

func (h *calendars) kept(c *gin.Context) (models.Calendar, error) {
	id, err := pathID(c)
	if err != nil {
		return models.Calendar{}, err
	}
	return h.store.Calendar(c.Request.Context(), id)
}

// whole shows a version with its days and what it changes.
func (h *calendars) whole(c *gin.Context, k *models.Calendar) (calendarView, error) {
	out, err := h.brief(k)
	if err != nil {
		return out, err
	}
	cal, err := k.Working()
	if err != nil {
		return out, err
	}
	ctx := c.Request.Context()
	now, err := h.store.CalendarInForce(ctx)
	if err != nil {
		return out, err
	}
	inForce, err := now.Working()
	if err != nil {
		return out, err
	}
	out.Days, out.Changes = []calendarDay{}, []calendarChange{}
	for _, d := range k.Days {
		out.Days = append(out.Days, calendarDay{d.Date, string(d.Kind)})
	}
	for _, d := range cal.Changes(inForce) {
		out.Changes = append(out.Changes, calendarChange{d.Date, string(d.Was), string(d.Is), dayName(d.Was), dayName(d.Is)})
	}
	if now.Close != k.Close {
		out.CloseBefore = clockTime(now.Close)
	}
	if !wantsHTML(c) {
		return out, nil
	}
	return out, h.page(c, &out, k, cal)
}

// page adds what only a page shows: one year, and what has become of the version.
func (h *calendars) page(c *gin.Context, out *calendarView, k *models.Calendar, cal *workflow.Calendar) error {
	q := queryOf(c)
	years := cal.Years()
	out.Year, out.Day = int(q.id("year")), q.text("day")
	if at, err := time.Parse(time.DateOnly, out.Day); err == nil {
		out.Year = at.Year()
	} else {
		out.Day = ""
	}
	if out.Year == 0 || out.Year > 2999 {
		out.Year = h.now().In(china()).Year()
		if len(out.Changes) > 0 { // what is proposed is what people come for
			at, _ := time.Parse(time.DateOnly, out.Changes[0].Date) // a date of a calendar
			out.Year = at.Year()
		}
		if !slices.Contains(years, out.Year) {
			out.Year = years[len(years)-1]
		}
	}
	out.Months = months(out, cal)
	out.MayWrite, out.Form, out.Kinds = h.mayWrite(c), map[string]string{}, dayKinds()
	past, err := h.book.Replays(c.Request.Context(), k.Number, 10)
	for i := range past {
		out.Replays = append(out.Replays, h.replayOf(&past[i]))
	}
	return err
}

// export serves GET /calendars/:id/csv, in the columns of an import.
func (h *calendars) export(c *gin.Context, fail func(error)) {
	kept, err := h.kept(c)
	if err != nil {
		fail(err)
		return
	}
	c.Header("Content-Disposition", fmt.Sprintf(`attachment; filename="calendar-%d.csv"`, kept.Number))
	c.Data(http.StatusOK, "text/csv; charset=utf-8", []byte(workflow.WriteCalendarCSV(kept.Days)))
}

// create serves POST /calendars: a draft made of another version (from, by
// default the one in force) with a day, a file or a close of business changed. A
// content that is kept already is answered by the version that has it.
func (h *calendars) create(c *gin.Context) (Page, error) {
	if err := h.steward(c); err != nil {
		return Page{}, err
	}
	b, err := calendarBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	from, err := h.store.CalendarInForce(ctx)
	if n, given := b.whole("from"); err == nil && given {
		from, err = h.store.Calendar(ctx, n)
	}
	if err != nil {
		return Page{}, err
	}
	n, err := proposedCalendar(b, &from)
	if err != nil {
		return h.again(c, b, err)
	}
	kept, made, err := h.store.ProposeCalendar(ctx, n, actorOf(c))
	if err != nil {
		return h.again(c, b, err)
	}
	if !made && kept.Status == models.CalendarInForce {
		return h.again(c, b, fault.InvalidField("csv", "与现行日历完全相同，没有改动", "it is the same as the calendar in force"))
	}
	out, err := h.whole(c, &kept)
	return Page{Status: http.StatusCreated, View: "calendar", Data: out, Location: h.at(b, kept.Number)}, err
}

// at is the page of a version with the year of the day that was changed.
func (h *calendars) at(b *body, number int64) string {
	if at, err := time.Parse(time.DateOnly, b.text("date", 20)); err == nil {
		return fmt.Sprintf("%s?year=%d", calendarPath(number), at.Year())
	}
	return calendarPath(number)
}

// again shows the list again with what was typed.
func (h *calendars) again(c *gin.Context, b *body, cause error) (Page, error) {
	if !wantsHTML(c) || fault.KindOf(cause) != fault.Invalid {
		return Page{}, cause
	}
	out, err := h.all(c)
	if err != nil {
		return Page{}, err
	}
	out.Form = typedIn(b, "csv", "close", "source", "note")
	return Page{View: "calendars", Data: out}, cause
}

// revise serves POST /calendars/:id: a day, a file, the close of business, the
// source or the note of a draft.
func (h *calendars) revise(c *gin.Context) (Page, error) {
	if err := h.steward(c); err != nil {
		return Page{}, err
	}
	was, err := h.kept(c)
	if err != nil {
		return Page{}, err
	}
	b, err := calendarBody(c)
	if err != nil {
		return Page{}, err
	}
	seen := b.must("version", 20)
	n, err := proposedCalendar(b, &was)
	var kept models.Calendar
	if err == nil {
		kept, err = h.store.ReviseCalendar(c.Request.Context(), was.Number, seen, n, actorOf(c))
	}
	if err != nil {
		if !wantsHTML(c) || fault.KindOf(err) != fault.Invalid {
			return Page{}, err
		}
		out, e := h.whole(c, &was)
		if e != nil {
			return Page{}, e
		}
		out.Form = typedIn(b, "csv", "close", "source", "note", "date", "kind")
		return Page{View: "calendar", Data: out}, err
	}
	out, err := h.whole(c, &kept)
	return Page{View: "calendar", Data: out, Location: h.at(b, kept.Number)}, err
}

// discard serves POST /calendars/:id/discard: a draft is thrown away.
func (h *calendars) discard(c *gin.Context) (Page, error) {
	if err := h.steward(c); err != nil {
		return Page{}, err
	}
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	if err := h.store.DiscardCalendar(c.Request.Context(), id); err != nil {
		return Page{}, err
	}
	if wantsHTML(c) {
		return Page{Location: "/calendars"}, nil
	}
	return Page{Status: http.StatusNoContent}, nil
}

// proposedCalendar is what a request makes of a version. The faults name the
// field, and the row and column of a file.
func proposedCalendar(b *body, from *models.Calendar) (models.NewCalendar, error) {
	n := models.NewCalendar{Close: from.Close, Days: from.Days, Source: from.Source, Note: from.Note}
	cal, err := from.Working()
	if err != nil {
		return n, err
	}
	if _, given := b.values["source"]; given {
		n.Source = b.text("source", maxTitle)
	}
	if _, given := b.values["note"]; given {
		n.Note = b.text("note", maxCalendarNote)
	}
	if text := b.text("close", 5); text != "" {
		if n.Close = closeOf(text); n.Close == 0 {
			b.refuse("close", "应为 00:01 至 24:00 的时刻，如 17:30", "must be a time between 00:01 and 24:00, like 17:30")
		}
	}
	if date := b.text("date", 20); date != "" {
		kind := workflow.DayKind(b.must("kind", 30))
		exceptional := workflow.Day{Date: date, Kind: kind}
		if kind == ordinary {
			exceptional.Kind = workflow.Holiday // any day may be one: only the date is looked at
		}
		if column, why := exceptional.Wrong(); column != "" {
			b.refuse(column, why.ZH, why.EN)
		}
		n.Days = cal.Set(date, kind)
	}
	if text := b.text("csv", maxBody); text != "" {
		days, wrong := workflow.ReadCalendarCSV(text)
		for _, f := range wrong {
			at := f.Place()
			b.refuse("csv", at.ZH+"："+f.Text.ZH, at.EN+": "+f.Text.EN)
		}
		n.Days = cal.Replace(days)
	}
	return n, b.err()
}

// maxCalendarNote bounds the note of a version, in characters.
const maxCalendarNote = 500

// ordinary leaves a day to its weekday.
const ordinary = "ordinary"

// dayKinds lists what a day can be made.
func dayKinds() []optionView {
	return []optionView{
		{Value: string(workflow.Holiday), Title: dayName(workflow.Holiday)},
		{Value: string(workflow.MakeUpWorkday), Title: dayName(workflow.MakeUpWorkday)},
		{Value: ordinary, Title: fault.Text{ZH: "按星期（平日或周末）", EN: "By its weekday"}},
	}
}

// dayName says in words what a day is.
func dayName(k workflow.DayKind) fault.Text {
	switch k {
	case workflow.Holiday:
		return fault.Text{ZH: "放假", EN: "Holiday"}
	case workflow.MakeUpWorkday:
		return fault.Text{ZH: "调休上班", EN: "Make-up working day"}
	case workflow.Workday:
		return fault.Text{ZH: "工作日", EN: "Working day"}
	case workflow.Weekend:
		return fault.Text{ZH: "周末", EN: "Weekend"}
	}
	return fault.Text{ZH: string(k), EN: string(k)}
}

// closeOf reads a close of business, 0 when it is none.
func closeOf(text string) time.Duration {
	var h, m int
	if n, err := fmt.Sscanf(text, "%2d:%2d", &h, &m); n != 2 || err != nil || h < 0 || m < 0 || m > 59 || h*60+m > 24*60 {
		return 0
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

// calendarBody reads a body; a page sends its file as a part of a form.
func calendarBody(c *gin.Context) (*body, error) {
	if kind, _, err := mime.ParseMediaType(c.GetHeader("Content-Type")); err != nil || kind != "multipart/form-data" {
		return readBody(c)
	}
	if err := c.Request.ParseMultipartForm(maxBody); err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return nil, err
		}
		return nil, fault.InvalidField("csv", "表单没有传完", "the form did not arrive whole")
	}
	b := &body{values: map[string]any{}, wrong: &[]fault.Field{}}
	for name, list := range c.Request.MultipartForm.Value {
		b.values[name] = list[0]
	}
	f, head, err := c.Request.FormFile("file")
	if err == nil && head.Size > 0 {
		defer func() { _ = f.Close() }()
		text, err := io.ReadAll(f)
		if err != nil {
			return nil, err
		}
		b.values["csv"] = strings.ToValidUTF8(string(text), "\ufffd")
		if source, _ := b.values["source"].(string); strings.TrimSpace(source) == "" {
			b.values["source"] = head.Filename
		}
	}
	b.clean("", b.values)
	return b, nil
}

func (h *calendars) mayWrite(c *gin.Context) bool {
	return h.policy.Can(actorOf(c), "calendar", "write") == nil && h.steward(c) == nil
}

// steward refuses a steward of a part of the area: a calendar holds in all of it.
func (h *calendars) steward(c *gin.Context) error {
	n, err := h.show.dir.names(c.Request.Context())
	if err != nil {
		return err
	}
	if top, ok := n.keptWhole(actorOf(c)); !ok {
		return fault.New(fault.Forbidden,
			"工作日历在全部地区生效，只能由「"+top+"」的数据管理员提出修改。", "The calendar holds everywhere: a data steward of "+top+" proposes its changes.")
	}
	return nil
}
