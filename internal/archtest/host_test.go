package archtest

import (
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// TestEnginesUseTheirHost checks that no file of an engine waits, or uses a clock, randomness or an
// executor other than its host's. So a simulator can run the engine in one goroutine, over
// simulated time and one seed (docs/architecture.md).
func TestEnginesUseTheirHost(t *testing.T) {
	fset, files := load(t)
	w := newWorld(fset, files)
	needed := map[string]bool{}
	for _, pkg := range engines {
		info := w.check(pkg, w.byPkg[pkg])
		for _, s := range files {
			if s.test || s.pkg != pkg {
				continue
			}
			for _, n := range runtimeUses(s.file, info) {
				listed := false
				for _, name := range []string{s.path, s.path + " " + enclosing(s.file, n.node)} {
					if _, ok := unhosted[name]; ok {
						listed, needed[name] = true, true
					}
				}
				if !listed {
					t.Errorf("%s%s: an engine asks its host", at(fset, n.node), n.what)
				}
			}
		}
	}
	for name := range unhosted {
		if !needed[name] {
			t.Errorf("%s uses its host only: take it off unhosted in internal/archtest/layers.go", name)
		}
	}
}

// enclosing returns the name of the function that contains n.
func enclosing(f *ast.File, n ast.Node) string {
	for _, d := range f.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok && fn.Pos() <= n.Pos() && n.Pos() < fn.End() {
			return fn.Name.Name
		}
	}
	return ""
}

// TestRuntimeUsesAreFound shows that runtimeUses sees each kind of use.
func TestRuntimeUsesAreFound(t *testing.T) {
	fset, files := load(t)
	w := newWorld(fset, files)
	uses := func(body string) []use {
		s, err := parse("internal/x/a.go", []byte("package x\n"+body))
		if err != nil {
			t.Fatal(err)
		}
		return runtimeUses(s.file, w.check("x", []*ast.File{s.file}))
	}
	for _, bad := range []string{
		`import "math/rand/v2"`, `import "crypto/rand"`, `func f() { go f() }`, `var t = time.Now()`, `var t = time.Since(x)`,
		`func f(c chan int) { <-c }`, `func f(c chan int) { select { case <-c: } }`, `func f(c chan int) { for range time.Tick(1) {} }`,
		`func f(c chan int) { for range c {} }`, `type t struct { c <-chan int }; func f(x *t) { for range x.c {} }`,
		`func f(c chan int) { c <- 1 }`, `func f(c chan int) { select { case c <- 1: } }`,
		`func f(w *sync.WaitGroup) { w.Wait() }`, `func f(c *sync.Cond) { c.Wait() }`,
		`func f() { ctx, _ := context.WithTimeout(context.Background(), 1); _ = ctx }`, `func f() { context.WithDeadlineCause(ctx, d, e) }`,
		`func f() { context.AfterFunc(ctx, g) }`, `func f() { net.LookupHost("x") }`, `func f() { net.DefaultResolver.LookupHost(ctx, "x") }`,
		`func f() { net.DialTimeout("tcp", "x", 1) }`, `var d net.Dialer`, `func f() { host.Real().Go(f) }`,
	} {
		if len(uses(bad)) == 0 {
			t.Errorf("not found: %s", bad)
		}
	}
	for _, fine := range []string{
		`func f(c chan int) { select { case <-c: default: } }`, `func f(c chan int) { select { case c <- 1: default: } }`, `var d = time.Second`,
		`func f() { for range 3 {} }`, `func f() { m.Wait(1) }`, `func f() { if o.Host == nil { o.Host = host.Real() } }`, `var ip = net.ParseIP("x")`,
	} {
		if n := uses(fine); len(n) > 0 {
			t.Errorf("%s: found %s", fine, n[0].what)
		}
	}
}

