package storage

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

func TestTruncateToEveryOffset(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes = 700, 150
	for to := int64(0); to <= 46; to++ {
		l, m := newTestLog(t, c)
		var want []byte
		end := to
		for i := range 15 {
			b := batchOf(t, 3, 30, int64(i))
			mustAppend(t, l, b)
			switch {
			case b.LastOffset() < to:
				want = append(want, b...)
			case b.BaseOffset() < to:
				end = b.BaseOffset()
			}
		}
		end = min(end, 45)
		l.SetHighWatermark(45)
		if err := l.Sync(45); err != nil {
			t.Fatal(err)
		}
		if err := l.TruncateTo(to); err != nil {
			t.Fatal(err)
		}
		check := func(l *Log) {
			t.Helper()
			if l.LogEndOffset() != end || l.RecoveryPoint() > end || l.HighWatermark() > end {
				t.Fatalf("to %d: end %d, recovery point %d, high watermark %d, want %d", to, l.LogEndOffset(), l.RecoveryPoint(), l.HighWatermark(), end)
			}
			if got := readAll(t, l, 0, 1<<20); !bytes.Equal(got, want) {
				t.Fatalf("to %d: %d bytes, want %d", to, len(got), len(want))
			}
		}
		check(l)
		// Durable at once: nothing unsynced survives this clone.
		img := m.CrashClone(vfs.CrashOptions{})
		check(mustOpen(t, testOptions(img, c)))
		b := batchOf(t, 2, 99, 1)
		mustAppend(t, l, b)
		want, end = append(want, b...), end+2
		if got := readAll(t, l, 0, 400); !bytes.Equal(got, want) {
			t.Fatalf("to %d: appended after it, %d bytes, want %d", to, len(got), len(want))
		}
	}
}

func TestTruncateFullyAndStartAt(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 500
	l, m := newTestLog(t, c)
	for range 10 {
		mustAppend(t, l, batchOf(t, 2, 40, 1))
	}
	if err := l.TruncateFullyAndStartAt(5000); err != nil {
		t.Fatal(err)
	}
	for _, l := range []*Log{l, mustOpen(t, testOptions(m.CrashClone(vfs.CrashOptions{}), c))} {
		if l.LogStartOffset() != 5000 || l.LogEndOffset() != 5000 || l.SegmentCount() != 1 || len(l.EpochEntries()) != 0 {
			t.Fatalf("[%d, %d) in %d segments, epochs %v", l.LogStartOffset(), l.LogEndOffset(), l.SegmentCount(), l.EpochEntries())
		}
		if info := mustAppend(t, l, batchOf(t, 1, 1, 1)); info.FirstOffset != 5000 {
			t.Fatalf("%+v", info)
		}
	}
}

func TestRolls(t *testing.T) {
	base := func(change func(c *Config)) *Config {
		c := testConfig()
		change(c)
		return c
	}
	one := int64(len(batchOf(t, 1, 100, 0)))
	for name, tt := range map[string]struct {
		c    *Config
		step int64 // ms between batches
		want []int64
	}{
		"size":       {base(func(c *Config) { c.SegmentBytes = 3 * one }), 0, []int64{0, 3, 6, 9}},
		"time":       {base(func(c *Config) { c.SegmentMs = 25 }), 10, []int64{0, 3, 6, 9}},
		"full index": {base(func(c *Config) { c.SegmentIndexBytes, c.IndexIntervalBytes = 48, 1 }), 0, []int64{0, 7}},
		"never":      {testConfig(), 0, []int64{0}},
	} {
		l, _ := newTestLog(t, tt.c)
		for i := range int64(10) {
			mustAppend(t, l, batchOf(t, 1, 100, 5000+i*tt.step))
		}
		var got []int64
		for _, s := range l.Segments() {
			got = append(got, s.BaseOffset)
		}
		if len(got) != len(tt.want) || got[len(got)-1] != tt.want[len(tt.want)-1] {
			t.Errorf("%s: segments at %v, want %v", name, got, tt.want)
		}
	}
}

