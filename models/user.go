package models

import (
	"context"

	"github.com/shujie-gov/shujie/workflow"
)

// User is a person who may log in.
type User struct {
	ID       int64
	Username string
	Name     string
	Password string // argon2id, encoded
	Dept     workflow.DeptID
	Region   string // path
	Grants   []workflow.Grant
	Disabled bool
}

// Actor returns the user as the rules see them.
func (u User) Actor() workflow.Actor {
	return workflow.Actor{UserID: u.ID, Name: u.Name, Dept: u.Dept, Region: u.Region, Grants: u.Grants}
}

// NewUser is a user to register by name. Roles are held in the user's
// department or region, as the role demands.
type NewUser struct {
	Username, Name, PasswordHash string
	DeptCode, RegionCode         string
	Roles                        []workflow.Role
}

type userRow struct {
	ID          int64
	Username    string
	Name        string
	Password    string
	Dept        ref
	Region      string
	Disabled    bool
	NoticesSeen int64
}

// TableName implements schema.Tabler.
func (userRow) TableName() string { return "users" }

type grantRow struct {
	ID     int64
	UserID int64
	Role   string
	Dept   ref
	Region string
}

// TableName implements schema.Tabler.
func (grantRow) TableName() string { return "grants" }

// UserByName returns a user by login name.
func (s *Store) UserByName(ctx context.Context, username string) (User, error) {
	return s.user(ctx, cond{"username = ?", []any{username}})
}

// User returns a user by id. What it returns may be up to two seconds old.
func (s *Store) User(ctx context.Context, id int64) (User, error) {
	if u, ok := s.users.get(id); ok {
		return u, nil
	}
	u, err := s.user(ctx, cond{"id = ?", []any{id}})
	if err == nil {
		s.users.put(id, u)
	}
	return u, err
}

func (s *Store) user(ctx context.Context, where cond) (User, error) {
	var row userRow
	if err := s.read(ctx).Where(where.sql, where.args...).Take(&row).Error; err != nil {
		return User{}, dbError("user", err)
	}
	var grants []grantRow
	if err := s.read(ctx).Where("user_id = ?", row.ID).Order("id").Find(&grants).Error; err != nil {
		return User{}, dbError("user", err)
	}
	u := User{
		ID: row.ID, Username: row.Username, Name: row.Name, Password: row.Password, Dept: workflow.DeptID(row.Dept),
		Region: row.Region, Disabled: row.Disabled,
	}
	for _, g := range grants {
		u.Grants = append(u.Grants, workflow.Grant{Role: workflow.Role(g.Role), Dept: workflow.DeptID(g.Dept), Region: g.Region})
	}
	lent, err := s.lent(ctx, row.ID)
	u.Grants = append(u.Grants, lent...)
	return u, err
}
