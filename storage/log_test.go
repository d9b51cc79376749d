package storage

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

func TestAppendAndReadBack(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 4000
	c.IndexIntervalBytes = 500
	l, m := newTestLog(t, c)
	var want []byte
	for i := range 40 {
		b := batchOf(t, 1+i%5, 20+i, int64(1000+i))
		info := mustAppend(t, l, b)
		if info.LastOffset != l.LogEndOffset()-1 {
			t.Fatalf("append %d: %+v, end %d", i, info, l.LogEndOffset())
		}
		want = append(want, b...) // patched in place
	}
	if l.SegmentCount() < 3 {
		t.Fatalf("%d segments", l.SegmentCount())
	}
	check := func(l *Log) {
		t.Helper()
		if got := readAll(t, l, 0, 1<<20); !bytes.Equal(got, want) {
			t.Fatalf("read %d bytes, want %d", len(got), len(want))
		}
		if got := readAll(t, l, 0, 1); !bytes.Equal(got, want) {
			t.Fatalf("one by one: read %d bytes, want %d", len(got), len(want))
		}
	}
	check(l)
	end := l.LogEndOffset()
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	for _, clean := range []bool{true, false} {
		o := testOptions(m, c)
		o.CleanShutdown = clean
		l = mustOpen(t, o)
		if l.LogEndOffset() != end {
			t.Fatalf("clean %v: end %d, want %d", clean, l.LogEndOffset(), end)
		}
		check(l)
		o.Pool.Sweep()
		o.Pool.Sweep()
		if n := o.Pool.OpenFiles(); n != 0 {
			t.Fatalf("%d files open after two sweeps", n)
		}
		check(l)
		if err := l.Close(true); err != nil {
			t.Fatal(err)
		}
	}
}

func TestReadBounds(t *testing.T) {
	l, _ := newTestLog(t, testConfig())
	for range 5 {
		mustAppend(t, l, batchOf(t, 2, 10, 1))
	}
	if _, err := l.Read(11, ReadOptions{MaxBytes: 100, Below: 10}); !errors.Is(err, ErrOffsetOutOfRange) {
		t.Fatalf("above the end: %v", err)
	}
	size := func(from, below int64, maxBytes int, min bool) int {
		r, err := l.Read(from, ReadOptions{MaxBytes: maxBytes, MinOneBatch: min, Below: below})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Slice.Close()
		return r.Slice.Size()
	}
	one := len(batchOf(t, 2, 10, 1))
	for _, tt := range []struct {
		from, below int64
		max         int
		min         bool
		want        int
	}{
		{10, 10, 1000, true, 0}, {0, 10, 1000, true, 5 * one}, {0, 0, 1000, true, 0}, {0, 1, 1000, true, 0},
		{0, 2, 1000, true, one}, {1, 4, 1000, true, 2 * one}, {0, 10, one - 1, false, 0}, {0, 10, one - 1, true, one},
		{0, 10, 0, true, one}, {0, 10, 2*one + 1, false, 2 * one}, {9, 99, 1000, false, one}, {4, 9, 1000, false, 2 * one},
	} {
		if got := size(tt.from, tt.below, tt.max, tt.min); got != tt.want {
			t.Errorf("from %d below %d max %d min %v: %d bytes, want %d", tt.from, tt.below, tt.max, tt.min, got, tt.want)
		}
	}
	l.SetHighWatermark(6)
	if err := l.SetLogStartOffset(4); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Read(3, ReadOptions{MaxBytes: 100, Below: 10}); !errors.Is(err, ErrOffsetOutOfRange) {
		t.Fatalf("below the start: %v", err)
	}
	if err := l.SetLogStartOffset(7); !errors.Is(err, ErrOffsetOutOfRange) {
		t.Fatalf("start above the high watermark: %v", err)
	}
}

