package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// summary is what a demo ends with; --json prints it.
type summary struct {
	Batches   []batchSummary   `json:"batches"`
	Cases     map[string]int64 `json:"cases_by_kind"`
	Fetches   map[string]int64 `json:"fetches_by_outcome"`
	Receipts  int64            `json:"receipts"`
	Events    int64            `json:"events"`
	Verified  bool             `json:"chain_verified"`
	Problems  []string         `json:"chain_problems,omitempty"`
	Blockers  int64            `json:"blockers"`
	Closed    int64            `json:"closed"`
	Stuck     []string         `json:"stuck,omitempty"`
	Duration  int64            `json:"duration_ms"`
	Database  string           `json:"database"`
	Queue     string           `json:"queue"`
	FaultRate float64          `json:"fault_rate"`
}

// batchSummary is the progress of one batch.
type batchSummary struct {
	ID          int64         `json:"id"`
	Name        string        `json:"name"`
	Total       int64         `json:"total"`
	Closed      int64         `json:"closed"`
	Departments []deptSummary `json:"departments"`
}

// deptSummary is the part of a batch that one department leads.
type deptSummary struct {
	Code   string `json:"code"`
	Name   string `json:"name"`
	Total  int64  `json:"total"`
	Closed int64  `json:"closed"`
}

// done reports whether every blocker was closed and the log holds.
func (s summary) done() bool { return s.Blockers > 0 && s.Closed == s.Blockers && s.Verified }

func (s summary) writeJSON(w io.Writer) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(s)
}

// writeTable prints the summary for people: a row per batch and department.
func (s summary) writeTable(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "\nbatch\tlead department\tclosed\tof")
	for _, b := range s.Batches {
		for i, d := range b.Departments {
			name := b.Name
			if i > 0 {
				name = ""
			}
			fmt.Fprintf(t, "%s\t%s %s\t%d\t%d\n", name, d.Code, d.Name, d.Closed, d.Total)
		}
		fmt.Fprintf(t, "\t\t%d\t%d\n", b.Closed, b.Total)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	verified := "holds"
	if !s.Verified {
		verified = "DOES NOT HOLD: " + strings.Join(s.Problems, "; ")
	}
	fmt.Fprintf(w, "\n%d of %d blockers closed in %s · cases %s · fetches %s · %d receipts · %d events, their chain %s\n",
		s.Closed, s.Blockers, time.Duration(s.Duration)*time.Millisecond, counts(s.Cases), counts(s.Fetches), s.Receipts, s.Events, verified)
	for _, line := range s.Stuck {
		fmt.Fprintln(w, "stuck:", line)
	}
	return nil
}

func counts(m map[string]int64) string {
	parts := make([]string, 0, len(m))
	for _, k := range sortedKeys(m) {
		parts = append(parts, fmt.Sprintf("%d %s", m[k], k))
	}
	return strings.Join(parts, ", ")
}

// progress shows how far the batches are: redrawn in place on a terminal,
// otherwise a line whenever something changed.
type progress struct {
	w        io.Writer
	terminal bool
	drawn    int
	last     string
}

func (p *progress) show(batches []batchSummary, steps int64) {
	var b strings.Builder
	if p.terminal {
		for _, x := range batches {
			fmt.Fprintf(&b, "%s  %s %3d / %d\n", x.Name, bar(x.Closed, x.Total), x.Closed, x.Total)
		}
		text := b.String()
		if p.drawn > 0 {
			fmt.Fprintf(p.w, "\x1b[%dA\x1b[J", p.drawn)
		}
		p.drawn = strings.Count(text, "\n")
		fmt.Fprint(p.w, text)
		return
	}
	var closed, total int64
	for _, x := range batches {
		fmt.Fprintf(&b, " %d/%d", x.Closed, x.Total)
		closed, total = closed+x.Closed, total+x.Total
	}
	if text := b.String(); text != p.last {
		p.last = text
		fmt.Fprintf(p.w, "closed %d of %d (by batch:%s), %d steps taken\n", closed, total, text, steps)
	}
}

func bar(n, of int64) string {
	const width = 30
	full := 0
	if of > 0 {
		full = int(n * width / of)
	}
	return strings.Repeat("█", full) + strings.Repeat("░", width-full)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
