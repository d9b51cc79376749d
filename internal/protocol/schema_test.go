package protocol_test

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// TestSchema compares every message in every version with the schemas in Kafka's jars: names,
// order, types, nullability, tags, flexible versions, header versions.
func TestSchema(t *testing.T) {
	byName, classes := messagesByName(), classFacts(t)
	seen := map[string]bool{}
	for _, fact := range messageFacts(t) {
		m := byName[fact.Message]
		if m == nil {
			t.Errorf("%s: no such message", fact.Message)
			continue
		}
		seen[fact.Message] = true
		c := schemaCheck{t: t, fact: fact, classes: classes}
		c.message(m)
		c.structure(fact.Message, reflect.TypeOf(m).Elem(), fact.Fields)
	}
	for name := range byName {
		if !seen[name] {
			t.Errorf("%s: Kafka knows no such message", name)
		}
	}
}

type schemaCheck struct {
	t       *testing.T
	fact    messageFact
	classes classTable
}

func (c *schemaCheck) errorf(path, format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("%s v%d: %s: %s", c.fact.Message, c.fact.Version, path, fmt.Sprintf(format, args...))
}

func (c *schemaCheck) message(m protocol.Message) {
	f := c.fact
	if m.APIKey() != f.APIKey || m.MinVersion() != f.Lowest || m.MaxVersion() != f.Highest {
		c.errorf("", "key %d, versions %d-%d; Kafka: %d, %d-%d", m.APIKey(), m.MinVersion(), m.MaxVersion(), f.APIKey, f.Lowest, f.Highest)
	}
	last := len(f.Fields) - 1
	flexible := last >= 0 && f.Fields[last].Type == "TAGGED"
	if flexible != (f.Version >= m.FlexibleFrom()) {
		c.errorf("", "flexible from %d; Kafka: flexible = %t", m.FlexibleFrom(), flexible)
	}
	if f.HeaderVersion == nil {
		return
	}
	var header int16
	name, isRequest := strings.CutSuffix(f.Message, "Request")
	if isRequest {
		header = protocol.RequestHeaderVersion(f.APIKey, f.Version)
	} else {
		name = strings.TrimSuffix(name, "Response")
		header = protocol.ResponseHeaderVersion(f.APIKey, f.Version)
	}
	if header != *f.HeaderVersion {
		c.errorf("", "header version %d; Kafka: %d", header, *f.HeaderVersion)
	}
	api, ok := protocol.LookupAPI(f.APIKey)
	if !ok || api.Name != name || protocol.Name(f.APIKey) != name {
		c.errorf("", "API %q", api.Name)
	}
	if api.MaxStable != *f.StableHighest || api.ClusterAction != *f.ClusterAction || api.MinVersion != f.Lowest || api.MaxVersion != f.Highest {
		c.errorf("", "API table: %+v; Kafka: stable %d, cluster action %t", api, *f.StableHighest, *f.ClusterAction)
	}
}

func (c *schemaCheck) structure(path string, typ reflect.Type, facts []fieldFact) {
	v := c.fact.Version
	var plain, tagged []protocoltest.Field
	for _, f := range protocoltest.Fields(typ) {
		switch {
		case v < f.Low || v > f.High:
		case f.TagNumber >= protocoltest.FirstOwnTag:
		case f.TagNumber >= 0:
			tagged = append(tagged, f)
		default:
			plain = append(plain, f)
		}
	}
	for _, fact := range facts {
		if fact.Type == "TAGGED" {
			c.tags(path, typ, tagged, fact)
			tagged = nil
			continue
		}
		if len(plain) == 0 {
			c.errorf(path, "%s is missing in %s", fact.Name, typ.Name())
			return
		}
		f := plain[0]
		plain = plain[1:]
		if !sameName(f.Name, fact.Name) {
			c.errorf(path, "%s.%s stands where Kafka has %s", typ.Name(), f.Name, fact.Name)
			return
		}
		c.field(path+"."+f.Name, typ, f, fact)
	}
	for _, f := range append(plain, tagged...) {
		c.errorf(path, "%s.%s is unknown to Kafka", typ.Name(), f.Name)
	}
}

func (c *schemaCheck) tags(path string, typ reflect.Type, tagged []protocoltest.Field, fact fieldFact) {
	if len(tagged) != len(fact.Tags) {
		c.errorf(path, "%s has %d tagged fields; Kafka: %d", typ.Name(), len(tagged), len(fact.Tags))
	}
	for _, f := range tagged {
		tf, ok := fact.Tags[strconv.Itoa(f.TagNumber)]
		if !ok || !sameName(f.Name, tf.Name) {
			c.errorf(path, "%s.%s: tag %d is %q in Kafka", typ.Name(), f.Name, f.TagNumber, tf.Name)
			continue
		}
		c.field(path+"."+f.Name, typ, f, tf)
	}
}

var primitives = map[string]any{
	"BOOLEAN": false, "INT8": int8(0), "INT16": int16(0), "UINT16": uint16(0), "INT32": int32(0), "UINT32": uint32(0), "INT64": int64(0),
	"FLOAT64": float64(0), "UUID": wire.UUID{}, "STRING": "", "BYTES": []byte(nil), "RECORDS": wire.Records{},
}

// base strips COMPACT_ and NULLABLE_.
func base(typ string) string {
	return strings.TrimPrefix(strings.TrimPrefix(typ, "COMPACT_"), "NULLABLE_")
}

func (c *schemaCheck) field(path string, owner reflect.Type, f protocoltest.Field, fact fieldFact) {
	nullable := c.fact.Version >= f.NullLow && c.fact.Version <= f.NullHigh
	typ := f.Type
	if fact.Type == "STRUCT" {
		fact.Nullable = c.nullableStruct(owner, f)
	}
	if nullable != fact.Nullable {
		c.errorf(path, "nullable = %t; Kafka: %t", nullable, fact.Nullable)
	}
	if typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	if fact.Of != nil {
		if typ.Kind() != reflect.Slice {
			c.errorf(path, "%s; Kafka: array", typ)
			return
		}
		typ, fact = typ.Elem(), *fact.Of
	}
	if fact.Type == "STRUCT" {
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[wire.Records]() {
			c.errorf(path, "%s; Kafka: struct", typ)
			return
		}
		c.structure(path, typ, fact.Fields)
		return
	}
	if want := reflect.TypeOf(primitives[base(fact.Type)]); typ != want {
		c.errorf(path, "%s; Kafka: %s", typ, fact.Type)
	}
}

// nullableStruct looks into the facts about classes: Kafka's schemas do not say whether a struct
// may be null.
func (c *schemaCheck) nullableStruct(owner reflect.Type, f protocoltest.Field) bool {
	class, ok := c.classes.find(c.fact.Message, owner.Name())
	if !ok {
		c.errorf(owner.Name(), "no such class in Kafka")
		return false
	}
	for name, versions := range class.Structs {
		if sameName(name, f.Name) {
			for _, v := range versions {
				if v == c.fact.Version {
					return true
				}
			}
			return false
		}
	}
	c.errorf(owner.Name(), "class %s has no struct field %s", class.Class, f.Name)
	return false
}
