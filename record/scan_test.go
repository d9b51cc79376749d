package record

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/klauspost/compress/s2"
)

// anyTime are options that take every timestamp.
func anyTime() ValidateOptions {
	return ValidateOptions{Now: 1000, BeforeMaxMs: math.MaxInt64, AfterMaxMs: math.MaxInt64}
}

// walkPieces walks a payload that arrives in pieces of n bytes.
func walkPieces(b Batch, o ValidateOptions, n int) (Validation, error) {
	v := Validation{MaxTimestamp: NoTimestamp, MaxTimestampOffset: b.BaseOffset()}
	var w walker
	w.start(b, &o, &v)
	for p := b.Payload(); len(p) > 0; p = p[min(n, len(p)):] {
		if !w.feed(p[:min(n, len(p))]) {
			break
		}
	}
	return v, w.finish()
}

// The walk of a payload does not depend on how the payload is cut, whether it is sound or not, and
// finds the same faults as a Reader.
func TestWalkInPieces(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 3000 {
		b := NewBuilder(BuilderOptions{})
		for i := range 1 + rng.IntN(6) {
			var headers []Header
			for range rng.IntN(3) {
				headers = append(headers, Header{Key: make([]byte, rng.IntN(4)), Value: make([]byte, rng.IntN(200))})
			}
			var key []byte
			if rng.IntN(3) > 0 {
				key = make([]byte, rng.IntN(90))
			}
			mustNil(t, b.Append(int64(i), rng.Int64N(1<<40), key, make([]byte, rng.IntN(300)), headers))
		}
		built, err := b.Bytes()
		mustNil(t, err)
		in := Batch(bytes.Clone(built))
		if round%2 == 1 { // damage
			for range 1 + rng.IntN(2) {
				in[HeaderSize+rng.IntN(len(in)-HeaderSize)] = byte(rng.IntN(256))
			}
			if rng.IntN(4) == 0 {
				in = in[:HeaderSize+rng.IntN(len(in)-HeaderSize)]
			}
		}
		o := anyTime()
		o.Compacted, o.AfterMaxMs = rng.IntN(2) == 0, 1<<39
		want, wantErr := walkPieces(in, o, len(in))
		var r Reader
		for r.Reset(in, Limits{}); r.Next(); {
		}
		if (r.Err() == nil) != (wantErr == nil) {
			t.Fatalf("round %d: the reader says %v, the walk %v", round, r.Err(), wantErr)
		}
		for _, n := range []int{1, 2, 3, 7, 64, 1 + rng.IntN(300)} {
			got, err := walkPieces(in, o, n)
			if fmt.Sprint(err) != fmt.Sprint(wantErr) && (err == nil) != (wantErr == nil) {
				t.Fatalf("round %d, pieces of %d: %v, in one piece %v", round, n, err, wantErr)
			}
			if err == nil && fmt.Sprint(got) != fmt.Sprint(want) {
				t.Fatalf("round %d, pieces of %d: %+v, in one piece %+v", round, n, got, want)
			}
		}
	}
}

// The memory that a payload takes to check is that of a block of its codec. It does not grow with
// the output, and records may be larger than a block.
func TestCheckingLargeOutputsTakesLittleMemory(t *testing.T) {
	for _, codec := range []Codec{Gzip, Snappy, LZ4} {
		b := large(t, codec, 24)
		for range 2 { // the first one may fill the pools
			var err error
			took := testkit.Allocated(func() { _, err = ValidateRecords(b, anyTime()) })
			mustNil(t, err)
			if took > codecMemory {
				t.Errorf("%s: %d bytes for an output of 24 MiB", codec, took)
			}
		}
	}
}

