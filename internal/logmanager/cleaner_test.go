package logmanager

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// compacted is the configuration of a compacted topic with small segments.
func compacted() *storage.Config {
	c := storage.DefaultConfig()
	c.SegmentBytes, c.CleanupPolicy, c.MinCleanableDirtyRatio = 1000, storage.CleanupCompact, 0.01
	return c
}

// slowCleaner runs a manager with one dirty log and a cleaner that reads and writes at 200 bytes
// per second.
func slowCleaner(t *testing.T) (*oneGoroutine, *Manager, *Log) {
	t.Helper()
	h := newHost()
	m := openOn(t, h, vfs.NewMem(), "/data")
	cfg := *m.config.Load()
	cfg.Cleaner.MaxBytesPerSecond, cfg.Cleaner.IOBytes = 200, 400
	m.SetConfig(cfg)
	l := create(t, m, "t", 0, compacted())
	fill(t, l, "k", make([]string, 200)...)
	m.Run()
	h.run()
	if l.compaction == nil {
		t.Fatal("no compaction is under way")
	}
	return h, m, l
}

func cleanedTo(m *Manager, l *Log) int64 {
	at, _ := m.cleanerOffset(l)
	return at
}

// A compaction that is ahead of log.cleaner.io.max.bytes.per.second pauses, and holds no goroutine.
func TestThrottledCompactionPauses(t *testing.T) {
	h, m, l := slowCleaner(t)
	size := l.Size()
	h.advance(10 * time.Second)
	if l.compaction == nil {
		t.Errorf("%d bytes are compacted in 10 s at 200 bytes per second", size)
	}
	h.advance(2 * time.Duration(size/200) * 2 * time.Second)
	if l.compaction != nil || cleanedTo(m, l) <= 0 {
		t.Errorf("the compaction of %d bytes is not done: %d", size, cleanedTo(m, l))
	}
	m.Stop(true, 0)
}

// A new rate applies to the current compaction.
func TestCleanerRateChangesAtOnce(t *testing.T) {
	h, m, l := slowCleaner(t)
	run := l.compaction
	cfg := *m.config.Load()
	cfg.Cleaner.MaxBytesPerSecond = 1e12
	m.SetConfig(cfg)
	h.run()
	if !run.compacted || cleanedTo(m, l) <= 0 {
		t.Error("the compaction still pauses")
	}
	m.Stop(true, 0)
}

// New buffers restart the current compactions, as in Apache Kafka.
func TestCleanerBuffersChangeAtOnce(t *testing.T) {
	for name, change := range map[string]func(*CleanerConfig){
		"log.cleaner.dedupe.buffer.size":    func(c *CleanerConfig) { c.DedupeBytes /= 2 },
		"log.cleaner.io.buffer.size":        func(c *CleanerConfig) { c.IOBytes *= 2 },
		"log.cleaner.io.buffer.load.factor": func(c *CleanerConfig) { c.LoadFactor = 0.5 },
		"log.cleaner.threads":               func(c *CleanerConfig) { c.Threads = 2 },
	} {
		t.Run(name, func(t *testing.T) {
			h, m, l := slowCleaner(t)
			run := l.compaction
			cfg := *m.config.Load()
			change(&cfg.Cleaner)
			m.SetConfig(cfg)
			h.advance(cfg.Cleaner.backoff() + time.Second)
			if !run.over || run.compacted || !errors.Is(run.err, storage.ErrCleanAborted) {
				t.Errorf("the old run goes on: %v", run.err)
			}
			if l.compaction == nil || l.compaction == run {
				t.Error("no new run has begun")
			}
			m.Stop(true, 0)
		})
	}
}

// A shorter log.cleaner.backoff.ms ends the pause of the old one.
func TestCleanerBackoffChangesAtOnce(t *testing.T) {
	h := newHost()
	m := openOn(t, h, vfs.NewMem(), "/data")
	cfg := *m.config.Load()
	cfg.Cleaner.BackoffMs = 3_600_000
	m.SetConfig(cfg)
	m.Run()
	h.run() // nothing to do: the cleaner pauses for an hour
	l := create(t, m, "t", 0, compacted())
	h.advance(time.Minute)
	fill(t, l, "k", make([]string, 60)...)
	h.advance(time.Minute)
	if cleanedTo(m, l) > 0 {
		t.Fatal("the cleaner does not pause")
	}
	cfg.Cleaner.BackoffMs = 1000
	m.SetConfig(cfg)
	h.advance(2 * time.Second)
	if cleanedTo(m, l) <= 0 {
		t.Error("the cleaner keeps its old pause")
	}
	m.Stop(true, 0)
}

// The number of compactions at the same time follows log.cleaner.threads.
func TestCleanerThreadsFollowTheConfiguration(t *testing.T) {
	h := newHost()
	m := openOn(t, h, vfs.NewMem(), "/data")
	cfg := *m.config.Load()
	cfg.Cleaner.MaxBytesPerSecond, cfg.Cleaner.IOBytes = 1, 400
	m.SetConfig(cfg)
	for i := range 5 {
		fill(t, create(t, m, "t", int32(i), compacted()), "k", make([]string, 60)...)
	}
	m.Run()
	under := func() (n int) {
		for _, l := range m.Logs() {
			if l.compaction != nil {
				n++
			}
		}
		return n
	}
	for _, threads := range []int{1, 3, 4, 2, 1, 0, 2} {
		cfg.Cleaner.Threads = threads
		m.SetConfig(cfg)
		h.advance(cfg.Cleaner.backoff() + 5*time.Second)
		if n := under(); n != threads {
			t.Errorf("%d compactions with %d threads", n, threads)
		}
	}
	m.Stop(true, 0)
	if n := under(); n != 0 {
		t.Errorf("%d compactions after the stop", n)
	}
}

