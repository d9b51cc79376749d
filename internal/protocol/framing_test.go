package protocol_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/sharerecord"
	"github.com/gregorhq/gregor/internal/protocol/txnrecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

func TestMetadataRecordFrame(t *testing.T) {
	m := &metadatarecord.TopicRecord{Name: "t", TopicID: wire.UUID{15: 7}}
	b := whole(metadatarecord.Marshal(m, 0))
	if want := "\x01\x02\x00\x02t\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x07\x00"; string(b) != want {
		t.Errorf("%x, want %x", b, want)
	}
	got, v, err := metadatarecord.Unmarshal(b)
	if err != nil || v != 0 || !reflect.DeepEqual(got, m) {
		t.Errorf("%+v v%d, %v", got, v, err)
	}
	for in, want := range map[string]error{
		"":                         wire.ErrMalformed,
		"\x00\x02\x00":             wire.ErrMalformed, // frame version
		"\x02\x02\x00":             wire.ErrMalformed,
		string(b) + "x":            wire.ErrMalformed, // trailing bytes
		string(b[:len(b)-1]):       wire.ErrMalformed,
		"\x01\xff\xff\xff\x0f\x00": wire.ErrMalformed, // type
		"\x01\x7b\x00":             protocol.ErrUnknownRecord,
		"\x01\x02\x09":             wire.ErrUnsupportedVersion,
	} {
		if _, _, err := metadatarecord.Unmarshal([]byte(in)); !errors.Is(err, want) {
			t.Errorf("%x: %v, want %v", in, err, want)
		}
	}
}

func TestCoordinatorRecords(t *testing.T) {
	key := &grouprecord.OffsetCommitKey{Group: "g", Topic: "t", Partition: 2}
	b := whole(grouprecord.EncodeKey(key))
	if want := "\x00\x01\x00\x01g\x00\x01t\x00\x00\x00\x02"; string(b) != want {
		t.Errorf("%x, want %x", b, want)
	}
	got, err := grouprecord.DecodeKey(b)
	if err != nil || !reflect.DeepEqual(got, key) {
		t.Errorf("%+v, %v", got, err)
	}
	value := protocol.New[grouprecord.OffsetCommitValue]()
	value.Offset, value.Metadata, value.CommitTimestamp = 42, "m", 1
	v := whole(grouprecord.EncodeValue(value, 3))
	if want := "\x00\x03\x00\x00\x00\x00\x00\x00\x00\x2a\xff\xff\xff\xff\x00\x01m\x00\x00\x00\x00\x00\x00\x00\x01"; string(v) != want {
		t.Errorf("%x, want %x", v, want)
	}
	if got, err := grouprecord.DecodeValue(key.APIKey(), v); err != nil || !reflect.DeepEqual(got, value) {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := grouprecord.DecodeValue(key.APIKey(), nil); got != nil || err != nil {
		t.Errorf("a tombstone is %v, %v", got, err)
	}
	for _, b := range [][]byte{nil, {0}, {0, 1}, {0, 1, 0, 1, 'g'}} {
		if _, err := grouprecord.DecodeKey(b); !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("key %x: %v", b, err)
		}
	}
	if _, err := grouprecord.DecodeKey([]byte{0, 99}); !errors.Is(err, protocol.ErrUnknownRecord) {
		t.Error(err)
	}
	if _, err := grouprecord.DecodeValue(99, v); !errors.Is(err, protocol.ErrUnknownRecord) {
		t.Error(err)
	}
	if _, err := grouprecord.DecodeValue(1, []byte{0, 77, 0}); !errors.Is(err, wire.ErrUnsupportedVersion) {
		t.Error(err)
	}
}

// TestEveryRecordHasKeyAndValue checks that keys and values have the same types.
func TestEveryRecordHasKeyAndValue(t *testing.T) {
	for name, p := range map[string]struct {
		key, value func(int16) protocol.Message
		types      int
	}{
		"group": {grouprecord.NewKey, grouprecord.NewValue, 22}, "txn": {txnrecord.NewKey, txnrecord.NewValue, 1}, "share": {sharerecord.NewKey, sharerecord.NewValue, 2},
	} {
		n := 0
		for typ := int16(-1); typ < 200; typ++ {
			k, v := p.key(typ), p.value(typ)
			if (k == nil) != (v == nil) {
				t.Errorf("%s %d: key %v, value %v", name, typ, k, v)
			}
			if k != nil {
				n++
			}
		}
		if n != p.types {
			t.Errorf("%s: %d types of records, want %d", name, n, p.types)
		}
	}
}

// whole returns the bytes of an encoding that cannot fail.
func whole(b []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return b
}

// A record with a string that does not fit is never encoded in part.
func TestRecordWithAStringThatDoesNotFit(t *testing.T) {
	for size, want := range map[int]error{wire.MaxString: nil, wire.MaxString + 1: wire.ErrTooLong} {
		long := strings.Repeat("x", size)
		key := &grouprecord.GroupMetadataKey{Group: long}
		value := protocol.New[grouprecord.OffsetCommitValue]()
		value.Metadata = long
		_, errKey := grouprecord.EncodeKey(key)
		_, errOld := grouprecord.EncodeValue(value, 1)
		_, errFlexible := grouprecord.EncodeValue(value, 4)
		_, errFramed := metadatarecord.Marshal(&metadatarecord.TopicRecord{Name: long}, 0)
		for i, err := range []error{errKey, errOld, errFlexible, errFramed} {
			if !errors.Is(err, want) {
				t.Errorf("%d bytes, encoder %d: %v", size, i, err)
			}
		}
	}
}
