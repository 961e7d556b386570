package web

import (
	"time"

	"github.com/shujie-gov/shujie/fault"
)

// The data of the pages under the field names of handlers/views.go. That both
// are in step is proved in handlers, where real data is rendered.

// deptView names a department.
type deptView struct {
	ID   int64
	Code string
	Name string
	Hall bool
}

type refView struct {
	ID   int64
	Name string
}

type regionView struct {
	Code string
	Name string
}

type lineView struct {
	ID        int64
	Number    string
	Kind      string
	KindTitle fault.Text
	State     string
	StateName fault.Text
	Version   int64
	Title     string
	Proof     string
	Item      *refView
	Batch     *refView
	Demander  *deptView
	Holder    *deptView
	Lead      *deptView
	Filer     *deptView
	Waits     *waitsView
	Assignee  *personRef
	NoMeeting string
	Light     lightView
	Due       *time.Time
	Ended     bool
	CreatedAt time.Time
	UpdatedAt time.Time

	Quick *quickView
}

type personRef struct {
	ID   int64
	Name string
	Me   bool
}

type quickView struct {
	Action string
	Title  fault.Text
	Why    fault.Text
}

type personLoad struct {
	ID                int64
	Name              string
	Open, Yellow, Red int64
}

type deptLoadView struct {
	Department *deptView
	People     []personLoad
	Pool       personLoad
	Most       int64
}

type filterView struct {
	ID                     int64
	Page, Name, Query, URL string
	Here                   bool
}

type meView struct {
	ID             int64
	Name, Username string
	Grants         []grantView
}

type grantView struct {
	Title      fault.Text
	Department *deptView
	For        string
}

type substituteView struct {
	ID                          int64
	Absent, Substitute, NamedBy personRef
	From, Until                 string
	Now, Mine                   bool
}

type myView struct {
	Me          meView
	Substitutes []substituteView
	People      []personLoad
	Heads       bool
	Today       string
	Filters     []filterView
	Form        map[string]any
}

type bulkView struct {
	ID        int64
	Action    string
	Title     fault.Text
	Note      string
	State     string
	Undoes    int64
	Counts    map[string]int64
	UndoUntil *time.Time
	Items     []bulkItemView
	CreatedAt time.Time
	EndedAt   *time.Time
	Total     int64
	Settled   int64
	Undoable  bool
}

type bulkItemView struct {
	Case    int64
	Number  string
	Title   string
	Version int64
	Result  string
	To      string
	ToName  fault.Text
	Reason  fault.Text
	Holder  string
}

type bulkFormView struct {
	Action       string
	Title        fault.Text
	Inputs       []inputView
	Rows         []bulkRowView
	Depts        []deptView
	Staff        []personLoad
	Supplies     []refView
	Requirements []needView
	Form         map[string]any
}

type bulkRowView struct{ ID, Version int64 }

type workloadView struct{ Departments []deptLoadView }

type waitsView struct {
	Role       string
	RoleTitle  fault.Text
	Department *deptView
	Me         bool
}

type lightView struct {
	Colour string
	Left   fault.Text
	Why    fault.Text
}

type casesView struct {
	Items []lineView
	Next  string

	Query   listQuery
	Counts  map[string]int64
	Total   int64
	More    bool
	Pools   bool
	Least   bool
	Kinds   []optionView
	States  []optionView
	Depts   []deptView
	Lots    []refView
	Saved   []filterView
	Keep    string
	Bulk    []optionView
	NextURL string
	First   string
}

type listQuery struct {
	Kind, State, Text, Box, Light, Sort, Cursor, DueBefore string
	Department, Batch, Item                                int64
	Open, Assignee                                         string
	Limit                                                  int
}

type optionView struct {
	Value string
	Title fault.Text
}

type caseView struct {
	lineView
	Definition   int
	Region       regionView
	Parent       *caseRef
	Person       *personView
	Facts        map[string]any
	Clocks       clocksView
	Requirements []needView
	Children     []childView
	Joins        []joinView
	Hops         *hopsView
	WhyHere      *whyHereView
	Reminded     *remindedView
	Candidates   []candidateView
	Changes      []changeView
	Gaps         []string
	Fetches      []fetchView
	Receipts     []receiptView
	Actions      []string
	Choices      []choiceView

	Pairs    []pairView
	Events   []eventView
	Steps    []stepView
	Diagram  string
	Form     map[string]any
	Acted    string
	Depts    []deptView
	Staff    []personLoad
	Supplies []refView
	Similar  int64
}

