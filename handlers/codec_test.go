package handlers

import (
	"testing"
	"time"
)

func TestASessionIsReadAsItWasWritten(t *testing.T) {
	end := time.Date(2026, 3, 2, 13, 0, 0, 123000, time.UTC)
	for _, values := range []map[string]any{{}, {sessionUser: int64(7)}} {
		b, err := codec{}.Encode(end, values)
		if err != nil {
			t.Fatal(err)
		}
		got, read, err := codec{}.Decode(b)
		if err != nil || !got.Equal(end) || len(read) != len(values) || read[sessionUser] != values[sessionUser] {
			t.Errorf("%v was read as %v %v %v", values, got, read, err)
		}
	}
	if _, err := (codec{}).Encode(end, map[string]any{"other": 1}); err == nil {
		t.Error("a value that is not kept was accepted")
	}
	for _, b := range [][]byte{nil, {1}, make([]byte, 17)} {
		if _, _, err := (codec{}).Decode(b); err == nil {
			t.Errorf("%v was read", b)
		}
	}
}
