package protocol_test

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/sharerecord"
	"github.com/gregorhq/gregor/internal/protocol/txnrecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/testkit"
)

// known fails on an error that is neither of the two expected kinds.
func known(t *testing.T, err error) {
	t.Helper()
	if err != nil && !errors.Is(err, wire.ErrMalformed) && !errors.Is(err, wire.ErrUnsupportedVersion) && !errors.Is(err, protocol.ErrUnknownRecord) {
		t.Fatalf("error of an unknown kind: %v", err)
	}
}

// decodeFloor is the number of heap bytes that a decoder may allocate for a message of any size.
const decodeFloor = 48 << 10

// stable decodes b. It checks that the encoded result decodes to the same message.
func stable(t *testing.T, m protocol.Message, version int16, b []byte) {
	t.Helper()
	var err error
	testkit.Cost(t, len(b), decodeFloor, func() { err = protocoltest.Fresh(m).Decode(b, version) })
	known(t, err)
	if again := m.Decode(b, version); (again == nil) != (err == nil) {
		t.Fatalf("%s v%d: %v the first time, %v then", m.MessageName(), version, err, again)
	}
	if err != nil {
		return
	}
	once := encode(m, version)
	used, again := m, protocoltest.Fresh(m)
	if err := again.Decode(once, version); err != nil {
		t.Fatalf("%s v%d: what was decoded from %x is encoded to %x, which cannot be read: %v", m.MessageName(), version, b, once, err)
	}
	if twice := encode(again, version); !bytes.Equal(once, twice) {
		t.Fatalf("%s v%d: not stable:\n%x\n%x", m.MessageName(), version, once, twice)
	}
	if err := used.Decode(once, version); err != nil || !bytes.Equal(encode(used, version), once) {
		t.Fatalf("%s v%d: a used struct gives other bytes (%v)", m.MessageName(), version, err)
	}
}

// eachSample passes a random message of each kind and version as a seed.
func eachSample(list []protocol.Message, fn func(m protocol.Message, version int16, b []byte)) {
	for i, m := range list {
		for v := m.MinVersion(); v <= m.MaxVersion(); v++ {
			m.SetDefaults()
			fn(m, v, encode(m, v))
			protocoltest.Fill(rand.New(rand.NewPCG(uint64(i), uint64(v))), reflect.ValueOf(m).Elem(), v)
			fn(m, v, encode(m, v))
		}
	}
}

func FuzzRequest(f *testing.F) {
	for _, api := range protocol.APIs() {
		eachSample([]protocol.Message{protocol.NewRequest(api.Key)}, func(m protocol.Message, v int16, b []byte) { f.Add(api.Key, v, b) })
	}
	f.Fuzz(func(t *testing.T, key, version int16, b []byte) {
		testkit.Bounded(t)
		if m := protocol.NewRequest(key); m != nil {
			stable(t, m, version, b)
		}
	})
}

func FuzzResponse(f *testing.F) {
	for _, api := range protocol.APIs() {
		eachSample([]protocol.Message{protocol.NewResponse(api.Key)}, func(m protocol.Message, v int16, b []byte) { f.Add(api.Key, v, b) })
	}
	f.Fuzz(func(t *testing.T, key, version int16, b []byte) {
		testkit.Bounded(t)
		if m := protocol.NewResponse(key); m != nil {
			stable(t, m, version, b)
		}
	})
}

func FuzzHeader(f *testing.F) {
	client := "client"
	for _, api := range protocol.APIs() {
		var w wire.Writer
		protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: api.Key, APIVersion: api.MaxVersion, CorrelationID: 7, ClientID: &client})
		f.Add(w.Buf)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		testkit.Bounded(t)
		var h protocol.RequestHeader
		var body []byte
		var err error
		testkit.Cost(t, len(b), decodeFloor, func() { h, body, err = protocol.ParseRequestHeader(b) })
		known(t, err)
		if err != nil {
			return
		}
		var w wire.Writer
		protocol.AppendRequestHeader(&w, h)
		w.Raw(body)
		h2, body2, err := protocol.ParseRequestHeader(w.Buf)
		if err != nil || !reflect.DeepEqual(h, h2) || !bytes.Equal(body, body2) {
			t.Fatalf("%+v, %x became %+v, %x, %v", h, body, h2, body2, err)
		}
	})
}

// FuzzRecordKeys decodes keys, and values beside them, of the records of all three coordinators.
func FuzzRecordKeys(f *testing.F) {
	topics := []struct {
		all    []protocol.Message
		key    func([]byte) (protocol.Message, error)
		value  func(int16, []byte) (protocol.Message, error)
		values func(int16) protocol.Message
	}{
		{grouprecord.All(), grouprecord.DecodeKey, grouprecord.DecodeValue, grouprecord.NewValue},
		{txnrecord.All(), txnrecord.DecodeKey, txnrecord.DecodeValue, txnrecord.NewValue},
		{sharerecord.All(), sharerecord.DecodeKey, sharerecord.DecodeValue, sharerecord.NewValue},
	}
	for i, topic := range topics {
		keys := map[int16][]byte{}
		eachSample(topic.all, func(m protocol.Message, v int16, b []byte) {
			if _, ok := keys[m.APIKey()]; !ok {
				keys[m.APIKey()] = whole(protocol.EncodeRecordKey(m))
				return
			}
			f.Add(uint8(i), keys[m.APIKey()], whole(protocol.EncodeVersioned(m, v)))
		})
	}
	f.Fuzz(func(t *testing.T, which uint8, key, value []byte) {
		testkit.Bounded(t)
		topic := topics[int(which)%len(topics)]
		var k protocol.Message
		var err error
		testkit.Cost(t, len(key), decodeFloor, func() { k, err = topic.key(key) })
		known(t, err)
		if err != nil {
			return
		}
		stable(t, k, 0, key[2:])
		v, err := topic.value(k.APIKey(), value)
		known(t, err)
		if err == nil && v != nil {
			stable(t, topic.values(k.APIKey()), int16(value[0])<<8|int16(value[1]), value[2:])
		}
	})
}

func FuzzMetadataRecord(f *testing.F) {
	eachSample(metadatarecord.All(), func(m protocol.Message, v int16, b []byte) { f.Add(whole(metadatarecord.Marshal(m, v))) })
	f.Fuzz(func(t *testing.T, b []byte) {
		testkit.Bounded(t)
		var m protocol.Message
		var v int16
		var err error
		testkit.Cost(t, len(b), decodeFloor, func() { m, v, err = metadatarecord.Unmarshal(b) })
		known(t, err)
		if err != nil {
			return
		}
		stable(t, protocoltest.Fresh(m), v, encode(m, v))
		again, v2, err := metadatarecord.Unmarshal(whole(metadatarecord.Marshal(m, v)))
		if err != nil || v2 != v || !bytes.Equal(encode(again, v), encode(m, v)) {
			t.Fatalf("%s v%d came back as v%d: %v", m.MessageName(), v, v2, err)
		}
	})
}
