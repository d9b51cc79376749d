package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// printer collects Go source. gofmt formats it later.
type printer struct {
	bytes.Buffer
	p   *pkg
	s   *structure
	ctx versions // the known range of version at this place
}

func (e *printer) f(format string, args ...any) {
	fmt.Fprintf(&e.Buffer, format, args...)
	e.WriteByte('\n')
}

// flex returns the Go expression for "f is compact in this version".
func (e *printer) flex(f *field) string {
	if f != nil && f.rigid {
		return "false"
	}
	c := versions{e.s.root.flexible, open}.cond(e.s.root.versions)
	if e.s.root.flexible == neverFlexible {
		c = "false"
	}
	if c == "true" || c == "false" {
		return c
	}
	return "flex"
}

// when prints body under the condition that version is in v.
func (e *printer) when(v versions, body func()) {
	c := v.cond(e.ctx)
	if c == "false" {
		return
	}
	old := e.ctx
	if c != "true" {
		e.f("if %s {", c)
		e.ctx = versions{max(v.lo, old.lo), min(v.hi, old.hi)}
	}
	body()
	e.ctx = old
	if c != "true" {
		e.f("}")
	}
}

func emitStruct(out *bytes.Buffer, p *pkg, s *structure) {
	e := &printer{p: p, s: s, ctx: s.root.versions}
	if s.msg != nil {
		e.emitMessage()
	}
	e.f("// SetDefaults gives every field its default.")
	e.f("func (m *%s) SetDefaults() {", s.name)
	e.f("*m = %s{}", s.name)
	for _, f := range s.fields {
		if v, ok := f.freshDefault(p); ok {
			e.f("%s", v)
		}
	}
	e.f("}\n")
	if s.tagged {
		e.emitIsDefault()
	}
	e.emitFunc("encode", "w *wire.Writer", e.emitEncode)
	e.emitFunc("decode", "r *wire.Reader", e.emitDecode)
	out.Write(e.Bytes())
}

// emitFunc prints a method around body, and the variable flex if body uses it.
func (e *printer) emitFunc(name, param string, body func()) {
	outer := e.Buffer
	e.Buffer = bytes.Buffer{}
	body()
	text := e.String()
	e.Buffer = outer
	e.f("func (m *%s) %s(%s, version int16) {", e.s.name, name, param)
	if strings.Contains(text, "flex,") || strings.Contains(text, "flex)") || strings.Contains(text, "flex {") {
		e.f("flex := version >= %d", e.s.root.flexible)
	}
	e.WriteString(text)
	e.f("}\n")
}

func (e *printer) emitMessage() {
	m, name := e.s.msg, e.s.name
	flexible := fmt.Sprint(m.flexible)
	if m.flexible == neverFlexible {
		flexible = "math.MaxInt16"
	}
	e.f("// MessageName is Kafka's name of the message.\nfunc (*%s) MessageName() string { return %q }\n", name, m.name)
	e.f("// APIKey is the message's API key or record type, -1 where it has none.\nfunc (*%s) APIKey() int16 { return %d }\n", name, m.key)
	e.f("// MinVersion is the lowest version.\nfunc (*%s) MinVersion() int16 { return %d }\n", name, m.versions.lo)
	e.f("// MaxVersion is the highest version, unstable ones included.\nfunc (*%s) MaxVersion() int16 { return %d }\n", name, m.versions.hi)
	e.f("// FlexibleFrom is the first version with compact lengths and tagged fields.\nfunc (*%s) FlexibleFrom() int16 { return %s }\n", name, flexible)
	if m.kind == "request" {
		resp := strings.TrimSuffix(name, "Request") + "Response"
		e.f("// NewResponse makes the response to this request, with defaults.\nfunc (*%s) NewResponse() Message { return New[%s]() }\n", name, resp)
	}
	e.f("// Encode appends the message to w.\nfunc (m *%s) Encode(w *wire.Writer, version int16) { m.encode(w, version) }\n", name)
	e.f("// Decode reads the message from src and tolerates bytes behind it; see protocol.Message.")
	e.f("func (m *%s) Decode(src []byte, version int16) error {\nr := wire.NewReader(src)\nreturn m.DecodeFrom(&r, version)\n}\n", name)
	e.f("// DecodeFrom reads the message from r.\nfunc (m *%s) DecodeFrom(r *wire.Reader, version int16) error {", name)
	e.f("if err := wire.CheckVersion(%q, version, %d, %d); err != nil {\nreturn err\n}", m.name, m.versions.lo, m.versions.hi)
	e.f("m.decode(r, version)\nreturn r.Err()\n}\n")
}

