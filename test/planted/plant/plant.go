// Package plant plants bugs in the source, only in the build (go build -overlay), and looks whether
// a simulator finds them. test/planted and test/kraft/planted are its tables.
package plant

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

// Edit replaces one piece of a source file: the file, the piece and its replacement. The piece must
// occur in the file exactly once.
type Edit [3]string

// Bug is one planted bug.
type Bug struct {
	Name string
	// What describes the bug for the table.
	What  string
	Edits []Edit
	// Finds matches the violation that the simulator must report.
	Finds string
}

// Table is a list of bugs, and the simulator that must find them.
type Table struct {
	Bugs []Bug
	// File is the place of the list.
	File string
	// Command is the simulator's package. It takes the flags -quiet, -seed, -sessions and -length,
	// and prints "FAIL seed N at T: violation".
	Command string
	// Seeds and Length are the defaults for one bug.
	Seeds  int
	Length time.Duration
}

type outcome struct {
	seeds int
	hours float64
	text  string
}

// Main runs the command line, and returns the exit code: 1 when a bug is not found, or when the
// place to plant it no longer exists.
func (t Table) Main() int {
	var (
		only     = flag.String("only", "", "plant bugs whose name matches this regular expression")
		seeds    = flag.Int("seeds", t.Seeds, "seeds to try for each bug")
		length   = flag.Duration("length", t.Length, "simulated time of one session")
		markdown = flag.Bool("markdown", false, "print a Markdown table")
		verbose  = flag.Bool("v", false, "print the violations")
	)
	flag.Parse()
	match := regexp.MustCompile(*only)
	work, err := os.MkdirTemp("", "planted-")
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		return 2
	}
	code := 0
	if *markdown {
		fmt.Print("| bug | what it does | violation | seeds until found |\n|---|---|---|---|\n")
	}
	found, tried := 0, 0
	for _, b := range t.Bugs {
		if !match.MatchString(b.Name) {
			continue
		}
		tried++
		o, err := t.find(b, work, *seeds, *length)
		switch {
		case err != nil:
			fmt.Printf("%-28s FAIL: %v\n", b.Name, err)
			code = 1
		case *markdown:
			invariant, _, _ := strings.Cut(o.text, ":")
			fmt.Printf("| %s | %s | %s | %d |\n", b.Name, b.What, invariant, o.seeds)
		default:
			fmt.Printf("%-28s found after %d seeds (%.1f simulated hours)\n", b.Name, o.seeds, o.hours)
		}
		if err == nil {
			found++
			if *verbose {
				fmt.Println("   ", o.text)
			}
		}
	}
	if !*markdown {
		fmt.Printf("%d of %d found\n", found, tried)
	}
	if err := os.RemoveAll(work); err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
	}
	return code
}

// plant writes the changed files and the overlay that replaces the original ones.
func (t Table) plant(b Bug, dir string) (overlay string, err error) {
	replace := map[string]string{}
	root, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for _, e := range b.Edits {
		file, old, replacement := e[0], e[1], e[2]
		path := filepath.Join(root, file)
		from := path
		if changed, ok := replace[path]; ok {
			from = changed
		}
		text, err := os.ReadFile(from)
		if err != nil {
			return "", err
		}
		if n := strings.Count(string(text), old); n != 1 {
			return "", fmt.Errorf("the piece to replace stands %d times in %s: change the table in %s", n, file, t.File)
		}
		to := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(to, []byte(strings.Replace(string(text), old, replacement, 1)), 0o644); err != nil {
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
func (t Table) find(b Bug, work string, seeds int, length time.Duration) (o outcome, err error) {
	dir := filepath.Join(work, regexp.MustCompile(`\W+`).ReplaceAllString(b.Name, "-"))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return o, err
	}
	overlay, err := t.plant(b, dir)
	if err != nil {
		return o, err
	}
	bin := filepath.Join(dir, "simulate")
	if out, err := exec.Command("go", "build", "-overlay", overlay, "-o", bin, t.Command).CombinedOutput(); err != nil {
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
	if !regexp.MustCompile(b.Finds).MatchString(m[2]) {
		return o, fmt.Errorf("found as %q, which does not match %q", m[2], b.Finds)
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