type caseRef struct {
	ID     int64
	Number string
	Title  string
}

type personView struct {
	Name     string
	IDNumber string
	Phone    string
}

type clocksView struct {
	Due         *time.Time
	Rule        *ruleView
	Intervals   []intervalView
	Totals      totalsView
	Departments []deptTimeView
	States      []stateTime
}

type ruleView struct {
	Clock     string
	Title     fault.Text
	Source    fault.Text
	Start     time.Time
	Days      int
	Extra     int
	Until     string
	Paused    int
	Calendar  string
	Problem   string
	Still     *time.Time
	Held      *ruleView
	Warn      *time.Time
	Counted   *time.Time
	Agreement string
	Replay    string
	Other     string
	Left      int
	Closes    string
	Steps     []stepDay
	Articles  fault.Text
}

type stepDay struct {
	Date    string
	Day     time.Time
	Kind    string
	Use     string
	N       int
	Because fault.Text
}

type intervalView struct {
	From       time.Time
	To         *time.Time
	State      string
	StateName  fault.Text
	Charge     string
	Department *deptView
	Paused     bool
	Reason     string
	Because    fault.Text
	Seconds    int64
}

type totalsView struct {
	Citizen    int64
	Department int64
	Platform   int64
	Nobody     int64
	Wall       int64
}

type deptTimeView struct {
	Department *deptView
	Seconds    int64
}

type stateTime struct {
	State   string
	Title   fault.Text
	Seconds int64
}

type needView struct {
	ID          int64
	Name        string
	Status      string
	StatusName  fault.Text
	Done        bool
	ShareClass  int
	ClassName   fault.Text
	Resource    *refView
	Provider    *deptView
	Receipt     int64
	Alternative string
	Application *restsView
}

type restsView struct {
	ID       int64
	Number   string
	Standing string
	Title    fault.Text
	Until    string
}

type pairView struct {
	Label fault.Text
	Value fault.Text
}

type childView struct {
	ID        int64
	Number    string
	Kind      string
	KindTitle fault.Text
	State     string
	StateName fault.Text
	Ended     bool
	NoMeeting string
	N         int64
	Lead      *deptView
	Round     int64
	Return    *hopView
}

type hopView struct {
	Reason   string
	Title    fault.Text
	Proposed *deptView
}

type joinView struct {
	Name                    string
	Title                   fault.Text
	Rule                    string
	Words                   fault.Text
	Asked, Done, Open, Gone int
	Met                     bool
}

type hopsView struct {
	N, Limit      int64
	Bound, Decide bool
	Return        *hopView
}

type fetchView struct {
	ID        int64
	Attempt   int
	Need      int64
	Resource  string
	Version   string
	Provider  *deptView
	Purpose   string
	Basis     string
	Applied   int64
	Outcome   string
	Title     fault.Text
	Message   string
	RequestID string
	StartedAt time.Time
	EndedAt   *time.Time
	Seconds   int64
	Receipt   int64
	Trail     []trailView
}

type trailView struct{ Platform, Name, Level, Request, Evidence string }

type receiptView struct {
	ID          int64
	Case        int64
	CaseNumber  string
	Need        int64
	Source      int64
	Resource    string
	Version     string
	Provider    *deptView
	User        *deptView
	Purpose     string
	Basis       string
	Consent     string
	Applied     int64
	RequestID   string
	Trail       string
	Hash        string
	Probe       bool
	At          time.Time
	ValidUntil  time.Time
	Key         string
	Signature   string
	DestroyedAt *time.Time
	Line        string
	PEM         string
}

type publicKeyView struct{ Key, Point, PEM string }

type receiptKeyView struct {
	publicKeyView
	Algorithm string
	Keys      []publicKeyView
}

type choiceView struct {
	Action  string
	Title   fault.Text
	Style   string
	To      string
	Allowed bool
	Mine    bool
	Reasons []fault.Text
	Inputs  []inputView
}

type inputView struct {
	Name     string
	Type     string
	Title    fault.Text
	Required bool
	Options  []optionView
	Default  any
}

