package record

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
)

// codecMemory is the memory that the coders of this package keep for reuse. They allocate it again
// after the garbage collector has emptied the pools.
const codecMemory = 2 << 20

// bomb is a batch whose payload is n zero bytes, compressed.
func bomb(f *testing.F, codec Codec, n int) Batch {
	payload, err := Compress(nil, make([]byte, n), codec, DefaultLevel)
	if err != nil {
		f.Fatal(err)
	}
	return packed(codec, payload)
}

func packed(codec Codec, payload []byte) Batch {
	b := Batch(append(bytes.Clone(EndTxnMarker{}.Build(0, 1000, 0, 1, 1)[:HeaderSize]), payload...))
	b[attributesAt+1] = 0
	b.setCodec(codec)
	return b
}

// FuzzProduced validates batches of clients as a leader does. An accepted batch can be read record
// by record and compressed with any codec. A refused batch has an error of this package. Neither
// costs more than its bytes and the output that they may have.
func FuzzProduced(f *testing.F) {
	for _, set := range fixtures(f) {
		if _, magic, _ := Peek(set); magic == 2 {
			f.Add(bytes.Clone(set), byte(0), int64(1_700_000_000_000))
			f.Add(bytes.Clone(set), byte(3), int64(0))
		}
	}
	for codec := None; codec <= Zstd; codec++ {
		f.Add([]byte(bomb(f, codec, 64<<10)), byte(codec), int64(0))
		if codec != None {
			f.Add([]byte(bomb(f, codec, 4<<20)), byte(codec), int64(0))
		}
	}
	f.Fuzz(func(t *testing.T, in []byte, how byte, now int64) {
		testkit.Bounded(t)
		b, _, err := Next(bytes.Clone(in))
		if err != nil {
			return
		}
		b.restamp() // a fuzzer does not guess checksums
		o := ValidateOptions{Now: now, BeforeMaxMs: math.MaxInt64, AfterMaxMs: math.MaxInt64, Compacted: how&1 != 0, Topic: "t", Limits: fuzzLimits}
		if how&2 != 0 {
			o.BeforeMaxMs, o.AfterMaxMs = 1000, 1000
		}
		if how&4 != 0 {
			o.TimestampType = LogAppendTime
		}
		if err := b.ValidateProduced(); err != nil {
			known(t, err)
			return
		}
		var v Validation
		testkit.Memory(t, len(b), codecMemory+4*fuzzLimits.MaxDecompressed, func() { v, err = ValidateRecords(b, o) })
		if err != nil {
			known(t, err)
			return
		}
		size := len(b.Payload())
		if plain, err := Decompress(nil, b.Payload(), b.Codec(), fuzzLimits); err == nil {
			size += len(plain)
		}
		testkit.Time(t, size, func() { _, _ = ValidateRecords(b, o) })
		if v.Refused > 0 {
			known(t, v.Err())
			if v.Refused > int(b.Count()) || len(v.Errors) > MaxRecordErrors || len(v.Errors) > v.Refused {
				t.Fatalf("%d of %d refused, %d errors", v.Refused, b.Count(), len(v.Errors))
			}
			return
		}
		accepted(t, b)
	})
}

// known fails for an error that is not of this package.
func known(t *testing.T, err error) {
	t.Helper()
	for _, kind := range []error{ErrCorrupt, ErrInvalid, ErrInvalidTimestamp, ErrUnsupportedCodec, ErrTooLarge} {
		if errors.Is(err, kind) {
			return
		}
	}
	t.Fatalf("error of an unknown kind: %v", err)
}

// accepted reads an accepted batch and compresses it again.
func accepted(t *testing.T, b Batch) {
	var r Reader
	next := b.BaseOffset()
	for r.Reset(b, fuzzLimits); r.Next(); next++ {
		if r.Record().Offset != next {
			t.Fatalf("offset %d where %d is due", r.Record().Offset, next)
		}
	}
	if r.Err() != nil || next != b.NextOffset() {
		t.Fatalf("the records end at %d, the batch at %d: %v", next, b.NextOffset(), r.Err())
	}
	for codec := None; codec <= Zstd; codec++ {
		again, err := Recompress(nil, b, codec, DefaultLevel, fuzzLimits)
		if err != nil {
			t.Fatal(err)
		}
		if err := Batch(again).ValidateProduced(); err != nil {
			t.Fatalf("as %v: %v", codec, err)
		}
		var x, y Reader
		x.Reset(b, fuzzLimits)
		for y.Reset(again, Limits{}); y.Next(); {
			if !x.Next() || !bytes.Equal(x.Record().Value, y.Record().Value) || !bytes.Equal(x.Record().Key, y.Record().Key) {
				t.Fatalf("as %v: %+v became %+v", codec, x.Record(), y.Record())
			}
		}
		if x.Next() || x.Err() != nil || y.Err() != nil {
			t.Fatalf("as %v: %v, %v", codec, x.Err(), y.Err())
		}
	}
}
