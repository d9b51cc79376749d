package compact

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/producer"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

func TestCleanKeepsLastOfEachKey(t *testing.T) {
	for _, codec := range []record.Codec{record.None, record.Gzip, record.Snappy, record.LZ4, record.Zstd} {
		f := newCleanFixture(t, vfs.NewMem())
		o := func(offset int64) record.BuilderOptions {
			return record.BuilderOptions{BaseOffset: offset, Codec: codec, LeaderEpoch: 7}
		}
		f.segment(0, keyed(t, o(0), "a=1", "b=1", "c=1"), keyed(t, o(3), "a=2"))
		f.segment(4, keyed(t, o(4), "a=3", "d=1"), keyed(t, o(6), "c=2"))
		stats := f.clean(5000)
		got := f.batches()
		expectLines(t, got, "[0-2] 1:b=1", "[4-5] 4:a=3 5:d=1", "[6-6] 6:c=2")
		for _, b := range got {
			if b.Codec() != codec || b.PartitionLeaderEpoch() != 7 {
				t.Fatalf("codec %v, epoch %d", b.Codec(), b.PartitionLeaderEpoch())
			}
		}
		if stats.EndOffset != 7 || stats.SegmentsBefore != 2 || stats.SegmentsAfter != 1 || stats.MessagesRead != 7 || stats.MessagesWritten != 4 {
			t.Fatalf("%+v", stats)
		}
	}
}

func TestCleanTombstones(t *testing.T) {
	f := newCleanFixture(t, vfs.NewMem())
	f.segment(0, keyed(t, at(0), "a=1", "b=1"), keyed(t, at(2), "a"), keyed(t, at(3), "z=1"))
	f.deleteRetentionMs = 100
	run := func(nowMs int64) {
		t.Helper()
		if _, err := f.Run(Options{NowMs: nowMs}, 0); err != nil {
			t.Fatal(err)
		}
	}
	run(5000) // sets the horizon
	expectLines(t, f.batches(), "[0-1] 1:b=1", "[2-2 horizon=5100] 2:a", "[3-3] 3:z=1")
	run(5099)
	expectLines(t, f.batches(), "[0-1] 1:b=1", "[2-2 horizon=5100] 2:a", "[3-3] 3:z=1")
	run(5100)
	expectLines(t, f.batches(), "[0-1] 1:b=1", "[3-3] 3:z=1")
}

func TestCleanKeepsWhatIsAboveTheMap(t *testing.T) {
	f := newCleanFixture(t, vfs.NewMem())
	f.segment(0, keyed(t, at(0), "a=1", "b=1"), keyed(t, at(2), "c=1", "a=2"), keyed(t, at(4), "b=2"))
	// Room for two keys: the map ends before the batch with c.
	stats, err := f.Run(Options{NowMs: 1, DedupeBytes: 3 * offsetMapEntrySize, LoadFactor: 0.7}, 0)
	if err != nil || stats.EndOffset != 2 {
		t.Fatal(stats, err)
	}
	expectLines(t, f.batches(), "[0-1] 0:a=1 1:b=1", "[2-3] 2:c=1 3:a=2", "[4-4] 4:b=2")
	if stats, err = f.Run(Options{NowMs: 1}, stats.EndOffset); err != nil || stats.EndOffset != 5 {
		t.Fatal(stats, err)
	}
	expectLines(t, f.batches(), "[2-3] 2:c=1 3:a=2", "[4-4] 4:b=2")
}

// A batch with more keys than the map holds is cleaned in several runs. Each run gets further, so
// the cleaner does not try the batch for ever.
func TestCleanGoesOnInTheMidstOfABatch(t *testing.T) {
	f := newCleanFixture(t, vfs.NewMem())
	var recs []string
	for i := range 50 {
		recs = append(recs, fmt.Sprintf("k%d=v", i))
	}
	f.segment(0, keyed(t, at(0), recs...))
	f.segment(50, keyed(t, at(50), "k1=w"))
	f.segment(51, keyed(t, at(51), "k60=w"))
	dirty := int64(0)
	for runs := 0; dirty < 51; runs++ {
		s, err := f.Run(Options{NowMs: 1, DedupeBytes: 24 * 40}, dirty)
		if err != nil || s.EndOffset <= dirty || runs > 3 {
			t.Fatalf("run %d: %d -> %d, %v", runs, dirty, s.EndOffset, err)
		}
		dirty = s.EndOffset
	}
}

