package archtest

import (
	"fmt"
	"go/ast"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// imports returns the paths that a file imports.
func imports(f *ast.File) (out []string) {
	for _, im := range f.Imports {
		p, _ := strconv.Unquote(im.Path.Value)
		out = append(out, p)
	}
	return out
}

// ours reports whether an import path is a package of the module.
func ours(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

// pkgOf returns the package of one of our import paths, as the tables name it.
func pkgOf(path string) string { return strings.TrimPrefix(strings.TrimPrefix(path, module), "/") }

func heightOf(pkg string) (int, bool) {
	h := slices.IndexFunc(layers, func(l []string) bool { return slices.Contains(l, pkg) })
	return h, h >= 0
}

func TestImportsPointDown(t *testing.T) {
	hold(t, func(_ *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if !s.product() {
				continue
			}
			own, ok := heightOf(s.pkg)
			if !ok {
				found = append(found, fmt.Sprintf("%s: package %q has no layer: enter it in internal/archtest/layers.go", s.path, s.pkg))
				continue
			}
			for _, p := range imports(s.file) {
				if !ours(p) {
					continue
				}
				dep := pkgOf(p)
				if below(dep, outside) {
					found = append(found, fmt.Sprintf("%s imports %s, which is not part of the product", s.path, dep))
				} else if h, _ := heightOf(dep); h >= own {
					found = append(found, fmt.Sprintf("%s (layer %d) imports %s (layer %d): imports point down", s.path, own, dep, h))
				}
			}
		}
		return found
	}, map[string]string{
		"internal/new/a.go":        ``,
		"internal/network/a.go":    `import "` + module + `/internal/quorum"`,
		"internal/cli/topics/a.go": `import "` + module + `/internal/cli/groups"`,
		"internal/quorum/a.go":     `import "` + module + `/internal/testkit"`,
	})
}

func TestImportsStayInBounds(t *testing.T) {
	hold(t, func(_ *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if !s.product() {
				continue
			}
			for _, b := range bounds {
				if !s.in(b.who...) || slices.Contains(b.except, s.pkg) {
					continue
				}
				for _, p := range imports(s.file) {
					if ours(p) && !below(pkgOf(p), b.may) {
						found = append(found, fmt.Sprintf("%s imports %s: %s", s.path, pkgOf(p), b.why))
					}
				}
			}
		}
		return found
	}, map[string]string{
		"storage/a.go":             `import "` + module + `/internal/config"`,
		"internal/group/a.go":      `import "` + module + `/internal/telemetry"`,
		"internal/cli/topics/a.go": `import "` + module + `/internal/broker"`,
	})
}

func TestThirdPartyModulesHaveOneOwner(t *testing.T) {
	hold(t, func(_ *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if !s.product() {
				continue
			}
			for _, p := range imports(s.file) {
				if host, _, _ := strings.Cut(p, "/"); ours(p) || !strings.Contains(host, ".") {
					continue
				}
				var mine []string
				for mod, pkgs := range owners {
					if p == mod || strings.HasPrefix(p, mod+"/") {
						mine = pkgs
					}
				}
				if !s.in(mine...) {
					found = append(found, fmt.Sprintf("%s imports %s: only %v may", s.path, p, mine))
				}
			}
		}
		return found
	}, map[string]string{
		"internal/broker/a.go": `import "github.com/prometheus/client_golang/x"`,
		"vfs/a.go":             `import "github.com/someone/else"`,
	})
}

// TestTablesNameWhatIs checks that every package in the tables exists. A line about a deleted
// package would give its rights to the next package of that name.
func TestTablesNameWhatIs(t *testing.T) {
	_, files := load(t)
	exists := func(pkg string) bool { return slices.ContainsFunc(files, func(s source) bool { return s.in(pkg) }) }
	var named []string
	for _, l := range layers {
		named = append(named, l...)
	}
	for _, b := range bounds {
		named = append(named, slices.Concat(b.who, b.except, b.may)...)
	}
	for _, pkg := range slices.Concat(named, outside, cores, engines) {
		if pkg != "" && !exists(pkg) {
			t.Errorf("internal/archtest/layers.go names %s, which does not exist", pkg)
		}
	}
	imported := map[string]bool{}
	for _, s := range files {
		for _, p := range imports(s.file) {
			imported[p] = imported[p] || s.product()
		}
	}
	for mod := range owners {
		used := false
		for p, product := range imported {
			used = used || product && (p == mod || strings.HasPrefix(p, mod+"/"))
		}
		if !used {
			t.Errorf("internal/archtest/layers.go names an owner of %s, but no package imports it", mod)
		}
	}
	for _, file := range drivers {
		if !slices.ContainsFunc(files, func(s source) bool { return s.path == file }) {
			t.Errorf("internal/archtest/layers.go names %s, which does not exist", file)
		}
	}
	for what := range long {
		file, fn, _ := strings.Cut(what, " ")
		i := slices.IndexFunc(files, func(s source) bool { return s.path == file })
		if i < 0 || fn != "" && !hasFunc(files[i].file, fn) {
			t.Errorf("internal/archtest/layers.go excepts %s, which does not exist", what)
		}
	}
}

func hasFunc(f *ast.File, name string) bool {
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Name.Name == name
	})
}
