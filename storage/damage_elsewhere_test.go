package storage

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
)

// transactionalLog makes a closed log of several segments with transactions of three producers that
// overlap, and returns the offset of its second segment and the size of its first one.
func transactionalLog(t *testing.T) (o Options, second, size int64) {
	c := testConfig()
	c.SegmentBytes = 900
	l, m := newTestLog(t, c)
	sequences, ts := map[int64]int32{}, int64(1000)
	data := func(id int64) {
		ts += 10
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: id, Sequence: sequences[id]}})
		check(t, b.Append(0, ts, []byte("k"), fmt.Append(nil, "v", ts), nil))
		out, err := b.Bytes()
		check(t, err)
		sequences[id]++
		mustAppend(t, l, slices.Clone(out))
	}
	end := func(id int64, commit bool) {
		marker := record.EndTxnMarker{Commit: commit}.Build(0, ts, 0, id, 0)
		_, err := l.AppendAsLeader(slices.Clone(marker), AppendOptions{LeaderEpoch: 1, NowMs: ts, Origin: OriginCoordinator})
		check(t, err)
	}
	for i := range 14 {
		data(1)
		data(2)
		if i%2 == 0 {
			data(3)
		}
		end(1, i%2 == 0)
		end(2, i%3 != 0)
		if i%3 == 0 {
			end(3, false)
		}
	}
	check(t, l.Sync(l.LogEndOffset()))
	o = testOptions(m, c)
	o.RecoveryPoint, o.HighWatermark = l.LogEndOffset(), l.LogEndOffset()
	second, size = l.segments[1].base, l.segments[0].size.Load()
	check(t, l.Close(true))
	return o, second, size
}

// lookFrom describes what a log answers about the records from an offset on.
func lookFrom(t *testing.T, o Options, first int64) (out []string) {
	l := mustOpen(t, o)
	defer l.Close(false)
	end := l.LogEndOffset()
	l.SetHighWatermark(end)
	for from := first; from < end; {
		r, err := l.Read(from, ReadOptions{MaxBytes: 500, MinOneBatch: true, Below: end})
		if err != nil || r.Slice.Size() == 0 {
			return append(out, fmt.Sprint("read of ", from, ": ", err))
		}
		b, err := r.Slice.ReadInto(nil)
		check(t, err)
		r.Slice.Close()
		for x := range record.Batches(b) {
			out = append(out, fmt.Sprint("batch ", x.BaseOffset()))
			from = x.NextOffset()
		}
	}
	txns, err := l.AbortedTxns(first, end)
	for _, x := range txns {
		if x.FirstOffset >= first {
			out = append(out, fmt.Sprint("aborted ", x.ProducerID, x.FirstOffset, x.LastOffset))
		}
	}
	out = append(out, fmt.Sprint("aborted ", err, " stable ", l.LastStableOffset()))
	for _, ts := range []int64{1250, 1300} {
		a, ok, err := l.OffsetForTimestamp(ts)
		out = append(out, fmt.Sprint("time ", ts, a.Offset, ok, err))
	}
	for _, p := range l.Producers() {
		out = append(out, fmt.Sprint("producer ", p.ProducerID, p.LastSequence))
	}
	return out
}

// Two bits of each byte of a sealed segment are damaged. What the log answers about later segments
// never changes.
func TestDamageChangesNoOtherSegment(t *testing.T) {
	for _, clean := range some(true, false) {
		o, second, size := transactionalLog(t)
		o.CleanShutdown = clean
		want := lookFrom(t, o, second)
		for at := range size {
			for _, bits := range some[byte](0x01, 0x20) {
				o, _, _ := transactionalLog(t)
				o.CleanShutdown = clean
				flipIn(t, o, at, bits)
				if got := lookFrom(t, o, second); !slices.Equal(got, want) {
					t.Errorf("clean %v, byte %d, bits %x:\n%v\nwant\n%v", clean, at, bits, got, want)
				}
			}
		}
	}
}
