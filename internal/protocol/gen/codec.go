package main

import (
	"fmt"
	"sort"
	"strings"
)

// taggedFields returns the tagged fields in the order of their tags.
func (s *structure) taggedFields() []*field {
	var fs []*field
	for _, f := range s.fields {
		if f.tag >= 0 {
			fs = append(fs, f)
		}
	}
	sort.Slice(fs, func(i, j int) bool { return fs[i].tag < fs[j].tag })
	return fs
}

func (e *printer) emitEncode() {
	for _, f := range e.s.fields {
		if f.tag < 0 {
			e.when(f.versions, func() { e.encodeField(f) })
		}
	}
	e.whenFlexible(func() {
		tagged := e.s.taggedFields()
		if len(tagged) == 0 {
			e.f("w.Uvarint(0)")
			return
		}
		e.f("tags := uint32(0)")
		for _, f := range tagged {
			e.f("if %s {\ntags++\n}", e.differs(f))
		}
		e.f("w.Uvarint(tags)\nif tags != 0 {")
		for _, f := range tagged {
			e.f("if %s {", e.differs(f))
			old := e.ctx
			e.ctx = versions{max(old.lo, f.versions.lo), min(old.hi, f.versions.hi)}
			e.f("mark := w.BeginTag(%d)", f.tag)
			e.encodeField(f)
			e.f("w.EndTag(mark)\n}")
			e.ctx = old
		}
		e.f("}")
	})
}

// whenFlexible prints body under the condition that the version has tagged fields.
func (e *printer) whenFlexible(body func()) {
	switch e.flex(nil) {
	case "true":
		body()
	case "flex":
		old := e.ctx
		e.ctx = versions{e.s.root.flexible, old.hi}
		e.f("if flex {")
		body()
		e.f("}")
		e.ctx = old
	}
}

// differs returns the condition under which the encoder writes a tagged field.
func (e *printer) differs(f *field) string {
	is := f.isDefault()
	var not string
	switch {
	case strings.HasSuffix(is, " == nil") && !strings.HasPrefix(is, "("):
		not = strings.Replace(is, "==", "!=", 1)
	case strings.HasPrefix(is, "!"):
		not = is[1:]
	case strings.HasPrefix(is, "("), !strings.Contains(is, "=="):
		not = "!" + is
	default:
		not = strings.Replace(is, "==", "!=", 1)
	}
	if c := f.versions.cond(e.ctx); c != "true" {
		return c + " && " + not
	}
	return not
}

// nullCond returns the condition under which the field may be null, for versions that have the
// field.
func (e *printer) nullCond(f *field) string {
	if !f.hasNull {
		return "false"
	}
	return f.nullable.cond(e.ctx)
}

func (e *printer) encodeField(f *field) {
	x, flex, null := "m."+f.name, e.flex(f), e.nullCond(f)
	switch {
	case f.array:
		if f.hasNull && null != "false" {
			e.f("w.NullableArrayLen(%s, %s, %s == nil, len(%s))", flex, null, x, x)
		} else {
			e.f("w.ArrayLen(%s, len(%s))", flex, x)
		}
		e.f("for i := range %s {", x)
		e.encodeValue(f, x+"[i]", flex)
		e.f("}")
	case f.pointer && f.isStruct():
		e.encodeNullableStruct(f, x, null)
	case f.pointer:
		e.f("w.NullableString(%s, %s, %s)", flex, null, x)
	case f.typ == "[]byte" && f.hasNull:
		e.f("w.NullableBytes(%s, %s, %s)", flex, null, x)
	case f.typ == "wire.Records":
		e.f("w.Records(%s, %s, %s)", flex, null, x)
	default:
		e.encodeValue(f, x, flex)
	}
}

func (e *printer) encodeNullableStruct(f *field, x, null string) {
	switch {
	case f.tag >= 0 && null == "true": // a varint marks it here, not a byte
		e.f("if %s == nil {\nw.Uvarint(0)\n} else {\nw.Uvarint(1)\n%s.encode(w, version)\n}", x, x)
	case null == "true":
		e.f("if %s == nil {\nw.Int8(-1)\n} else {\nw.Int8(1)\n%s.encode(w, version)\n}", x, x)
	case null == "false":
		e.f("if %s != nil {\n%s.encode(w, version)\n} else {\nvar none %s\nnone.SetDefaults()\nnone.encode(w, version)\n}", x, x, f.typ)
	default:
		panic(fmt.Sprintf("%s.%s: a struct that is nullable in some versions only", e.s.name, f.name))
	}
}

