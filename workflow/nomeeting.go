package workflow

// NoMeeting is how near a blocker's service is to being done without a visit
// (不见面审批). It is derived from what happened, never typed in.
type NoMeeting string

// The steps towards no meeting, each proved by evidence: receipts, an approval
// event, a delivery.
const (
	InPerson       NoMeeting = "in_person"
	DataRequested  NoMeeting = "data_requested"
	DataPartial    NoMeeting = "data_partial"
	DataReady      NoMeeting = "data_ready"
	OnlineApproved NoMeeting = "online_approved"
	Delivered      NoMeeting = "delivered"
	Regressed      NoMeeting = "regressed"
)

// NoMeetingSteps lists the steps in order, without Regressed.
func NoMeetingSteps() []NoMeeting {
	return []NoMeeting{InPerson, DataRequested, DataPartial, DataReady, OnlineApproved, Delivered}
}

// noMeeting derives the status of case c from its evidence: facts approved,
// delivered and regressed, and its requirements. Kinds without requirements
// have none.
func noMeeting(c *Case) NoMeeting {
	if len(c.Requirements) == 0 {
		return ""
	}
	done, asked := 0, 0
	for _, r := range c.Requirements {
		if r.Done() {
			done++
		}
		if r.Status != NeedOpen {
			asked++
		}
	}
	ready := done == len(c.Requirements)
	switch {
	case truth(c.Facts["regressed"]):
		return Regressed
	case ready && truth(c.Facts["approved"]) && truth(c.Facts["delivered"]):
		return Delivered
	case ready && truth(c.Facts["approved"]):
		return OnlineApproved
	case ready:
		return DataReady
	case done > 0:
		return DataPartial
	case asked > 0:
		return DataRequested
	}
	return InPerson
}

func truth(v any) bool { b, ok := v.(bool); return ok && b }
