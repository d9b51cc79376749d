package archtest

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/gregorhq/gregor"

// source is one Go file of the module.
type source struct {
	path, pkg string
	file      *ast.File
	text      []byte
	generated bool
	test      bool
}

func (s source) in(dirs ...string) bool {
	return slices.ContainsFunc(dirs, func(d string) bool { return s.pkg == d || strings.HasPrefix(s.pkg, d+"/") })
}

func load(t *testing.T) (*token.FileSet, []source) {
	t.Helper()
	root := "../.."
	fset := token.NewFileSet()
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
		f, err := parser.ParseFile(fset, path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		pkg := filepath.ToSlash(filepath.Dir(rel))
		if pkg == "." {
			pkg = ""
		}
		out = append(out, source{path: rel, pkg: pkg, file: f, text: text, generated: ast.IsGenerated(f), test: strings.HasSuffix(rel, "_test.go")})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return fset, out
}

func heightOf(pkg string) (int, bool) {
	for {
		if h, ok := layer[pkg]; ok {
			return h, true
		}
		i := strings.LastIndexByte(pkg, '/')
		if i < 0 {
			return 0, false
		}
		pkg = pkg[:i]
	}
}

// outside lists folders that are not part of the product: nothing imports them.
var outside = []string{"test", "bench", "internal/archtest", "internal/docgen", "internal/tools", "internal/sim", "internal/check", "examples"}

func TestImportsPointDown(t *testing.T) {
	_, files := load(t)
	for _, s := range files {
		if s.test || s.in(outside...) || strings.Contains(s.pkg, "/gen") {
			continue
		}
		own, ok := heightOf(s.pkg)
		if !ok {
			t.Errorf("%s: package %q has no layer: enter it in internal/archtest/layers.go", s.path, s.pkg)
			continue
		}
		for _, im := range s.file.Imports {
			p, _ := strconv.Unquote(im.Path.Value)
			if p != module && !strings.HasPrefix(p, module+"/") {
				checkOwner(t, s, p)
				continue
			}
			dep := strings.TrimPrefix(strings.TrimPrefix(p, module), "/")
			if (source{pkg: dep}).in(outside...) {
				t.Errorf("%s imports %s, which is not part of the product", s.path, dep)
			}
			h, _ := heightOf(dep)
			related := strings.HasPrefix(dep, s.pkg+"/") || (s.pkg != "" && strings.HasPrefix(s.pkg, dep+"/")) || sameFamily(s.pkg, dep)
			if h >= own && !related {
				t.Errorf("%s (layer %d) imports %s (layer %d): imports point down", s.path, own, dep, h)
			}
		}
	}
}

// sameFamily tells folders below one entry of the layer table, for example two nouns of internal/cli.
func sameFamily(a, b string) bool {
	for _, root := range []string{"internal/cli", "internal/protocol"} {
		if (source{pkg: a}).in(root) && (source{pkg: b}).in(root) {
			return true
		}
	}
	return false
}

func checkOwner(t *testing.T, s source, path string) {
	for mod, pkgs := range owners {
		if (path == mod || strings.HasPrefix(path, mod+"/")) && !s.in(pkgs...) {
			t.Errorf("%s imports %s: only %v may", s.path, path, pkgs)
		}
	}
}

func TestGoroutinesStartInDriversOnly(t *testing.T) {
	fset, files := load(t)
	for _, s := range files {
		if s.test || s.in(outside...) || s.in("cmd", "internal/cli") || filepath.Base(s.path) == "run.go" {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if g, ok := n.(*ast.GoStmt); ok {
				t.Errorf("%v: the go keyword stands in run.go files only", fset.Position(g.Pos()))
			}
			return true
		})
	}
}

func TestCoresTouchNothing(t *testing.T) {
	fset, files := load(t)
	banned := []string{"os", "net", "sync", "sync/atomic", "log", "log/slog", "math/rand", "math/rand/v2", "crypto/rand", "io/fs", "context"}
	for _, s := range files {
		if s.test || !s.in(cores...) {
			continue
		}
		for _, im := range s.file.Imports {
			p, _ := strconv.Unquote(im.Path.Value)
			if slices.Contains(banned, p) {
				t.Errorf("%s: a core imports %s", s.path, p)
			}
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.SelectStmt, *ast.ChanType, *ast.SendStmt:
				t.Errorf("%v: a core uses channels", fset.Position(n.Pos()))
			case *ast.CallExpr:
				if sel, ok := n.Fun.(*ast.SelectorExpr); ok {
					if id, ok := sel.X.(*ast.Ident); ok && id.Name == "time" && slices.Contains([]string{"Now", "Since", "Sleep", "After", "NewTimer", "NewTicker"}, sel.Sel.Name) {
						t.Errorf("%v: a core reads the clock", fset.Position(n.Pos()))
					}
				}
			}
			return true
		})
	}
}

const (
	maxFileLines = 800
	wishedLines  = 400
	maxFuncLines = 70
)

func TestFilesStaySmall(t *testing.T) {
	fset, files := load(t)
	long := 0
	for _, s := range files {
		if s.generated {
			continue
		}
		n := bytes.Count(s.text, []byte("\n"))
		if n > maxFileLines {
			t.Errorf("%s has %d lines, more than %d", s.path, n, maxFileLines)
		}
		if n > wishedLines && !s.test {
			long++
			t.Logf("%s has %d lines", s.path, n)
		}
		for _, d := range s.file.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && !s.test {
				if l := fset.Position(fn.End()).Line - fset.Position(fn.Pos()).Line; l > maxFuncLines {
					t.Errorf("%s: func %s has %d lines, more than %d", s.path, fn.Name.Name, l, maxFuncLines)
				}
			}
		}
	}
	// The ratchet: lower it when files were cut, never raise it.
	if ratchet := 0; long > ratchet {
		t.Errorf("%d files have more than %d lines, %d are allowed", long, wishedLines, ratchet)
	}
}

func TestNoSleepInTests(t *testing.T) {
	fset, files := load(t)
	for _, s := range files {
		if !s.test {
			continue
		}
		ast.Inspect(s.file, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
					if id, ok := sel.X.(*ast.Ident); ok && id.Name == "time" && sel.Sel.Name == "Sleep" {
						t.Errorf("%v: a test waits for a condition, it does not sleep", fset.Position(c.Pos()))
					}
				}
			}
			return true
		})
	}
}