func (e *printer) encodeValue(f *field, x, flex string) {
	if k, ok := fixed[f.typ]; ok {
		e.f("w.%s(%s)", k.method, x)
		return
	}
	switch f.typ {
	case "string":
		e.f("w.String(%s, %s)", flex, x)
	case "[]byte":
		e.f("w.Bytes(%s, %s)", flex, x)
	default:
		e.f("%s.encode(w, version)", x)
	}
}

func (e *printer) emitDecode() {
	for _, f := range e.s.fields {
		if f.tag >= 0 {
			e.f("%s", f.resetDefault())
			continue
		}
		if f.versions.cond(e.ctx) == "true" {
			e.decodeField(f)
			continue
		}
		e.f("if %s {", f.versions.cond(e.ctx))
		old := e.ctx
		e.ctx = versions{max(f.versions.lo, old.lo), min(f.versions.hi, old.hi)}
		e.decodeField(f)
		e.ctx = old
		e.f("} else {\n%s\n}", f.resetDefault())
	}
	e.whenFlexible(e.decodeTags)
}

func (e *printer) decodeTags() {
	tagged := e.s.taggedFields()
	if len(tagged) == 0 {
		e.f("r.SkipTags()")
		return
	}
	e.f("for n := r.TagCount(); n > 0 && r.OK(); n-- {\ntag, end := r.Tag()\nswitch {")
	for _, f := range tagged {
		cond := fmt.Sprintf("tag == %d", f.tag)
		if c := f.versions.cond(e.ctx); c != "true" {
			cond += " && " + c
		}
		e.f("case %s:", cond)
		old := e.ctx
		e.ctx = versions{max(f.versions.lo, old.lo), min(f.versions.hi, old.hi)}
		e.decodeField(f)
		e.ctx = old
		e.f("r.EndTag(end)")
	}
	e.f("default:\nr.SkipTo(end)\n}\n}")
}

func (e *printer) decodeField(f *field) {
	x, flex, null := "m."+f.name, e.flex(f), e.nullCond(f)
	switch {
	case f.array:
		e.decodeArray(f, x, flex, null)
	case f.pointer && f.isStruct():
		if null == "true" {
			present := "r.Present()"
			if f.tag >= 0 {
				present = "r.Uvarint() != 0"
			}
			e.f("if "+present+" {\n%s = wire.Pointer(r, %s)\n%s.decode(r, version)\n} else {\n%s = nil\n}", x, x, x, x)
			return
		}
		e.f("%s = wire.Pointer(r, %s)\n%s.decode(r, version)", x, x, x)
	case f.pointer:
		e.f("%s = r.NullableString(%s, %s)", x, flex, x)
		if null != "true" {
			e.f("if %s == nil {", x)
			e.refuseNull(f, null)
			e.f("}")
		}
	case f.typ == "[]byte" && f.hasNull && null == "true":
		e.f("%s = r.NullableBytes(%s)", x, flex)
	case f.typ == "wire.Records" && null == "true":
		e.f("%s = wire.Records{Bytes: r.NullableBytes(%s)}", x, flex)
	case f.typ == "wire.Records":
		e.f("%s = wire.Records{Bytes: r.Bytes(%s)}", x, flex)
	default:
		e.decodeValue(f, x, flex)
	}
}

// refuseNull prints the handling of a null: an error in versions where the field is not nullable.
func (e *printer) refuseNull(f *field, null string) {
	switch null {
	case "true":
	case "false":
		e.f("r.FailNull(%q)", f.name)
	default:
		e.f("if !(%s) {\nr.FailNull(%q)\n}", null, f.name)
	}
}

func (e *printer) decodeArray(f *field, x, flex, null string) {
	size := e.p.minElem(e.s, f)
	if null != "false" {
		e.f("if n := r.NullableArrayLen(%s, %d); n < 0 {\n%s = nil", flex, size, x)
		e.refuseNull(f, null)
		e.f("} else {")
	} else {
		e.f("{\nn := r.ArrayLen(%s, %d)", flex, size)
	}
	e.f("%s = wire.Slice(r, %s, n)", x, x)
	e.f("for i := range %s {", x)
	e.decodeValue(f, x+"[i]", flex)
	if _, ok := fixed[f.typ]; !ok {
		e.f("if !r.OK() {\nbreak\n}")
	}
	e.f("}\n}")
}

func (e *printer) decodeValue(f *field, x, flex string) {
	if k, ok := fixed[f.typ]; ok {
		e.f("%s = r.%s()", x, k.method)
		return
	}
	switch f.typ {
	case "string":
		e.f("%s = r.String(%s, %s)", x, flex, x)
	case "[]byte":
		e.f("%s = r.Bytes(%s)", x, flex)
	default:
		e.f("%s.decode(r, version)", x)
	}
}
