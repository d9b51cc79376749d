package protocol_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// allocated runs f and returns the bytes that it allocated.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// costLimit returns the bytes that decoding n bytes may allocate: 8 times n, and a floor for small
// messages.
func costLimit(n int) uint64 { return uint64(8*n + 288<<10) }

// TestTruncated cuts a message of every kind and version at every byte. Decode must return an error
// and never panic.
func TestTruncated(t *testing.T) {
	for i, m := range protocoltest.All() {
		for v := m.MinVersion(); v <= m.MaxVersion(); v++ {
			rnd := rand.New(rand.NewPCG(uint64(i), uint64(v)))
			m.SetDefaults()
			protocoltest.Fill(rnd, reflect.ValueOf(m).Elem(), v)
			b := encode(m, v)
			got := protocoltest.Fresh(m)
			for n := range min(len(b), 3000) {
				if err := got.Decode(b[:n:n], v); !errors.Is(err, wire.ErrMalformed) {
					t.Fatalf("%s v%d cut to %d of %d bytes: %v", m.MessageName(), v, n, len(b), err)
				}
			}
		}
	}
}

// TestDamaged sets single bytes of valid messages to extreme values. Decode must not panic, and a
// decoded message must encode.
func TestDamaged(t *testing.T) {
	for i, m := range protocoltest.All() {
		for v := m.MinVersion(); v <= m.MaxVersion(); v++ {
			rnd := rand.New(rand.NewPCG(uint64(i), uint64(v)))
			m.SetDefaults()
			protocoltest.Fill(rnd, reflect.ValueOf(m).Elem(), v)
			b := encode(m, v)
			got := protocoltest.Fresh(m)
			for range min(len(b), 40) {
				at := rnd.IntN(len(b))
				old := b[at]
				for _, x := range []byte{0, 1, 0x7f, 0x80, 0xfe, 0xff} {
					b[at] = x
					if err := got.Decode(b, v); err == nil {
						encode(got, v)
					}
				}
				b[at] = old
			}
		}
	}
}

// TestPatterns decodes 40,000 bytes of one value, for many values. Time and memory must be bounded.
func TestPatterns(t *testing.T) {
	src := make([]byte, 40_000)
	for _, x := range []byte{0, 1, 2, 3, 9, 0x20, 0x7f, 0x80, 0xff} {
		for i := range src {
			src[i] = x
		}
		for _, m := range protocoltest.All() {
			for v := m.MinVersion(); v <= m.MaxVersion(); v++ {
				got := protocoltest.Fresh(m)
				if n := allocated(func() { _ = got.Decode(src, v) }); n > costLimit(len(src)) {
					t.Errorf("%s v%d allocates %d bytes for %d times %#x", m.MessageName(), v, n, len(src), x)
				}
			}
		}
	}
}

// TestSmallElements fills every array of every message in turn with elements of minimal size.
func TestSmallElements(t *testing.T) {
	for _, m := range protocoltest.All() {
		v := m.MaxVersion()
		eachSlice(m, func(path string, grow func(m protocol.Message, n int)) {
			big := protocoltest.Fresh(m)
			grow(big, 4_000)
			b := encode(big, v)
			got := protocoltest.Fresh(m)
			start := time.Now()
			n := allocated(func() { _ = got.Decode(b, v) }) // accepted or refused, it must be cheap
			if took := time.Since(start); took > 2*time.Second {
				t.Errorf("%s.%s takes %v for %d bytes", m.MessageName(), path, took, len(b))
			}
			if n > costLimit(len(b)) {
				t.Errorf("%s.%s allocates %d bytes for %d bytes", m.MessageName(), path, n, len(b))
			}
		})
	}
}

// eachSlice calls fn for every slice field of a message's highest version, with a function that
// makes the slice long and all slices that contain it one element long.
func eachSlice(m protocol.Message, fn func(path string, grow func(m protocol.Message, n int))) {
	var visit func(t reflect.Type, path string, at []int)
	visit = func(t reflect.Type, path string, at []int) {
		for i := range t.NumField() {
			f := t.Field(i)
			if f.Name == "_" || f.Type == reflect.TypeFor[wire.Records]() {
				continue
			}
			gf := protocoltest.Parse(f)
			if m.MaxVersion() < gf.Low || m.MaxVersion() > gf.High {
				continue
			}
			here := append(append([]int(nil), at...), i)
			elem := f.Type
			for elem.Kind() == reflect.Slice || elem.Kind() == reflect.Pointer {
				elem = elem.Elem()
			}
			if f.Type.Kind() == reflect.Slice && elem.Kind() != reflect.Uint8 {
				fn(path+f.Name, func(m protocol.Message, n int) { growAt(reflect.ValueOf(m).Elem(), here, n) })
			}
			if elem.Kind() == reflect.Struct && elem != reflect.TypeFor[wire.Records]() {
				visit(elem, path+f.Name+".", here)
			}
		}
	}
	visit(reflect.TypeOf(m).Elem(), "", nil)
}

