package record

import (
	"bytes"
	"fmt"
	"testing"
)

func TestHotPathsDoNotAllocate(t *testing.T) {
	plain := Batch(bytes.Clone(sample(t, BuilderOptions{}, 1000)))
	var r Reader
	read := func(b Batch) func() {
		return func() {
			if n := readAll(&r, b); n != 2000 || r.Err() != nil {
				t.Fatal(n, r.Err())
			}
		}
	}
	o := ValidateOptions{Now: 2000, BeforeMaxMs: 5000, AfterMaxMs: 5000, Compacted: true}
	for name, f := range map[string]func(){
		"Reader":   read(plain),
		"Validate": func() { mustNil(t, plain.Validate()) },
		"ValidateProduced and patch": func() {
			mustNil(t, plain.ValidateProduced())
			plain.SetBaseOffset(0)
			plain.SetPartitionLeaderEpoch(7)
		},
		"ValidateRecords": func() {
			v, err := ValidateRecords(plain, o)
			mustNil(t, err)
			mustNil(t, v.Err())
		},
	} {
		if n := testing.AllocsPerRun(50, f); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
	// A record costs no allocation. The garbage collector may have emptied the pools; under -race
	// they often are.
	for codec := Gzip; codec <= Zstd; codec++ {
		b := Batch(bytes.Clone(sample(t, BuilderOptions{Codec: codec}, 1000)))
		if n := testing.AllocsPerRun(50, read(b)); n > 100 {
			t.Errorf("Reader, %s: %v allocations", codec, n)
		}
		if n := testing.AllocsPerRun(50, func() {
			v, err := ValidateRecords(b, o)
			mustNil(t, err)
			mustNil(t, v.Err())
		}); n > 100 {
			t.Errorf("ValidateRecords, %s: %v allocations", codec, n)
		}
	}
}

// readAll counts the records and the bytes of their header keys.
func readAll(r *Reader, b Batch) int {
	n := 0
	for r.Reset(b, Limits{}); r.Next(); n++ {
		for h := range r.Record().Headers.All() {
			n += len(h.Key)
		}
	}
	return n
}

func mustNil(t testing.TB, err error) {
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkValidate(b *testing.B) {
	for _, n := range []int{1, 160, 640, 2560} {
		batch := sample(b, BuilderOptions{}, n)
		b.Run(fmt.Sprintf("%dB", len(batch)), func(b *testing.B) {
			b.SetBytes(int64(len(batch)))
			for b.Loop() {
				mustNil(b, batch.ValidateProduced())
			}
		})
	}
}

func BenchmarkReader(b *testing.B) {
	for codec := None; codec <= Zstd; codec++ {
		batch := sample(b, BuilderOptions{Codec: codec}, 1000)
		plain := sample(b, BuilderOptions{}, 1000)
		b.Run(codec.String(), func(b *testing.B) {
			b.SetBytes(int64(len(plain)))
			b.ReportAllocs()
			var r Reader
			for b.Loop() {
				for r.Reset(batch, Limits{}); r.Next(); {
				}
				mustNil(b, r.Err())
			}
		})
	}
}

func BenchmarkBuilder(b *testing.B) {
	for codec := None; codec <= Zstd; codec++ {
		source := Batch(bytes.Clone(sample(b, BuilderOptions{}, 1000)))
		var builder Builder
		b.Run(codec.String(), func(b *testing.B) {
			b.SetBytes(int64(len(source)))
			b.ReportAllocs()
			var r Reader
			for b.Loop() {
				builder.Reset(BuilderOptions{Codec: codec})
				for r.Reset(source, Limits{}); r.Next(); {
					mustNil(b, builder.AppendRecord(r.Record()))
				}
				_, err := builder.Bytes()
				mustNil(b, err)
			}
		})
	}
}
