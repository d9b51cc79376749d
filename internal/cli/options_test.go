package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shownOption is an option in a help of gregor's own form.
var shownOption = regexp.MustCompile(`(?m)^  (--[\w.-]+)`)

// TestEveryOptionIsUsed checks that testdata/script calls each verb with each option of its help.
func TestEveryOptionIsUsed(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	var calls [][]string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			if call, is := strings.CutPrefix(line, "$ gregor "); is {
				calls = append(calls, strings.Fields(call))
			}
		}
	}
	for _, c := range commands() {
		if !c.primary() {
			continue
		}
		used := map[string]bool{}
		for _, words := range calls {
			if found, ok := find(words); !ok || found.name() != c.name() {
				continue
			}
			for _, w := range words {
				option, _, _ := strings.Cut(w, "=")
				used[option] = true
			}
		}
		_, help, _ := call(t.Context(), "127.0.0.1:1", append(c.path, "--help")...)
		for _, m := range shownOption.FindAllStringSubmatch(help, -1) {
			if !used[m[1]] {
				t.Errorf("no script calls gregor %s with %s", c.name(), m[1])
			}
		}
	}
}
