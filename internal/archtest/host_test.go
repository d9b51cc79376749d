package archtest

import (
	"go/ast"
	"go/token"
	"path"
	"slices"
	"strings"
	"testing"
)

// TestEnginesUseTheirHost checks that no file of an engine uses a clock, randomness or an executor
// other than its host's. So a simulator can run the engine in one goroutine, over simulated time
// and one seed (docs/architecture.md).
func TestEnginesUseTheirHost(t *testing.T) {
	hold(t, func(fset *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if s.test || !slices.Contains(engines, s.pkg) || slices.Contains(waitingFiles, s.path) {
				continue
			}
			for _, n := range runtimeUses(s.file) {
				found = append(found, at(fset, n.node)+n.what+": an engine asks its host")
			}
		}
		return found
	}, nil)
	fires(t)
}

// fires shows that runtimeUses sees each kind of use.
func fires(t *testing.T) {
	for _, bad := range []string{
		`import "math/rand/v2"`, `import "crypto/rand"`, `func f() { go f() }`, `var t = time.Now()`, `var t = time.Since(x)`,
		`func f(c chan int) { <-c }`, `func f(c chan int) { select { case <-c: } }`, `func f(c chan int) { for range time.Tick(1) {} }`,
	} {
		s, err := parse("internal/x/a.go", []byte("package x\n"+bad))
		if err != nil {
			t.Fatal(err)
		}
		if len(runtimeUses(s.file)) == 0 {
			t.Errorf("not found: %s", bad)
		}
	}
	for _, fine := range []string{`func f(c chan int) { select { case <-c: default: } }`, `var d = time.Second`} {
		s, _ := parse("internal/x/a.go", []byte("package x\n"+fine))
		if n := runtimeUses(s.file); len(n) > 0 {
			t.Errorf("%s: found %s", fine, n[0].what)
		}
	}
}

type use struct {
	node ast.Node
	what string
}

// runtimeUses returns the places of a file that use Go's runtime directly.
func runtimeUses(f *ast.File) (out []use) {
	banned := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
	for _, im := range f.Imports {
		if p := strings.Trim(im.Path.Value, `"`); strings.HasSuffix(p, "/rand") || p == "math/rand/v2" {
			out = append(out, use{im, "import of " + p})
		}
	}
	polled := map[ast.Node]bool{} // receives of a select that has a default branch
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			out = append(out, use{n, "the go keyword"})
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok && id.Name == "time" && slices.Contains(banned, n.Sel.Name) {
				out = append(out, use{n, "time." + n.Sel.Name})
			}
		case *ast.SelectStmt:
			if polls(n) {
				for _, c := range n.Body.List {
					ast.Inspect(c.(*ast.CommClause), func(m ast.Node) bool {
						if m == nil {
							return false
						}
						polled[m] = true
						_, body := m.(*ast.BlockStmt)
						return !body
					})
				}
			} else {
				out = append(out, use{n, "a select without default"})
				for _, c := range n.Body.List {
					if comm := c.(*ast.CommClause).Comm; comm != nil {
						ast.Inspect(comm, func(m ast.Node) bool { polled[m] = true; return true })
					}
				}
			}
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !polled[n] {
				out = append(out, use{n, "a blocking receive"})
			}
		}
		return true
	})
	return out
}

func polls(s *ast.SelectStmt) bool {
	return slices.ContainsFunc(s.Body.List, func(c ast.Stmt) bool { return c.(*ast.CommClause).Comm == nil })
}

// TestUnhostedEnginesStillAreOnes keeps the list of engines without a host short.
func TestUnhostedEnginesStillAreOnes(t *testing.T) {
	_, files := load(t)
	for _, pkg := range unhosted {
		uses := 0
		for _, s := range files {
			if s.pkg == pkg && !s.test && path.Base(s.path) != "doc.go" {
				uses += len(runtimeUses(s.file))
			}
		}
		if uses == 0 {
			t.Errorf("%s uses its host only: move it from unhosted to engines in internal/archtest/layers.go", pkg)
		}
	}
}