// The segments begin at 0, 1034, 3067 and 5148. The index of one is 1034@0, 1035@200, 1036@400,
// 1039@1000, 1042@1600.
func TestLookupByASparseIndex(t *testing.T) {
	c := testConfig()
	c.IndexIntervalBytes = 0
	l, m := newTestLog(t, c)
	if err := l.TruncateFullyAndStartAt(1034); err != nil {
		t.Fatal(err)
	}
	for range 10 {
		mustAppend(t, l, sized(t, 1, 200, 1000))
	}
	s := l.segments[0]
	// Exactly this sparse index, as it would be in a file.
	entries := segfile.OffsetIndex{{Rel: 0, Pos: 0}, {Rel: 1, Pos: 200}, {Rel: 2, Pos: 400}, {Rel: 5, Pos: 1000}, {Rel: 8, Pos: 1600}}
	if err := s.loadIndex(); err != nil {
		t.Fatal(err)
	}
	s.tail, s.idx.Offsets = nil, entries
	st, err := s.startFor(1041)
	if err != nil || st.pos != 1000 || st.entry != 1039 {
		t.Fatalf("floor entry of 1041: %+v, %v", st, err)
	}
	if p, found, err := s.locate(1041); err != nil || !found || p.pos != 1400 || p.base != 1041 {
		t.Fatalf("1041 is at %+v %v %v, want position 1400", p, found, err)
	}
	if got := entries.Encode(nil); len(got) != 40 {
		t.Fatalf("%d bytes for 5 entries", len(got))
	}
	_ = m
}

func TestSegmentOfAnOffset(t *testing.T) {
	l := &Log{}
	for _, base := range []int64{0, 1034, 3067, 5148} {
		l.segments = append(l.segments, newSegment(l, base))
	}
	for offset, want := range map[int64]int64{0: 0, 1033: 0, 1034: 1034, 1041: 1034, 3066: 1034, 3067: 3067, 5147: 3067, 5148: 5148, 1 << 40: 5148} {
		if got := l.segments[l.floorSegment(offset)].base; got != want {
			t.Errorf("offset %d is in segment %d, want %d", offset, got, want)
		}
	}
}

func TestFollowerAppend(t *testing.T) {
	l, _ := newTestLog(t, testConfig())
	leader, _ := newTestLog(t, testConfig())
	var sent []byte
	for range 4 {
		b := batchOf(t, 3, 10, 5)
		mustAppend(t, leader, b)
		sent = append(sent, b...)
	}
	info, err := l.AppendAsFollower(sent[:len(sent)-1], AnyEpoch, 1)
	if err != nil || info.LastOffset != 8 {
		t.Fatalf("a cut last batch: %+v, %v", info, err)
	}
	if _, err := l.AppendAsFollower(sent, AnyEpoch, 1); !isKind(err, OffsetsOutOfOrder) {
		t.Fatalf("going back: %v", err)
	}
	rest := sent[info.NumBytes:]
	rest[len(rest)-1] ^= 1
	if _, err := l.AppendAsFollower(rest, AnyEpoch, 1); !isKind(err, CorruptMessage) {
		t.Fatalf("corrupt: %v", err)
	}
	rest[len(rest)-1] ^= 1
	if _, err := l.AppendAsFollower(rest, AnyEpoch, 1); err != nil {
		t.Fatal(err)
	}
	if got := readAll(t, l, 0, 1<<20); !bytes.Equal(got, sent) {
		t.Fatal("the follower's bytes differ from the leader's")
	}
	if e, ok := l.LatestEpoch(); !ok || e != 1 {
		t.Fatalf("epoch %d %v", e, ok)
	}
}

func isKind(err error, k AppendErrorKind) bool {
	var e *AppendError
	return errors.As(err, &e) && e.Kind == k
}

