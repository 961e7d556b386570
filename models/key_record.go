package models

import (
	"context"
	"fmt"
	"slices"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/fault"
)

// KeyRecord says which key was in force since when. The keys themselves are
// outside the database, except what is public of them.
type KeyRecord struct {
	ID      string
	Purpose KeyPurpose
	Public  string // of a signing key: uncompressed point, hexadecimal
	Since   time.Time
	Retired *time.Time
	Current bool
	Held    bool  // this process has it
	Wraps   int64 // data keys that a master key wraps
}

// keyRecordRow is a key that was in force: the newest of its purpose is.
type keyRecordRow struct {
	ID      string
	Purpose string
	Public  string
	Since   stamp
	Retired stamp
	Seal    string // over the row, under a key outside the database
}

// TableName implements schema.Tabler.
func (keyRecordRow) TableName() string { return "installation_keys" }

// sealKey returns the seal of the record of a key, as sealFetch: whoever can
// write to the database cannot bring in a key of their own.
func (s *safe) sealKey(r keyRecordRow) (string, error) {
	text, err := arrayText("shujie key 1", r.ID, r.Purpose, r.Public, micros(r.Since), micros(r.Retired))
	return s.mark(text), err
}

// keyRows returns the records of keys in the order in which they came into
// force, and apart from them those whose seal does not hold.
func (s *Store) keyRows(ctx context.Context) (genuine, forged []keyRecordRow, err error) {
	var rows []keyRecordRow
	if err := s.read(ctx).Order("since, id").Find(&rows).Error; err != nil {
		return nil, nil, err
	}
	for _, r := range rows {
		seal, err := s.sealKey(r)
		switch {
		case err != nil:
			return nil, nil, err
		case seal != r.Seal:
			forged = append(forged, r)
		default:
			genuine = append(genuine, r)
		}
	}
	return genuine, forged, nil
}

// held names the keys of a purpose that this process has, the oldest first.
func (s *Store) held(p KeyPurpose) []string {
	if p == MasterKeys {
		return s.wrapper.Masters()
	}
	ids := make([]string, len(s.signers))
	for i, k := range s.signers {
		ids[i] = k.id
	}
	return ids
}

// enroll takes the newest key of each purpose into force where none is, and
// refuses a ring without a master key that records are still wrapped under. What
// was done to the records of keys is for [Store.Verify] to name.
func (s *Store) enroll(ctx context.Context) error {
	genuine, forged, err := s.keyRows(ctx)
	if err != nil {
		return dbError("keys", err)
	}
	all := slices.Concat(genuine, forged)
	for _, p := range []KeyPurpose{MasterKeys, SigningKeys} {
		if !slices.ContainsFunc(all, func(r keyRecordRow) bool { return r.Purpose == string(p) }) {
			if _, err := s.TakeKey(ctx, p); err != nil {
				return err
			}
		}
	}
	for _, r := range genuine {
		if r.Purpose == string(MasterKeys) && r.Retired.IsZero() && !slices.Contains(s.held(MasterKeys), r.ID) {
			return fmt.Errorf("the master key %s is in use and not in the key file of this process: take the file of the process that made it", r.ID)
		}
	}
	return nil
}

// TakeKey takes the newest key of a purpose that this process has into force and
// returns its id. One that is in force stays; one that was, and is no more, is
// refused. Replicas follow within cacheTTL.
func (s *Store) TakeKey(ctx context.Context, p KeyPurpose) (string, error) {
	ids := s.held(p)
	if len(ids) == 0 {
		return "", fmt.Errorf("there is no %s key", p)
	}
	row := keyRecordRow{ID: ids[len(ids)-1], Purpose: string(p), Since: s.moment()}
	if p == SigningKeys {
		row.Public = s.signers[len(s.signers)-1].public.Point()
	}
	var err error
	if row.Seal, err = s.sealKey(row); err != nil {
		return "", err
	}
	err = s.write(ctx, "keys", func(tx *gorm.DB) error {
		return tx.Clauses(clause.OnConflict{DoNothing: true}).Create(&row).Error
	})
	s.inForce.empty()
	if err != nil {
		return "", err
	}
	rows, _, err := s.keyRows(ctx)
	if err != nil {
		return "", dbError("keys", err)
	}
	for _, r := range slices.Backward(rows) {
		if r.Purpose != string(p) {
			continue
		}
		if r.ID != row.ID {
			return "", fault.New(fault.Conflict, fmt.Sprintf("密钥 %s 已被替换，不能再次启用", row.ID), fmt.Sprintf("the key %s was replaced and is not taken again", row.ID))
		}
		break
	}
	return row.ID, nil
}

