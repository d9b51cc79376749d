package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// javaName is a name with its Java package.
var javaName = regexp.MustCompile(`\b(?:org\.apache|java|javax|joptsimple|kafka\.[a-z]+)\.[\w.]+`)

// TestHelpIsPlain checks that no help of gregor's own form names a Java class by its package.
// People who use it need not know Java.
func TestHelpIsPlain(t *testing.T) {
	lines := [][]string{{"help"}, {"help", "server"}, {"help", "shims"}}
	for _, c := range commands() {
		lines = append(lines, append(c.path, "--help"))
		if c.primary() && c.verb.Name != "" {
			lines = append(lines, []string{c.path[0]})
		}
	}
	for _, line := range lines {
		_, out, errs := call(t.Context(), "127.0.0.1:1", line...)
		if out == "" {
			t.Errorf("gregor %s prints no help", strings.Join(line, " "))
		}
		for _, name := range javaName.FindAllString(out+errs, -1) {
			t.Errorf("gregor %s names %s", strings.Join(line, " "), name)
		}
		if strings.Contains(out, "Java") {
			t.Errorf("gregor %s speaks of Java:\n%s", strings.Join(line, " "), out)
		}
	}
}

// TestErrorsArePlain checks the same for what the calls of gregor's own form in testdata/script
// print. A name that the call itself holds may be repeated.
func TestErrorsArePlain(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	calls := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		line := ""
		for l := range strings.Lines(string(text)) {
			l = strings.TrimSpace(l)
			switch {
			case strings.HasPrefix(l, "$ "):
				line = l
				calls++
			case (strings.HasPrefix(l, "! ") || strings.HasPrefix(l, "> ")) && strings.HasPrefix(line, "$ gregor ") && !strings.HasPrefix(line, "$ gregor kafka-"):
				for _, word := range kafkaWords.FindAllString(l, -1) {
					if l[0] == '!' && !strings.HasPrefix(l, "! 'gregor ") && !strings.HasPrefix(line, "$ gregor shims") && !strings.Contains(line, word) {
						t.Errorf("%s: %s\n%q in %s", filepath.Base(file), line, word, l)
					}
				}
				for _, name := range javaName.FindAllString(l, -1) {
					if !strings.Contains(line, name) {
						t.Errorf("%s: %s\n%s", filepath.Base(file), line, l)
					}
				}
			}
		}
	}
	if calls < 500 {
		t.Errorf("only %d calls", calls)
	}
}