// TestStandardPackagesKeepTheirNames checks that the functions which the other rules look for have
// the names that they look for.
func TestStandardPackagesKeepTheirNames(t *testing.T) {
	hold(t, func(fset *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			for _, im := range s.file.Imports {
				if p := strings.Trim(im.Path.Value, `"`); im.Name != nil && slices.Contains(ownNames, p) {
					found = append(found, at(fset, im)+p+" is imported under another name")
				}
			}
		}
		return found
	}, map[string]string{
		"storage/a.go":              `import . "time"; var t = Now()`,
		"internal/replication/a.go": `import clock "time"; var t = clock.Now()`,
	})
}

type use struct {
	node ast.Node
	what string
}

// banned are the functions, variables and types of packages that wait, or that use a clock
// or an executor other than the host's. A name with a dash at its end stands for all names that
// begin so.
var banned = map[string][]string{
	"time":    {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"context": {"WithTimeout-", "WithDeadline-", "AfterFunc"},
	"net":     {"Lookup-", "Dial-", "ResolveTCPAddr", "DefaultResolver"},
	"host":    {"Real"},
}

func isBanned(pkg, name string) bool {
	return slices.ContainsFunc(banned[pkg], func(b string) bool {
		prefix, open := strings.CutSuffix(b, "-")
		return name == b || open && strings.HasPrefix(name, prefix)
	})
}

// runtimeUses returns the places of a file that wait or use Go's runtime directly. A call of any
// method Wait without arguments counts as a wait.
func runtimeUses(f *ast.File, info *types.Info) (out []use) {
	for _, im := range f.Imports {
		if p := strings.Trim(im.Path.Value, `"`); strings.HasSuffix(p, "/rand") || p == "math/rand/v2" {
			out = append(out, use{im, "import of " + p})
		}
	}
	allowed := map[ast.Node]bool{} // sends and receives of a select, and defaults of options
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IfStmt:
			if call := defaultHost(n); call != nil {
				allowed[call] = true
			}
		case *ast.GoStmt:
			out = append(out, use{n, "the go keyword"})
		case *ast.SelectorExpr:
			if id, ok := n.X.(*ast.Ident); ok && isBanned(id.Name, n.Sel.Name) && !allowed[n] {
				out = append(out, use{n, id.Name + "." + n.Sel.Name})
			}
		case *ast.CallExpr:
			if sel, ok := n.Fun.(*ast.SelectorExpr); ok && sel.Sel.Name == "Wait" && len(n.Args) == 0 {
				out = append(out, use{n, "a call of Wait"})
			}
		case *ast.SelectStmt:
			if !polls(n) {
				out = append(out, use{n, "a select without default"})
			}
			for _, c := range n.Body.List {
				if comm := c.(*ast.CommClause).Comm; comm != nil {
					ast.Inspect(comm, func(m ast.Node) bool { allowed[m] = true; return true })
				}
			}
		case *ast.RangeStmt:
			if t := info.Types[n.X].Type; t != nil {
				if _, isChan := t.Underlying().(*types.Chan); isChan {
					out = append(out, use{n, "a range over a channel"})
				}
			}
		case *ast.SendStmt:
			if !allowed[n] {
				out = append(out, use{n, "a blocking send"})
			}
		case *ast.UnaryExpr:
			if n.Op == token.ARROW && !allowed[n] {
				out = append(out, use{n, "a blocking receive"})
			}
		}
		return true
	})
	return out
}

// defaultHost returns host.Real of the statement "if x == nil { x = host.Real() }", the default of
// an option.
func defaultHost(s *ast.IfStmt) ast.Node {
	cond, ok := s.Cond.(*ast.BinaryExpr)
	if !ok || cond.Op != token.EQL || types.ExprString(cond.Y) != "nil" || len(s.Body.List) != 1 {
		return nil
	}
	set, ok := s.Body.List[0].(*ast.AssignStmt)
	if !ok || types.ExprString(set.Lhs[0]) != types.ExprString(cond.X) || types.ExprString(set.Rhs[0]) != "host.Real()" {
		return nil
	}
	return set.Rhs[0].(*ast.CallExpr).Fun
}

func polls(s *ast.SelectStmt) bool {
	return slices.ContainsFunc(s.Body.List, func(c ast.Stmt) bool { return c.(*ast.CommClause).Comm == nil })
}
