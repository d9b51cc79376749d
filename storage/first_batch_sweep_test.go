package storage

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// sealedLog is a closed log of three sealed segments and an active one.
type sealedLog struct {
	c       *Config
	img     diskImage
	names   []string // of the sealed segments
	batches []record.Batch
	next    int64
}

// newSealedLog makes a log whose batches have the given numbers of records in turn. Behind every
// gapEvery-th batch, offsets are missing as after a compaction.
func newSealedLog(t *testing.T, sizes []int, gapEvery int, interval int64) *sealedLog {
	t.Helper()
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes = 700, interval
	l, m := newTestLog(t, c)
	x := &sealedLog{c: c}
	for n := 0; len(l.segments) < 4; n++ {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		size := sizes[n%len(sizes)]
		for i := range int64(size) {
			check(t, b.Append(i, 1000, nil, fmt.Appendf(nil, "value %d", x.next+i), nil))
		}
		data, err := b.Bytes()
		check(t, err)
		batch := record.Batch(slices.Clone(data))
		batch.SetBaseOffset(x.next)
		_, err = l.AppendAsFollower(slices.Clone(batch), AnyEpoch, 1000)
		check(t, err)
		x.batches = append(x.batches, batch)
		if x.next += int64(size); gapEvery > 0 && n%gapEvery == gapEvery-1 {
			x.next += 3
		}
	}
	x.next = l.LogEndOffset()
	check(t, l.Sync(x.next))
	check(t, l.Close(true))
	for _, s := range l.segments[:3] {
		x.names = append(x.names, filepath.Base(s.path(".log")))
	}
	x.img = imageOf(t, m, testDir)
	return x
}

// wrongFirst reports whether the answer to a read at off begins with a batch that a client takes
// for the right one, although it is another one.
func (x *sealedLog) wrongFirst(t *testing.T, r ReadResult, off int64) bool {
	t.Helper()
	data, err := r.Slice.ReadInto(nil)
	check(t, err)
	b, _, err := record.Next(data)
	if err != nil || b.Validate() != nil {
		return false
	}
	want := x.batches[slices.IndexFunc(x.batches, func(b record.Batch) bool { return b.NextOffset() > off })]
	return !bytes.Equal(b, want)
}

// lawful reports whether a batch at pos of segment i with a wrong offset lies between the batches
// around it: compaction may have left it there, and nothing but the offset itself is wrong.
func (x *sealedLog) lawful(i, pos int, base int64) bool {
	data := x.img[x.names[i]]
	b := record.Batch(data[pos:])
	n := slices.IndexFunc(x.batches, func(have record.Batch) bool { return have.BaseOffset() == b.BaseOffset() })
	before, behind := int64(0), x.batches[n+1].BaseOffset()
	if n > 0 {
		before = x.batches[n-1].NextOffset()
	}
	return base >= before && base+b.NextOffset()-b.BaseOffset() <= behind
}

// A bit of a field without a checksum is wrong in a sealed segment that recovery does not read: the
// offset or the length of a batch. The first batch of each answer is the right one, or the read
// fails. Only a wrong offset within a gap of a compacted log is not found.
func TestFirstBatchOfAnAnswerIsTheRightOne(t *testing.T) {
	bits := []int{0, 8, 16, 24, 32, 40, 48, 56, 57, 58, 59, 60, 61, 62, 63} // of the offset
	for bit := 64; bit < 96; bit++ {
		bits = append(bits, bit) // of the length
	}
	for _, sizes := range [][]int{{1}, {3}, {1, 4, 2}, {7, 1}} {
		for gapEvery, interval := range map[int]int64{0: 250, 3: 250, 2: 1} {
			x := newSealedLog(t, sizes, gapEvery, interval)
			for i, name := range x.names {
				for pos := 0; pos < len(x.img[name]); pos += record.Batch(x.img[name][pos:]).Size() {
					for _, bit := range bits {
						img := x.img.flip(name, pos+bit/8, 1<<(bit%8))
						if bit < 64 && x.lawful(i, pos, record.Batch(img[name][pos:]).BaseOffset()) {
							continue
						}
						o := testOptions(img.write(t, testDir), x.c)
						o.RecoveryPoint, o.CleanShutdown = x.next, true
						l := mustOpen(t, o)
						for off := range x.next {
							r, err := l.Read(off, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: x.next})
							if err == nil && x.wrongFirst(t, r, off) {
								t.Errorf("sizes %v, gaps %d: %s, position %d, bit %d: a read at %d gets offset %d", sizes, gapEvery, name, pos, bit, off, r.FirstOffset)
							}
							r.Slice.Close()
						}
						check(t, l.Close(false))
					}
				}
			}
		}
	}
}
