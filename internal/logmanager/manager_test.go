package logmanager

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

func TestDirectoryIsLocked(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	if _, err := New(Options{FS: fs, Dirs: []string{"/b", "/a"}, Config: defaultConfig(), Logger: quiet}); err == nil || !strings.Contains(err.Error(), "/a") {
		t.Fatalf("a second broker: %v", err)
	}
	m.Stop(true, 1)
	open(t, fs, "/a", "/b")
}

func TestCleanStopAndCheckpoints(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1", "2", "3", "4")
	if err := l.SetLogStartOffset(2); err != nil {
		t.Fatal(err)
	}
	m.Stop(true, 42)
	if epoch, ok, err := storage.ReadCleanShutdown(fs, "/a"); epoch != 42 || !ok || err != nil {
		t.Fatalf("marker %d %v %v", epoch, ok, err)
	}
	tp := storage.TopicPartition{Topic: "t"}
	for file, want := range map[string]int64{storage.RecoveryPointCheckpoint: 4, storage.LogStartOffsetCheckpoint: 2, storage.ReplicationOffsetCheckpoint: 4} {
		if got := checkpointed(t, fs, "/a", file); got[tp] != want || len(got) != 1 {
			t.Errorf("%s: %v, want %d", file, got, want)
		}
	}
	m = open(t, fs, "/a")
	if _, ok, _ := storage.ReadCleanShutdown(fs, "/a"); ok {
		t.Error("the marker stays while the broker runs")
	}
	l = m.Log("t", 0)
	if l == nil || l.LogStartOffset() != 2 || l.LogEndOffset() != 4 || l.InitialHighWatermark != 4 || l.TopicID != [16]byte{1} {
		t.Fatalf("%+v", l)
	}
}

func TestPeriodicCheckpoints(t *testing.T) {
	fs := vfs.NewMem()
	writes := 0
	m := open(t, vfs.NewLogged(fs, func(op vfs.Op) {
		if op.Kind == vfs.OpRename && strings.HasSuffix(op.To, "checkpoint") {
			writes++
		}
	}), "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1", "2")
	if err := l.Sync(2); err != nil {
		t.Fatal(err)
	}
	m.Tick(nowMs)
	m.Tick(nowMs + 5_000)
	if got := checkpointed(t, fs, "/a", storage.ReplicationOffsetCheckpoint); got[l.TP] != 2 {
		t.Fatalf("high watermark after 5 s: %v", got)
	}
	m.Tick(nowMs + 30_000)
	if got := checkpointed(t, fs, "/a", storage.RecoveryPointCheckpoint); got[l.TP] != 2 {
		t.Fatalf("recovery point: %v", got)
	}
	writes = 0
	for i := range int64(30) {
		m.Tick(nowMs + 30_000 + i*10_000)
	}
	if writes != 0 {
		t.Errorf("an idle broker wrote %d checkpoints", writes)
	}
}

// A new topic does not take over the offsets of an earlier topic of the same name.
func TestStaleCheckpointEntries(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1", "2", "3")
	if err := l.SetLogStartOffset(3); err != nil {
		t.Fatal(err)
	}
	if err := l.Sync(3); err != nil {
		t.Fatal(err)
	}
	checkpointAll(m)
	if err := m.Delete(l, nowMs); err != nil {
		t.Fatal(err)
	}
	l = create(t, m, "t", 0, nil)
	fill(t, l, "k", "new")
	m.Stop(false, 0)
	m = open(t, fs, "/a")
	if l = m.Log("t", 0); l == nil || l.LogStartOffset() != 0 || l.LogEndOffset() != 1 {
		t.Fatalf("start %d end %d", l.LogStartOffset(), l.LogEndOffset())
	}
}

func TestNewLogsGoToTheEmptiestDirectory(t *testing.T) {
	m := open(t, vfs.NewMem(), "/a", "/b", "/c")
	m.SetDirID("/b", [16]byte{7})
	count := map[string]int{}
	for i := range 9 {
		count[create(t, m, "t", int32(i), nil).LogDir().Path()]++
	}
	if count["/a"] != 3 || count["/b"] != 3 || count["/c"] != 3 {
		t.Fatalf("%v", count)
	}
	l, err := m.Create(CreateOptions{Topic: "named", DirID: [16]byte{7}, NowMs: nowMs})
	if err != nil || l.LogDir().Path() != "/b" {
		t.Fatalf("%v in %v", err, l)
	}
	if l, err = m.Create(CreateOptions{Topic: "lost", DirID: [16]byte{9}, NowMs: nowMs}); err != nil || l.LogDir().Path() == "/b" {
		t.Fatalf("%v in %s", err, l.LogDir().Path())
	}
}