// goValue returns the default as a Go expression, for types with a literal.
func (f *field) goValue() string {
	switch {
	case f.typ == "bool" && f.hasDef:
		return f.def
	case f.typ == "bool":
		return "false"
	case f.typ == "string" && f.hasDef:
		return f.def
	case f.typ == "string":
		return `""`
	case f.typ == "wire.UUID":
		return "wire.UUID{}"
	case f.hasDef && f.def == fmt.Sprint(int64(math.MaxInt64)):
		return "math.MaxInt64"
	case f.hasDef:
		return f.def
	}
	return "0"
}

// defaultsToNull reports whether a nullable field is null by default.
func (f *field) defaultsToNull() bool {
	return f.hasDef && f.def == "null"
}

// freshDefault returns the statement that sets the default in a zeroed struct. ok is false when the
// zero value is the default.
func (f *field) freshDefault(p *pkg) (stmt string, ok bool) {
	switch {
	case f.hasNull && f.defaultsToNull():
		return "", false
	case f.array && f.hasNull:
		return fmt.Sprintf("m.%s = []%s{}", f.name, f.typ), true
	case f.array:
		return "", false
	case f.typ == "[]byte" && f.hasNull:
		return fmt.Sprintf("m.%s = []byte{}", f.name), true
	case f.typ == "wire.Records" && f.hasNull, f.typ == "[]byte", f.typ == "wire.Records":
		return "", false
	case f.isStruct() && f.pointer:
		return fmt.Sprintf("m.%s = new(%s)\nm.%s.SetDefaults()", f.name, f.typ, f.name), true
	case f.isStruct():
		if !p.needsDefaults(p.byName[f.typ]) {
			return "", false
		}
		return fmt.Sprintf("m.%s.SetDefaults()", f.name), true
	case f.typ == "string" && f.pointer:
		return fmt.Sprintf("m.%s = new(%s)", f.name, f.goValue()), true
	}
	v := f.goValue()
	if v == "0" || v == "false" || v == `""` || v == "wire.UUID{}" {
		return "", false
	}
	return fmt.Sprintf("m.%s = %s", f.name, v), true
}

func (p *pkg) needsDefaults(s *structure) bool {
	for _, f := range s.fields {
		if _, ok := f.freshDefault(p); ok {
			return true
		}
	}
	return false
}

// resetDefault returns the statement that sets the default in a used struct and keeps reusable
// memory.
func (f *field) resetDefault() string {
	switch {
	case f.hasNull && f.defaultsToNull():
		return fmt.Sprintf("m.%s = nil", f.name)
	case f.array && f.hasNull:
		return fmt.Sprintf("m.%s = wire.Empty(m.%s)", f.name, f.name)
	case f.array:
		return fmt.Sprintf("m.%s = m.%s[:0]", f.name, f.name)
	case f.typ == "[]byte" && f.hasNull:
		return fmt.Sprintf("m.%s = []byte{}", f.name)
	case f.typ == "[]byte":
		return fmt.Sprintf("m.%s = nil", f.name)
	case f.typ == "wire.Records":
		return fmt.Sprintf("m.%s = wire.Records{}", f.name)
	case f.isStruct() && f.pointer:
		return fmt.Sprintf("m.%s = new(%s)\nm.%s.SetDefaults()", f.name, f.typ, f.name)
	case f.isStruct():
		return fmt.Sprintf("m.%s.SetDefaults()", f.name)
	case f.typ == "string" && f.pointer:
		return fmt.Sprintf("m.%s = new(%s)", f.name, f.goValue())
	}
	return fmt.Sprintf("m.%s = %s", f.name, f.goValue())
}

// isDefault returns the Go condition for "the field has its default".
func (f *field) isDefault() string {
	x := "m." + f.name
	switch {
	case f.hasNull && f.defaultsToNull():
		return x + " == nil"
	case (f.array || f.typ == "[]byte") && f.hasNull:
		return fmt.Sprintf("(%s != nil && len(%s) == 0)", x, x)
	case f.array || f.typ == "[]byte":
		return fmt.Sprintf("len(%s) == 0", x)
	case f.isStruct() && f.pointer:
		return fmt.Sprintf("(%s != nil && %s.isDefault())", x, x)
	case f.isStruct():
		return x + ".isDefault()"
	case f.typ == "string" && f.pointer:
		return fmt.Sprintf("(%s != nil && *%s == %s)", x, x, f.goValue())
	case f.typ == "bool" && f.goValue() == "true":
		return x
	case f.typ == "bool":
		return "!" + x
	case f.typ == "wire.UUID":
		return x + ".IsZero()"
	}
	return fmt.Sprintf("%s == %s", x, f.goValue())
}

func (e *printer) emitIsDefault() {
	e.f("func (m *%s) isDefault() bool {", e.s.name)
	conds := []string{}
	for _, f := range e.s.fields {
		conds = append(conds, f.isDefault())
	}
	if len(conds) == 0 {
		conds = append(conds, "true")
	}
	e.f("return %s", strings.Join(conds, " &&\n"))
	e.f("}\n")
}
