package record

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"testing"
)

// sample builds a batch of n records of about 100 bytes.
func sample(t testing.TB, o BuilderOptions, n int) Batch {
	t.Helper()
	b := NewBuilder(o)
	value := bytes.Repeat([]byte("gregor "), 13)
	for i := range n {
		key := binary.BigEndian.AppendUint32(nil, uint32(i))
		if err := b.Append(o.BaseOffset+int64(i), int64(1000+i), key, value, []Header{{Key: []byte("h"), Value: key}}); err != nil {
			t.Fatal(err)
		}
	}
	batch, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return batch
}

func TestNext(t *testing.T) {
	a, b := sample(t, BuilderOptions{}, 3), sample(t, BuilderOptions{BaseOffset: 3, Codec: Zstd}, 2)
	set := append(bytes.Clone(a), b...)
	first, rest, err := Next(set)
	if err != nil || !bytes.Equal(first, a) || !bytes.Equal(rest, b) {
		t.Fatal(err)
	}
	for cut := range set {
		want := 0
		if cut >= len(a) {
			want = 1
		}
		got := 0
		for _, err := range Batches(set[:cut]) {
			if err != nil {
				t.Fatal(cut, err)
			}
			got++
		}
		if got != want {
			t.Fatalf("cut at %d: %d batches", cut, got)
		}
	}
}

func TestNextRefuses(t *testing.T) {
	good := sample(t, BuilderOptions{}, 1)
	change := func(at int, v ...byte) []byte {
		b := bytes.Clone(good)
		copy(b[at:], v)
		return b
	}
	for name, c := range map[string]struct {
		in   []byte
		want error
	}{
		"empty":            {nil, ErrShort},
		"no magic yet":     {good[:16], ErrShort},
		"cut":              {good[:len(good)-1], ErrShort},
		"negative length":  {change(lengthAt, 0xff), ErrCorrupt},
		"length 13":        {change(lengthAt, 0, 0, 0, 13), ErrCorrupt},
		"below the header": {change(lengthAt, 0, 0, 0, 48), ErrCorrupt},
		"magic 3":          {change(magicAt, 3), ErrCorrupt},
		"magic -1":         {change(magicAt, 0xff), ErrCorrupt},
		"magic 1":          {change(magicAt, 1), ErrLegacy},
		"short magic 1":    {change(lengthAt, 0, 0, 0, 15, 0, 0, 0, 0, 1), ErrCorrupt},
		"huge length":      {change(lengthAt, 0x7f, 0xff, 0xff, 0xf3), ErrShort},
		"larger than all":  {change(lengthAt, 0x7f, 0xff, 0xff, 0xf4), ErrCorrupt},
	} {
		if _, rest, err := Next(c.in); !errors.Is(err, c.want) || len(rest) != len(c.in) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValidate(t *testing.T) {
	good := sample(t, BuilderOptions{}, 5)
	if err := good.ValidateProduced(); err != nil {
		t.Fatal(err)
	}
	for at := range good {
		b := Batch(bytes.Clone(good))
		b[at] ^= 0x40
		outside := at < lengthAt || at >= leaderEpochAt && at < magicAt
		if err := b.Validate(); (err == nil) != outside {
			t.Fatalf("byte %d changed: %v", at, err)
		}
	}
	b := Batch(bytes.Clone(good))
	b.SetBaseOffset(1 << 50)
	b.SetPartitionLeaderEpoch(9)
	if err := b.Validate(); err != nil || b.LastOffset() != 1<<50+4 || b.PartitionLeaderEpoch() != 9 {
		t.Fatal(err)
	}
	if err := b.ValidateProduced(); !errors.Is(err, ErrInvalid) {
		t.Fatal("base offset of a producer:", err)
	}
	if b.SetBaseOffset(math.MaxInt64 - 4); !errors.Is(b.Validate(), ErrCorrupt) {
		t.Fatal("last offset beyond the largest")
	}
}

func TestValidateProducedRefuses(t *testing.T) {
	put16, put32 := binary.BigEndian.PutUint16, binary.BigEndian.PutUint32
	for name, c := range map[string]struct {
		change func(b Batch)
		want   error
	}{
		"codec 5":            {func(b Batch) { put16(b[attributesAt:], 5) }, ErrUnsupportedCodec},
		"control":            {func(b Batch) { put16(b[attributesAt:], controlBit) }, ErrInvalid},
		"count 4":            {func(b Batch) { put32(b[countAt:], 4) }, ErrInvalid},
		"count 6":            {func(b Batch) { put32(b[countAt:], 6) }, ErrInvalid},
		"count 0":            {func(b Batch) { put32(b[countAt:], 0) }, ErrInvalid},
		"count -1":           {func(b Batch) { put32(b[countAt:], math.MaxUint32) }, ErrInvalid},
		"last delta -1":      {func(b Batch) { put32(b[lastOffsetDeltaAt:], math.MaxUint32); put32(b[countAt:], 0) }, ErrInvalid},
		"impossible count":   {func(b Batch) { put32(b[lastOffsetDeltaAt:], 999); put32(b[countAt:], 1000) }, ErrInvalid},
		"id but no sequence": {func(b Batch) { binary.BigEndian.PutUint64(b[producerIDAt:], 7) }, ErrInvalid},
	} {
		b := Batch(bytes.Clone(sample(t, BuilderOptions{}, 5)))
		c.change(b)
		b.restamp()
		if err := b.ValidateProduced(); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSetMaxTimestamp(t *testing.T) {
	b := Batch(bytes.Clone(sample(t, BuilderOptions{Codec: LZ4}, 5)))
	b.SetMaxTimestamp(LogAppendTime, 77)
	if err := b.Validate(); err != nil || b.TimestampType() != LogAppendTime || b.MaxTimestamp() != 77 || b.Codec() != LZ4 {
		t.Fatal(err)
	}
	var r Reader
	for r.Reset(b, Limits{}); r.Next(); {
		if r.Record().Timestamp != 77 {
			t.Fatal("append time not seen")
		}
	}
	b.SetMaxTimestamp(CreateTime, 1004)
	if !bytes.Equal(b, sample(t, BuilderOptions{Codec: LZ4}, 5)) {
		t.Fatal("stamping back does not give the same bytes")
	}
}

// TestSetMaxTimestampClearsUnknownBits: they go when the header is written again, as in Kafka.
func TestSetMaxTimestampClearsUnknownBits(t *testing.T) {
	for _, c := range []struct {
		kind TimestampType
		ms   int64
		want int16
	}{{CreateTime, 1004, 0x40f0 &^ deleteHorizonBit}, {CreateTime, 1005, transactionalBit | controlBit}, {LogAppendTime, 1004, timestampTypeBit | transactionalBit | controlBit}} {
		b := Batch(bytes.Clone(sample(t, BuilderOptions{}, 5)))
		binary.BigEndian.PutUint16(b[attributesAt:], 0x40f0&^deleteHorizonBit)
		b.SetMaxTimestamp(c.kind, c.ms)
		if b.Attributes() != c.want {
			t.Errorf("type %d and max timestamp %d: attributes %#x, want %#x", c.kind, c.ms, b.Attributes(), c.want)
		}
	}
}

func TestSequencesWrap(t *testing.T) {
	if AddSequence(math.MaxInt32, 1) != 0 || AddSequence(math.MaxInt32-1, 3) != 1 || AddSequence(5, 4) != 9 {
		t.Fatal("wrap")
	}
}