func TestOnePartitionInTwoDirectories(t *testing.T) {
	fs := vfs.NewMem()
	for _, dir := range []string{"/a", "/b"} {
		m := open(t, fs, dir)
		create(t, m, "t", 0, nil)
		m.Stop(true, 0)
	}
	m, err := New(Options{FS: fs, Dirs: []string{"/a", "/b"}, Config: defaultConfig(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	err = m.Load(LoadOptions{Describe: func(string, int32, [16]byte) Spec { return Spec{} }})
	if err == nil || !strings.Contains(err.Error(), "/a/t-0") || !strings.Contains(err.Error(), "/b/t-0") {
		t.Fatalf("%v", err)
	}
}

func TestDirectoryThatFailsAtStart(t *testing.T) {
	mem := vfs.NewMem()
	m := open(t, mem, "/a", "/b")
	for i := range 6 {
		create(t, m, "t", int32(i), nil)
	}
	m.Stop(true, 0)
	fs := vfs.NewErrorFS(mem, func(op vfs.Op) error {
		if strings.HasPrefix(op.Path, "/b/t") && op.Kind == vfs.OpReadDir {
			return errors.New("input/output error")
		}
		return nil
	})
	m = open(t, fs, "/a", "/b")
	if len(m.Logs()) != 3 || m.Dirs()[0].Err() != nil || !errors.Is(m.Dirs()[1].Err(), ErrOffline) {
		t.Fatalf("%d logs, %v", len(m.Logs()), m.Dirs()[1].Err())
	}
	all := vfs.NewErrorFS(mem, func(op vfs.Op) error { return errors.New("input/output error") })
	if _, err := New(Options{FS: all, Dirs: []string{"/a"}, Config: defaultConfig(), Logger: quiet}); !errors.Is(err, ErrNoDirs) {
		t.Fatalf("%v", err)
	}
}

func TestRetentionAndFlushThroughTick(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	c := storage.DefaultConfig()
	c.SegmentBytes, c.RetentionBytes, c.FileDeleteDelayMs = 200, 400, 1000
	l := create(t, m, "t", 0, c)
	for i := range 20 {
		fill(t, l, "k", fmt.Sprint(i))
	}
	before := l.SegmentCount()
	m.Tick(nowMs)
	m.Tick(nowMs + 30_000)
	if l.SegmentCount() >= before || l.LogStartOffset() == 0 {
		t.Fatalf("%d of %d segments, start %d", l.SegmentCount(), before, l.LogStartOffset())
	}
	m.Tick(nowMs + 40_000)
	entries, err := fs.ReadDir("/a/t-0")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".deleted") {
			t.Fatalf("%s is left", e.Name())
		}
	}
	fill(t, l, "k", "after retention, which syncs the log")
	m.Tick(nowMs + 41_000)
	if l.RecoveryPoint() == l.LogEndOffset() {
		t.Fatal("no flush is due yet")
	}
	flushing := *c
	flushing.FlushMs = 5_000
	l.SetConfig(&flushing)
	m.Tick(nowMs + 50_000)
	m.Tick(nowMs + 56_000)
	if l.RecoveryPoint() != l.LogEndOffset() {
		t.Fatal("flush.ms is not honoured")
	}
}

func TestCleanerCompactsTheDirtiest(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	c := storage.DefaultConfig()
	c.SegmentBytes, c.CleanupPolicy = 300, storage.CleanupCompact
	logs := []*Log{create(t, m, "a", 0, c), create(t, m, "b", 0, c), create(t, m, "plain", 0, nil)}
	for i, l := range logs {
		for j := range 10 * (i + 1) {
			fill(t, l, fmt.Sprint("key", j%2), fmt.Sprint(j))
		}
	}
	cleaned := 0
	for m.Clean(nowMs) {
		cleaned++
	}
	if cleaned != 2 {
		t.Fatalf("%d logs were compacted", cleaned)
	}
	s := m.CleanerState()
	if s.RecopyPercent <= 0 || s.RecopyPercent >= 100 || s.MapUtilization <= 0 || s.LongestNs <= 0 || s.LastLookMs != nowMs || s.Dirtiest >= 0.5 || len(s.Dirs) != 1 || s.Dirs[0] != (UncleanableLogs{Dir: "/a"}) {
		t.Errorf("%+v", s)
	}
	got := checkpointed(t, fs, "/a", storage.CleanerOffsetCheckpoint)
	if len(got) != 2 || got[logs[1].TP] <= got[logs[0].TP] {
		t.Fatalf("%v", got)
	}
	for _, l := range logs[:2] {
		if size := l.Size(); size > 600 {
			t.Errorf("%s still has %d bytes", l.TP.Topic, size)
		}
	}
}

func TestDriversStop(t *testing.T) {
	m := open(t, vfs.NewMem(), "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1")
	m.Run()
	done := make(chan error, 1)
	if m.AwaitSync(l, 1, waiterFunc(func(err error) { done <- err })) {
		t.Fatal("nothing is on disk yet")
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if !m.AwaitSync(l, 1, nil) {
		t.Fatal("it is on disk now")
	}
	m.Stop(true, 0)
}

type waiterFunc func(error)

func (f waiterFunc) Synced(err error) { f(err) }

func TestWaiterOfATruncatedLog(t *testing.T) {
	m := open(t, vfs.NewMem(), "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1", "2")
	w := &waiter{}
	m.AwaitSync(l, 2, w)
	if err := l.TruncateTo(0); err != nil {
		t.Fatal(err)
	}
	m.Commit()
	if w.calls != 1 || w.err == nil {
		t.Fatalf("%+v", w)
	}
}

func TestLoadUsesSeveralWorkers(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a", "/b")
	var want []string
	for i := range 40 {
		create(t, m, "t", int32(i), nil)
		want = append(want, fmt.Sprint(i))
	}
	m.Stop(false, 0)
	m, err := New(Options{FS: fs, Dirs: []string{"/a", "/b"}, Config: defaultConfig(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	var calls, last atomic.Int32
	err = m.Load(LoadOptions{NowMs: nowMs, Describe: func(string, int32, [16]byte) Spec { return Spec{} }, Progress: func(done, total int) {
		calls.Add(1)
		if done == total {
			last.Add(1)
		}
	}})
	if err != nil || calls.Load() != 40 || last.Load() != 1 {
		t.Fatalf("%v, %d calls, %d ends", err, calls.Load(), last.Load())
	}
	var got []string
	for _, l := range m.Logs() {
		got = append(got, fmt.Sprint(l.TP.Partition))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Fatalf("%v", got)
	}
}

func TestDamagedPartitionMetadataIsMadeAnew(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	fill(t, create(t, m, "t", 0, nil), "k", "1", "2")
	m.Stop(true, 0)
	if err := vfs.WriteFile(fs, "/a/t-0/partition.metadata", []byte("\x00\x00")); err != nil {
		t.Fatal(err)
	}
	m, err := New(Options{FS: fs, Dirs: []string{"/a"}, Config: defaultConfig(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Load(LoadOptions{NowMs: nowMs, Describe: func(string, int32, [16]byte) Spec { return Spec{TopicID: [16]byte{1}} }}); err != nil {
		t.Fatal(err)
	}
	if l := m.Log("t", 0); l == nil || l.LogEndOffset() != 2 || l.TopicID != [16]byte{1} {
		t.Fatalf("%+v", l)
	}
	id, ok, err := storage.ReadPartitionMetadata(fs, "/a/t-0")
	if id != [16]byte{1} || !ok || err != nil {
		t.Fatalf("%v %v %v", id, ok, err)
	}
}

// A tick or a stop during the recovery of the logs does not remove entries from the checkpoints.
func TestTickBeforeLoad(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/a")
	l := create(t, m, "t", 0, nil)
	fill(t, l, "k", "1", "2", "3")
	if err := l.SetLogStartOffset(2); err != nil {
		t.Fatal(err)
	}
	m.Stop(true, 0)
	m, err := New(Options{FS: fs, Dirs: []string{"/a"}, Config: defaultConfig(), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	m.Tick(nowMs)
	m.Tick(nowMs + 600_000)
	m.CheckpointStartOffsets(m.dirs...)
	m.Stop(true, 0)
	for file, want := range map[string]int64{storage.RecoveryPointCheckpoint: 3, storage.LogStartOffsetCheckpoint: 2, storage.ReplicationOffsetCheckpoint: 3} {
		if got := checkpointed(t, fs, "/a", file); got[l.TP] != want {
			t.Errorf("%s: %v, want %d", file, got, want)
		}
	}
	m = open(t, fs, "/a")
	if hw := m.Log("t", 0).HighWatermark(); hw != 3 {
		t.Errorf("high watermark %d after the start", hw)
	}
}
