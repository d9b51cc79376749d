package storage

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// A bit of the offset of a batch flips in a sealed segment that recovery does not read. No read
// gets the records of the batch at the offsets of others.
func TestWrongOffsetInASealedSegmentServesNoOtherRecord(t *testing.T) {
	const perBatch = 3
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes = 700, 250
	l, m := newTestLog(t, c)
	for len(l.segments) < 3 {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		for i := range int64(perBatch) {
			check(t, b.Append(i, 1000, nil, fmt.Appendf(nil, "value %d", l.LogEndOffset()+i), nil))
		}
		data, err := b.Bytes()
		check(t, err)
		mustAppend(t, l, append(record.Batch(nil), data...))
	}
	end, size := l.LogEndOffset(), l.segments[2].size.Load()
	check(t, l.Sync(end))
	path := filepath.Join(testDir, "00000000000000000000.log")
	for pos := int64(0); pos < l.segments[0].size.Load(); pos += size {
		for bit := range 8 {
			disk := m.CrashClone(vfs.CrashOptions{})
			data, err := vfs.ReadFile(disk, path)
			check(t, err)
			data[pos+7] ^= 1 << bit
			check(t, vfs.WriteFile(disk, path, data))
			o := testOptions(disk, c)
			o.RecoveryPoint = l.segments[2].base + 1
			again := mustOpen(t, o)
			for off := range end {
				r, err := again.Read(off, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: end})
				if err == nil {
					data, err := r.Slice.ReadInto(nil)
					check(t, err)
					at := max(off-r.FirstOffset, 0)
					if want := fmt.Sprint("value ", off); r.FirstOffset > off || at >= perBatch || !strings.Contains(string(data), want) {
						t.Errorf("batch at %d, bit %d: a read at %d gets the batch at %d, without %q", pos, bit, off, r.FirstOffset, want)
					}
				}
				r.Slice.Close()
			}
		}
	}
}
