package handlers

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/shujie-gov/shujie/fault"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// routingWords translates what people write in a routing table: regions and
// departments by their codes, service items by code, by name, or as #id where
// several have one name. The first failure to read the catalogue is kept in err.
type routingWords struct {
	ctx   context.Context //nolint:containedctx // it lives as long as one request
	names *names
	items itemFinder
	err   error
}

// RegionOf implements workflow.RoutingWords.
func (w *routingWords) RegionOf(code string) (string, bool) {
	r, ok := w.names.regionByCode(code)
	return r.Path, ok
}

// RegionCode implements workflow.RoutingWords.
func (w *routingWords) RegionCode(path string) string { return w.names.region(path).Code }

// DeptOf implements workflow.RoutingWords.
func (w *routingWords) DeptOf(code string) (workflow.DeptID, bool) {
	d, ok := w.names.byCode[code]
	return d.ID, ok
}

// DeptCode implements workflow.RoutingWords.
func (w *routingWords) DeptCode(id workflow.DeptID) string { return w.names.byID[id].Code }

// ItemOf implements workflow.RoutingWords.
func (w *routingWords) ItemOf(text string) (int64, bool) {
	if digits, ok := strings.CutPrefix(text, "#"); ok {
		id, err := strconv.ParseInt(digits, 10, 64)
		return id, err == nil && id > 0
	}
	found := w.called(text)
	if len(found) != 1 {
		return 0, false
	}
	return found[0].ID, true
}

// ItemText implements workflow.RoutingWords.
func (w *routingWords) ItemText(id int64) string {
	it, ok := w.item(id)
	switch {
	case ok && it.Code != "":
		return it.Code
	case ok && !strings.HasPrefix(it.Name, "#") && len(w.called(it.Name)) == 1:
		return it.Name
	}
	return fmt.Sprint("#", id)
}

func (w *routingWords) item(id int64) (models.ServiceItem, bool) {
	it, err := w.items.ServiceItem(w.ctx, id)
	return it, w.read(err)
}

// called finds the items of a code or an exact name.
func (w *routingWords) called(text string) []models.ServiceItem {
	var found []models.ServiceItem
	for cursor, pages := "", 0; pages < 10; pages++ {
		p, err := w.items.ServiceItems(w.ctx, models.ItemQuery{Text: text, Limit: models.MaxLimit, Cursor: cursor})
		if !w.read(err) {
			return nil
		}
		for _, it := range p.Items {
			if it.Code == text || it.Name == text {
				found = append(found, it)
			}
		}
		if cursor = p.Next; cursor == "" {
			break
		}
	}
	return found
}

// known collects what the rows name, as far as it is there.
func (w *routingWords) known(rows []workflow.RoutingRow) workflow.RoutingKnown {
	k := workflow.RoutingKnown{Regions: map[string]bool{}, Depts: map[workflow.DeptID]bool{}, Items: map[int64][]string{}}
	for path := range w.names.regions {
		k.Regions[path] = true
	}
	for id, d := range w.names.byID {
		k.Depts[id] = !d.Hall
	}
	for _, r := range rows {
		if _, seen := k.Items[r.Item]; seen || r.Item == 0 {
			continue
		}
		if it, ok := w.item(r.Item); ok {
			k.Items[r.Item] = []string{}
			for _, p := range it.Proofs {
				k.Items[r.Item] = append(k.Items[r.Item], p.Name)
			}
		}
	}
	return k
}

// read keeps the first failure that is not about something missing, and reports
// whether there was none at all.
func (w *routingWords) read(err error) bool {
	if err != nil && w.err == nil && fault.KindOf(err) != fault.NotFound {
		w.err = err
	}
	return err == nil
}