// current names the key of a purpose that is in force; where this process does
// not have that yet, the newest that it has.
func (s *Store) current(ctx context.Context, p KeyPurpose) (string, error) {
	if id, ok := s.inForce.get(p); ok {
		return id, nil
	}
	rows, _, err := s.keyRows(ctx)
	if err != nil {
		return "", dbError("keys", err)
	}
	ids := s.held(p)
	if len(ids) == 0 {
		return "", fmt.Errorf("there is no %s key", p)
	}
	id := ids[len(ids)-1]
	for _, r := range slices.Backward(rows) {
		if r.Purpose != string(p) || !r.Retired.IsZero() {
			continue
		}
		if slices.Contains(ids, r.ID) {
			id = r.ID
			break
		}
		s.log.WarnContext(ctx, "a key is in force that this process does not have: give it the new key file", "purpose", p, "key", r.ID)
	}
	s.inForce.put(p, id)
	return id, nil
}

// signing returns the signer that is in force.
func (s *Store) signing(ctx context.Context) (*signer, error) {
	id, err := s.current(ctx, SigningKeys)
	if err != nil {
		return nil, err
	}
	for _, k := range s.signers {
		if k.id == id {
			return k, nil
		}
	}
	return nil, fmt.Errorf("there is no signing key %s", id)
}

// KeyRecords lists the keys that were ever in force, the oldest first.
func (s *Store) KeyRecords(ctx context.Context) ([]KeyRecord, error) {
	rows, _, err := s.keyRows(ctx)
	if err != nil {
		return nil, dbError("keys", err)
	}
	var counts []struct {
		Master string
		N      int64
	}
	if err := s.read(ctx).Raw("SELECT master, count(*) AS n FROM payload_keys GROUP BY master").Scan(&counts).Error; err != nil {
		return nil, dbError("keys", err)
	}
	newest := map[string]int{}
	list := make([]KeyRecord, len(rows))
	for i, r := range rows {
		newest[r.Purpose] = i
		list[i] = KeyRecord{
			ID: r.ID, Purpose: KeyPurpose(r.Purpose), Public: r.Public, Since: r.Since.Time, Retired: r.Retired.ptr(),
			Held: slices.Contains(s.held(KeyPurpose(r.Purpose)), r.ID),
		}
		for _, c := range counts {
			if c.Master == r.ID {
				list[i].Wraps = c.N
			}
		}
	}
	for _, i := range newest {
		list[i].Current = true
	}
	return list, nil
}

// handover is how long a key that was replaced must rest before it is retired:
// within it every replica has taken its successor, and what it still wrapped is
// committed and counted.
const handover = time.Minute

// RetireKey records that a key may leave the key ring. It refuses the one in
// force, and a master key while data keys are wrapped under it.
func (s *Store) RetireKey(ctx context.Context, id string) error {
	list, err := s.KeyRecords(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(list, func(k KeyRecord) bool { return k.ID == id })
	if i < 0 {
		return notFound("key")
	}
	key, replaced := list[i], time.Time{}
	for _, k := range list[i+1:] {
		if k.Purpose == key.Purpose {
			replaced = k.Since
			break
		}
	}
	switch {
	case key.Retired != nil:
		return nil
	case key.Current:
		return fault.New(fault.Conflict, fmt.Sprintf("密钥 %s 正在使用，请先轮换", id), fmt.Sprintf("the key %s is in force: rotate first", id))
	case key.Wraps > 0:
		return fault.New(fault.Conflict, fmt.Sprintf("密钥 %s 仍保护 %d 份数据，请先轮换", id, key.Wraps), fmt.Sprintf("the key %s still wraps %d data keys: rotate first", id, key.Wraps))
	case s.now().Before(replaced.Add(handover)):
		return fault.New(fault.Conflict, fmt.Sprintf("密钥 %s 刚被替换，请一分钟后再试", id), fmt.Sprintf("the key %s was replaced within the last minute: wait until every replica has the new one", id))
	}
	row := keyRecordRow{ID: key.ID, Purpose: string(key.Purpose), Public: key.Public, Since: at(key.Since), Retired: s.moment()}
	if row.Seal, err = s.sealKey(row); err != nil {
		return err
	}
	return s.write(ctx, "keys", func(tx *gorm.DB) error {
		return tx.Table("installation_keys").Where("id = ?", id).Updates(map[string]any{"retired": row.Retired, "seal": row.Seal}).Error
	})
}