// A follower may jump over more offsets than a segment can count.
func TestRollOnOffsetOverflow(t *testing.T) {
	l, _ := newTestLog(t, testConfig())
	for _, base := range []int64{5, 1 << 31, 1<<31 + 7, 1 << 40} {
		b := batchOf(t, 1, 10, 1)
		b.SetBaseOffset(base)
		b.SetPartitionLeaderEpoch(3)
		if _, err := l.AppendAsFollower(b, AnyEpoch, 1000); err != nil {
			t.Fatal(err)
		}
	}
	var got []int64
	for _, s := range l.Segments() {
		got = append(got, s.BaseOffset)
	}
	if len(got) != 3 || got[1] != 1<<31 || got[2] != 1<<40 {
		t.Fatalf("segments at %v", got)
	}
	var read []int64
	for at := int64(0); at < l.LogEndOffset(); {
		r, err := l.Read(at, ReadOptions{MaxBytes: 1 << 20, Below: l.LogEndOffset()})
		if err != nil {
			t.Fatal(err)
		}
		b, _ := r.Slice.ReadInto(nil)
		r.Slice.Close()
		for b := range record.Batches(b) {
			read, at = append(read, b.BaseOffset()), b.NextOffset()
		}
	}
	if len(read) != 4 {
		t.Fatalf("read back %v", read)
	}
}

func TestRetention(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.RetentionMs, c.RetentionBytes, c.FileDeleteDelayMs = 500, -1, -1, 100
	fill := func() (*Log, *vfs.Mem) {
		l, m := newTestLog(t, c)
		for i := range 20 {
			mustAppend(t, l, batchOf(t, 1, 100, int64(1000*i)))
		}
		return l, m
	}
	run := func(l *Log, now int64) int {
		t.Helper()
		n, reason, err := l.DeleteOldSegments(now)
		if err != nil || (n > 0) != (reason != "") {
			t.Fatalf("%d %q %v", n, reason, err)
		}
		if l.LogStartOffset() < l.Segments()[0].BaseOffset {
			t.Fatalf("log starts at %d before its first segment", l.LogStartOffset())
		}
		return n
	}
	l, m := fill()
	if run(l, 1<<40) != 0 {
		t.Fatal("no limit, yet something went")
	}
	timed := *c
	timed.RetentionMs = 5000
	l.SetConfig(&timed)
	if run(l, 15000) != 0 {
		t.Fatal("segments above the high watermark went")
	}
	l.SetHighWatermark(20)
	if n := run(l, 15000); n == 0 || l.LogStartOffset() == 0 || l.LogStartOffset() > 10 {
		t.Fatalf("%d segments went, log starts at %d", n, l.LogStartOffset())
	}
	names := func(suffix string) (n int) {
		es, _ := m.ReadDir(testDir)
		for _, e := range es {
			if strings.HasSuffix(e.Name(), suffix) {
				n++
			}
		}
		return n
	}
	if names(segfile.DeletedSuffix) == 0 || !l.PendingDeletes() {
		t.Fatal("nothing is renamed to .deleted")
	}
	if n, _ := l.DeleteFiles(15050); n != 0 {
		t.Fatal("unlinked before file.delete.delay.ms")
	}
	if n, _ := l.DeleteFiles(15100); n == 0 || names(segfile.DeletedSuffix) != 0 || l.PendingDeletes() {
		t.Fatalf("%d unlinked, %d left", n, names(segfile.DeletedSuffix))
	}
	// All of it, the active segment too: a new one begins at the end.
	if run(l, 1<<40) == 0 || l.LogStartOffset() != 20 || l.LogEndOffset() != 20 || l.Size() != 0 {
		t.Fatalf("[%d, %d) of %d bytes", l.LogStartOffset(), l.LogEndOffset(), l.Size())
	}
	mustAppend(t, l, batchOf(t, 1, 1, 1))

	l, _ = fill()
	l.SetHighWatermark(20)
	sized := *c
	sized.RetentionBytes = 1000
	l.SetConfig(&sized)
	if run(l, 0) == 0 || l.Size() < 1000 || l.Size() > 1600 {
		t.Fatalf("%d bytes left", l.Size())
	}

	l, _ = fill()
	l.SetHighWatermark(20)
	compact := *c
	compact.CleanupPolicy, compact.RetentionMs = CleanupCompact, 1
	l.SetConfig(&compact)
	if run(l, 1<<40) != 0 {
		t.Fatal("retention in a compacted topic")
	}
	if err := l.SetLogStartOffset(9); err != nil {
		t.Fatal(err)
	}
	if run(l, 1) == 0 || l.Segments()[0].BaseOffset > 9 {
		t.Fatalf("segments %+v", l.Segments())
	}
}

