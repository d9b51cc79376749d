package protocol_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"sort"
	"strconv"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// TestSchemaBytes makes random messages from Kafka's schemas alone, without the generated code.
// Decoding and encoding must return the same bytes.
func TestSchemaBytes(t *testing.T) {
	byName, classes := messagesByName(), classFacts(t)
	for seed, fact := range messageFacts(t) {
		m := byName[fact.Message]
		for round := range 6 {
			g := factWriter{
				check: schemaCheck{t: t, fact: fact, classes: classes},
				rnd:   rand.New(rand.NewPCG(uint64(seed), uint64(round))),
			}
			g.structure(reflect.TypeOf(m).Elem(), fact.Fields, false)
			r := wire.NewReader(g.w.Buf)
			if err := m.DecodeFrom(&r, fact.Version); err != nil || r.Len() != 0 {
				t.Errorf("%s v%d: decode: %v, %d bytes left of %x", fact.Message, fact.Version, err, r.Len(), g.w.Buf)
				break
			}
			var w wire.Writer
			m.Encode(&w, fact.Version)
			if !bytes.Equal(w.Buf, g.w.Buf) {
				t.Errorf("%s v%d:\nin  %x\nout %x", fact.Message, fact.Version, g.w.Buf, w.Buf)
				break
			}
		}
	}
}

// factWriter writes a random value of a schema.
type factWriter struct {
	w     wire.Writer
	rnd   *rand.Rand
	check schemaCheck
}

// structure walks a schema. The Go struct beside it only provides the names of its classes. inTag
// is set within a tagged field, where no value may be a default, because the encoder would leave it
// out.
func (g *factWriter) structure(typ reflect.Type, facts []fieldFact, inTag bool) {
	fieldCalled := func(name string) protocoltest.Field {
		for _, f := range protocoltest.Fields(typ) {
			if sameName(f.Name, name) {
				return f
			}
		}
		g.check.t.Fatalf("%s has no field %s", typ.Name(), name)
		return protocoltest.Field{}
	}
	for _, fact := range facts {
		if fact.Type != "TAGGED" {
			g.field(typ, fieldCalled(fact.Name), fact, inTag, false)
			continue
		}
		var tags []int
		for tag := range fact.Tags {
			if n, _ := strconv.Atoi(tag); g.rnd.IntN(3) > 0 {
				tags = append(tags, n)
			}
		}
		sort.Ints(tags)
		g.w.Uvarint(uint32(len(tags)))
		for _, tag := range tags {
			tf := fact.Tags[strconv.Itoa(tag)]
			mark := g.w.BeginTag(uint32(tag))
			g.field(typ, fieldCalled(tf.Name), tf, true, true)
			g.w.EndTag(mark)
		}
	}
}

func (g *factWriter) field(owner reflect.Type, f protocoltest.Field, fact fieldFact, inTag, isTag bool) {
	typ := f.Type
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice && fact.Of != nil {
		typ = typ.Elem()
	}
	switch {
	case fact.Of != nil:
		flex := strings.HasPrefix(fact.Type, "COMPACT")
		if fact.Nullable && !inTag && g.rnd.IntN(4) == 0 {
			g.w.Null(flex)
			return
		}
		n := g.rnd.IntN(3)
		if inTag {
			n++
		}
		g.w.ArrayLen(flex, n)
		for range n {
			g.value(typ, *fact.Of, inTag)
		}
	case fact.Type == "STRUCT" && g.check.nullableStruct(owner, f):
		null := g.rnd.IntN(3) == 0
		switch { // KIP-893, and the form in tagged fields
		case isTag && null:
			g.w.Uvarint(0)
			return
		case isTag:
			g.w.Uvarint(1)
		case null:
			g.w.Int8(-1)
			return
		default:
			g.w.Int8(1)
		}
		g.value(typ, fact, inTag)
	default:
		g.value(typ, fact, inTag)
	}
}

func (g *factWriter) value(typ reflect.Type, fact fieldFact, inTag bool) {
	n := int64(g.rnd.IntN(90) + 17) // no field has a default in this range
	flex := strings.HasPrefix(fact.Type, "COMPACT")
	switch base(fact.Type) {
	case "STRUCT":
		g.structure(typ, fact.Fields, inTag)
	case "BOOLEAN":
		g.w.Bool(inTag || n%2 == 0)
	case "INT8":
		g.w.Int8(int8(n))
	case "INT16", "UINT16":
		g.w.Int16(int16(n << 7))
	case "INT32", "UINT32":
		g.w.Int32(int32(n << 20))
	case "INT64":
		g.w.Int64(n << 50)
	case "FLOAT64":
		g.w.Float64(float64(n) / 7)
	case "UUID":
		g.w.UUID(wire.UUID{byte(n), 15: byte(n)})
	case "STRING":
		g.text(flex, fact.Nullable && !inTag, inTag)
	case "BYTES", "RECORDS":
		if fact.Nullable && n%3 == 0 {
			g.w.Null(flex)
			return
		}
		g.w.Bytes(flex, make([]byte, g.rnd.IntN(300)))
	default:
		g.check.t.Fatalf("type %s", fact.Type)
	}
}

func (g *factWriter) text(flex, nullable, filled bool) {
	n := g.rnd.IntN(20)
	switch {
	case n == 0 && nullable:
		g.w.NullableString(flex, true, nil)
	case n == 1 && !filled:
		g.w.String(flex, "")
	case n == 2:
		g.w.String(flex, strings.Repeat("long", 60))
	default:
		g.w.String(flex, strings.Repeat("x", n+1))
	}
}
