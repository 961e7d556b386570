package handlers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"regexp"

	"github.com/gin-gonic/gin"

	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// catalogue is what the handlers ask of the reference data.
type catalogue interface {
	nameSource
	itemFinder
	Resources(ctx context.Context, q models.ResourceQuery) (models.Page[models.Resource], error)
	Entry(ctx context.Context, sc models.Scope, id int64) (models.Entry, error)
	ReviseEntry(ctx context.Context, id int64, seen int, e workflow.Entry, by string) error
	Import(ctx context.Context, r models.Reference) error
	CheckImport(ctx context.Context, r models.Reference) error
	PublishEntries(ctx context.Context, by string, list []models.NewEntry, dry bool) (models.Imported, error)
	EachEntry(ctx context.Context, q models.ResourceQuery, each func(r models.Resource, e workflow.Entry) error) error
	changeBook
	callBook
}

// things serves the catalogue: resources, service items, departments.
type things struct {
	store  catalogue
	cases  caseReader
	policy Policy
	show   *viewer
	code   *regexp.Regexp // what the codes of resources look like; nil: anyhow
}

// resources serves GET /resources.
func (h *things) resources(c *gin.Context) (Page, error) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	ask := resourceQuery(c, q, n)
	if err := q.err(); err != nil {
		return Page{}, err
	}
	got, err := h.store.Resources(ctx, ask)
	if err != nil {
		return Page{}, err
	}
	out := resourcesView{
		Items: make([]resourceView, 0, len(got.Items)), Next: got.Next, Query: ask.Text, Class: q.text("share_class"), Status: q.text("status"),
		Department: int64(ask.Provider), Depts: n.deptViews(), Filtered: ask.Provider != 0 || ask.Class != nil || ask.Status != "" || ask.Text != "",
	}
	a := actorOf(c)
	out.Proposes, out.Own = h.policy.Can(a, "catalogue", "propose") == nil, ownDept(a) != 0
	out.Export = "/resources/export?"
	if same := q.without("cursor", "limit", "format"); same != "" {
		out.Export += same + "&"
	}
	for _, r := range got.Items {
		out.Items = append(out.Items, resourceOf(n, r))
	}
	next := q.next(got.Next)
	out.NextURL, out.First = pageURL(c, next), q.first(c.Request.URL.Path)
	return Page{View: "resources", Data: out, Next: next}, nil
}

// resourceQuery reads the filters of the catalogue.
func resourceQuery(c *gin.Context, q *query, n *names) models.ResourceQuery {
	ask := models.ResourceQuery{
		Text: q.text("q"), Provider: q.department(n), Scope: scopeOf(c), Limit: q.limit(), Cursor: q.text("cursor"),
		Status: models.EntryStatus(q.oneOf("status", string(models.EntryPublished), string(models.EntryDraft), string(models.EntryWithdrawn))),
	}
	if s := q.oneOf("share_class", "0", "1", "2", "3"); s != "" {
		class := workflow.ShareClass(s[0] - '0')
		ask.Class = &class
	}
	switch q.oneOf("connected", "true", "false") {
	case "true":
		yes := true
		ask.Linked = &yes
	case "false":
		no := false
		ask.Linked = &no
	}
	return ask
}

func pageURL(c *gin.Context, next string) string {
	if next == "" {
		return ""
	}
	return c.Request.URL.Path + "?" + next
}

func resourceOf(n *names, r models.Resource) resourceView {
	return resourceView{
		ID: r.ID, Code: r.Code, Name: r.Name, Provider: n.dept(r.Provider), Class: int(r.Class), ClassName: classTitle(r.Class),
		Condition: r.Condition, Version: r.Version, ValidDays: r.ValidDays, Connected: r.Connected, Rate: r.Rate,
		Status: string(r.Status), StatusTitle: entryTitle(r.Status),
	}
}

// addResource serves POST /resources: it registers a resource, or updates the
// one of the same name and provider.
func (h *things) addResource(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	provider := b.dept(n, "provider")
	if provider.ID == 0 && len(*b.wrong) == 0 {
		b.refuse("provider", "请填写", "is required")
	}
	b.within(actorOf(c), provider, "provider")
	e := b.entry()
	days, given := b.whole("valid_days")
	if given && (days < 0 || days > 3660) {
		b.refuse("valid_days", "应为 0 至 3660", "must be 0 to 3660")
	}
	r := models.NewResource{
		Resource: models.Resource{
			Code: e.Code, Name: e.Name, Provider: provider.ID, Class: e.Class, Condition: e.Condition,
			Version: b.text("version", 50), ValidDays: int(days), Repeatable: b.flag("repeatable"), Rate: b.text("rate", 20),
			Platform: cmp.Or(b.text("platform", 50), b.text("profile", 50)), // the one of the settings is called by its profile
		},
		ProviderCode: provider.Code, Link: b.link(), Entry: e, By: actorOf(c).Name,
	}
	if _, err := models.ParseRate(r.Rate); err != nil {
		b.refuse("rate", "应形如 1000次/小时", "must look like 1000次/小时")
	}
	if r.Class == workflow.Conditional && r.Condition == "" {
		b.refuse("condition", "有条件共享须写明条件（条例第十五条）", "conditional sharing must state its condition (Regulation Art. 15)")
	}
	if err := b.err(); err != nil {
		return Page{}, err
	}
	if err := h.store.Import(ctx, models.Reference{Resources: []models.NewResource{r}}); err != nil {
		return Page{}, err
	}
	h.show.dir.forget()
	for cursor := ""; ; {
		p, err := h.store.Resources(ctx, models.ResourceQuery{Text: r.Name, Provider: provider.ID, Limit: models.MaxLimit, Cursor: cursor})
		if err != nil {
			return Page{}, err
		}
		for _, got := range p.Items {
			if got.Name == r.Name {
				return h.showEntry(c, got.ID, http.StatusCreated)
			}
		}
		if cursor = p.Next; cursor == "" {
			return Page{}, fmt.Errorf("resource %q was imported and is not there", r.Name)
		}
	}
}