func TestRenameAndDelete(t *testing.T) {
	c := testConfig()
	c.SegmentBytes = 500
	l, m := newTestLog(t, c)
	for range 10 {
		mustAppend(t, l, batchOf(t, 1, 100, 1))
	}
	dir := filepath.Join("data", MarkedDirName("topic", 0, [16]byte{1, 2}, DirDelete))
	if err := l.Rename(dir); err != nil {
		t.Fatal(err)
	}
	l.pool.Sweep()
	l.pool.Sweep()
	mustAppend(t, l, batchOf(t, 1, 100, 1))
	readAll(t, l, 0, 300)
	if err := l.Sync(11); err != nil {
		t.Fatal(err)
	}
	if err := l.Roll(1); err != nil {
		t.Fatal(err)
	}
	if vfs.Exists(m, testDir) || !vfs.Exists(m, dir) {
		t.Fatal("the folder is not where it was moved to")
	}
	if err := l.Delete(); err != nil {
		t.Fatal(err)
	}
	if vfs.Exists(m, dir) {
		t.Fatal("the folder is still there")
	}
	if _, err := l.AppendAsLeader(batchOf(t, 1, 1, 1), AppendOptions{}); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
	if _, err := l.Read(0, ReadOptions{MaxBytes: 1, Below: 1}); !errors.Is(err, ErrClosed) {
		t.Fatal(err)
	}
}

func TestDirNames(t *testing.T) {
	long := strings.Repeat("t", 249)
	id := [16]byte{0xab}
	for _, kind := range []DirKind{DirDelete, DirFuture, DirStray} {
		name := MarkedDirName("a.b-c", 12, id, kind)
		topic, p, k, ok := ParsePartitionDir(name)
		if !ok || topic != "a.b-c" || p != 12 || k != kind {
			t.Errorf("%s: %s %d %v %v", name, topic, p, k, ok)
		}
	}
	if n := MarkedDirName(long, 0, id, DirDelete); len(n) > 255 {
		t.Errorf("%d bytes", len(n))
	}
	if topic, p, k, ok := ParsePartitionDir("__consumer_offsets-49"); !ok || topic != "__consumer_offsets" || p != 49 || k != DirCurrent {
		t.Error(topic, p, k, ok)
	}
	for _, bad := range []string{"", "-0", "topic", "topic-", "topic-x", "topic--1", "meta.properties", "x-delete", "topic-+1", "t-99999999999"} {
		if topic, p, k, ok := ParsePartitionDir(bad); ok && !(bad == "topic--1" && topic == "topic-") {
			t.Errorf("%q is %s %d %v", bad, topic, p, k)
		}
	}
}

func TestTopicIDOfAnotherTopic(t *testing.T) {
	o := testOptions(vfs.NewMem(), testConfig())
	o.TopicID = [16]byte{1}
	if err := mustOpen(t, o).Close(true); err != nil {
		t.Fatal(err)
	}
	o.TopicID = [16]byte{2}
	if _, err := Open(o); err == nil {
		t.Fatal("opened the folder of another topic")
	}
	o.TopicID = [16]byte{}
	if l := mustOpen(t, o); l.TopicID() != ([16]byte{1}) {
		t.Fatalf("id %v", l.TopicID())
	}
}

func TestForeignFiles(t *testing.T) {
	c := testConfig()
	l, m := newTestLog(t, c)
	mustAppend(t, l, batchOf(t, 1, 10, 1))
	if err := l.Close(true); err != nil {
		t.Fatal(err)
	}
	orphan := filepath.Join(testDir, segfile.OffsetName(77)+segfile.IndexSuffix)
	for _, name := range []string{"README", ".lock", "x.log.old", "00000000000000000005.checkpoint", "abc.index"} {
		if err := vfs.WriteFile(m, filepath.Join(testDir, name), []byte("foreign")); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{orphan, filepath.Join(testDir, segfile.OffsetName(0)+segfile.LogSuffix+segfile.DeletedSuffix)} {
		if err := vfs.WriteFile(m, name, []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	l = mustOpen(t, testOptions(m, c))
	if l.LogEndOffset() != 1 || vfs.Exists(m, orphan) || !vfs.Exists(m, filepath.Join(testDir, "README")) {
		t.Fatalf("end %d", l.LogEndOffset())
	}
	es, _ := m.ReadDir(testDir)
	for _, e := range es {
		if strings.HasSuffix(e.Name(), segfile.DeletedSuffix) {
			t.Errorf("%s is left", e.Name())
		}
	}
}
