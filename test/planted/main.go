// Command planted shows that the simulator finds bugs: it plants one bug after the other in the
// source, only in the build (go build -overlay), and runs sessions of internal/sim until one of
// them reports the broken promise.
//
//	go run ./test/planted                  # every bug of the table, 40 seeds at most for each
//	go run ./test/planted -only fsync -v   # bugs whose name matches
//	go run ./test/planted -markdown        # the table for docs/simulator.md
//
// It exits with 1 when it does not find a bug, or when the place to plant it no longer exists.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// edit replaces one piece of a source file. The piece must occur in the file exactly once.
type edit struct{ file, old, new string }

// bug is one planted bug.
type bug struct {
	name string
	// what describes the bug for the table.
	what  string
	edits []edit
	// finds matches the violation that the simulator must report.
	finds string
}

type outcome struct {
	seeds int
	hours float64
	text  string
}

func main() {
	var (
		only     = flag.String("only", "", "plant bugs whose name matches this regular expression")
		seeds    = flag.Int("seeds", 40, "seeds to try for each bug")
		length   = flag.Duration("length", 20*time.Minute, "simulated time of one session")
		markdown = flag.Bool("markdown", false, "print a Markdown table")
		verbose  = flag.Bool("v", false, "print the violations")
	)
	flag.Parse()
	match := regexp.MustCompile(*only)
	work, err := os.MkdirTemp("", "planted-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(2)
	}
	code := 0
	if *markdown {
		fmt.Print("| bug | what it does | violation | seeds until found |\n|---|---|---|---|\n")
	}
	for _, b := range bugs {
		if !match.MatchString(b.name) {
			continue
		}
		o, err := find(b, work, *seeds, *length)
		switch {
		case err != nil:
			fmt.Printf("%-28s FAIL: %v\n", b.name, err)
			code = 1
		case *markdown:
			invariant, _, _ := strings.Cut(o.text, ":")
			fmt.Printf("| %s | %s | %s | %d |\n", b.name, b.what, invariant, o.seeds)
		default:
			fmt.Printf("%-28s found after %d seeds (%.1f simulated hours)\n", b.name, o.seeds, o.hours)
		}
		if *verbose && err == nil {
			fmt.Println("   ", o.text)
		}
	}
	if err := os.RemoveAll(work); err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
	}
	os.Exit(code)
}

// plant writes the changed files and the overlay that replaces the original ones.
func plant(b bug, dir string) (overlay string, err error) {
	replace := map[string]string{}
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for _, e := range b.edits {
		path := filepath.Join(root, e.file)
		from := path
		if changed, ok := replace[path]; ok {
			from = changed
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return "", fmt.Errorf("the piece to replace stands %d times in %s: change the table in test/planted/bugs.go", n, e.file)
		}
		to := filepath.Join(dir, strings.ReplaceAll(e.file, "/", "_"))
		if err := os.WriteFile(to, []byte(strings.Replace(string(text), e.old, e.new, 1)), 0o644); err != nil {
			return "", err
		}
		replace[path] = to
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o644)
}

var violation = regexp.MustCompile(`(?m)^FAIL seed (\d+) at [^:]+: (.*)$`)

// find builds the simulator with the bug and runs sessions until one finds it.
func find(b bug, work string, seeds int, length time.Duration) (o outcome, err error) {
	dir := filepath.Join(work, regexp.MustCompile(`\W+`).ReplaceAllString(b.name, "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return o, err
	}
	overlay, err := plant(b, dir)
	if err != nil {
		return o, err
	}
	bin := filepath.Join(dir, "simulate")
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", bin, "./test/simulate").CombinedOutput(); err != nil {
		return o, fmt.Errorf("build: %w\n%s", err, out)
	}
	const first = 1
	out, err := exec.Command(bin, "-quiet", "-seed", fmt.Sprint(first), "-sessions", fmt.Sprint(seeds), "-length", length.String()).CombinedOutput()
	m := violation.FindStringSubmatch(string(out))
	switch {
	case m == nil && err == nil:
		return o, fmt.Errorf("not found in %d sessions of %v", seeds, length)
	case m == nil:
		return o, fmt.Errorf("the simulator ended without a violation: %w\n%s", err, tail(string(out)))
	}
	if !regexp.MustCompile(b.finds).MatchString(m[2]) {
		return o, fmt.Errorf("found as %q, which does not match %q", m[2], b.finds)
	}
	var seed int
	if _, err := fmt.Sscan(m[1], &seed); err != nil {
		return o, err
	}
	o.seeds, o.text = seed-first+1, m[2]
	o.hours = float64(o.seeds) * length.Hours()
	return o, nil
}

func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-10):], "\n")
}
