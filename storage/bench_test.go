package storage

import (
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// BenchmarkAppend is the whole of AppendAsLeader on real files: checksum, patch, write, indexes.
// Nothing is synced. The log is emptied now and then so that the pages stay warm.
func BenchmarkAppend(b *testing.B) {
	for _, size := range []int{100, 16 << 10, 256 << 10, 1 << 20} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			c := testConfig()
			c.MaxMessageBytes = 2 << 20
			o := testOptions(vfs.OS(), c)
			o.Dir = b.TempDir() + "/topic-0"
			l := mustOpen(b, o)
			batch := sizedValue(b, size)
			b.SetBytes(int64(len(batch)))
			b.ReportAllocs()
			for b.Loop() {
				batch.SetBaseOffset(0)
				if _, err := l.AppendAsLeader(batch, AppendOptions{LeaderEpoch: 1, NowMs: 1000}); err != nil {
					b.Fatal(err)
				}
				if l.active().size.Load() > 64<<20 {
					b.StopTimer()
					if err := l.TruncateTo(0); err != nil {
						b.Fatal(err)
					}
					b.StartTimer()
				}
			}
		})
	}
}

func sizedValue(tb testing.TB, size int) record.Batch {
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	if err := b.Append(0, 1000, nil, make([]byte, size), nil); err != nil {
		tb.Fatal(err)
	}
	out, err := b.Bytes()
	if err != nil {
		tb.Fatal(err)
	}
	return append(record.Batch(nil), out...)
}

// BenchmarkReadTail is what a consumer at the log end costs: find the position and the high
// watermark, read into a buffer.
func BenchmarkReadTail(b *testing.B) {
	l, last := benchLog(b)
	buf := make([]byte, 64<<10)
	b.ReportAllocs()
	for b.Loop() {
		r, err := l.Read(last-1, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: last})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := r.Slice.ReadInto(buf[:0]); err != nil {
			b.Fatal(err)
		}
		r.Slice.Close()
	}
}

// BenchmarkReadMiddle finds a run of 1 MiB in the middle of the log, without reading it.
func BenchmarkReadMiddle(b *testing.B) {
	l, last := benchLog(b)
	b.ReportAllocs()
	for b.Loop() {
		r, err := l.Read(last/2, ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: last})
		if err != nil {
			b.Fatal(err)
		}
		r.Slice.Close()
	}
}

func benchLog(b *testing.B) (*Log, int64) {
	o := testOptions(vfs.OS(), testConfig())
	o.Dir = b.TempDir() + "/topic-0"
	l := mustOpen(b, o)
	batch := sizedValue(b, 1000)
	for range 20000 {
		batch.SetBaseOffset(0)
		mustAppend(b, l, batch)
	}
	return l, l.LogEndOffset()
}

// BenchmarkRecover verifies a log of 256 MiB in 16 KiB batches from its beginning.
func BenchmarkRecover(b *testing.B) {
	o := testOptions(vfs.OS(), testConfig())
	o.Dir = b.TempDir() + "/topic-0"
	l := mustOpen(b, o)
	batch := sizedValue(b, 16<<10)
	for l.Size() < 256<<20 {
		batch.SetBaseOffset(0)
		mustAppend(b, l, batch)
	}
	b.SetBytes(l.Size())
	for b.Loop() {
		mustOpen(b, o)
	}
}