// link reads how a resource is called; it is stored encrypted and never shown.
func (b *body) link() models.Link {
	in := b.sub("link")
	l := models.Link{
		RID: in.text("rid", 200), SID: in.text("sid", 200), AppKey: in.text("appkey", 200), Method: in.text("method", 10),
		Operation: in.text("operation", 200), Account: in.text("account", 100), Password: in.text("password", 200),
	}
	if l.Method != "" && l.Method != http.MethodGet && l.Method != http.MethodPost {
		in.refuse("method", "应为 GET 或 POST", "must be GET or POST")
	}
	if l.SID != "" && (l.RID == "" || l.AppKey == "") {
		in.refuse("appkey", "rid、sid、appkey 须一并填写", "rid, sid and appkey go together")
	}
	probe := in.sub("probe")
	l.Probe = workflow.Person{Name: probe.text("name", 100), IDNumber: probe.text("id_number", 40)}
	return l
}

// within refuses a department outside of the regions the actor keeps.
func (b *body) within(a workflow.Actor, d models.Department, name string) {
	if d.ID == 0 {
		return
	}
	for _, g := range a.Grants {
		if g.Role.Domain() == workflow.InRegion && below(d.Region, g.Region) {
			return
		}
	}
	b.refuse(name, "不在您的区划内", "is not within your region")
}

// items serves GET /service-items.
func (h *things) items(c *gin.Context) (Page, error) {
	ctx := c.Request.Context()
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	q := queryOf(c)
	ask := models.ItemQuery{Text: q.text("q"), Dept: q.department(n), Limit: q.limit(), Cursor: q.text("cursor")}
	if err := q.err(); err != nil {
		return Page{}, err
	}
	got, err := h.store.ServiceItems(ctx, ask)
	if err != nil {
		return Page{}, err
	}
	out := itemsView{Items: make([]itemView, 0, len(got.Items)), Next: got.Next, Query: ask.Text}
	for _, it := range got.Items {
		view, err := h.show.brief(ctx, h.cases, scopeOf(c), n, it)
		if err != nil {
			return Page{}, err
		}
		out.Items = append(out.Items, view)
	}
	next := q.next(got.Next)
	out.NextURL, out.First = pageURL(c, next), q.first(c.Request.URL.Path)
	return Page{View: "items", Data: out, Next: next}, nil
}

// item serves GET /api/v1/service-items/:id with its proofs.
func (h *things) item(c *gin.Context) (Page, error) {
	id, err := pathID(c)
	if err != nil {
		return Page{}, err
	}
	return h.showItem(c, id, http.StatusOK)
}

func (h *things) showItem(c *gin.Context, id int64, status int) (Page, error) {
	it, err := h.store.ServiceItem(c.Request.Context(), id)
	if err != nil {
		return Page{}, err
	}
	view, err := h.show.item(c.Request.Context(), h.cases, scopeOf(c), actorOf(c), it)
	return Page{Status: status, View: "item", Data: view}, err
}

// addItem serves POST /service-items: it registers an item with the proofs it
// demands; one of the same name and department gets the proofs it lacks.
func (h *things) addItem(c *gin.Context) (Page, error) {
	b, err := readBody(c)
	if err != nil {
		return Page{}, err
	}
	ctx, a := c.Request.Context(), actorOf(c)
	n, err := h.show.dir.names(ctx)
	if err != nil {
		return Page{}, err
	}
	dept := b.dept(n, "department")
	if dept.ID == 0 && len(*b.wrong) == 0 {
		b.refuse("department", "请填写", "is required")
	}
	b.within(a, dept, "department")
	region := b.region(n, a, "region", workflow.DataSteward, workflow.Coordinator)
	it := models.NewItem{Code: b.text("code", 100), Name: b.must("name", maxTitle), DeptCode: dept.Code, RegionCode: n.region(region).Code}
	for _, p := range b.subs("proofs") {
		it.Proofs = append(it.Proofs, models.NewProof{
			Name: p.must("name", maxProof), HolderCode: p.dept(n, "holder").Code, Resource: p.text("resource", maxTitle), Alternative: p.text("alternative", 50),
			Basis: p.text("basis", 500), Issuer: p.text("issuer", 100),
		})
	}
	if err := b.err(); err != nil {
		return Page{}, err
	}
	if err := h.store.Import(ctx, models.Reference{Items: []models.NewItem{it}}); err != nil {
		return Page{}, err
	}
	h.show.dir.forget()
	for cursor := ""; ; {
		p, err := h.store.ServiceItems(ctx, models.ItemQuery{Text: it.Name, Dept: dept.ID, Limit: models.MaxLimit, Cursor: cursor})
		if err != nil {
			return Page{}, err
		}
		for _, got := range p.Items {
			if got.Name == it.Name && got.Dept == dept.ID {
				return h.showItem(c, got.ID, http.StatusCreated)
			}
		}
		if cursor = p.Next; cursor == "" {
			return Page{}, fmt.Errorf("service item %q was imported and is not there", it.Name)
		}
	}
}
