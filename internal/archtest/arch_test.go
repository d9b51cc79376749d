package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// source is one Go file of the module.
type source struct {
	path, pkg string
	file      *ast.File
	lines     int
	generated bool
	test      bool
}

func (s source) in(dirs ...string) bool { return below(s.pkg, dirs) }

// below reports whether pkg is one of dirs or in a folder below one.
func below(pkg string, dirs []string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return pkg == d || strings.HasPrefix(pkg, d+"/") })
}

// product reports whether s is part of the product.
func (s source) product() bool { return !s.test && !s.in(outside...) }

func load(t *testing.T) (*token.FileSet, []source) {
	t.Helper()
	files, err := loaded()
	if err != nil {
		t.Fatal(err)
	}
	return fset, files
}

var (
	fset   = token.NewFileSet()
	loaded = sync.OnceValues(parseModule)
)

func parseModule() ([]source, error) {
	root := "../.."
	var out []source
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, path)
		rel = filepath.ToSlash(rel)
		if d.IsDir() {
			if rel != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "node_modules" || d.Name() == "data") {
				return filepath.SkipDir
			}
			if _, err := os.Stat(filepath.Join(path, "go.mod")); err == nil && rel != "." {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s, err := parse(rel, text)
		out = append(out, s)
		return err
	})
	return out, err
}

func parse(name string, text []byte) (source, error) {
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments)
	if err != nil {
		return source{}, err
	}
	pkg := path.Dir(name)
	if pkg == "." {
		pkg = ""
	}
	return source{path: name, pkg: pkg, file: f, lines: bytes.Count(text, []byte("\n")), generated: ast.IsGenerated(f),
		test: strings.HasSuffix(name, "_test.go")}, nil
}

// rule returns the violations among files.
type rule func(fset *token.FileSet, files []source) []string

// hold asserts a rule of the module, and that the rule can fail. bad maps a file's path to a body
// (the text after the package clause) that breaks the rule once.
func hold(t *testing.T, r rule, bad map[string]string) {
	t.Helper()
	fset, files := load(t)
	for _, problem := range r(fset, files) {
		t.Error(problem)
	}
	for name, body := range bad {
		s, err := parse(name, []byte("package x\n"+body))
		if err != nil {
			t.Fatal(err)
		}
		if found := r(fset, []source{s}); len(found) != 1 {
			t.Errorf("planted in %s: %s\nfound %q", name, body, found)
		}
	}
}

func TestGoroutinesStartInDriversOnly(t *testing.T) {
	hold(t, func(fset *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if !s.product() || s.in("cmd", "internal/cli") || slices.Contains(drivers, s.path) {
				continue
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.GoStmt:
					found = append(found, at(fset, n)+"the go keyword stands in drivers only")
				case *ast.SelectorExpr:
					if id, ok := n.X.(*ast.Ident); ok && (id.Name == "time" && n.Sel.Name == "AfterFunc" || id.Name == "sync" && n.Sel.Name == "WaitGroup" && !s.in(waiters...)) {
						found = append(found, at(fset, n)+id.Name+"."+n.Sel.Name+" starts or awaits goroutines, which drivers do only: use the host's executor")
					}
				}
				return true
			})
		}
		return found
	}, map[string]string{
		"storage/a.go":              `func f() { go f() }`,
		"internal/replication/a.go": `func f(wg *sync.WaitGroup) { wg.Go(func() {}) }`,
		"internal/broker/a.go":      `func f() { time.AfterFunc(1, f) }`,
		"record/run.go":             `func f() { go f() }`,
	})
}