func TestCleanKeepsProducersLastBatch(t *testing.T) {
	f := newCleanFixture(t, vfs.NewMem())
	o := func(offset, id int64, seq int32) record.BuilderOptions {
		return record.BuilderOptions{BaseOffset: offset, Producer: &record.Producer{ID: id, Epoch: 2, Sequence: seq}}
	}
	f.segment(0, keyed(t, o(0, 1, 0), "a=1"), keyed(t, o(1, 1, 1), "a=2", "b=1"), keyed(t, o(3, 9, 0), "a=3"), keyed(t, at(4), "a=4", "b=2"))
	f.active[1] = LastRecord{Offset: 2, Epoch: 2}
	f.clean(1)
	expectLines(t, f.batches(), "[1-2 p1/2 s1]", "[4-5] 4:a=4 5:b=2")
	if b := f.batches()[0]; b.LastSequence() != 2 || b.Size() != record.HeaderSize || b.MaxTimestamp() != 1001 {
		t.Fatal(b.LastSequence(), b.Size(), b.MaxTimestamp())
	}
	// The last batch of the round stays as well, even when its records go.
	f = newCleanFixture(t, vfs.NewMem())
	f.segment(0, keyed(t, at(0), "a=1"), keyed(t, record.BuilderOptions{BaseOffset: 1, DeleteHorizon: 5}, "a"))
	f.clean(10)
	expectLines(t, f.batches(), "[1-1]")
}

func TestCleanTransactions(t *testing.T) {
	txn := func(offset, id int64) record.BuilderOptions {
		return record.BuilderOptions{BaseOffset: offset, Transactional: true, Producer: &record.Producer{ID: id}}
	}
	f := newCleanFixture(t, vfs.NewMem())
	f.segment(0,
		keyed(t, at(0), "a=0"),
		keyed(t, txn(1, 1), "a=1", "b=1"), // aborted
		keyed(t, txn(3, 2), "c=1"),        // committed
		slices.Clone(record.EndTxnMarker{}.Build(4, 1000, 0, 1, 0)),
		slices.Clone(record.EndTxnMarker{Commit: true}.Build(5, 1000, 0, 2, 0)))
	f.segment(6, keyed(t, at(6), "c=2"), keyed(t, at(7), "z=1"))
	f.aborted = []segfile.AbortedTxn{{ProducerID: 1, FirstOffset: 1, LastOffset: 4, LastStableOffset: 3}}
	f.deleteRetentionMs = 100
	run := func(nowMs int64, want ...string) {
		t.Helper()
		if _, err := f.Run(Options{NowMs: nowMs}, 0); err != nil {
			t.Fatal(err)
		}
		expectLines(t, f.batches(), want...)
	}
	// The aborted records go at once, the committed one because it is superseded; the markers wait.
	run(5000, "[0-0] 0:a=0", "[4-4 p1/0 s-1 control] 4:0", "[5-5 p2/0 s-1 control] 5:1", "[6-6] 6:c=2", "[7-7] 7:z=1")
	index := segfile.OpenTxnIndex(f.fs, filepath.Join(f.dir, segfile.OffsetName(0)+segfile.TxnIndexSuffix), 0)
	if got, _, err := index.Collect(nil, 0, 100); err != nil || !reflect.DeepEqual(got, f.aborted) {
		t.Fatal(got, err)
	}
	f.aborted = nil
	run(6000, "[0-0] 0:a=0", "[4-4 p1/0 s-1 control horizon=6100] 4:0", "[5-5 p2/0 s-1 control horizon=6100] 5:1", "[6-6] 6:c=2", "[7-7] 7:z=1")
	if vfs.Exists(f.fs, index.Path()) {
		t.Fatal("nothing of an aborted transaction is left, yet there is an index")
	}
	run(6099, "[0-0] 0:a=0", "[4-4 p1/0 s-1 control horizon=6100] 4:0", "[5-5 p2/0 s-1 control horizon=6100] 5:1", "[6-6] 6:c=2", "[7-7] 7:z=1")
	f.active[2] = LastRecord{Offset: -1} // of producer 2 only the marker is known
	run(6100, "[0-0] 0:a=0", "[5-5 p2/0 s-1 control]", "[6-6] 6:c=2", "[7-7] 7:z=1")
}

