package archtest

import (
	"go/ast"
	"go/token"
	"strings"
	"testing"
)

// TestDocCommentsNameTheirSubject checks that the comment of a function or type begins with its
// name, and that the comment of a field does not begin with the name in another case, which remains
// when a field is renamed.
func TestDocCommentsNameTheirSubject(t *testing.T) {
	hold(t, func(fset *token.FileSet, files []source) (found []string) {
		for _, s := range files {
			if s.generated || s.test {
				continue
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				doc, names := documented(n)
				first, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(strings.TrimSpace(doc.Text()), "A "), "An "), "The "), " ")
				first = strings.TrimRight(first, ",.:;'s")
				for _, id := range names {
					_, field := n.(*ast.Field)
					if name := strings.TrimRight(id.Name, "s"); doc != nil && first != name && (!field || strings.EqualFold(first, name)) {
						found = append(found, at(fset, id)+"the comment of "+id.Name+" begins with "+first)
					}
				}
				return true
			})
		}
		return found
	}, map[string]string{
		"record/a.go":          "// Where the file is.\nfunc path() {}",
		"internal/broker/a.go": "type T struct {\n// limit is a bound.\nLimit int\n}",
	})
}

// documented returns the comment of a function, type or field, and the names that it documents.
func documented(n ast.Node) (*ast.CommentGroup, []*ast.Ident) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return n.Doc, []*ast.Ident{n.Name}
	case *ast.GenDecl:
		if len(n.Specs) == 1 {
			if ts, ok := n.Specs[0].(*ast.TypeSpec); ok {
				return n.Doc, []*ast.Ident{ts.Name}
			}
		}
	case *ast.Field:
		return n.Doc, n.Names
	}
	return nil, nil
}
