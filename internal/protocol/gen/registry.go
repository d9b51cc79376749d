package main

import (
	"bytes"
	"fmt"
	"sort"
	"strings"
)

// emitRegistry prints the constructors by key and, in package protocol, the table of APIs.
func emitRegistry(p *pkg) []byte {
	e := &printer{p: p}
	prefix := "protocol."
	if p.name == "protocol" {
		prefix = ""
		e.constructors("newRequest", "Request", "Request", prefix)
		e.constructors("newResponse", "Message", "Response", prefix)
		e.apiTable()
	} else if p.hasKeyAndValue() {
		e.constructors("newKey", "protocol.Message", "Key", prefix)
		e.constructors("newValue", "protocol.Message", "Value", prefix)
	} else if p.hasKeys() {
		e.constructors("newRecord", "protocol.Message", "", prefix)
	}
	e.f("// All gives one of each message of the package, with defaults.\nfunc All() []%sMessage {\nreturn []%sMessage{", prefix, prefix)
	for _, s := range p.structs {
		if s.msg != nil {
			e.f("%sNew[%s](),", prefix, s.name)
		}
	}
	e.f("}\n}")
	var b bytes.Buffer
	b.WriteString(generatedHead)
	fmt.Fprintf(&b, "package %s\n\n", p.name)
	if p.name != "protocol" {
		b.WriteString("import \"github.com/gregorhq/gregor/internal/protocol\"\n\n")
	}
	b.Write(e.Bytes())
	return b.Bytes()
}

func (p *pkg) hasKeys() bool {
	for _, s := range p.structs {
		if s.msg != nil && s.msg.key >= 0 {
			return true
		}
	}
	return false
}

func (p *pkg) hasKeyAndValue() bool {
	for _, s := range p.structs {
		if s.msg != nil && s.msg.key >= 0 && strings.HasSuffix(s.msg.name, "Key") {
			return true
		}
	}
	return false
}

// withSuffix returns the messages with a key and this suffix in their name, by key.
func (p *pkg) withSuffix(suffix string) []*structure {
	var list []*structure
	for _, s := range p.structs {
		if s.msg != nil && s.msg.key >= 0 && strings.HasSuffix(s.msg.name, suffix) {
			list = append(list, s)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].msg.key < list[j].msg.key })
	return list
}

func (e *printer) constructors(fn, result, suffix, prefix string) {
	e.f("func %s(key int16) %s {\nswitch key {", fn, result)
	for _, s := range e.p.withSuffix(suffix) {
		e.f("case %d:\nreturn %sNew[%s]()", s.msg.key, prefix, s.name)
	}
	e.f("}\nreturn nil\n}\n")
}

func (e *printer) apiTable() {
	e.f("var apis = []API{")
	for _, s := range e.p.withSuffix("Request") {
		m := s.msg
		e.f("{Key: %d, Name: %q, MinVersion: %d, MaxVersion: %d, MaxStable: %d, FlexibleFrom: %d, ClusterAction: %t},",
			m.key, strings.TrimSuffix(m.name, "Request"), m.versions.lo, m.versions.hi, m.stable.hi, m.flexible, m.clusterOp)
	}
	e.f("}\n")
	e.f("// The API keys.\nconst (")
	top := 0
	for _, s := range e.p.withSuffix("Request") {
		e.f("Key%s int16 = %d", strings.TrimSuffix(s.name, "Request"), s.msg.key)
		top = max(top, s.msg.key)
	}
	e.f("\n// MaxAPIKey is the highest API key.\nMaxAPIKey int16 = %d\n)\n", top)
}