func TestAppendErrors(t *testing.T) {
	c := testConfig()
	c.MaxMessageBytes, c.SegmentBytes = 500, 600
	l, _ := newTestLog(t, c)
	opts := AppendOptions{LeaderEpoch: 1, NowMs: 1000}
	small := batchOf(t, 1, 200, 1)
	cases := map[AppendErrorKind][]byte{
		RecordTooLarge:     batchOf(t, 1, 600, 1),
		RecordListTooLarge: bytes.Repeat(small, 3),
		CorruptMessage:     append(bytes.Clone(small[:len(small)-1]), small[len(small)-1]^1),
	}
	for kind, records := range cases {
		if _, err := l.AppendAsLeader(records, opts); !isKind(err, kind) {
			t.Errorf("kind %d: %v", kind, err)
		}
	}
	if _, err := l.AppendAsLeader(small[:len(small)-1], opts); !isKind(err, CorruptMessage) {
		t.Errorf("cut batch: %v", err)
	}
	if l.LogEndOffset() != 0 {
		t.Fatalf("refused records moved the end to %d", l.LogEndOffset())
	}
	mustAppend(t, l, small)
}

func TestLogAppendTimeAndCodec(t *testing.T) {
	c := testConfig()
	c.LogAppendTime, c.CompressionType = true, CompressionZstd
	l, _ := newTestLog(t, c)
	info, err := l.AppendAsLeader(batchOf(t, 3, 100, 5), AppendOptions{LeaderEpoch: 2, NowMs: 777})
	if err != nil || info.LogAppendTime != 777 || info.MaxTimestamp != 777 {
		t.Fatalf("%+v %v", info, err)
	}
	b := record.Batch(readAll(t, l, 0, 1<<20))
	if b.Codec() != record.Zstd || b.TimestampType() != record.LogAppendTime || b.MaxTimestamp() != 777 || b.Validate() != nil || b.Count() != 3 {
		t.Fatalf("codec %v type %v max %d: %v", b.Codec(), b.TimestampType(), b.MaxTimestamp(), b.Validate())
	}
}

func TestDecompressionIsBounded(t *testing.T) {
	c := testConfig()
	c.CompressionType, c.MaxDecompressedBytes = CompressionZstd, 5000
	l, _ := newTestLog(t, c)
	build := func(n int) record.Batch {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: record.NoPartitionLeaderEpoch, Codec: record.Gzip})
		for i := range n {
			if err := b.Append(int64(i), 1, nil, make([]byte, 1000), nil); err != nil {
				t.Fatal(err)
			}
		}
		out, err := b.Bytes()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if _, err := l.AppendAsLeader(build(10), AppendOptions{}); !isKind(err, RecordTooLarge) {
		t.Fatalf("10,000 bytes in a small batch: %v", err)
	}
	mustAppend(t, l, build(4))
}

func TestBrokenWriteLeavesNoTrace(t *testing.T) {
	m := vfs.NewCrashableMem()
	boom := errors.New("boom")
	fail := false
	fsys := vfs.NewErrorFS(m, func(op vfs.Op) error {
		if fail && op.Kind == vfs.OpWrite {
			return &vfs.TornWrite{N: 7, Err: boom}
		}
		return nil
	})
	o := testOptions(fsys, testConfig())
	l := mustOpen(t, o)
	mustAppend(t, l, batchOf(t, 1, 10, 1))
	fail = true
	_, err := l.AppendAsLeader(batchOf(t, 1, 10, 1), AppendOptions{})
	var se *StorageError
	if !errors.As(err, &se) || !errors.Is(err, boom) {
		t.Fatalf("torn write: %v", err)
	}
	fail = false
	if _, err2 := l.AppendAsLeader(batchOf(t, 1, 10, 1), AppendOptions{}); !errors.Is(err2, boom) {
		t.Fatalf("a broken log took an append: %v", err2)
	}
	if err := l.Close(true); !errors.Is(err, boom) {
		t.Fatalf("a broken log closed cleanly: %v", err)
	}
	l = mustOpen(t, testOptions(m, testConfig()))
	if l.LogEndOffset() != 1 {
		t.Fatalf("end %d", l.LogEndOffset())
	}
}

