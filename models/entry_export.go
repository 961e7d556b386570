package models

import (
	"context"
	"encoding/json"

	"github.com/shujie-gov/shujie/workflow"
)

// exportChunk is how many entries are read at a time.
const exportChunk = 500

// EachEntry gives every entry that q lists over all pages to each, by id: what
// stands of it, or what is being prepared when q asks for drafts.
func (s *Store) EachEntry(ctx context.Context, q ResourceQuery, each func(r Resource, e workflow.Entry) error) error {
	where, stands := and(q.where()...), "v.status IN ('published', 'withdrawn')"
	if q.Status == EntryDraft {
		stands = "v.status = 'draft'"
	}
	for after := int64(0); ; {
		var rows []struct {
			R    resourceRow `gorm:"embedded"`
			Body string
		}
		err := s.read(ctx).Raw(`SELECT r.*, v.body FROM resources r JOIN departments d ON d.id = r.provider
JOIN entry_versions v ON v.resource_id = r.id
WHERE `+stands+" AND "+where.sql+` AND r.id > ? ORDER BY r.id LIMIT ?`,
			append(append([]any{}, where.args...), after, exportChunk)...).Scan(&rows).Error
		if err != nil {
			return dbError("entries", err)
		}
		for i := range rows {
			var e workflow.Entry
			if err := json.Unmarshal([]byte(rows[i].Body), &e); err != nil {
				return dbError("entries", err)
			}
			if err := each(rows[i].R.resource(), e); err != nil {
				return err
			}
		}
		if len(rows) < exportChunk {
			return nil
		}
		after = rows[len(rows)-1].R.ID
	}
}