func TestCleanGroups(t *testing.T) {
	seg := func(base, size, next int64) Segment { return Segment{Base: base, Size: size, Next: next} }
	for _, c := range []struct {
		segs []Segment
		max  int64
		want []int
	}{
		{nil, 10, nil},
		{[]Segment{seg(0, 5, 10), seg(10, 5, 20), seg(20, 1, 30)}, 10, []int{2, 1}},
		{[]Segment{seg(0, 50, 10), seg(10, 5, 20), seg(20, 5, 30)}, 10, []int{1, 2}},
		{[]Segment{seg(0, 1, 10), seg(10, 1, math.MaxInt32), seg(math.MaxInt32, 1, math.MaxInt32+1), seg(math.MaxInt32+1, 1, math.MaxInt32+2)}, 10, []int{3, 1}},
	} {
		var got []int
		for _, g := range groupSegments(c.segs, c.max) {
			got = append(got, len(g))
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%v: groups of %v, want %v", c.segs, got, c.want)
		}
	}
}

func TestCleanAborts(t *testing.T) {
	f := newCleanFixture(t, vfs.NewMem())
	f.segment(0, keyed(t, at(0), "a=1"), keyed(t, at(1), "a=2"))
	stop := errors.New("stop")
	for after := range 4 {
		calls := 0
		_, err := f.Run(Options{Check: func() error {
			if calls++; calls > after {
				return stop
			}
			return nil
		}}, 0)
		if !errors.Is(err, ErrAborted) || !errors.Is(err, stop) {
			t.Fatal(err)
		}
		expectLines(t, f.batches(), "[0-0] 0:a=1", "[1-1] 1:a=2")
		if entries, _ := f.fs.ReadDir(f.dir); len(entries) != 1 {
			t.Fatal(entries)
		}
	}
}

// A run finds a flipped bit and leaves the segment as it is: the batch must not get a new checksum.
func TestCleanRefusesCorruptBatches(t *testing.T) {
	first := len(keyed(t, at(0), "a=1", "b=1"))
	good := append(keyed(t, at(0), "a=1", "b=1"), keyed(t, at(2), "a=2")...)
	for i := range good {
		f := newCleanFixture(t, vfs.NewMem())
		f.segment(0, good[:len(good):len(good)])
		f.segs[0].Next = 3
		bad := slices.Clone(good)
		bad[i] ^= 0x10
		if err := vfs.WriteFile(f.fs, filepath.Join(f.dir, segfile.OffsetName(0)+segfile.LogSuffix), bad); err != nil {
			t.Fatal(err)
		}
		_, err := f.Run(Options{}, 0)
		// The leader epoch is under no checksum and has no meaning for the cleaner.
		at := i
		if i >= first {
			at -= first
		}
		if epoch := at >= 12 && at < 16; err == nil && !epoch {
			t.Fatalf("byte %d: no error", i)
		} else if err != nil && !errors.Is(err, ErrUncleanable) {
			t.Fatalf("byte %d: %v", i, err)
		}
	}
}

func TestCleanConvertsOldFormats(t *testing.T) {
	f := newCleanFixture(t, vfs.NewMem())
	f.segment(0, keyed(t, at(0), "a=1"))
	legacy := legacyMessage(1, "a", "2")
	legacy = append(legacy, legacyMessage(2, "b", "1")...)
	if err := vfs.WriteFile(f.fs, filepath.Join(f.dir, segfile.OffsetName(1)+segfile.LogSuffix), legacy); err != nil {
		t.Fatal(err)
	}
	f.segs = append(f.segs, Segment{Base: 1, Size: int64(len(legacy)), Next: 3})
	f.segment(3, keyed(t, at(3), "b=2"))
	f.clean(1)
	expectLines(t, f.batches(), "[1-1] 1:a=2", "[3-3] 3:b=2")
}

