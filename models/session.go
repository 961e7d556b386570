package models

import (
	"bytes"
	"context"
	"time"
)

// Sessions keeps login sessions under the hash of their token. It implements
// the CtxStore interface of github.com/alexedwards/scs/v2. Reads may be up to
// two seconds old; a commit that only prolongs a session is written at most
// once a minute.
type Sessions struct{ s *Store }

// Sessions returns the session store.
func (s *Store) Sessions() *Sessions { return &Sessions{s} }

// prolong is how much later a session must end for that alone to be written.
const prolong = time.Minute

type session struct {
	data   []byte
	expiry time.Time
}

type sessionRow struct {
	Token  string
	Data   []byte
	Expiry stamp
}

// TableName implements schema.Tabler.
func (sessionRow) TableName() string { return "sessions" }

func tokenHash(token string) string { return digest([]byte(token)) }

// Find implements scs.Store.
func (t *Sessions) Find(token string) ([]byte, bool, error) {
	return t.FindCtx(context.Background(), token)
}

// FindCtx implements scs.CtxStore.
func (t *Sessions) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	e, ok, err := t.find(ctx, tokenHash(token))
	return e.data, ok, err
}

func (t *Sessions) find(ctx context.Context, hash string) (session, bool, error) {
	now := t.s.now()
	if e, ok := t.s.sessions.get(hash); ok {
		return e, now.Before(e.expiry), nil
	}
	var rows []sessionRow
	if err := t.s.read(ctx).Where("token = ? AND expiry > ? AND length(data) > 0", hash, at(now)).Limit(1).Find(&rows).Error; err != nil {
		return session{}, false, dbError("session", err)
	}
	if len(rows) == 0 {
		return session{}, false, nil
	}
	e := session{rows[0].Data, rows[0].Expiry.Time}
	t.s.sessions.put(hash, e)
	return e, true, nil
}

// Commit implements scs.Store.
func (t *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return t.CommitCtx(context.Background(), token, data, expiry)
}

// CommitCtx implements scs.CtxStore.
func (t *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	hash := tokenHash(token)
	old, found, err := t.find(ctx, hash)
	if err != nil {
		return err
	}
	if later := expiry.Sub(old.expiry); found && bytes.Equal(old.data, data) && later >= 0 && later < prolong {
		return nil
	}
	data = bytes.Clone(data)
	var n int64
	err = t.s.alone(func() error {
		res := t.s.read(ctx).Exec(`INSERT INTO sessions (token, data, expiry) VALUES (?, ?, ?)
			ON CONFLICT (token) DO UPDATE SET data = excluded.data, expiry = excluded.expiry WHERE length(sessions.data) > 0`, hash, data, at(expiry))
		n = res.RowsAffected
		return res.Error
	})
	if err == nil && n > 0 {
		t.s.sessions.put(hash, session{data, at(expiry).Time})
	}
	return dbError("session", err)
}

// Delete implements scs.Store.
func (t *Sessions) Delete(token string) error { return t.DeleteCtx(context.Background(), token) }

// DeleteCtx implements scs.CtxStore. The row stays, empty, until it would have
// ended: a request that is still under way does not bring the session back.
func (t *Sessions) DeleteCtx(ctx context.Context, token string) error {
	hash := tokenHash(token)
	err := t.s.alone(func() error {
		return t.s.read(ctx).Exec("UPDATE sessions SET data = ? WHERE token = ?", []byte{}, hash).Error
	})
	t.s.sessions.drop(hash)
	return dbError("session", err)
}
