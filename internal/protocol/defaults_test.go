package protocol_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// TestDefaults compares the defaults of every field of every struct with the defaults of Kafka's
// classes.
func TestDefaults(t *testing.T) {
	classes := classFacts(t)
	seen := map[reflect.Type]bool{}
	var visit func(message string, typ reflect.Type)
	visit = func(message string, typ reflect.Type) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		class, ok := classes.find(message, typ.Name())
		if !ok {
			t.Errorf("%s: no such class in Kafka", typ.Name())
			return
		}
		checkDefaults(t, typ, class)
		for _, f := range protocoltest.Fields(typ) {
			ft := f.Type
			for ft.Kind() == reflect.Slice || ft.Kind() == reflect.Pointer {
				ft = ft.Elem()
			}
			if ft.Kind() == reflect.Struct && ft != reflect.TypeFor[wire.Records]() {
				visit(message, ft)
			}
		}
	}
	for _, m := range protocoltest.All() {
		visit(m.MessageName(), reflect.TypeOf(m).Elem())
	}
	if len(seen) < 500 {
		t.Errorf("only %d structs were looked at", len(seen))
	}
}

func checkDefaults(t *testing.T, typ reflect.Type, class classFact) {
	p := reflect.New(typ)
	p.Interface().(interface{ SetDefaults() }).SetDefaults()
	want := javaFields(class.Defaults)
	own := map[string]bool{}
	for _, f := range protocoltest.Fields(typ) {
		own[f.Name] = f.TagNumber >= protocoltest.FirstOwnTag
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		if f.Name == "_" || own[f.Name] {
			continue
		}
		java, ok := want[strings.ToLower(f.Name)]
		if !ok {
			t.Errorf("%s.%s: Kafka's default is not known: %s", typ.Name(), f.Name, class.Defaults)
			continue
		}
		if got := javaText(p.Elem().Field(i), java); got != java {
			t.Errorf("%s.%s: default %s; Kafka: %s", typ.Name(), f.Name, got, java)
		}
	}
}

// javaFields splits "Name(a=1, b=[], c=D(e=2))" into its fields, names in lower case.
func javaFields(s string) map[string]string {
	m := map[string]string{}
	s = s[strings.Index(s, "(")+1 : len(s)-1]
	depth, start := 0, 0
	for i := 0; i <= len(s); i++ {
		switch {
		case i == len(s) || depth == 0 && s[i] == ',':
			if k, v, ok := strings.Cut(strings.TrimSpace(s[start:i]), "="); ok {
				m[strings.ToLower(k)] = v
			}
			start = i + 1
		case s[i] == '(' || s[i] == '[':
			depth++
		case s[i] == ')' || s[i] == ']':
			depth--
		}
	}
	return m
}

// javaText renders a default as Java prints it. It renders a struct only as present, because the
// test compares structs separately.
func javaText(v reflect.Value, java string) string {
	switch x := v.Interface().(type) {
	case wire.UUID:
		return x.String()
	case wire.Records:
		if x.Bytes == nil {
			return "null"
		}
	case []byte:
		if x == nil && java != "null" && strings.HasPrefix(v.Type().String(), "[]") {
			x = []byte{} // a byte field that cannot be null: nil and empty are the same
		}
		if x == nil {
			return "null"
		}
		if strings.HasPrefix(java, "java.nio.HeapByteBuffer[pos=0 lim=0") {
			return java
		}
		return "[]"
	}
	switch v.Kind() {
	case reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10)
	case reflect.Uint16, reflect.Uint32:
		return strconv.FormatUint(v.Uint(), 10)
	case reflect.Float64:
		return strconv.FormatFloat(v.Float(), 'f', 1, 64)
	case reflect.String:
		return "'" + v.String() + "'"
	case reflect.Slice:
		if v.IsNil() && java == "null" {
			return "null"
		}
		return "[]"
	case reflect.Pointer:
		if v.IsNil() {
			return "null"
		}
		return javaText(v.Elem(), java)
	case reflect.Struct:
		if strings.Contains(java, "(") {
			return java
		}
	}
	return "?"
}
