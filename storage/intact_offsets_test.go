package storage

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
)

// offsetBits are the bits of a base offset that a sweep changes: the low ones, and some others.
var offsetBits = []int{0, 8, 40, 48, 55, 56, 57, 58, 59, 60, 61, 62, 63}

// batchAt returns the number of a batch of the log by its checksum.
func (x *sealedLog) batchAt(b record.Batch) int {
	for i, have := range x.batches {
		if string(have[17:21]) == string(b[17:21]) {
			return i
		}
	}
	return -1
}

// some returns all values, and the first one only under the race detector: a sweep has one
// goroutine.
func some[T any](values ...T) []T {
	if underRace {
		return values[:1]
	}
	return values
}

// oneBit is a log one of whose batches has a wrong offset.
type oneBit struct {
	*sealedLog
	bad    int   // number of the batch
	offset int64 // that it has
	base   int64 // of its segment
	where  string
}

// eachWrongOffset calls fn for each batch of the sealed segments and each bit of its offset, when
// the offset is still between the batches around it, or else when it is not.
func (x *sealedLog) eachWrongOffset(t *testing.T, between bool, fn func(w oneBit, l *Log)) {
	t.Helper()
	for i, name := range x.names {
		base, _, _ := segfile.ParseOffsetName(name)
		for pos := 0; pos < len(x.img[name]); pos += record.Batch(x.img[name][pos:]).Size() {
			for _, bit := range offsetBits {
				img := x.img.flip(name, pos+bit/8, 1<<(bit%8))
				w := oneBit{x, x.batchAt(x.img[name][pos:]), record.Batch(img[name][pos:]).BaseOffset(), base, ""}
				if x.lawful(i, pos, w.offset) != between {
					continue
				}
				w.where = fmt.Sprintf("interval %d: offset %d is %d", x.c.IndexIntervalBytes, x.batches[w.bad].BaseOffset(), w.offset)
				o := testOptions(img.write(t, testDir), x.c)
				o.RecoveryPoint, o.CleanShutdown = x.next, true
				l := mustOpen(t, o)
				fn(w, l)
				check(t, l.Close(false))
			}
		}
	}
}

// mayLack reports whether the intact batch k may be left out beside the wrong one: in a log with
// gaps either of the two could be the wrong one.
func (w *oneBit) mayLack(k int, gaps bool) bool {
	if !gaps {
		return false
	}
	if k == w.bad+1 {
		return w.offset > w.batches[w.bad].BaseOffset()
	}
	end := w.base
	if k > 0 {
		end = max(end, w.batches[k-1].NextOffset())
	}
	return k == w.bad-1 && w.offset >= end+w.batches[k].NextOffset()-w.batches[k].BaseOffset()
}

// check reads at each offset, and from the first offset to the end as a load does. Each batch comes
// back, or lies in a range that the answer names.
func (w *oneBit) check(t *testing.T, l *Log, gaps bool) {
	t.Helper()
	for _, step := range []int{1, 300, 1 << 20} {
		for at := range w.next {
			w.answer(t, l, at, step, gaps)
		}
		got := map[int]bool{}
		lost := int64(0)
		for at := int64(0); at < w.next; {
			r := w.answer(t, l, at, step, gaps)
			from := at
			if r.LostTo > at {
				lost += r.LostTo - at
				at = r.LostTo
			}
			for b := range record.Batches(r.Batches) {
				got[w.batchAt(b)] = true
				at = b.NextOffset()
			}
			if at <= from {
				t.Fatalf("%s, step %d: no progress at %d", w.where, step, at)
			}
		}
		for k := range w.batches {
			if !got[k] && k != w.bad && !w.mayLack(k, gaps) {
				t.Errorf("%s, step %d: the load lacks the intact batch %d", w.where, step, w.batches[k].BaseOffset())
			}
		}
		if len(got) < len(w.batches) && lost == 0 {
			t.Errorf("%s, step %d: the load has %d of %d batches and names no loss", w.where, step, len(got), len(w.batches))
		}
	}
	if gaps {
		return
	}
	for _, d := range l.Damage() {
		if b := w.batches[w.bad]; d.From < b.BaseOffset() || d.To > b.NextOffset() {
			t.Errorf("%s: damage %+v", w.where, d)
		}
	}
}

