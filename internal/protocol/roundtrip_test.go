package protocol_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

func encode(m protocol.Message, version int16) []byte {
	var w wire.Writer
	m.Encode(&w, version)
	return w.Buf
}

// dropEmpty makes an empty slice nil when it cannot be null, so that nil and empty are equal.
func dropEmpty(v reflect.Value) {
	for i := range v.NumField() {
		f, tag := v.Field(i), v.Type().Field(i).Tag.Get("kafka")
		if !v.Type().Field(i).IsExported() || f.Type() == reflect.TypeFor[wire.Records]() {
			continue
		}
		switch f.Kind() {
		case reflect.Struct:
			dropEmpty(f)
		case reflect.Pointer:
			if !f.IsNil() && f.Elem().Kind() == reflect.Struct {
				dropEmpty(f.Elem())
			}
		case reflect.Slice:
			if f.Len() == 0 && !strings.Contains(tag, "nullable") {
				f.SetZero()
			}
			for j := range f.Len() {
				if f.Type().Elem().Kind() == reflect.Struct {
					dropEmpty(f.Index(j))
				}
			}
		}
	}
}

// TestRoundTrip encodes random messages of every kind and version and decodes them. A fresh struct
// must then have the same values. A used struct must encode to the same bytes.
func TestRoundTrip(t *testing.T) {
	for i, m := range protocoltest.All() {
		used := protocoltest.Fresh(m)
		for v := m.MinVersion(); v <= m.MaxVersion(); v++ {
			for round := range 8 {
				rnd := rand.New(rand.NewPCG(uint64(i)<<8|uint64(v), uint64(round)))
				m.SetDefaults()
				protocoltest.Fill(rnd, reflect.ValueOf(m).Elem(), v)
				b := encode(m, v)
				got := protocoltest.Fresh(m)
				r := wire.NewReader(b)
				if err := got.DecodeFrom(&r, v); err != nil || r.Len() > 0 {
					t.Fatalf("%s v%d: %v, %d bytes left", m.MessageName(), v, err, r.Len())
				}
				dropEmpty(reflect.ValueOf(got).Elem())
				dropEmpty(reflect.ValueOf(m).Elem())
				if !reflect.DeepEqual(got, m) {
					t.Fatalf("%s v%d:\ngot  %+v\nwant %+v", m.MessageName(), v, got, m)
				}
				if err := used.Decode(b, v); err != nil {
					t.Fatalf("%s v%d into a used struct: %v", m.MessageName(), v, err)
				}
				if again := encode(used, v); !bytes.Equal(again, b) {
					t.Fatalf("%s v%d from a used struct:\ngot  %x\nwant %x", m.MessageName(), v, again, b)
				}
			}
		}
	}
}

// TestDefaultsRoundTrip checks that a message with only defaults decodes to defaults, in every
// version, also in a used struct.
func TestDefaultsRoundTrip(t *testing.T) {
	for _, m := range protocoltest.All() {
		for v := m.MinVersion(); v <= m.MaxVersion(); v++ {
			m.SetDefaults()
			b := encode(m, v)
			used := protocoltest.Fresh(m)
			protocoltest.Fill(rand.New(rand.NewPCG(1, uint64(v))), reflect.ValueOf(used).Elem(), m.MaxVersion())
			if err := used.Decode(b, v); err != nil {
				t.Fatalf("%s v%d: %v", m.MessageName(), v, err)
			}
			for other := m.MinVersion(); other <= m.MaxVersion(); other++ {
				if got, want := encode(used, other), encode(m, other); !bytes.Equal(got, want) {
					t.Fatalf("%s v%d as v%d: got %x, want %x", m.MessageName(), v, other, got, want)
				}
			}
		}
	}
}

// TestUnknownTags checks that a decoder skips an unknown tagged field after the last one.
func TestUnknownTags(t *testing.T) {
	for _, m := range protocoltest.All() {
		for v := max(m.MinVersion(), m.FlexibleFrom()); v <= m.MaxVersion(); v++ {
			m.SetDefaults()
			b := encode(m, v)
			if b[len(b)-1] != 0 {
				t.Fatalf("%s v%d: defaults are written in tagged fields: %x", m.MessageName(), v, b)
			}
			b = append(b[:len(b)-1], 1, 99, 3, 'a', 'b', 'c')
			r := wire.NewReader(b)
			if err := m.DecodeFrom(&r, v); err != nil || r.Len() > 0 {
				t.Fatalf("%s v%d: %v, %d bytes left", m.MessageName(), v, err, r.Len())
			}
		}
	}
}

func TestVersionOutOfRange(t *testing.T) {
	for _, m := range protocoltest.All() {
		for _, v := range []int16{m.MinVersion() - 1, m.MaxVersion() + 1, -32768, 32767} {
			if err := m.Decode(make([]byte, 100), v); err == nil {
				t.Errorf("%s v%d was decoded", m.MessageName(), v)
			}
		}
	}
}
