package storage

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// DeleteRecords has passed the newest record: ListOffsets by maximum timestamp answers with the
// newest one that is left.
func TestMaxTimestampOffsetAboveTheLogStart(t *testing.T) {
	for name, batches := range map[string][]record.Batch{
		"a batch each": {batchOf(t, 1, 4, 9000), batchOf(t, 1, 4, 8000), batchOf(t, 1, 4, 1000), batchOf(t, 1, 4, 7000)},
		"one batch":    {timed(t, 9000, 8000, 1000, 7000)},
		"compressed":   {timedCodec(t, record.Gzip, 9000, 8000, 1000, 7000)},
		"two batches":  {timed(t, 9000, 8000), timed(t, 1000, 7000)},
	} {
		l, _ := newTestLog(t, testConfig())
		for _, b := range batches {
			mustAppend(t, l, b)
		}
		l.SetHighWatermark(4)
		for start, want := range []TimestampOffset{{9000, 0, 1}, {8000, 1, 1}, {7000, 3, 1}, {7000, 3, 1}} {
			if err := l.SetLogStartOffset(int64(start)); err != nil {
				t.Fatal(err)
			}
			to, found, err := l.MaxTimestampOffset()
			if !found || err != nil || to != want {
				t.Errorf("%s, log start %d: %+v %v %v, want %+v", name, start, to, found, err, want)
			}
		}
		if err := l.SetLogStartOffset(4); err != nil {
			t.Fatal(err)
		}
		if to, found, err := l.MaxTimestampOffset(); found || err != nil {
			t.Errorf("%s, nothing left: %+v %v", name, to, err)
		}
	}
}

func timed(t *testing.T, ts ...int64) record.Batch { return timedCodec(t, record.None, ts...) }

func timedCodec(t *testing.T, codec record.Codec, ts ...int64) record.Batch {
	t.Helper()
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Codec: codec})
	for i, ts := range ts {
		if err := b.Append(int64(i), ts, []byte("k"), []byte("v"), nil); err != nil {
			t.Fatal(err)
		}
	}
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(record.Batch(nil), out...)
}

// Compaction joins segments while a lookup by time walks over them: no record is passed over.
func TestOffsetForTimestampAcrossAReplacement(t *testing.T) {
	c := testConfig()
	c.CleanupPolicy, c.SegmentBytes = CleanupCompact, 1000
	disk := vfs.NewMem()
	if err := disk.MkdirAll(filepath.Dir(testDir), vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	var l *Log
	armed := false
	fsys := vfs.WithHook(disk, func(op vfs.Op) error {
		if armed && op.Kind == vfs.OpRead && filepath.Base(op.Path) == segfile.OffsetName(0)+segfile.LogSuffix {
			armed = false
			joined := *c
			joined.SegmentBytes = 1 << 20
			l.SetConfig(&joined)
			if _, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1}); err != nil {
				t.Error(err)
			}
		}
		return nil
	})
	l = mustOpen(t, testOptions(fsys, c))
	for i := range 60 {
		ts := int64(1000)
		if i < 5 {
			ts = 4000 // the head of the batch says so, and a lookup above it has to walk the segment
		}
		if i == 20 {
			ts = 5000
		}
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		if err := b.Append(0, ts, fmt.Appendf(nil, "key%d", i), []byte("value"), nil); err != nil {
			t.Fatal(err)
		}
		out, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		mustAppend(t, l, append([]byte(nil), out...))
	}
	l.SetHighWatermark(l.LogEndOffset())
	if err := l.SetLogStartOffset(6); err != nil { // the records of time 4000 are deleted, the segment says 4000 still
		t.Fatal(err)
	}
	if base := l.Segments()[1].BaseOffset; base <= 6 || base > 20 {
		t.Fatal(l.Segments())
	}
	armed = true
	to, found, err := l.OffsetForTimestamp(3000)
	if err != nil || !found || to.Offset != 20 {
		t.Errorf("the record of time 5000 is at offset 20: found %+v %v %v", to, found, err)
	}
	if armed {
		t.Error("the lookup did not walk over the first segment")
	}
}