// answer reads at one offset, and checks what the answer leaves out in front of its batches.
func (w *oneBit) answer(t *testing.T, l *Log, at int64, step int, gaps bool) IntactBatches {
	t.Helper()
	r, err := l.ReadIntact(at, step)
	check(t, err)
	before, next := len(w.batches), at
	if r.LostTo > at && len(r.Batches) == 0 {
		next = r.LostTo
		for before = 0; w.batches[before].BaseOffset() < next && before < len(w.batches)-1; before++ {
		}
	}
	for b := range record.Batches(r.Batches) {
		k := w.batchAt(b)
		if before == len(w.batches) {
			before = k
		} else if k <= before {
			t.Errorf("%s, step %d: a read at %d is out of order", w.where, step, at)
		}
		if k != w.bad && b.BaseOffset() < max(r.LostTo, 0) {
			t.Errorf("%s, step %d: a read at %d names offset %d as lost and returns it", w.where, step, at, b.BaseOffset())
		}
		if k == w.bad {
			t.Errorf("%s, step %d: a read at %d returns the wrong offset", w.where, step, at)
		}
	}
	for k := range before {
		b := w.batches[k]
		if b.NextOffset() <= at {
			continue
		}
		if r.LostTo < b.NextOffset() {
			t.Errorf("%s, step %d: a read at %d leaves out offset %d, and names a loss up to %d", w.where, step, at, b.BaseOffset(), r.LostTo)
		}
		if k != w.bad && !w.mayLack(k, gaps) {
			t.Errorf("%s, step %d: a read at %d leaves out the intact batch %d", w.where, step, at, b.BaseOffset())
		}
	}
	return r
}

// One bit of a batch's offset is wrong, in a log without gaps. Readers get all other batches, and
// the offsets of this one are named.
func TestIntactBatchesBesideAWrongOffset(t *testing.T) {
	for _, sizes := range some([]int{1}, []int{3}, []int{1, 4, 2}, []int{7, 1}, []int{2, 1, 1, 8}) {
		for _, interval := range some[int64](1, 250, 4096) {
			x := newSealedLog(t, sizes, 0, interval)
			x.eachWrongOffset(t, false, func(w oneBit, l *Log) { w.check(t, l, false) })
			x.c.CleanupPolicy = CleanupCompact // gaps would be right, and there are none
			x.eachWrongOffset(t, false, func(w oneBit, l *Log) { w.check(t, l, true) })
		}
	}
}

// In a log that compaction has left gaps in, the batch before the wrong one may be left out, too,
// when either of the two can be the wrong one. No batch is left out that no range names.
func TestIntactBatchesBesideAWrongOffsetAndGaps(t *testing.T) {
	for _, sizes := range some([]int{1}, []int{1, 4, 2}, []int{7, 1}) {
		for _, every := range some(1, 2, 3) {
			for _, interval := range some[int64](1, 250) {
				x := newSealedLog(t, sizes, every, interval)
				x.c.CleanupPolicy = CleanupCompact
				x.eachWrongOffset(t, false, func(w oneBit, l *Log) { w.check(t, l, true) })
			}
		}
	}
}

// A wrong offset within a gap is not found, but the index may know better. When Read refuses an
// offset, the other read has it or names it.
func TestIntactBatchesNameWhatReadRefuses(t *testing.T) {
	refused := 0
	for _, interval := range []int64{1, 250} {
		x := newSealedLog(t, []int{1, 4, 2}, 1, interval)
		x.c.CleanupPolicy = CleanupCompact
		x.eachWrongOffset(t, true, func(w oneBit, l *Log) {
			for at := range x.next {
				res, err := l.Read(at, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: x.next})
				res.Slice.Close()
				if !errors.Is(err, ErrCorruptLog) {
					continue
				}
				refused++
				r, err := l.ReadIntact(at, 300)
				check(t, err)
				if r.LostTo <= at && (len(r.Batches) == 0 || record.Batch(r.Batches).BaseOffset() > at) {
					t.Errorf("%s: a read at %d leaves it out", w.where, at)
				}
			}
		})
	}
	if refused == 0 {
		t.Error("no read was refused")
	}
}