// TestTimersInDriversOnly checks that only drivers wait for a time. Engines return or store a
// callback. No code sleeps: a pause without a way to end it delays a stop.
func TestTimersInDriversOnly(t *testing.T) {
	hold(t, func(fset *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if s.in(outside...) && !s.test {
				continue
			}
			driver := s.test || s.in("cmd", "internal/cli") || slices.Contains(drivers, s.path)
			for _, c := range calls(s.file, "time") {
				switch name := c.Fun.(*ast.SelectorExpr).Sel.Name; {
				case name == "Sleep" && s.test:
					found = append(found, at(fset, c)+"a test waits for a condition, it does not sleep")
				case name == "Sleep":
					found = append(found, at(fset, c)+"a pause is a timer beside a channel that ends it")
				case slices.Contains([]string{"After", "NewTimer", "NewTicker", "Tick"}, name) && !driver:
					found = append(found, at(fset, c)+"timers stand in drivers only")
				}
			}
			for _, n := range pauses(s.file) {
				if driver {
					found = append(found, at(fset, n)+"to wait for time.After and nothing else is to sleep")
				}
			}
		}
		return found
	}, map[string]string{
		"storage/a_test.go":        `func f() { time.Sleep(1) }`,
		"storage/b_test.go":        `func f() { <-time.After(1); select { case <-time.After(1): } }`,
		"internal/logmanager/a.go": `func f() { <-time.After(1) }`,
		"internal/cli/perf/run.go": `func f() { time.Sleep(1) }`,
		"internal/quorum/run.go":   `func f() { time.NewTimer(1) }`,
	})
}

// pauses returns the statements that wait for time.After outside of a select.
func pauses(f *ast.File) (out []ast.Node) {
	beside := map[ast.Node]bool{} // receives of a select
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CommClause:
			beside[n.Comm] = true
		case *ast.ExprStmt:
			wait, ok := n.X.(*ast.UnaryExpr)
			if !ok || beside[n] {
				break
			}
			if c, ok := wait.X.(*ast.CallExpr); ok && isCall(c, "time", "After") {
				out = append(out, n)
			}
		}
		return true
	})
	return out
}

func TestCoresTouchNothing(t *testing.T) {
	banned := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	hold(t, func(fset *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if !s.product() || !s.in(cores...) {
				continue
			}
			for _, p := range imports(s.file) {
				if !ours(p) && !strings.Contains(p, ".") && !slices.Contains(coreImports, p) {
					found = append(found, s.path+": a core imports "+p)
				}
			}
			for _, c := range calls(s.file, "time") {
				if slices.Contains(banned, c.Fun.(*ast.SelectorExpr).Sel.Name) {
					found = append(found, at(fset, c)+"a core reads the clock")
				}
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				switch n.(type) {
				case *ast.GoStmt, *ast.SelectStmt, *ast.ChanType, *ast.SendStmt:
					found = append(found, at(fset, n)+"a core uses goroutines or channels")
				}
				return true
			})
		}
		return found
	}, map[string]string{
		"internal/group/a.go":      `import "net/http"`,
		"internal/replica/a.go":    `var now = time.Now()`,
		"internal/controller/a.go": `var c chan int`,
		"internal/metadata/a.go":   `import "sync"`,
	})
}

func TestFilesStaySmall(t *testing.T) {
	// check reports a file or function that is too long, and an exception that is no longer needed.
	check := func(what string, lines, limit int) (found []string) {
		allowed, excepted := long[what]
		switch {
		case excepted && lines <= limit:
			found = append(found, what+" is not long any more: take it off the list in internal/archtest/layers.go")
		case lines > max(limit, allowed):
			found = append(found, what+" is too long: cut it by duty")
		}
		return found
	}
	hold(t, func(fset *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if s.generated {
				continue
			}
			found = append(found, check(s.path, s.lines, maxFileLines)...)
			for _, d := range s.file.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					n := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line + 1
					found = append(found, check(s.path+" "+fn.Name.Name, n, maxFuncLines)...)
				}
			}
		}
		return found
	}, map[string]string{
		"internal/broker/a.go":  "func f() {\n" + strings.Repeat("_ = 1\n", maxFuncLines) + "}\n",
		"internal/cli/a/a.go":   strings.Repeat("// line\n", maxFileLines),
		"storage/oplog_test.go": `func TestOperationLogs() {}`,
	})
}

func at(fset *token.FileSet, n ast.Node) string { return fset.Position(n.Pos()).String() + ": " }

// calls returns the calls of functions of a standard library package.
func calls(f *ast.File, pkg string) (out []*ast.CallExpr) {
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
				if id, ok := sel.X.(*ast.Ident); ok && id.Name == pkg {
					out = append(out, c)
				}
			}
		}
		return true
	})
	return out
}
