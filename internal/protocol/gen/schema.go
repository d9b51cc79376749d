package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"strconv"
	"strings"
)

// maxNesting bounds the nesting of structs in a message. Kafka's messages stay far below it.
const maxNesting = 8

// pkg is one package of messages.
type pkg struct {
	name    string
	files   []string
	structs []*structure
	byName  map[string]*structure
}

// structure is a message or a struct inside one.
type structure struct {
	name, file string
	fields     []*field
	msg        *message // nil in a nested struct
	root       *message // the message whose versions apply
	tagged     bool     // part of a tagged field, so it needs isDefault
}

// message is the content of the tag on the blank field.
type message struct {
	name      string // Kafka's name
	key       int
	versions  versions
	stable    versions
	flexible  int // neverFlexible when none
	kind      string
	clusterOp bool
}

type field struct {
	name     string
	typ      string // Go type without * and []
	array    bool
	pointer  bool
	versions versions
	nullable versions
	hasNull  bool
	tag      int // -1 when not tagged
	def      string
	hasDef   bool
	rigid    bool // flexible=none: never compact
}

func load(dir string) (*pkg, error) {
	p := &pkg{byName: map[string]*structure{}}
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	for _, name := range names {
		base := filepath.Base(name)
		if strings.HasPrefix(base, "zz_") || strings.HasSuffix(base, "_test.go") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		p.name = file.Name.Name
		if err := p.addFile(base, file); err != nil {
			return nil, fmt.Errorf("%s: %w", base, err)
		}
	}
	for _, s := range p.structs {
		if s.msg != nil {
			if err := p.resolve(s, s.msg, 0); err != nil {
				return nil, err
			}
		}
	}
	for _, s := range p.structs {
		if s.root == nil {
			return nil, fmt.Errorf("%s is part of no message", s.name)
		}
	}
	return p, nil
}

func (p *pkg) addFile(base string, file *ast.File) error {
	found := false
	for _, d := range file.Decls {
		gd, ok := d.(*ast.GenDecl)
		if !ok || gd.Tok != token.TYPE {
			continue
		}
		for _, spec := range gd.Specs {
			ts := spec.(*ast.TypeSpec)
			st, ok := ts.Type.(*ast.StructType)
			if !ok || !hasKafkaTags(st) {
				continue
			}
			s, err := newStruct(ts.Name.Name, base, st)
			if err != nil {
				return fmt.Errorf("%s: %w", ts.Name.Name, err)
			}
			p.structs = append(p.structs, s)
			p.byName[s.name] = s
			found = true
		}
	}
	if found {
		p.files = append(p.files, base)
	}
	return nil
}

func kafkaTag(f *ast.Field) string {
	if f.Tag == nil {
		return ""
	}
	raw, err := strconv.Unquote(f.Tag.Value)
	if err != nil {
		return ""
	}
	return reflect.StructTag(raw).Get("kafka")
}

func hasKafkaTags(st *ast.StructType) bool {
	for _, f := range st.Fields.List {
		if kafkaTag(f) != "" {
			return true
		}
	}
	return false
}

func newStruct(name, file string, st *ast.StructType) (*structure, error) {
	s := &structure{name: name, file: file}
	for _, af := range st.Fields.List {
		tag := kafkaTag(af)
		if tag == "" || len(af.Names) != 1 {
			return nil, fmt.Errorf("every field needs its own kafka tag")
		}
		if af.Names[0].Name == "_" {
			m, err := parseMessage(name, tag)
			if err != nil {
				return nil, err
			}
			s.msg = m
			continue
		}
		f, err := parseField(af, tag)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", af.Names[0].Name, err)
		}
		s.fields = append(s.fields, f)
	}
	return s, nil
}

// resolve passes the message to the structs inside it, and refuses recursion.
func (p *pkg) resolve(s *structure, m *message, depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("%s: structs nest deeper than %d", s.name, maxNesting)
	}
	if s.root != nil && s.root != m {
		return fmt.Errorf("%s is part of %s and of %s", s.name, s.root.name, m.name)
	}
	s.root = m
	for _, f := range s.fields {
		if !f.isStruct() {
			if f.pointer && f.typ != "string" {
				return fmt.Errorf("%s.%s: a pointer must be to a string or a struct", s.name, f.name)
			}
			continue
		}
		t := p.byName[f.typ]
		if t == nil {
			return fmt.Errorf("%s.%s: unknown type %s", s.name, f.name, f.typ)
		}
		if err := p.resolve(t, m, depth+1); err != nil {
			return err
		}
		if f.tag >= 0 && !f.array {
			p.markTagged(t)
		}
	}
	return nil
}

func (p *pkg) markTagged(s *structure) {
	s.tagged = true
	for _, f := range s.fields {
		if f.isStruct() && !f.array {
			p.markTagged(p.byName[f.typ])
		}
	}
}