// Streams of other writers: raw snappy, snappy in several frames, gzip of several members, zstd
// without a stated size. All are cut where a record goes on.
func TestScanForeignStreams(t *testing.T) {
	b := sample(t, BuilderOptions{}, 20000)
	plain := b.Payload()
	half := len(plain)/2 + 3
	join := func(codec Codec) []byte {
		out, err := Compress(nil, plain[:half], codec, DefaultLevel)
		mustNil(t, err)
		out, err = Compress(out, plain[half:], codec, DefaultLevel)
		mustNil(t, err)
		return out
	}
	for name, c := range map[string]struct {
		codec   Codec
		payload []byte
	}{
		"snappy frames":    {Snappy, join(Snappy)},
		"gzip members":     {Gzip, join(Gzip)},
		"zstd frames":      {Zstd, join(Zstd)},
		"zstd, no size":    {Zstd, zstdStream(t, plain)},
		"snappy, no frame": {Snappy, s2.EncodeSnappy(nil, plain)},
	} {
		in := Batch(append(bytes.Clone(b[:HeaderSize]), c.payload...))
		in.setCodec(c.codec)
		v, err := ValidateRecords(in, anyTime())
		if err != nil || v.MaxTimestamp != b.MaxTimestamp() {
			t.Errorf("%s: %+v, %v", name, v, err)
		}
		in = Batch(append(bytes.Clone(b[:HeaderSize]), c.payload[:len(c.payload)-9]...))
		in.setCodec(c.codec)
		if _, err := ValidateRecords(in, anyTime()); err == nil {
			t.Errorf("%s: a payload that is cut short passes", name)
		}
	}
}

// cpu is the processor time of this process in seconds.
func cpu() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return float64(u.Utime.Nano()+u.Stime.Nano()) / 1e9
}

// BenchmarkValidateRecords is what checking every record of a produced batch costs. cpu-s/GiB is
// processor time for a GiB of records before compression, cpu-s/GiB-sent for a GiB of batches.
func BenchmarkValidateRecords(b *testing.B) {
	for _, size := range []int{100, 1000} {
		for codec := None; codec <= Zstd; codec++ {
			for _, batch := range []int{16 << 10, 256 << 10} {
				in, plain := textBatch(b, codec, batch, size)
				b.Run(fmt.Sprintf("%dB-records/%s/%dKiB", size, codec, batch>>10), func(b *testing.B) {
					b.ReportAllocs()
					b.SetBytes(int64(plain))
					began := cpu()
					for b.Loop() {
						v, err := ValidateRecords(in, anyTime())
						mustNil(b, err)
						mustNil(b, v.Err())
					}
					took := cpu() - began
					b.ReportMetric(took/(float64(b.N)*float64(plain)/(1<<30)), "cpu-s/GiB")
					b.ReportMetric(took/(float64(b.N)*float64(len(in))/(1<<30)), "cpu-s/GiB-sent")
				})
			}
		}
	}
}

// BenchmarkChecksum is what every batch costs before its records are looked at.
func BenchmarkChecksum(b *testing.B) {
	in, _ := textBatch(b, None, 16<<10, 100)
	b.SetBytes(int64(len(in)))
	began := cpu()
	for b.Loop() {
		mustNil(b, in.ValidateProduced())
	}
	b.ReportMetric((cpu()-began)/(float64(b.N)*float64(len(in))/(1<<30)), "cpu-s/GiB")
}

// textBatch is a batch of about total bytes of records before compression, each of size bytes:
// JSON-like values of words and numbers, which compress about fourfold.
func textBatch(tb testing.TB, codec Codec, total, size int) (batch Batch, plain int) {
	rng := rand.New(rand.NewPCG(3, 4))
	words := []string{"user", "order", "payment", "status", "shipped", "pending", "amount", "currency", "EUR", "address", "street", "timestamp"}
	b := NewBuilder(BuilderOptions{Codec: codec})
	p := NewBuilder(BuilderOptions{})
	for i := int64(0); p.Size() < total; i++ {
		value := []byte{'{'}
		for len(value) < size-20 {
			value = fmt.Appendf(value, `"%s":"%s-%d",`, words[rng.IntN(len(words))], words[rng.IntN(len(words))], rng.IntN(100000))
		}
		key := fmt.Appendf(nil, "key-%d", rng.IntN(10000))
		mustNil(tb, b.Append(i, 1_700_000_000_000+i, key, value, nil))
		mustNil(tb, p.Append(i, 1_700_000_000_000+i, key, value, nil))
	}
	batch, err := b.Bytes()
	mustNil(tb, err)
	return batch, p.Size()
}
