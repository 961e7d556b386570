package models

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"gorm.io/gorm/clause"

	"github.com/shujie-gov/shujie/fault"
)

// Level is whose platform it is.
type Level string

// The levels of the cascade (省→国家, docs/domain.md §6.4).
const (
	LevelCity     Level = "city"
	LevelProvince Level = "province"
	LevelNation   Level = "nation"
)

// Platform is a platform of data exchange: how it is spoken to and, where calls
// come to it through another one, through which. It holds no secret.
type Platform struct {
	Code        string `json:"code"`
	Name        string `json:"name"`
	Level       Level  `json:"level"`
	Profile     string `json:"profile"`
	Base        string `json:"base,omitempty"` // address; "" where Via passes calls on
	Via         string `json:"via,omitempty"`  // code of the platform that is called instead
	Unconfirmed bool   `json:"unconfirmed,omitempty"`
}

// TableName implements schema.Tabler.
func (Platform) TableName() string { return "platforms" }

// Route is the way of a call to the platform where a resource is registered: the
// platform that is called first, that one last. It is never empty; a platform
// that nobody registered is the one of the installation's settings.
type Route []Platform

// Hop is a platform that a call passed.
type Hop struct {
	Platform string `json:"platform"`
	Name     string `json:"name,omitempty"`
	Level    Level  `json:"level,omitempty"`
	Request  string `json:"request,omitempty"`  // how the platform calls the request
	Evidence string `json:"evidence,omitempty"` // what it says of the request that it answered
}

// Hops is the route as the ledger keeps it before anybody has answered.
func (r Route) Hops() []Hop {
	hops := make([]Hop, len(r))
	for i, p := range r {
		hops[i] = Hop{Platform: p.Code, Name: p.Name, Level: p.Level}
	}
	return hops
}

// maxRoute is how many platforms a call passes: city, province, nation, and one
// between them. House rule.
const maxRoute = 4

// Route returns the way to the platform of that code.
func (s *Store) Route(ctx context.Context, code string) (Route, error) {
	all, err := s.Platforms(ctx)
	if err != nil {
		return nil, err
	}
	return routeOf(all, code), nil
}

func routeOf(all []Platform, code string) Route {
	var route Route
	for len(route) <= maxRoute {
		i := slices.IndexFunc(all, func(p Platform) bool { return p.Code == code })
		if i < 0 {
			if len(route) == 0 {
				return Route{{Code: code, Profile: code}}
			}
			return route
		}
		route = slices.Insert(route, 0, all[i])
		if code = all[i].Via; code == "" {
			return route
		}
	}
	return route
}

// Platforms lists the registered platforms by code.
func (s *Store) Platforms(ctx context.Context) ([]Platform, error) {
	var list []Platform
	err := s.read(ctx).Order("code").Find(&list).Error
	return list, dbError("platforms", err)
}

// RegisterPlatform writes a platform, or says which field is wrong. Whether its
// profile exists is for the caller to know.
func (s *Store) RegisterPlatform(ctx context.Context, p Platform) error {
	all, err := s.Platforms(ctx)
	if err != nil {
		return err
	}
	if err := p.check(all); err != nil {
		return err
	}
	err = s.db.WithContext(ctx).Clauses(clause.OnConflict{Columns: []clause.Column{{Name: "code"}}, UpdateAll: true}).Create(&p).Error
	return dbError("platform", err)
}

func (p Platform) check(all []Platform) error {
	switch {
	case p.Code == "" || strings.ContainsAny(p.Code, " \t\r\n/"):
		return fault.InvalidField("code", "平台代码不能为空，也不能含空格或斜线。", "the code must not be empty and have no space or slash")
	case p.Name == "":
		return fault.InvalidField("name", "请填写平台名称。", "the name is missing")
	case p.Level != LevelCity && p.Level != LevelProvince && p.Level != LevelNation:
		return fault.InvalidField("level", "层级应为 city、province 或 nation。", "the level must be city, province or nation")
	case p.Profile == "":
		return fault.InvalidField("profile", "请填写平台协议。", "the profile is missing")
	case (p.Base == "") == (p.Via == ""):
		return fault.InvalidField("base", "请填写平台地址，或经由哪个平台调用，二者取其一。", "give either the address, or the platform that passes calls on")
	}
	if p.Via == "" {
		return nil
	}
	if !slices.ContainsFunc(all, func(o Platform) bool { return o.Code == p.Via }) {
		return fault.InvalidField("via", "没有代码为“"+p.Via+"”的平台。", "there is no platform "+p.Via)
	}
	all = append(slices.DeleteFunc(slices.Clone(all), func(o Platform) bool { return o.Code == p.Code }), p)
	if len(routeOf(all, p.Code)) > maxRoute {
		return fault.InvalidField("via", "调用路径过长或成环。", "the way is too long, or goes in a circle")
	}
	return nil
}

// Connection is how a resource is called, as an operator enters it. What is empty
// stays as it was.
type Connection struct {
	Platform string
	Mapping  string
	Link     Link
}

// Connect writes the connection of a resource; its link is encrypted.
func (s *Store) Connect(ctx context.Context, resource int64, c Connection) error {
	var row resourceRow
	if err := s.read(ctx).Where("id = ?", resource).Take(&row).Error; err != nil {
		return dbError("resource", err)
	}
	set := map[string]any{}
	if c.Platform != "" {
		set["platform"] = c.Platform
	}
	if c.Mapping != "" {
		set["mapping"] = c.Mapping
	}
	if c.Link != (Link{}) {
		text, err := json.Marshal(c.Link) //nolint:gosec // encrypted below
		if err != nil {
			return err
		}
		if set["link"], err = s.seal(linkPlace(row.Provider, row.Name), text); err != nil {
			return err
		}
		set["connected"] = c.Link.called()
	}
	if len(set) == 0 {
		return nil
	}
	return dbError("resource", s.db.WithContext(ctx).Table("resources").Where("id = ?", resource).Updates(set).Error)
}

// called reports whether a resource with this link can be called: it names an
// interface, by its id or its path.
func (l Link) called() bool { return l.SID != "" || l.Operation != "" }

// trailText is a trail as a receipt says it.
func trailText(hops []Hop) string {
	names := make([]string, len(hops))
	for i, h := range hops {
		if names[i] = h.Name; names[i] == "" {
			names[i] = h.Platform
		}
	}
	return strings.Join(names, " → ")
}

// writeTrail is a trail as the ledger keeps it.
func writeTrail(hops []Hop) string {
	if len(hops) == 0 {
		return ""
	}
	b, err := json.Marshal(hops)
	if err != nil {
		panic(err) // texts can always be written
	}
	return string(b)
}

// readTrail reads a trail; what is no trail is none.
func readTrail(text string) []Hop {
	var hops []Hop
	_ = json.Unmarshal([]byte(text), &hops) // "" is none
	return hops
}

// witnessed adds to a trail what the platform that was called says of the request.
func witnessed(text, request, evidence string) string {
	hops := readTrail(text)
	if len(hops) == 0 {
		return text
	}
	hops[0].Request, hops[0].Evidence = request, evidence
	return writeTrail(hops)
}
