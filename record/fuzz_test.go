package record

import (
	"bytes"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
)

// fuzzLimits bound decompression, so that a large output does not look like a hang.
var fuzzLimits = Limits{MaxDecompressed: 1 << 20}

func seed(f *testing.F) {
	for _, set := range fixtures(f) {
		f.Add(set)
	}
	f.Add([]byte(nil))
}

// FuzzNext walks arbitrary bytes. Every accessor must work on a batch that Next returns.
func FuzzNext(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		testkit.Bounded(t)
		testkit.Cost(t, len(in), 4<<10, func() {
			for _, err := range Batches(in) {
				if err != nil {
					break
				}
			}
		})
		for b, err := range Batches(in) {
			if err != nil {
				break
			}
			if b.Size() != len(b) || b.Magic() != 2 {
				t.Fatal("size", b.Size(), len(b))
			}
			_, _, _, _ = b.LastOffset(), b.LastSequence(), b.Codec().String(), b.TimestampType().String()
			if b.Validate() != nil {
				b.restamp()
			}
			if err := b.ValidateProduced(); err == nil && int64(b.Count()) != b.NextOffset() {
				t.Fatal("count", b.Count(), b.NextOffset())
			}
			_, _, _ = b.OffsetOfMaxTimestamp(fuzzLimits)
		}
	})
}

// FuzzReader reads a payload under every codec. Records that it can read can be built again.
func FuzzReader(f *testing.F) {
	for _, set := range fixtures(f) {
		b := Batch(set)
		if _, magic, _ := Peek(set); magic == 2 {
			f.Add(byte(b.Attributes()), b.Count(), bytes.Clone(b.Payload()))
		}
	}
	f.Fuzz(func(t *testing.T, attributes byte, count int32, payload []byte) {
		testkit.Bounded(t)
		in := Batch(append(bytes.Clone(EndTxnMarker{}.Build(50, 1000, 0, 1, 1)[:HeaderSize]), payload...))
		in[attributesAt+1] = attributes
		for i := range 4 {
			in[countAt+i] = byte(count >> (24 - 8*i))
		}
		in.setCodec(in.Codec())
		plain, err := Decompress(nil, payload, in.Codec(), fuzzLimits)
		if len(plain) > fuzzLimits.MaxDecompressed || err != nil && len(plain) > 0 {
			t.Fatal(len(plain), err)
		}
		if cap(plain) > 4*fuzzLimits.MaxDecompressed {
			t.Fatal("reserved", cap(plain))
		}
		builder := NewBuilder(BuilderOptions{Codec: in.Codec() % 5, BaseOffset: 50})
		var r Reader
		records := 0
		for r.Reset(in, fuzzLimits); r.Next(); records++ {
			rec := r.Record()
			if rec.Size > len(plain) || len(rec.Headers.Append(nil)) != rec.Headers.Len() {
				t.Fatal("sizes")
			}
			if builder != nil && builder.AppendRecord(rec) != nil {
				builder = nil // offsets may go anywhere
			}
		}
		if records > len(plain)/minRecordSize {
			t.Fatal(records, "records in", len(plain), "bytes")
		}
		if _, err := ValidateRecords(in, ValidateOptions{Limits: fuzzLimits}); (err == nil) != (r.Err() == nil) {
			t.Fatal(err, r.Err())
		}
		if r.Err() == nil && builder != nil && records > 0 {
			compareRecords(t, in, builder)
		}
	})
}

func compareRecords(t *testing.T, in Batch, builder *Builder) {
	out, err := builder.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	var a, b Reader
	a.Reset(in, fuzzLimits)
	b.Reset(out, Limits{})
	for a.Next() {
		if !b.Next() {
			t.Fatal(b.Err())
		}
		x, y := a.Record(), b.Record()
		if x.Offset != y.Offset || x.Timestamp != y.Timestamp || !same(x.Key, y.Key) || !same(x.Value, y.Value) || !bytes.Equal(x.Headers.raw, y.Headers.raw) {
			t.Fatalf("%+v became %+v", x, y)
		}
	}
}

// FuzzV1Set reads a message set and converts it; both must see the same records.
func FuzzV1Set(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, in []byte) {
		testkit.Bounded(t)
		for rest := in; ; { // a fuzzer does not guess checksums
			m, after, err := NextMessage(rest)
			if err != nil {
				break
			}
			m.restamp()
			rest = after
		}
		var r MessageSetReader
		n := 0
		for r.Reset(in, fuzzLimits); r.Next(); n++ {
			if rec := r.Record(); rec.Size < messageHeaderV0 || len(rec.Key)+len(rec.Value) > rec.Size {
				t.Fatal("sizes")
			}
		}
		var up []byte
		var err error
		testkit.Memory(t, 8*len(in), codecMemory+8*fuzzLimits.MaxDecompressed, func() { up, err = UpConvert(nil, in, UpConvertOptions{Limits: fuzzLimits}) })
		if (err == nil) != (r.Err() == nil) {
			t.Fatal(err, r.Err())
		}
		if err != nil {
			return
		}
		var again Reader
		for b, err := range Batches(up) {
			if err != nil || b.Validate() != nil {
				t.Fatal(err, b.Validate())
			}
			for again.Reset(b, Limits{}); again.Next(); n-- {
			}
			if again.Err() != nil {
				t.Fatal(again.Err())
			}
		}
		if n != 0 {
			t.Fatal(n, "records lost")
		}
	})
}
