package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// rehearse runs a demo to its end in this process and returns its summary.
func rehearse(t *testing.T, o demoOptions) (summary, string, error) {
	t.Helper()
	cfg, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	cfg.LogLevel = "error"
	o.once, o.json = true, true
	var out, errs bytes.Buffer
	err = runDemo(t.Context(), cfg, o, &out, &errs)
	var s summary
	if out.Len() > 0 {
		if err := json.Unmarshal(out.Bytes(), &s); err != nil {
			t.Fatalf("the summary is no JSON: %v\n%s", err, out.String())
		}
	}
	return s, errs.String(), err
}

// closedAll fails unless every blocker closed over fetched data and the chain
// holds.
func closedAll(t *testing.T, s summary, told string, err error, blockers int64) {
	t.Helper()
	if err != nil {
		t.Fatalf("%v\nstuck: %v\n%s", err, s.Stuck, told)
	}
	if s.Blockers != blockers || s.Closed != blockers || !s.Verified {
		t.Fatalf("closed %d of %d (want %d), chain %v %v, stuck %v", s.Closed, s.Blockers, blockers, s.Verified, s.Problems, s.Stuck)
	}
}

func TestTheDemoClosesEveryBlockerAndGoesOnWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	first, told, err := rehearse(t, demoOptions{dir: dir})
	closedAll(t, first, told, err, 75)
	if len(first.Batches) != 5 {
		t.Errorf("batches = %+v, want five", first.Batches)
	}
	// 73 of the 75 are replaced by data, 38 of them under an application to another department; two
	// are waived by a legal alternative.
	if first.Receipts != 73 || first.Fetches["found"] != 73 {
		t.Errorf("receipts %d, fetches %v, want 73 records found", first.Receipts, first.Fetches)
	}
	if first.Cases["share_request"] != 33 {
		t.Errorf("share requests = %d, want one for each of the 33 services and resources that the 38 ask for", first.Cases["share_request"])
	}
	if list := watching(t, dir); len(list) != 0 {
		t.Errorf("after a healthy demo the watch shows %v", list)
	}
	second, told, err := rehearse(t, demoOptions{dir: dir})
	closedAll(t, second, told, err, 75)
	if second.Events != first.Events || second.Receipts != first.Receipts {
		t.Errorf("the second run moved something: events %d → %d, receipts %d → %d", first.Events, second.Events, first.Receipts, second.Receipts)
	}
}

func TestTheDemoTakesOtherBlockersAndAPlatformThatMisbehaves(t *testing.T) {
	file := filepath.Join(t.TempDir(), "others.csv")
	text := header +
		"a1,1,出具贷款证明,公积金缴存证明,YH,RS,住房公积金缴存信息,2,,\n" +
		"a2,1,出具贷款证明,婚姻状况证明,YH,MZ,婚姻登记信息,2,,\n" +
		"a3,2,外卖食品经营备案,营业执照复印件,SJ,SJ,营业执照电子证照,1,,\n" +
		"a4,2,加装电梯,邻居同意证明,YL,JD,,0,,现场核查\n" +
		"a5,12,\"公益林补偿, 申领\",林权证明,NY,ZR,\"林权\"\"登记\"\"信息\",1,,\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s, told, err := rehearse(t, demoOptions{blockers: file, faults: 0.4})
	closedAll(t, s, told, err, 5)
	if s.Receipts != 4 {
		t.Errorf("receipts = %d, want one for each of the four records, however often the platform was asked (%v)", s.Receipts, s.Fetches)
	}
}

func TestABadFileLoadsNothing(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "bad.csv")
	if err := os.WriteFile(file, []byte(header+"1,1,a,b,MZ,XX,r,1,,\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	data := filepath.Join(dir, "data")
	_, _, err := rehearse(t, demoOptions{dir: data, blockers: file})
	if err == nil || !strings.Contains(err.Error(), "row 2, column holding_department") {
		t.Fatalf("error = %v, want row and column", err)
	}
	if _, err := os.Stat(data); !os.IsNotExist(err) {
		t.Errorf("a database was made for a bad file: %v", err)
	}
}

func TestAnEndedDemoSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cfg, err := loadConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if err := runDemo(ctx, cfg, demoOptions{once: true, json: true, dir: t.TempDir()}, &out, &errs); err == nil {
		t.Fatalf("a demo that was ended before its blockers closed reports success: %s", out.String())
	}
}