// A deletion ends a compaction that pauses. Nothing can go on in between: there is one goroutine.
func TestDeletionEndsAPausedCompaction(t *testing.T) {
	h, m, l := slowCleaner(t)
	run := l.compaction
	must(t, m.Delete(l, nowMs))
	if !run.over || l.compaction != nil {
		t.Error("the compaction goes on")
	}
	h.advance(time.Minute) // the thread finds that its run is over
	other := create(t, m, "other", 0, compacted())
	fill(t, other, "k", make([]string, 60)...)
	h.advance(10 * time.Minute)
	if cleanedTo(m, other) <= 0 {
		t.Error("the cleaner thread does nothing any more")
	}
	m.Stop(true, 0)
}

// A damaged segment makes the log uncleanable and leaves it in service, as in Apache Kafka.
func TestUncleanableLogStaysInService(t *testing.T) {
	fs := vfs.NewMem()
	m := open(t, fs, "/data")
	l := create(t, m, "t", 0, compacted())
	other := create(t, m, "other", 0, compacted())
	for _, x := range []*Log{l, other} {
		fill(t, x, "k", make([]string, 60)...)
		must(t, x.Sync(60))
	}
	closeFiles(m)
	name := l.Dir() + "/00000000000000000000.log"
	data, err := vfs.ReadFile(fs, name)
	must(t, err)
	data[len(data)/2] ^= 0xff
	must(t, vfs.WriteFile(fs, name, data))
	for range 5 {
		m.Clean(nowMs)
	}
	s := m.CleanerState()
	if len(s.Dirs) != 1 || s.Dirs[0].Logs != 1 || s.Dirs[0].Bytes == 0 {
		t.Errorf("%+v", s.Dirs)
	}
	if m.Log("t", 0) != l || m.Dirs()[0].Err() != nil {
		t.Error("the log is out of service")
	}
	fill(t, l, "k", "more")
	if cleanedTo(m, other) <= 0 {
		t.Error("another log is not compacted")
	}
}

// The cleaner takes the log whose max.compaction.lag.ms has passed before a dirtier one.
func TestOverdueLogIsCompactedFirst(t *testing.T) {
	m := open(t, vfs.NewMem(), "/data")
	overdue := compacted()
	overdue.MaxCompactionLagMs, overdue.MinCleanableDirtyRatio = 1000, 0.99
	a, b := create(t, m, "dirtier", 0, compacted()), create(t, m, "overdue", 0, overdue)
	fill(t, a, "k", make([]string, 100)...)
	fill(t, b, "k", make([]string, 40)...)
	l, plan := m.dirtiest(nowMs + 10_000)
	if l != b || !plan.NeedsNow {
		t.Fatalf("%+v %+v", l, plan)
	}
	if s := m.CleanerState(); s.MaxDelayMs < 8000 || s.Dirtiest != 1 {
		t.Errorf("%+v", s)
	}
	cfg := *m.config.Load()
	cfg.Cleaner.Enable = false
	m.SetConfig(cfg)
	if m.Clean(nowMs + 10_000) {
		t.Error("log.cleaner.enable=false has no effect")
	}
}

// A compaction without file descriptors is tried again later.
func TestCompactionWithoutDescriptorsIsRepeated(t *testing.T) {
	fs, armed := noFiles(vfs.NewMem())
	h := newHost()
	m := openOn(t, h, fs, "/data")
	m.Run()
	l := create(t, m, "t", 0, compacted())
	fill(t, l, "k", make([]string, 100)...)
	closeFiles(m)
	armed.Store(true)
	h.advance(2 * time.Minute)
	if m.Dirs()[0].Err() != nil || cleanedTo(m, l) > 0 {
		t.Fatalf("%v, cleaned to %d", m.Dirs()[0].Err(), cleanedTo(m, l))
	}
	armed.Store(false)
	h.advance(2 * time.Minute)
	if cleanedTo(m, l) <= 0 || m.CleanerState().Dirs[0].Logs != 0 {
		t.Errorf("cleaned to %d, %+v", cleanedTo(m, l), m.CleanerState().Dirs)
	}
	m.Stop(true, 0)
}

// The gauges of the last compactions are those of as many runs as there are threads.
func TestCleanerStateShowsTheLastRuns(t *testing.T) {
	m := open(t, vfs.NewMem(), "/data")
	for i, runs := range [][3]int64{{100, 50, 7}, {100, 10, 3}, {200, 20, 5}} {
		m.cleaner.noteRun(cleanerRun{stats: storage.CleanStats{BytesRead: runs[0], BytesWritten: runs[1], MapUtilization: float64(i) / 10}, took: runs[2]}, 2)
	}
	s := m.CleanerState()
	if s.RecopyPercent != 10 || s.LongestNs != 5 || s.MapUtilization != 0.2 {
		t.Errorf("%+v", s)
	}
	if got := fmt.Sprint(s.Dirs); got != "[{/data 0 0}]" {
		t.Error(got)
	}
}
