package storage

import (
	"bytes"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// FuzzOpenIndex puts anything in the place of the index files: the log opens, at its right end, and
// every offset is found.
func FuzzOpenIndex(f *testing.F) {
	c := testConfig()
	c.IndexIntervalBytes, c.SegmentBytes = 100, 900
	l, m := newTestLog(f, c)
	for i := range 14 {
		mustAppend(f, l, batchOf(f, 2, 30, int64(i)))
	}
	want := readAll(f, l, 0, 1<<20)
	if err := l.Close(true); err != nil {
		f.Fatal(err)
	}
	img := imageOf(f, m, testDir)
	for name, b := range img {
		if len(b) > 0 && name != "leader-epoch-checkpoint" {
			f.Add(b, b[:len(b)/2], true)
			f.Add(make([]byte, 80), b, false)
		}
	}
	f.Fuzz(func(t *testing.T, index, times []byte, clean bool) {
		testkit.Bounded(t)
		testkit.Cost(t, len(index), 4<<10, func() { segfile.ParseOffsetIndex(index, 1<<20) })
		testkit.Cost(t, len(times), 4<<10, func() { segfile.ParseTimeIndex(times) })
		for _, s := range l.segments {
			img[segfile.OffsetName(s.base)+segfile.IndexSuffix], img[segfile.OffsetName(s.base)+segfile.TimeIndexSuffix] = index, times
		}
		o := testOptions(img.write(t, testDir), c)
		o.CleanShutdown, o.RecoveryPoint = clean, 28
		got := mustOpen(t, o)
		if got.LogEndOffset() != 28 || !bytes.Equal(readAll(t, got, 0, 250), want) {
			t.Fatalf("end %d", got.LogEndOffset())
		}
		for ts := int64(0); ts < 20; ts++ {
			if _, _, err := got.OffsetForTimestamp(ts); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// FuzzRecoverLog puts anything in the place of the .log file: recovery keeps whole valid batches
// only, and what it keeps can be read and appended to.
func FuzzRecoverLog(f *testing.F) {
	b := batchOf(f, 2, 30, 1)
	second := bytes.Clone(b)
	record.Batch(second).SetBaseOffset(2)
	legacy := []byte{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 14, 1, 2, 3, 4, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255}
	f.Add([]byte(b))
	f.Add(append(bytes.Clone(b), second...))
	f.Add(append(bytes.Clone(b), second[:50]...))
	f.Add(legacy)
	f.Add(make([]byte, 200))
	c := testConfig()
	c.IndexIntervalBytes = 50
	f.Fuzz(func(t *testing.T, log []byte) {
		testkit.Bounded(t)
		m := diskImage{segfile.OffsetName(0) + segfile.LogSuffix: log}.write(t, testDir)
		l := mustOpen(t, testOptions(m, c))
		end := l.LogEndOffset()
		kept := l.Size()
		if kept > int64(len(log)) {
			t.Fatal("recovery made the log longer")
		}
		var read int64
		for at := int64(0); at < end; {
			r, err := l.Read(at, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: end})
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Slice.ReadInto(nil)
			r.Slice.Close()
			var h segfile.Head
			if err != nil || len(got) == 0 || !segfile.ParseHead(got[:min(len(got), record.HeaderSize)], &h) || h.Next() <= at {
				t.Fatalf("at %d: %d bytes, %v", at, len(got), err)
			}
			at, read = h.Next(), read+int64(len(got))
		}
		if read != kept {
			t.Fatalf("read %d of %d bytes", read, kept)
		}
		if _, _, err := l.OffsetForTimestamp(0); err != nil {
			t.Fatal(err)
		}
		if end < 1<<62 {
			if info := mustAppend(t, l, batchOf(t, 1, 1, 1)); info.FirstOffset != end {
				t.Fatal(info)
			}
		}
		if err := l.Close(true); err != nil {
			t.Fatal(err)
		}
		o := testOptions(m, c)
		o.CleanShutdown = true
		again := mustOpen(t, o)
		if again.LogEndOffset() < end {
			t.Fatalf("end %d after a clean stop, %d before", again.LogEndOffset(), end)
		}
	})
}
