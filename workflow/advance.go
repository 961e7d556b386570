package workflow

import (
	"errors"

	"github.com/shujie-gov/shujie/fault"
)

// maxAdvance bounds the steps the system takes on one case in one go; a
// definition that needs more walks in a circle.
const maxAdvance = 20

var (
	errNothingDue  = errors.New("nothing is due")
	errAdvanceLoop = errors.New("the system's own actions on this case do not end")
)

func ignoreNothingDue(err error) error {
	if errors.Is(err, errNothingDue) {
		return nil
	}
	return err
}

func reason(err error) fault.Text {
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		return f.Text
	}
	return fault.Text{ZH: "没有权限", EN: "not permitted"}
}
