package record

import (
	"bytes"
	"encoding/binary"
	"math/rand"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// randomRecords are n records of every shape, for comparing with franz-go.
func randomRecords(rng *rand.Rand, n int) []kmsg.Record {
	maybe := func() []byte {
		if rng.Intn(5) == 0 {
			return nil
		}
		b := make([]byte, rng.Intn(300))
		for i := range b {
			b[i] = byte(rng.Intn(4))
		}
		return b
	}
	records := make([]kmsg.Record, n)
	for i := range records {
		r := kmsg.NewRecord()
		r.TimestampDelta64 = rng.Int63n(1 << uint(1+rng.Intn(40)))
		if i == 0 {
			r.TimestampDelta64 = 0
		}
		r.OffsetDelta = int32(i)
		r.Key, r.Value = maybe(), maybe()
		for range rng.Intn(4) {
			h := kmsg.NewHeader()
			h.Key, h.Value = string(maybe()), maybe()
			r.Headers = append(r.Headers, h)
		}
		records[i] = r
	}
	return records
}

func payloadOf(records []kmsg.Record) []byte {
	var payload []byte
	for _, r := range records {
		r.Length = 0
		body := r.AppendTo(nil)[1:] // a length of 0 takes one byte
		payload = append(binary.AppendVarint(payload, int64(len(body))), body...)
	}
	return payload
}

var kgoCodecs = []kgo.CompressionCodec{kgo.NoCompression(), kgo.GzipCompression(), kgo.SnappyCompression(), kgo.Lz4Compression(), kgo.ZstdCompression()}

func TestAgreesWithFranzGo(t *testing.T) {
	rng := rand.New(rand.NewSource(7))
	unpack := kgo.DefaultDecompressor()
	for round := range 60 {
		records := randomRecords(rng, 1+rng.Intn(60))
		plain := payloadOf(records)
		codec := Codec(round % 5)
		const base, first = int64(1 << 33), int64(1_600_000_000_000)

		builder := NewBuilder(BuilderOptions{Codec: codec, BaseOffset: base, LeaderEpoch: 3, Producer: &Producer{ID: 9, Epoch: 1, Sequence: 5}, Transactional: true})
		for i, r := range records {
			var headers []Header
			for _, h := range r.Headers {
				headers = append(headers, Header{Key: []byte(h.Key), Value: h.Value})
			}
			if err := builder.Append(base+int64(i), first+r.TimestampDelta64, r.Key, r.Value, headers); err != nil {
				t.Fatal(err)
			}
		}
		ours, err := builder.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		var theirs kmsg.RecordBatch
		if err := theirs.ReadFrom(ours); err != nil {
			t.Fatal(err)
		}
		got, err := unpack.Decompress(theirs.Records, kgo.CompressionCodecType(codec))
		if err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("round %d, %s: franz-go reads %d of %d bytes, %v", round, codec, len(got), len(plain), err)
		}
		if theirs.FirstOffset != base || theirs.FirstTimestamp != first || theirs.ProducerID != 9 || int(theirs.NumRecords) != len(records) ||
			theirs.LastOffsetDelta != int32(len(records)-1) || uint32(theirs.CRC) != ours.CRC() || theirs.Attributes != ours.Attributes() {
			t.Fatalf("round %d: header %+v", round, theirs)
		}
		checkTheirs(t, theirs, plain, codec, ours)
	}
}

// checkTheirs writes the same records with franz-go. Reader must read the same from both.
func checkTheirs(t *testing.T, head kmsg.RecordBatch, plain []byte, codec Codec, ours Batch) {
	t.Helper()
	head.Records = plain
	if codec != None {
		pack, err := kgo.DefaultCompressor(kgoCodecs[codec])
		if err != nil {
			t.Fatal(err)
		}
		out, used := pack.Compress(new(bytes.Buffer), plain)
		if Codec(used) != codec {
			t.Fatal("compressed with", used)
		}
		head.Records = bytes.Clone(out)
	}
	head.Length = int32(HeaderSize - LogOverhead + len(head.Records))
	b := Batch(head.AppendTo(nil))
	b.restamp()
	if err := b.Validate(); err != nil {
		t.Fatal(err)
	}
	var r, own Reader
	r.Reset(b, Limits{})
	own.Reset(ours, Limits{})
	for own.Next() {
		if !r.Next() {
			t.Fatal(codec, r.Err())
		}
		x, y := r.Record(), own.Record()
		if x.Offset != y.Offset || x.Timestamp != y.Timestamp || !same(x.Key, y.Key) || !same(x.Value, y.Value) || x.Headers.Len() != y.Headers.Len() ||
			!bytes.Equal(x.Headers.raw, y.Headers.raw) {
			t.Fatalf("%s: %+v, want %+v", codec, x, y)
		}
	}
	if r.Next() || r.Err() != nil || own.Err() != nil {
		t.Fatal(codec, r.Err(), own.Err())
	}
}

func same(a, b []byte) bool { return bytes.Equal(a, b) && (a == nil) == (b == nil) }
