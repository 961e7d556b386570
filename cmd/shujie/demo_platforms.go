package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/shujie-gov/shujie/exchange"
	"github.com/shujie-gov/shujie/models"
	"github.com/shujie-gov/shujie/workflow"
)

// connection is how a resource of the catalogue is reached.
type connection struct {
	platform string
	mapping  string
	link     models.Link
}

// stand is a platform of the demo with the resources that are registered there;
// the others are on the platform of the settings. Which is where is invented: no
// public source says it.
type stand struct {
	models.Platform
	resources []string
	mapping   string
}

func stands() []stand {
	return []stand{
		{Platform: models.Platform{Code: "js", Name: "省数据共享交换平台", Level: models.LevelProvince, Profile: exchange.ProfileNational}},
		{
			Platform:  models.Platform{Code: "gj", Name: "国家数据共享交换平台", Level: models.LevelNation, Profile: exchange.ProfileNational, Via: "js"},
			resources: []string{"婚姻登记信息", "火化信息", "社会组织法人登记信息"},
		},
		{
			Platform:  models.Platform{Code: "gj-ws", Name: "国家数据共享交换平台 SOAP 服务", Level: models.LevelNation, Profile: exchange.ProfileNationalSOAP},
			resources: []string{"人口基准信息", "人口身份核查服务"},
			mapping:   populationMapping,
		},
		{
			Platform:  models.Platform{Code: "zd", Name: "数据直达系统", Level: models.LevelNation, Profile: exchange.ProfileDirect},
			resources: []string{"企业登记档案信息"},
		},
		{
			Platform:  models.Platform{Code: "zj", Name: "浙江公共数据平台", Level: models.LevelProvince, Profile: exchange.ProfileZhejiang},
			resources: []string{"社会保险参保信息"},
		},
		{
			Platform:  models.Platform{Code: "tif", Name: "省级 TIF 网关", Level: models.LevelProvince, Profile: exchange.ProfileTIF},
			resources: []string{"残疾人证信息"},
		},
		{
			Platform:  models.Platform{Code: "x-road", Name: "X-Road 安全服务器", Level: models.LevelProvince, Profile: exchange.ProfileXRoad},
			resources: []string{"不动产登记信息"},
		},
		{
			Platform:  models.Platform{Code: "city", Name: "市大数据平台", Level: models.LevelCity, Profile: exchange.ProfileOAuth2},
			resources: []string{"养犬登记信息"},
		},
	}
}

// populationMapping asks a population service as it is registered and keeps what
// a form needs.
const populationMapping = `{
  "parameters": {
    "GMSFHM": {"from": "subject.id_number"},
    "XM": {"from": "subject.name"},
    "QQYWLXMC": {"from": "case.matter"}
  },
  "record": {"type": "array", "minItems": 1, "items": {"type": "object", "required": ["GMSFHM", "XM"]}},
  "facts": {
    "gmsfhm": {"at": "/0/GMSFHM"},
    "xm": {"at": "/0/XM"},
    "xb": {"at": "/0/XB", "optional": true},
    "mz": {"at": "/0/MZ", "optional": true},
    "csrq": {"at": "/0/CSRQ", "optional": true},
    "hkdz": {"at": "/0/HKDZ", "optional": true},
    "hyzk": {"at": "/0/HYZK", "optional": true},
    "hcjg": {"at": "/0/HCJG", "optional": true}
  }
}`

// yard is the simulators of the demo: the platform of the settings and one for
// each other profile that a stand speaks.
type yard struct {
	main  *exchange.Simulator
	base  string // of main
	sims  map[string]*exchange.Simulator
	bases map[string]string
	stops []func(context.Context) error
}

// openYard starts the simulators; they run until they are stopped.
func openYard(log *slog.Logger, faults float64) (*yard, error) {
	y := &yard{sims: map[string]*exchange.Simulator{}, bases: map[string]string{}}
	for _, s := range stands() {
		if y.sims[s.Profile] != nil {
			continue
		}
		p, err := exchange.ProfileByName(s.Profile)
		if err != nil {
			return nil, err
		}
		sim := exchange.NewSimulator(exchange.SimOptions{Seed: demoSeed, Now: time.Now, Log: log, Profile: p})
		if faults > 0 {
			if err := sim.SetFaults(exchange.Faults{Rate: faults, Seed: demoSeed}); err != nil {
				return nil, fmt.Errorf("--faults: %w", err)
			}
		}
		base, stop, err := sim.Start("127.0.0.1:0")
		if err != nil {
			return nil, fmt.Errorf("exchange simulator: %w", err)
		}
		y.sims[s.Profile], y.bases[s.Profile] = sim, base
		y.stops = append(y.stops, stop)
	}
	y.main, y.base = y.sims[exchange.ProfileNational], y.bases[exchange.ProfileNational]
	return y, nil
}

func (y *yard) stop(ctx context.Context) error {
	errs := make([]error, len(y.stops))
	for i, stop := range y.stops {
		errs[i] = stop(ctx)
	}
	return errors.Join(errs...)
}

// register tells the store where the platforms are.
func (y *yard) register(ctx context.Context, store *models.Store) error {
	for _, s := range stands() {
		if s.Via == "" {
			s.Base = y.bases[s.Profile]
		}
		if err := store.RegisterPlatform(ctx, s.Platform); err != nil {
			return err
		}
	}
	return nil
}

// connect registers a resource at its platform.
func (y *yard) connect(resource, provider string) connection {
	at := stand{Platform: models.Platform{Code: exchange.ProfileNational, Profile: exchange.ProfileNational}}
	for _, s := range stands() {
		for _, r := range s.resources {
			if r == resource {
				at = s
			}
		}
	}
	probe := y.main.Persons(1)[0]
	s := y.sims[at.Profile].Register(resource, provider)
	return connection{platform: at.Code, mapping: at.mapping, link: models.Link{
		RID: s.RID, SID: s.SID, AppKey: s.AppKey, Method: s.Method, Operation: s.Operation, Account: s.Account, Password: s.Password,
		Probe: workflow.Person{Name: probe.Name, IDNumber: probe.IDNumber},
	}}
}
