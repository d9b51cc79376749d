package main

import (
	"fmt"
	"go/ast"
	"math"
	"strconv"
	"strings"
)

// neverFlexible is Message.FlexibleFrom of a message without flexible versions.
const neverFlexible = math.MaxInt16

// versions is a range of versions, both ends included.
type versions struct{ lo, hi int }

// open is the upper end of "3+".
const open = math.MaxInt16

func parseVersions(s string) (versions, error) {
	if lo, ok := strings.CutSuffix(s, "+"); ok {
		n, err := strconv.Atoi(lo)
		return versions{n, open}, err
	}
	a, b, ok := strings.Cut(s, "-")
	if !ok {
		b = a
	}
	lo, err := strconv.Atoi(a)
	if err != nil {
		return versions{}, fmt.Errorf("versions %q", s)
	}
	hi, err := strconv.Atoi(b)
	if err != nil || hi < lo {
		return versions{}, fmt.Errorf("versions %q", s)
	}
	return versions{lo, hi}, nil
}

func (v versions) has(n int) bool { return v.lo <= n && n <= v.hi }

// cond returns the Go condition for "version is in v", given that version is in ctx: "true",
// "false" or comparisons.
func (v versions) cond(ctx versions) string {
	switch {
	case v.lo > ctx.hi || v.hi < ctx.lo:
		return "false"
	case v.lo <= ctx.lo && v.hi >= ctx.hi:
		return "true"
	case v.lo == v.hi:
		return fmt.Sprintf("version == %d", v.lo)
	case v.hi >= ctx.hi:
		return fmt.Sprintf("version >= %d", v.lo)
	case v.lo <= ctx.lo:
		return fmt.Sprintf("version <= %d", v.hi)
	}
	return fmt.Sprintf("version >= %d && version <= %d", v.lo, v.hi)
}

func parseMessage(goName, tag string) (*message, error) {
	m := &message{name: goName, key: -1, flexible: neverFlexible}
	for _, opt := range strings.Split(tag, ",") {
		k, v, _ := strings.Cut(opt, "=")
		var err error
		switch k {
		case "key":
			m.key, err = strconv.Atoi(v)
		case "versions":
			m.versions, err = parseVersions(v)
		case "stable":
			m.stable, err = parseVersions(v)
		case "flexible":
			if v != "none" {
				m.flexible, err = strconv.Atoi(strings.TrimSuffix(v, "+"))
			}
		case "name":
			m.name = v
		case "request", "response", "header", "data":
			m.kind = k
		case "clusteraction":
			m.clusterOp = true
		default:
			err = fmt.Errorf("unknown option %q", opt)
		}
		if err != nil {
			return nil, err
		}
	}
	if m.kind == "" {
		return nil, fmt.Errorf("message tag %q does not say request, response, header or data", tag)
	}
	if m.stable == (versions{}) {
		m.stable = m.versions
	}
	return m, nil
}

func parseField(af *ast.Field, tag string) (*field, error) {
	f := &field{name: af.Names[0].Name, tag: -1}
	if err := f.setType(af.Type); err != nil {
		return nil, err
	}
	head, rest, _ := strings.Cut(tag, ",")
	var err error
	if f.versions, err = parseVersions(head); err != nil {
		return nil, err
	}
	for rest != "" {
		var opt string
		if strings.HasPrefix(rest, "default=") { // the last option: its text may contain commas
			opt, rest = rest, ""
		} else {
			opt, rest, _ = strings.Cut(rest, ",")
		}
		k, v, _ := strings.Cut(opt, "=")
		switch k {
		case "nullable":
			f.hasNull = true
			f.nullable, err = parseVersions(v)
		case "tag":
			f.tag, err = strconv.Atoi(v)
		case "flexible":
			f.rigid = v == "none"
		case "default":
			f.def, f.hasDef = v, true
		default:
			err = fmt.Errorf("unknown option %q", opt)
		}
		if err != nil {
			return nil, err
		}
	}
	if f.pointer && !f.hasNull {
		return nil, fmt.Errorf("a pointer that is not nullable")
	}
	return f, nil
}

func (f *field) setType(e ast.Expr) error {
	switch t := e.(type) {
	case *ast.Ident:
		f.typ = t.Name
	case *ast.StarExpr:
		f.pointer = true
		return f.setType(t.X)
	case *ast.ArrayType:
		if id, ok := t.Elt.(*ast.Ident); ok && id.Name == "byte" {
			f.typ = "[]byte"
			return nil
		}
		f.array = true
		return f.setType(t.Elt)
	case *ast.SelectorExpr:
		f.typ = t.X.(*ast.Ident).Name + "." + t.Sel.Name
	default:
		return fmt.Errorf("type %T", e)
	}
	return nil
}

// fixed holds the size and the Reader/Writer method of the types of fixed size.
var fixed = map[string]struct {
	size   int
	method string
}{
	"bool": {1, "Bool"}, "int8": {1, "Int8"}, "int16": {2, "Int16"}, "uint16": {2, "Uint16"}, "int32": {4, "Int32"},
	"uint32": {4, "Uint32"}, "int64": {8, "Int64"}, "float64": {8, "Float64"}, "wire.UUID": {16, "UUID"},
}

func (f *field) isStruct() bool {
	_, ok := fixed[f.typ]
	return !ok && f.typ != "string" && f.typ != "[]byte" && f.typ != "wire.Records"
}

// minElem returns the minimal size in bytes of an element of the array f, over all versions that
// have f.
func (p *pkg) minElem(s *structure, f *field) int {
	least := math.MaxInt
	for v := s.root.versions.lo; v <= s.root.versions.hi; v++ {
		if f.versions.has(v) {
			least = min(least, p.minValue(s.root, f, v))
		}
	}
	if least == math.MaxInt {
		return 1
	}
	return max(least, 1)
}

// minValue returns the minimal size of one value of f's type. It ignores whether f is an array.
func (p *pkg) minValue(m *message, f *field, v int) int {
	if k, ok := fixed[f.typ]; ok {
		return k.size
	}
	flex := v >= m.flexible && !f.rigid
	switch {
	case f.typ == "string" && flex, f.typ != "string" && !f.isStruct() && flex, f.pointer && f.isStruct():
		return 1
	case f.typ == "string":
		return 2
	case !f.isStruct():
		return 4
	}
	return p.minStruct(p.byName[f.typ], v)
}

func (p *pkg) minStruct(s *structure, v int) int {
	n := 0
	if v >= s.root.flexible {
		n = 1
	}
	for _, f := range s.fields {
		switch {
		case !f.versions.has(v) || f.tag >= 0:
		case f.array && v >= s.root.flexible:
			n++
		case f.array:
			n += 4
		default:
			n += p.minValue(s.root, f, v)
		}
	}
	return n
}
