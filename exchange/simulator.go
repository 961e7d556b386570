package exchange

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// SimOptions are what a simulator needs. Now must be given.
type SimOptions struct {
	Seed    uint64 // the same seed has the same services, keys and persons
	Now     func() time.Time
	Log     *slog.Logger // default: nothing is logged
	Profile Profile      // default: the national exchange platform
}

// Simulator is an exchange platform with fictitious providers behind it. It is
// an http.Handler that speaks the protocol of its profile and checks what the
// platform checks. Under /sim/ it can be looked at and told to
// misbehave, so bind it to loopback only.
type Simulator struct {
	seed    uint64
	now     func() time.Time
	log     *slog.Logger
	profile Profile
	desk    desk
	mux     *http.ServeMux
	people  func() people

	templates map[string][]field
	mu        sync.Mutex
	byName    map[string]*simService
	bySID     map[string]*simService
	byRID     map[string]*simService // for desks where the requester names the service
	order     []*simService
	faults    *faultDraw
	worked    map[Work]int
	stats     Stats
}

// Registered is a service of the simulator with its names.
type Registered struct {
	Name     string `json:"name"`
	Provider string `json:"provider"`
	RID      string `json:"rid"`
	SID      string `json:"sid"`
	AppKey   string `json:"appkey"`

	Operation string `json:"operation,omitempty"`
	Account   string `json:"account,omitempty"`
	Password  string `json:"password,omitempty"`
}

// service is what a client calls.
func (r Registered) service() Service {
	return Service{
		RID: r.RID, SID: r.SID, AppKey: r.AppKey, Method: http.MethodPost,
		Operation: r.Operation, Account: r.Account, Password: r.Password,
	}
}

// Work is one service's answer about one person.
type Work struct{ SID, IDNumber string }

// Stats counts what a simulator has done.
type Stats struct {
	Refreshes      int            `json:"refreshes"`       // secrets of the day handed out
	Calls          int            `json:"calls"`           // calls that passed the gate
	Found          int            `json:"found"`           // calls for which the provider looked up a record
	NoRecord       int            `json:"no_record"`       // calls that found none
	BusinessErrors int            `json:"business_errors"` // calls the provider refused
	Rejected       map[string]int `json:"rejected"`        // refreshes and calls turned away at the gate, by reason
	Faults         map[Fault]int  `json:"faults"`          // misbehaviour
}

// simService is a service as the platform knows it.
type simService struct {
	Registered
	faults *faultDraw
	script []Fault
	day    string // to which turn belongs
	turn   int    // how often the keys of that day were replaced
	count  int    // keys handed out
	issued []issued
	nonces map[string]bool // used
}

// NewSimulator returns a platform without services.
func NewSimulator(o SimOptions) *Simulator {
	s := &Simulator{
		seed:      o.Seed,
		now:       o.Now,
		log:       cmp.Or(o.Log, slog.New(slog.DiscardHandler)),
		profile:   o.Profile,
		people:    sync.OnceValue(func() people { return newPeople(o.Seed) }),
		templates: templates(),
		byName:    map[string]*simService{},
		bySID:     map[string]*simService{},
		byRID:     map[string]*simService{},
		worked:    map[Work]int{},
		stats:     Stats{Rejected: map[string]int{}, Faults: map[Fault]int{}},
	}
	if s.profile.desk == nil {
		s.profile = Profiles()[0]
	}
	s.desk = s.profile.desk()
	s.mux = http.NewServeMux()
	for _, pattern := range s.desk.paths() {
		s.mux.HandleFunc(pattern, s.serveCall)
	}
	if d, ok := s.desk.(keyDesk); ok {
		for _, pattern := range d.keyPaths() {
			s.mux.HandleFunc(pattern, s.serveKey(d))
		}
	}
	s.mux.HandleFunc("GET /sim/services", s.serveServices)
	s.mux.HandleFunc("GET /sim/persons", s.servePersons)
	s.mux.HandleFunc("GET /sim/stats", s.serveStats)
	s.mux.HandleFunc("POST /sim/faults", s.serveFaults)
	return s
}

// ServeHTTP implements http.Handler.
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// Register adds the service by which a provider, named by its code, gives out a
// resource, and returns how it is called. Who registers it again gets the same.
// All identifiers follow from the seed and the names, never from the order.
func (s *Simulator) Register(name, provider string) Service {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := provider + "\n" + name
	v := s.byName[key]
	if v == nil {
		v = &simService{Registered: s.identify(name, provider)}
		s.byName[key], s.bySID[v.SID], s.byRID[v.RID] = v, v, v
		s.order = append(s.order, v)
	}
	return v.service()
}

// identify derives the identifiers of a service. One requester calls them all.
func (s *Simulator) identify(name, provider string) Registered {
	code := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, provider)
	rid, svc := digest(s.seed, "rid"), digest(s.seed, "service", name, provider)
	n := binary.BigEndian.Uint64(svc[:8]) % 1e10
	rid[6], rid[8] = rid[6]&0x0f|0x40, rid[8]&0x3f|0x80
	for {
		r := s.desk.identify(Registered{
			Name:     name,
			Provider: provider,
			RID:      fmt.Sprintf("%x-%x-%x-%x-%x@js-0001", rid[:4], rid[4:6], rid[6:8], rid[8:10], rid[10:16]),
			SID:      sid(code, n),
			AppKey:   hex.EncodeToString(svc[16:]),
		})
		if s.bySID[r.SID] == nil {
			return r
		}
		n++
	}
}

func sid(provider string, n uint64) string { return fmt.Sprintf("s_%s_%010d", or(provider, "00"), n) }

// Services lists the services in the order of their registration.
func (s *Simulator) Services() []Registered {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Registered, 0, len(s.order))
	for _, v := range s.order {
		list = append(list, v.Registered)
	}
	return list
}

// Worked returns how often each service looked up each person's record, answers
// that were lost on the way included.
func (s *Simulator) Worked() map[Work]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.worked)
}

// Stats returns what the simulator has done so far.
func (s *Simulator) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	st := s.stats
	st.Rejected, st.Faults = maps.Clone(st.Rejected), maps.Clone(st.Faults)
	return st
}

// stopGrace is how long answers under way are waited for at the end.
const stopGrace = 500 * time.Millisecond

// Start listens on addr and serves until stop is called, which cuts off what is
// not answered within half a second. It returns the base address for clients.
func (s *Simulator) Start(addr string) (base string, stop func(context.Context) error, err error) {
	return s.listen(context.Background(), addr)
}

func (s *Simulator) listen(ctx context.Context, addr string) (base string, stop func(context.Context) error, err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return "", nil, fault.Wrap(fault.Unavailable, err, "模拟平台无法监听 "+addr+"。", "the simulator cannot listen on "+addr)
	}
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      2 * time.Minute, // longer than the slowest answer
		IdleTimeout:       2 * time.Minute, // longer than the client keeps a connection
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(s.log.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ln) }()
	stop = func(ctx context.Context) error {
		// A connection that a client has opened and not used yet would keep
		// Shutdown waiting for five seconds.
		ctx, cancel := context.WithTimeout(ctx, stopGrace)
		defer cancel()
		var err error
		if srv.Shutdown(ctx) != nil {
			err = srv.Close()
		}
		if ended := <-served; err == nil && !errors.Is(ended, http.ErrServerClosed) {
			err = ended
		}
		return err
	}
	return "http://" + ln.Addr().String(), stop, nil
}