type eventView struct {
	Seq       int64
	Action    string
	Title     fault.Text
	From      string
	To        string
	FromName  fault.Text
	ToName    fault.Text
	Actor     string
	Role      string
	RoleTitle fault.Text
	Dept      *deptView
	At        time.Time
	Note      string
	Data      map[string]any
	System    bool
	Said      []saidView
}

type stepView struct {
	Name     string
	Title    fault.Text
	Reached  bool
	Present  bool
	Evidence fault.Text
}

type batchView struct {
	ID          int64
	Name        string
	Region      regionView
	Lead        *deptView
	Target      *time.Time
	Total       int64
	Closed      int64
	Ended       int64
	Red         int64
	Departments []batchDeptView
	States      []countView
	AsOf        time.Time

	Stuck []lineView
}

type batchDeptView struct {
	Department *deptView
	Total      int64
	Closed     int64
	States     []countView
}

type countView struct {
	State string
	Title fault.Text
	N     int64
}

type batchesView struct {
	Items []batchView
}

type itemView struct {
	ID     int64
	Code   string
	Name   string
	Dept   *deptView
	Region regionView
	Case   int64
	Proofs []proofView
}

type proofView struct {
	ID            int64
	Name          string
	Holder        *deptView
	Holders       int
	Goes          *deptView
	Resource      *refView
	ShareClass    int
	ClassName     fault.Text
	Connected     bool
	FetchNow      bool
	Same          *sameView
	Basis, Issuer string
	Alternative   string
	Open          int64
	Closed        int64
	Similar       []lineView
}

type sameView struct {
	Number string
	Joined int64
}

type windowView struct {
	Case             caseView
	Papers           []windowPaper
	Fetching, Served bool
	Parked           bool
	Into             *caseRef
}

type windowPaper struct {
	Need    needView
	Receipt *receiptView
	Facts   []factView
	Opaque  bool
}

type factView struct{ Name, Value string }

type itemsView struct {
	Items                       []itemView
	Next, Query, NextURL, First string
}

type fileView struct {
	Text   string
	Found  []itemView
	Item   *itemView
	Form   map[string]string
	Chosen *proofView
}

type resourceView struct {
	ID        int64
	Code      string
	Name      string
	Provider  *deptView
	Class     int
	ClassName fault.Text
	Condition string
	Version   string
	ValidDays int
	Connected bool
	Rate      string

	Status      string
	StatusTitle fault.Text
}

type resourcesView struct {
	Items                       []resourceView
	Next, Query, NextURL, First string

	Class, Status string
	Department    int64
	Depts         []deptView
	Filtered      bool
	Proposes, Own bool
	Export        string
}

type noticeView struct {
	ID     int64
	Case   int64
	Number string
	Title  string
	Action string
	Name   fault.Text
	At     time.Time
	Rows   int64
}

type loginView struct {
	Username, Next string
	Demo           []demoView
}

type demoView struct{ Username, Name, Department, Role, Password string }

type noticesView struct {
	Items  []noticeView
	Unread int64
}

type joinRuleView struct {
	Name  string
	Title fault.Text
	Kind  string
	Done  []string
	Rules []string
}

type saidView struct {
	Title fault.Text
	Text  fault.Text
}

type closingView struct {
	Case    caseView
	Filed   time.Time
	Ended   *time.Time
	Papers  []paperView
	Handled []handledView
}

type paperView struct {
	Name     string
	How      fault.Text
	Data     string
	Provider string
	Receipt  int64
	Hash     string
	At       *time.Time
}

type handledView struct {
	Title fault.Text
	Name  string
	Dept  string
	Role  fault.Text
	At    time.Time
}

type orderView struct {
	Order  caseView
	About  *caseView
	Way    fault.Text
	Ground fault.Text
	Demand string
	Days   int64
	Due    *time.Time
	Rule   fault.Text
	By     fault.Text
	At     time.Time

	Result   fault.Text
	Answer   string
	Answered *time.Time
	Judged   *handledView
	Note     string
}

type watchView struct {
	Empty bool
	AsOf  time.Time
	Grace int64
	Items []watchItem

	Revivals  []revivalView
	MayRevive bool
}

type revivalView struct {
	By    string
	At    time.Time
	Count int64
}

type watchItem struct {
	Kind   string
	Title  fault.Text
	Count  int64
	Oldest time.Time
	Todo   fault.Text
}

type remindedView struct {
	By         string
	RoleTitle  fault.Text
	Department *deptView
	At         time.Time
}
