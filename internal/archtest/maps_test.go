package archtest

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
	"testing"
)

// world type-checks parsed packages of the module. Packages of other modules are empty in it: no
// core gets a map from them.
type world struct {
	fset   *token.FileSet
	byPkg  map[string][]*ast.File
	loaded map[string]*types.Package
}

// Import implements types.Importer.
func (w *world) Import(path string) (*types.Package, error) {
	if p := w.loaded[path]; p != nil {
		return p, nil
	}
	files := w.byPkg[strings.TrimPrefix(path, module+"/")]
	if len(files) == 0 {
		p := types.NewPackage(path, path[strings.LastIndexByte(path, '/')+1:])
		p.MarkComplete()
		w.loaded[path] = p
		return p, nil
	}
	conf := types.Config{Importer: w, IgnoreFuncBodies: true, Error: func(error) {}}
	p, _ := conf.Check(path, w.fset, files, nil) // types of other modules are unknown, so errors are expected
	w.loaded[path] = p
	return p, nil
}

func newWorld(fset *token.FileSet, files []source) *world {
	w := &world{fset: fset, byPkg: map[string][]*ast.File{}, loaded: map[string]*types.Package{}}
	for _, s := range files {
		if !s.test {
			w.byPkg[s.pkg] = append(w.byPkg[s.pkg], s.file)
		}
	}
	return w
}

// check returns the types of the expressions of a package.
func (w *world) check(pkg string, files []*ast.File) *types.Info {
	info := &types.Info{Types: map[ast.Expr]types.TypeAndValue{}}
	conf := types.Config{Importer: w, Error: func(error) {}}
	_, _ = conf.Check(pkg, w.fset, files, info)
	return info
}

// inAnyOrder marks a range over a map whose order has no effect. The rest of the comment states the
// reason where it is not obvious.
const inAnyOrder = "// any order"

// unorderedRanges returns the unmarked ranges over maps of a package, and the unsorted uses of
// maps.Keys and similar functions.
func (w *world) unorderedRanges(pkg string, files []*ast.File) (found []string) {
	info := w.check(pkg, files)
	for _, f := range files {
		marked := map[int]bool{}
		for _, group := range f.Comments {
			for _, c := range group.List {
				if strings.HasPrefix(c.Text, inAnyOrder) {
					marked[w.fset.Position(c.Pos()).Line] = true
				}
			}
		}
		sorted := map[ast.Expr]bool{}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeStmt:
				at := w.fset.Position(n.Pos())
				if t := info.Types[n.X].Type; t != nil && !marked[at.Line] {
					if _, isMap := t.Underlying().(*types.Map); isMap {
						found = append(found, fmt.Sprintf("%v: a range over a map", at))
					}
				}
			case *ast.CallExpr:
				switch {
				case isCall(n, "slices", "Sorted", "SortedFunc", "SortedStableFunc"):
					sorted[n.Args[0]] = true
				case isCall(n, "maps", "Keys", "Values", "All") && !sorted[n]:
					found = append(found, fmt.Sprintf("%v: keys or values of a map that are not sorted", w.fset.Position(n.Pos())))
				}
			}
			return true
		})
	}
	return found
}

func isCall(c *ast.CallExpr, pkg string, names ...string) bool {
	sel, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	id, ok := sel.X.(*ast.Ident)
	return ok && id.Name == pkg && slices.Contains(names, sel.Sel.Name)
}

// TestCoresAndEnginesRangeMapsInOrder checks that the output of a core or an engine does not depend
// on the order of maps, because Go visits a map in another order each time.
func TestCoresAndEnginesRangeMapsInOrder(t *testing.T) {
	fset, files := load(t)
	w := newWorld(fset, files)
	for _, core := range slices.Concat(cores, engines) {
		for _, problem := range w.unorderedRanges(core, w.byPkg[core]) {
			t.Errorf("%s: sort it, or mark it %q where the order does not show", problem, inAnyOrder)
		}
	}

	t.Run("fires", func(t *testing.T) {
		const bad = `package bad
import ("maps"; "slices"; "` + module + `/internal/metadata")
type named map[string]int
func f(m named, i *metadata.Image) {
	for range m {}
	for range i.Configs(0, "") {}
	for range maps.Keys(m) {}
	for range slices.Sorted(maps.Keys(m)) {}
	for range m {} // any order
}`
		f, err := parser.ParseFile(fset, "bad.go", bad, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if found := w.unorderedRanges("bad", []*ast.File{f}); len(found) != 3 {
			t.Errorf("found %q", found)
		}
	})
}
