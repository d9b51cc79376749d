package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// commentColumns is the largest width of a line that only holds a comment. A tab counts as 4
// columns.
const commentColumns = 100

// obscure are words that make sentences hard to read, with the number of times that each may occur
// in 1,000 lines of comments or pages, or in 1,000 strings. The bounds are the values of well-kept
// code (etcd/raft, Pebble, bbolt, kfake).
var obscure = []struct {
	name string
	word *regexp.Regexp
	most float64
	// say is the advice in the error.
	say string
}{
	{"tell, told", regexp.MustCompile(`(?i)\b(tell|tells|told|telling)\b`), 0.6, "reports, returns, knows, learns, names"},
	{"who, whoever", regexp.MustCompile(`(?i)\b(who|whoever|whom)\b`), 0.3, "the client, the caller, the leader"},
	{"nobody, somebody", regexp.MustCompile(`(?i)\b(nobody|somebody|someone|anybody|everybody)\b`), 0, "no client, another goroutine"},
	{"anew", regexp.MustCompile(`(?i)\banew\b`), 0, "again, or: creates a new one"},
	{"what is … is", regexp.MustCompile(`(?i)\bwhat (is|are|was|were) \w+`), 0.3, "a noun"},
	{"those that", regexp.MustCompile(`(?i)\bthose (who|that)\b`), 0.6, "the noun"},
}

// comments returns the lines of a file's comments, without their marks.
func (s source) comments(fset *token.FileSet) (out []string) {
	for _, g := range s.file.Comments {
		for _, c := range g.List {
			if strings.HasPrefix(c.Text, "//go:") {
				continue
			}
			out = append(out, strings.Split(c.Text, "\n")...)
		}
	}
	return out
}

// texts returns the strings of a file that have three words or more: descriptions, help, log lines
// and errors.
func (s source) texts() (out []string) {
	ast.Inspect(s.file, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil && strings.Count(text, " ") > 1 {
				out = append(out, text)
			}
		}
		return true
	})
	return out
}

// otherFiles calls visit with the text of each file that is not of Go and no data of a test.
func otherFiles(t *testing.T, visit func(name, text string)) {
	t.Helper()
	root := "../.."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			hidden := strings.HasPrefix(d.Name(), ".") && d.Name() != ".ci" && path != root
			if hidden || slices.Contains([]string{"testdata", "node_modules", "data", "target", "results", "expected"}, d.Name()) {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err == nil && utf8.Valid(text) {
			rel, _ := filepath.Rel(root, path)
			visit(filepath.ToSlash(rel), string(text))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestTextsArePlain counts the obscure words in comments, in the product's strings and in the
// pages.
func TestTextsArePlain(t *testing.T) {
	_, files := load(t)
	var comments, texts, pages []string
	for _, s := range files {
		if s.generated {
			continue
		}
		for _, line := range s.comments(fset) {
			comments = append(comments, s.path+": "+strings.TrimSpace(line))
		}
		if s.product() {
			for _, text := range s.texts() {
				texts = append(texts, s.path+": "+text)
			}
		}
	}
	otherFiles(t, func(name, text string) {
		if strings.HasSuffix(name, ".md") {
			for line := range strings.Lines(text) {
				pages = append(pages, name+": "+strings.TrimSpace(line))
			}
		}
	})
	for what, lines := range map[string][]string{"lines of comments": comments, "strings": texts, "lines of pages": pages} {
		for _, problem := range tooObscure(what, lines) {
			t.Error(problem)
		}
	}
	if planted := []string{"a.md: It is told anew.", "b.md: Nobody knows what is meant."}; len(tooObscure("lines", planted)) != 4 {
		t.Errorf("found %q", tooObscure("lines", planted))
	}
}

// tooObscure returns the kinds of obscure words that lines, each "file: text", have too often.
func tooObscure(what string, lines []string) (found []string) {
	for _, o := range obscure {
		n := 0
		var places []string
		for _, line := range lines {
			_, text, _ := strings.Cut(line, ": ")
			if k := len(o.word.FindAllString(text, -1)); k > 0 {
				n += k
				places = append(places, line)
			}
		}
		if rate := float64(n) / float64(len(lines)) * 1000; rate > o.most {
			found = append(found, fmt.Sprintf("%q occurs %.2f times in 1,000 %s, the bound is %.1f: write %s. For example\n%s", o.name, rate, what, o.most,
				o.say, strings.Join(places[:min(len(places), 10)], "\n")))
		}
	}
	return found
}

// TestCommentsAreNarrow checks that no comment is wider than commentColumns, in Go and in files
// with comments that begin with #.
func TestCommentsAreNarrow(t *testing.T) {
	_, files := load(t)
	check := func(name, text, mark string) {
		if wide := wideComments(text, mark); len(wide) > 0 {
			t.Errorf("%s:%d: %d lines of comments are wider than %d columns", name, wide[0], len(wide), commentColumns)
		}
	}
	for _, s := range files {
		if s.generated {
			continue
		}
		text, err := os.ReadFile(filepath.Join("../..", s.path))
		if err != nil {
			t.Fatal(err)
		}
		check(s.path, string(text), "//")
	}
	otherFiles(t, func(name, text string) {
		switch filepath.Ext(name) {
		case ".md":
		case ".js", ".java":
			check(name, text, "//")
		default:
			check(name, text, "#")
		}
	})
	long := strings.Repeat("x", commentColumns)
	if wide := wideComments("#!/bin/sh -c "+long+"\n# short\n\t# "+long+"\necho # "+long+"\n", "#"); len(wide) != 1 || wide[0] != 3 {
		t.Errorf("found %v", wide)
	}
}

// wideComments returns the numbers of the lines that only hold a comment and are too wide.
func wideComments(text, mark string) (wide []int) {
	for i, line := range strings.Split(text, "\n") {
		trimmed := strings.TrimLeft(line, "\t ")
		if !strings.HasPrefix(trimmed, mark) || strings.HasPrefix(trimmed, "//go:") || strings.HasPrefix(line, "#!") {
			continue
		}
		if columns(line) > commentColumns {
			wide = append(wide, i+1)
		}
	}
	return wide
}

func columns(line string) int {
	n := 0
	for _, r := range line {
		if r == '\t' {
			n += 4
			continue
		}
		n++
	}
	return n
}

// badLogTexts finds log messages that do not start in lower case, and keys with blanks. It ignores
// Kafka's own texts, which start with a bracket, and names of signals and settings, which have two
// capital letters.
func badLogTexts(f *ast.File) (found []*ast.BasicLit) {
	levels := []string{"Debug", "Info", "Warn", "Error"}
	ast.Inspect(f, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		sel, ok := c.Fun.(*ast.SelectorExpr)
		if !ok || !slices.Contains(levels, sel.Sel.Name) {
			return true
		}
		for i, arg := range c.Args {
			lit, ok := arg.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				continue
			}
			text, err := strconv.Unquote(lit.Value)
			shouts := i == 0 && len(text) > 1 && unicode.IsUpper(rune(text[0])) && !unicode.IsUpper(rune(text[1]))
			if err == nil && (shouts || i%2 == 1 && strings.Contains(text, " ")) {
				found = append(found, lit)
			}
		}
		return true
	})
	return found
}

func TestLogLinesStartInLowerCase(t *testing.T) {
	hold(t, func(fset *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if s.product() && !s.in("internal/cli") {
				for _, lit := range badLogTexts(s.file) {
					found = append(found, at(fset, lit)+"a log line starts in lower case, and its keys have no blanks: "+lit.Value)
				}
			}
		}
		return found
	}, map[string]string{
		"internal/broker/a.go":     `func f(l *slog.Logger) { l.Info("Started") }`,
		"internal/logmanager/a.go": `func f(l *slog.Logger) { l.Info("compacted", "bytes read", 1) }`,
	})
}