func TestFailedSyncIsNotRetried(t *testing.T) {
	syncs, boom := 0, errors.New("boom")
	fsys := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if op.Kind == vfs.OpSync {
			syncs++
			return boom
		}
		return nil
	})
	l := mustOpen(t, testOptions(fsys, testConfig()))
	l.epochs.Assign(1, 0)
	mustAppend(t, l, batchOf(t, 1, 10, 1))
	for range 3 {
		if err := l.Sync(1); !errors.Is(err, boom) {
			t.Fatalf("sync: %v", err)
		}
	}
	if syncs != 1 || l.RecoveryPoint() != 0 {
		t.Fatalf("%d syncs, recovery point %d", syncs, l.RecoveryPoint())
	}
}

func TestAppendDoesNotAllocate(t *testing.T) {
	m := vfs.NewMem()
	l := mustOpen(t, testOptions(m, testConfig()))
	b := batchOf(t, 10, 100, 1)
	run := func() {
		record.Batch(b).SetBaseOffset(0)
		if _, err := l.AppendAsLeader(b, AppendOptions{LeaderEpoch: 1, NowMs: 1000}); err != nil {
			t.Fatal(err)
		}
	}
	for range 2000 {
		run() // grows the memory file and the indexes
	}
	if n := testing.AllocsPerRun(500, run); n != 0 {
		t.Fatalf("%v allocations per append", n)
	}
}

// A follower takes no batch of a higher leader epoch than the one that it fetched with, and nothing
// behind one (KAFKA-18723).
func TestFollowerLeavesOutHigherLeaderEpochs(t *testing.T) {
	l, _ := newTestLog(t, testConfig())
	var records []byte
	for i, epoch := range []int32{2, 3, 4, 3} {
		b := batchOf(t, 1, 10, 1)
		b.SetBaseOffset(int64(i))
		b.SetPartitionLeaderEpoch(epoch)
		records = append(records, b...)
	}
	info, err := l.AppendAsFollower(records, 3, 1000)
	if err != nil || l.LogEndOffset() != 2 || info.NumBytes != len(records)/2 || info.LastOffset != 1 {
		t.Errorf("%+v, %v: the log ends at %d", info, err, l.LogEndOffset())
	}
	if info, err = l.AppendAsFollower(records[len(records)/2:], 3, 1000); err != nil || info.NumBytes != 0 || l.LogEndOffset() != 2 {
		t.Errorf("%+v, %v", info, err)
	}
	if _, err = l.AppendAsFollower(records[len(records)/2:len(records)*3/4], 4, 1000); err != nil || l.LogEndOffset() != 3 {
		t.Error(err)
	}
}

// A partition's folder and a segment's file may be symbolic links, as in Apache Kafka.
func TestSymbolicLinks(t *testing.T) {
	data, other := t.TempDir(), t.TempDir()
	o := testOptions(vfs.OS(), testConfig())
	o.Dir = filepath.Join(other, "topic-0")
	l := mustOpen(t, o)
	for range 5 {
		mustAppend(t, l, batchOf(t, 2, 40, 1))
	}
	check(t, l.Close(true))
	o.Dir = filepath.Join(data, "topic-0")
	name := segfile.OffsetName(0) + segfile.LogSuffix
	if err := errors.Join(
		os.Rename(filepath.Join(other, "topic-0", name), filepath.Join(other, name)),
		os.Symlink(filepath.Join(other, name), filepath.Join(other, "topic-0", name)),
		os.Symlink(filepath.Join(other, "topic-0"), o.Dir),
	); err != nil {
		t.Fatal(err)
	}
	for _, clean := range []bool{true, false} {
		o.CleanShutdown, o.RecoveryPoint = clean, 10
		l = mustOpen(t, o)
		if end := l.LogEndOffset(); end != 10 || len(readAll(t, l, 0, 1000)) == 0 || len(l.Damage()) > 0 {
			t.Errorf("clean %v: the log ends at %d, %v", clean, end, l.Damage())
		}
		check(t, l.Close(true))
	}
}