func TestOffsetMap(t *testing.T) {
	m := newOffsetMap(100*offsetMapEntrySize, 0.9, math.MaxInt32)
	for round := range int64(2) {
		for i := range int64(90) {
			if !m.put(fmt.Appendf(nil, "key-%d", i), round*1000+i) {
				t.Fatal(i)
			}
		}
	}
	if m.put([]byte("one more"), 1) || m.used != 90 || m.utilization() != 0.9 {
		t.Fatal(m.used, m.utilization())
	}
	for i := range int64(90) {
		if got := m.get(fmt.Appendf(nil, "key-%d", i)); got != 1000+i {
			t.Fatal(i, got)
		}
	}
	if m.get([]byte("unknown")) != -1 {
		t.Fatal("found")
	}
	if small := newOffsetMap(128<<20, 0.9, 10); len(small.slots) > 20 || small.max < 10 {
		t.Fatal(len(small.slots), small.max)
	}
	if tiny := newOffsetMap(0, 0.9, 10); !tiny.put([]byte("a"), 0) || tiny.get([]byte("b")) != -1 {
		t.Fatal("a map takes at least one key")
	}
}

// Apache Kafka 4.4 has cleaned these segments, which have transactions, tombstones and zstd. A run
// here gives the same batches.
func TestCleanGolden(t *testing.T) {
	f := newCleanFixture(t, vfs.NewMem())
	src := "../../testdata/kafka/compacted-0/"
	bases := []int64{0, 10, 20, 30, 50, 70}
	for i, base := range bases[:5] {
		data, err := os.ReadFile(src + segfile.OffsetName(base) + ".log.deleted")
		if err != nil {
			t.Fatal(err)
		}
		if err := vfs.WriteFile(f.fs, filepath.Join(f.dir, segfile.OffsetName(base)+segfile.LogSuffix), data); err != nil {
			t.Fatal(err)
		}
		f.segs = append(f.segs, Segment{Base: base, Size: int64(len(data)), Next: bases[i+1]})
		if f.aborted, _, err = segfile.OpenTxnIndex(vfs.OS(), src+segfile.OffsetName(base)+".txnindex.deleted", base).Collect(f.aborted, 0, 70); err != nil {
			t.Fatal(err)
		}
	}
	state, err := os.ReadFile(src + segfile.OffsetName(90) + producer.SnapshotSuffix)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := producer.DecodeSnapshot(state)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		f.active[e.ProducerID] = LastRecord{Offset: e.LastOffset, Epoch: e.Epoch}
	}
	golden, err := os.ReadFile(src + segfile.OffsetName(0) + segfile.LogSuffix)
	if err != nil {
		t.Fatal(err)
	}
	var want []record.Batch
	now := int64(0)
	for b, err := range record.Batches(golden) {
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, b)
		if horizon, ok := b.DeleteHorizon(); ok {
			now = horizon - 24*3600*1000
		}
	}
	if stats := f.clean(now); stats.EndOffset != 70 {
		t.Fatalf("%+v", stats)
	}
	got := f.batches()
	expectLines(t, got, lines(t, want)...)
	for i, b := range got {
		if b.Attributes() != want[i].Attributes() || b.BaseTimestamp() != want[i].BaseTimestamp() || b.MaxTimestamp() != want[i].MaxTimestamp() {
			t.Errorf("batch at %d: attributes %x times %d %d, want %x %d %d", b.BaseOffset(), b.Attributes(), b.BaseTimestamp(),
				b.MaxTimestamp(), want[i].Attributes(), want[i].BaseTimestamp(), want[i].MaxTimestamp())
		}
		if b.Codec() == record.None && !bytes.Equal(b, want[i]) {
			t.Errorf("batch at %d:\n%x\n%x", b.BaseOffset(), b, want[i])
		}
	}
	for _, suffix := range []string{segfile.TxnIndexSuffix, segfile.IndexSuffix} {
		ours, _ := vfs.ReadFile(f.fs, filepath.Join(f.dir, segfile.OffsetName(0)+suffix))
		theirs, _ := os.ReadFile(src + segfile.OffsetName(0) + suffix)
		if !bytes.Equal(ours, theirs) {
			t.Errorf("%s:\n%x\n%x", suffix, ours, theirs)
		}
	}
}