func growAt(v reflect.Value, at []int, n int) {
	f := v.Field(at[0])
	if f.Kind() == reflect.Pointer {
		if f.IsNil() {
			f.Set(reflect.New(f.Type().Elem()))
		}
		f = f.Elem()
	}
	if f.Kind() == reflect.Slice {
		if len(at) > 1 {
			n, at = 1, append([]int{-n}, at[1:]...)
		}
		f.Set(reflect.MakeSlice(f.Type(), n, n))
		if len(at) == 1 {
			return
		}
		n, f = -at[0], f.Index(0)
	}
	growAt(f, at[1:], n)
}

// TestKnownBombs decodes inputs that exhaust other decoders.
func TestKnownBombs(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x0f}
	tags := append([]byte{2, 'a', 2, '1'}, huge...)
	for name, c := range map[string]struct {
		m   protocol.Message
		v   int16
		src []byte
	}{
		"ApiVersions with a false tag count":     {new(protocol.APIVersionsRequest), 4, tags},
		"ApiVersions with a short, false count":  {new(protocol.APIVersionsRequest), 3, []byte{1, 1, 0xff, 0xff, 0xff, 0xff, 0x0f}},
		"Metadata with a false array count":      {new(protocol.MetadataRequest), 12, huge},
		"Metadata with 2^31-1 topics":            {new(protocol.MetadataRequest), 4, []byte{0x7f, 0xff, 0xff, 0xff, 0, 1, 'a'}},
		"Metadata with a negative count":         {new(protocol.MetadataRequest), 4, []byte{0x80, 0, 0, 0, 0}},
		"more tagged fields than allowed":        {new(protocol.HeartbeatRequest), 4, manyTags(10_001)},
		"SaslAuthenticate with a negative size":  {new(protocol.SaslAuthenticateRequest), 0, []byte{0xff, 0xff, 0xff, 0xfe}},
		"a varint of six bytes":                  {new(protocol.MetadataRequest), 12, []byte{0x80, 0x80, 0x80, 0x80, 0x80, 1}},
		"a varint above 32 bits":                 {new(protocol.MetadataRequest), 12, []byte{0x80, 0x80, 0x80, 0x80, 0x7f}},
		"a string of negative length":            {new(protocol.FindCoordinatorRequest), 0, []byte{0xff, 0xfe}},
		"a null for a string that cannot be one": {new(protocol.FindCoordinatorRequest), 0, []byte{0xff, 0xff}},
	} {
		var err error
		start := time.Now()
		n := allocated(func() { err = c.m.Decode(c.src, c.v) })
		if !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%s: %v", name, err)
		}
		if took := time.Since(start); took > 100*time.Millisecond || n > costLimit(len(c.src)) {
			t.Errorf("%s: %v, %d bytes allocated", name, took, n)
		}
	}
}

// manyTags returns a Heartbeat request with n unknown tagged fields.
func manyTags(n int) []byte {
	var w wire.Writer
	new(protocol.HeartbeatRequest).Encode(&w, 4)
	w.Buf = w.Buf[:len(w.Buf)-1]
	w.Uvarint(uint32(n))
	for i := range n {
		w.Uvarint(uint32(i))
		w.Uvarint(0)
	}
	return w.Buf
}

func TestManyTagsAreSkipped(t *testing.T) {
	if err := new(protocol.HeartbeatRequest).Decode(manyTags(10_000), 4); err != nil {
		t.Error(err)
	}
}

func TestArrayBound(t *testing.T) {
	m := &protocol.MetadataRequest{Topics: make([]protocol.MetadataRequestRequestTopic, wire.MaxArrayElements+1)}
	if err := new(protocol.MetadataRequest).Decode(encode(m, 4), 4); !errors.Is(err, wire.ErrMalformed) {
		t.Errorf("an array of %d elements: %v", len(m.Topics), err)
	}
}
