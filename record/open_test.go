package record

import (
	"bytes"
	"errors"
	"math"
	"math/rand"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
)

// large is a produced batch of n records of a MiB each.
func large(t testing.TB, codec Codec, n int) Batch {
	t.Helper()
	b := NewBuilder(BuilderOptions{Codec: codec})
	for i := range n {
		mustNil(t, b.Append(int64(i), 1000, nil, make([]byte, 1<<20), nil))
	}
	out, err := b.Bytes()
	mustNil(t, err)
	return out
}

// While all slots are taken, the next large batch waits and small ones do not.
func TestFewLargeBatchesAreOpenAtOnce(t *testing.T) {
	for _, next := range []func(Batch) error{
		func(Batch) error { _, err := ValidateRecords(large(t, Zstd, 3), ValidateOptions{}); return err },
		func(b Batch) error { _, err := Recompress(nil, b, Zstd, DefaultLevel, Limits{}); return err },
		func(b Batch) error { _, _, err := b.OffsetOfMaxTimestamp(Limits{}); return err },
		func(b Batch) error { var r Reader; r.Reset(b, Limits{}); return r.Err() },
	} {
		b, small := large(t, Snappy, 3), sample(t, BuilderOptions{Codec: Gzip}, 1000)
		open := make([]Reader, cap(opening))
		for i := range open {
			if open[i].Open(b, Limits{}); !open[i].Next() || len(opening) != i+1 {
				t.Fatalf("%d slots for %d batches: %v", len(opening), i+1, open[i].Err())
			}
		}
		var closed atomic.Bool
		var wg sync.WaitGroup
		wg.Go(func() {
			err := next(b)
			if err != nil || !closed.Load() {
				t.Errorf("opened while all slots were taken: %v", err)
			}
		})
		for range 20 {
			_, err := ValidateRecords(small, ValidateOptions{AfterMaxMs: math.MaxInt64, BeforeMaxMs: math.MaxInt64})
			mustNil(t, err)
		}
		closed.Store(true)
		for i := range open {
			open[i].Close()
			open[i].Close() // does nothing
		}
		wg.Wait()
		if len(opening) != 0 {
			t.Fatalf("%d slots are kept", len(opening))
		}
	}
}

// Every batch returns its slot, also a faulty one. Reset keeps no slot.
func TestSlotsComeBack(t *testing.T) {
	for codec := Gzip; codec <= Zstd; codec++ {
		b := large(t, codec, 3)
		var r Reader
		for range cap(opening) + 1 {
			if r.Open(b, Limits{MaxDecompressed: 2 << 20}); r.Next() || !errors.Is(r.Err(), ErrTooLarge) {
				t.Fatal(r.Err())
			}
			r.Open(b, Limits{})
			r.Open(b, Limits{})
			if !r.Next() || len(opening) != 1 {
				t.Fatalf("%s: %d slots, %v", codec, len(opening), r.Err())
			}
			n := 0
			for r.Reset(b, Limits{}); r.Next(); n++ {
			}
			if n != 3 || r.Err() != nil || len(opening) != 0 {
				t.Fatalf("%s: %d records, %d slots, %v", codec, n, len(opening), r.Err())
			}
		}
	}
}

// Opening a batch costs little more than its output.
func TestLargeOutputIsReservedOnce(t *testing.T) {
	noise := make([]byte, 1<<20)
	rand.New(rand.NewSource(1)).Read(noise)
	in := append(make([]byte, 6<<20), noise...)
	for codec := Gzip; codec <= Zstd; codec++ {
		payload, err := Compress(nil, in, codec, DefaultLevel)
		mustNil(t, err)
		all := [][]byte{payload}
		if codec == Zstd {
			all = append(all, zstdStream(t, in))
		}
		for i, payload := range all {
			for range 2 { // the codec's own memory may be allocated again
				took := testkit.Allocated(func() {
					out, isLarge, err := unpack(nil, payload, codec, Limits{}, false)
					if err != nil || !isLarge || !bytes.Equal(out, in) {
						t.Fatalf("%s: %d bytes, %v", codec, len(out), err)
					}
					<-opening
				})
				if may := int64(len(in) + largeSlack + codecMemory + 2*freeOutput); took > may {
					t.Errorf("%s %d: %d bytes for %d", codec, i, took, len(in))
				}
			}
		}
	}
}

// A gzip of two members states the size of the second at its end.
func TestGzipMembers(t *testing.T) {
	one, err := Compress(nil, make([]byte, 5<<20), Gzip, DefaultLevel)
	mustNil(t, err)
	for _, second := range []int{0, 3, 2 << 20} {
		two, err := Compress(bytes.Clone(one), make([]byte, second), Gzip, DefaultLevel)
		mustNil(t, err)
		out, isLarge, err := unpack(nil, two, Gzip, Limits{}, false)
		if err != nil || !isLarge || len(out) != 5<<20+second {
			t.Fatalf("%d bytes, %v", len(out), err)
		}
		closeLarge(out)
	}
}