// packageLines is the size above which a package states in its doc.go why it is not split.
const packageLines = 6000

func TestLargePackagesSayWhy(t *testing.T) {
	_, files := load(t)
	lines, reason := map[string]int{}, map[string]bool{}
	for _, s := range files {
		if s.generated || s.test {
			continue
		}
		lines[s.pkg] += s.lines
		if strings.HasSuffix(s.path, "/doc.go") {
			reason[s.pkg] = strings.Contains(strings.Join(s.comments(fset), "\n"), "lines in one package")
		}
	}
	for pkg, n := range lines {
		if n > packageLines && !reason[pkg] {
			t.Errorf("%s has %d lines: split it, or state in its doc.go why it has so many lines in one package", pkg, n)
		}
	}
}

// tested are the packages with a lower bound of the lines of test for a line of code.
var tested = map[string]float64{"internal/client": 0.6, "internal/forwarding": 0.6, "internal/controller": 0.6, "internal/quorum": 0.6, "internal/logmanager": 0.6, "internal/cli": 0.62}

func TestTestsAreNotThin(t *testing.T) {
	_, files := load(t)
	code, test := map[string]int{}, map[string]int{}
	for _, s := range files {
		for pkg := range tested {
			switch {
			case !s.in(pkg) || s.generated:
			case s.test:
				test[pkg] += s.lines
			default:
				code[pkg] += s.lines
			}
		}
	}
	scripts := func(pkg string) (n int) {
		_ = filepath.WalkDir(filepath.Join("../..", pkg), func(path string, d fs.DirEntry, err error) error {
			if err == nil && (strings.HasSuffix(path, ".txtar") || strings.HasSuffix(path, ".txt") && strings.Contains(path, "testdata")) {
				if text, err := os.ReadFile(path); err == nil {
					n += strings.Count(string(text), "\n")
				}
			}
			return nil
		})
		return n
	}
	for pkg, least := range tested {
		if got := float64(test[pkg]+scripts(pkg)) / float64(code[pkg]); got < least {
			t.Errorf("%s has %.2f lines of test for a line of code, the bound is %.2f", pkg, got, least)
		}
	}
}
