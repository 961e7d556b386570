// Command report reads what `go test -json` wrote and says what matters: a line
// per package, the whole output of each test that failed, and how many tests
// passed. It exits 1 when one failed or none ran.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"strings"
)

// event is a line of `go test -json`, see `go doc test2json`.
type event struct {
	Action      string
	Package     string
	ImportPath  string
	Test        string
	Output      string
	FailedBuild string
}

type test struct{ pkg, name string }

func main() {
	total := flag.Bool("total", false, "add the files up: package lines and one closing line")
	flag.Parse()
	var passed, failed, skipped int
	for _, name := range flag.Args() {
		p, f, s, err := report(name)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		passed, failed, skipped = passed+p, failed+f, skipped+s
	}
	if *total {
		fmt.Printf("%d passed, %d failed, %d skipped\n", passed, failed, skipped)
	} else {
		fmt.Printf("tests: %d passed, %d failed, %d skipped\n", passed, failed, skipped)
	}
	if failed > 0 || passed == 0 {
		os.Exit(1)
	}
}

// report prints one record and counts its tests. A test with subtests is
// counted by its subtests; a package that fails outside of a test counts once.
func report(name string) (passed, failed, skipped int, err error) {
	file, err := os.Open(name)
	if err != nil {
		return 0, 0, 0, err
	}
	defer file.Close()
	results := map[test]string{}
	parents := map[test]bool{}
	output := map[test][]string{}
	var broken []string
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var e event
		if json.Unmarshal(lines.Bytes(), &e) != nil {
			fmt.Println(lines.Text()) // not an event: go itself speaks
			continue
		}
		t := test{e.Package, e.Test}
		switch e.Action {
		case "build-output":
			fmt.Print(e.Output)
		case "output":
			if e.Test == "" && isResult(e.Output) {
				fmt.Print(e.Output)
			}
			output[t] = append(output[t], e.Output)
		case "run":
			for up := e.Test; strings.Contains(up, "/"); {
				up = up[:strings.LastIndex(up, "/")]
				parents[test{e.Package, up}] = true
			}
			results[t] = "fail" // until it says otherwise: a crash ends the record
		case "pass", "fail", "skip":
			if e.Test != "" {
				results[t] = e.Action
			} else if e.Action == "fail" {
				broken = append(broken, e.Package)
			}
			if e.Action == "pass" {
				delete(output, t)
			}
		}
	}
	if err := lines.Err(); err != nil {
		return 0, 0, 0, fmt.Errorf("%s: %w", name, err)
	}
	failing := map[string]bool{}
	for t, result := range results {
		if result == "fail" {
			failing[t.pkg] = true
			fmt.Printf("\n--- %s %s\n%s", t.pkg, t.name, strings.Join(output[t], ""))
		}
		if parents[t] && result != "fail" {
			continue
		}
		switch result {
		case "pass":
			passed++
		case "skip":
			skipped++
		default:
			failed++
		}
	}
	for _, pkg := range broken {
		if !failing[pkg] {
			failed++
			fmt.Printf("\n--- %s failed outside of a test\n%s", pkg, strings.Join(output[test{pkg, ""}], ""))
		}
	}
	return passed, failed, skipped, nil
}

// isResult reports whether a line is go test's own result of a package.
func isResult(line string) bool {
	return strings.HasPrefix(line, "ok  \t") || strings.HasPrefix(line, "FAIL\t") ||
		strings.HasPrefix(line, "---") || strings.HasPrefix(line, "panic:")
}
