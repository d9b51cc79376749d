package storage

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// reshapes are the changes of several steps.
var reshapes = []string{"retention", "truncate", "truncate fully", "roll", "clean", "rename", "delete"}

// Each change of several steps lacks a file descriptor at each of its steps. The caller repeats it
// at once, later or never, and does other work meanwhile. After a clean close or a power cut the
// log is the one that a model expects: records, producers, transactions, leader epochs, log start
// and last stable offset.
func TestUnfinishedChangesAgainstAModel(t *testing.T) {
	const seeds = 20
	for _, op := range reshapes {
		steps := 0
		for fired := true; fired; steps++ {
			fired = false
			for seed := range uint64(seeds) {
				if runReshape(t, op, steps, seed) {
					fired = true
				}
			}
		}
		if steps < 2 {
			t.Errorf("%s found all its descriptors", op)
		}
	}
}

// runReshape runs one script. It reports whether the change lacked a descriptor.
func runReshape(t *testing.T, op string, step int, seed uint64) (fired bool) {
	t.Helper()
	m := newReshapeModel(t, fmt.Sprintf("%s, step %d, seed %d", op, step, seed), rand.New(rand.NewPCG(seed, uint64(step))))
	for range 14 + m.rng.IntN(10) {
		m.work()
	}
	m.do("sync")
	if m.rng.IntN(2) == 0 {
		m.do("checkpoint")
	}
	for range 1 + m.rng.IntN(4) {
		m.do("append")
	}
	m.l.pool.Shed()
	m.armed, m.left = true, step
	again := m.do(op)
	fired = m.hit
	if m.rng.IntN(3) == 0 && op != "delete" {
		m.work() // the descriptors are still missing
	}
	m.armed = false
	when := m.rng.IntN(3)
	if when == 0 {
		again()
	}
	if op == "delete" {
		m.checkDeleted(when == 0 || !fired)
		return fired
	}
	for range m.rng.IntN(4) {
		m.moreWork()
	}
	if when == 1 {
		again()
		for range m.rng.IntN(3) {
			m.moreWork()
		}
	}
	m.end()
	return fired
}

// reshapeBatch is a batch of the model. pid is -1 without a producer, and first the first offset of
// the transaction that a marker ends.
type reshapeBatch struct {
	base, next, pid, first int64
	seq                    int32 // of the last record
	txn, commit, abort     bool
	optional               bool // compaction may have removed the records
	epoch                  int32
}

// reshapeModel keeps all batches of a log, and how far they are on disk.
type reshapeModel struct {
	t      *testing.T
	name   string
	script []string
	rng    *rand.Rand
	cfg    *Config
	disk   *vfs.Mem
	l      *Log

	armed, hit bool // descriptors are missing after `left` calls; one was
	left       int

	batches []reshapeBatch
	start   int64
	synced  int64 // below it everything is on disk
	// before is the log before a truncation that is not complete, of which begun is the offset at
	// which the log begins afterwards, -1 unless it is a full one.
	pending bool
	before  []reshapeBatch
	begun   int64
	floor   int64 // no truncation goes below it

	dirs                           []string // names that the folder may have after a power cut
	checkpointStart, checkpointEnd int64    // of the owner's files
	epoch                          int32
	now                            int64
	renames                        int
}

func newReshapeModel(t *testing.T, name string, rng *rand.Rand) *reshapeModel {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes, c.RetentionBytes = int64(350+rng.IntN(300)), 100, int64(300+rng.IntN(1200))
	c.CleanupPolicy, c.FileDeleteDelayMs, c.RetentionMs = CleanupDelete, int64(rng.IntN(2)*1000), -1
	if strings.HasPrefix(name, "clean") || rng.IntN(4) == 0 {
		c.CleanupPolicy = CleanupCompact | CleanupDelete
	}
	m := &reshapeModel{t: t, name: name, rng: rng, cfg: c, disk: memDisk(t), dirs: []string{testDir}, begun: -1, epoch: 1, now: 2000}
	o := testOptions(vfs.WithHook(m.disk, m.hook), c)
	o.LowerCheckpoints = func(end int64) error {
		if err := m.scarce("checkpoint"); err != nil {
			return err
		}
		m.checkpointStart, m.checkpointEnd = min(m.checkpointStart, end), min(m.checkpointEnd, end)
		return nil
	}
	m.l = mustOpen(t, o)
	return m
}

func (m *reshapeModel) hook(op vfs.Op) error {
	switch op.Kind {
	case vfs.OpCreate, vfs.OpOpen, vfs.OpSyncDir, vfs.OpReadDir:
		return m.scarce(op.Path)
	case vfs.OpRemove:
		if slices.Contains(m.dirs, op.Path) { // RemoveAll opens the folder
			return m.scarce(op.Path)
		}
	}
	return nil
}

func (m *reshapeModel) scarce(path string) error {
	if !m.armed {
		return nil
	}
	if m.left--; m.left >= 0 {
		return nil
	}
	m.hit = true
	return &os.PathError{Op: "open", Path: path, Err: syscall.EMFILE}
}

func (m *reshapeModel) fatal(format string, args ...any) {
	m.t.Helper()
	m.t.Fatalf("%s: %s\n%s", m.name, fmt.Sprintf(format, args...), strings.Join(m.script, "\n"))
}

// work does something at random.
func (m *reshapeModel) work() {
	m.now += int64(m.rng.IntN(800))
	switch n := m.rng.IntN(100); {
	case n < 60:
		m.do("append")
	case n < 68:
		m.do("marker")
	case n < 76:
		m.do("sync")
	case n < 80:
		m.do("checkpoint")
	case n < 84:
		m.do("roll")
	case n < 88:
		m.do("retention")
	case n < 92:
		m.do("truncate")
	case n < 94:
		m.do("unlink")
	case n < 96 && m.cfg.compacted():
		m.do("clean")
	default:
		m.l.pool.Sweep()
	}
}

// moreWork does something at random, or appends enough for another change of the segments.
func (m *reshapeModel) moreWork() {
	if m.rng.IntN(2) == 0 {
		m.work()
		return
	}
	for range 4 + m.rng.IntN(12) {
		m.do("append")
	}
	if m.rng.IntN(4) > 0 {
		m.do("sync")
	}
	m.do([]string{"retention", "retention", "truncate", "roll"}[m.rng.IntN(4)])
}

// do does one thing, and returns a function that does it again.
func (m *reshapeModel) do(what string) (again func()) {
	var act func() error
	end := m.l.LogEndOffset()
	switch what {
	case "append":
		act = m.append
	case "marker":
		act = func() error { return m.marker(int64(1 + m.rng.IntN(2))) }
	case "sync":
		act = m.sync
	case "checkpoint":
		act = func() error {
			if !m.armed {
				m.checkpointStart, m.checkpointEnd = m.l.LogStartOffset(), m.l.RecoveryPoint()
			}
			return nil
		}
	case "roll":
		act = func() error { return m.l.Roll(m.now) }
	case "retention":
		act = m.retention
	case "truncate":
		low := max(m.start, m.floor)
		offset := low + m.rng.Int64N(max(end-low, 0)+1)
		act = func() error { return m.truncate(offset) }
	case "truncate fully":
		offset := m.rng.Int64N(end + 20)
		act = func() error { return m.truncateFully(offset) }
	case "unlink":
		act = func() error { _, err := m.l.DeleteFiles(m.now); return err }
	case "clean":
		act = m.clean
	case "rename":
		m.renames++
		dir := fmt.Sprintf("data/topic-0.%d-delete", m.renames)
		act = func() error { return m.rename(dir) }
	case "delete":
		act = m.l.Delete
	}
	again = func() {
		before := m.l.truncation
		err := act()
		m.script = append(m.script, fmt.Sprintf("%s: [%d, %d), pending %v: %v", what, m.l.LogStartOffset(), m.l.LogEndOffset(), m.l.truncating.Load(), err))
		if err != nil && (!m.armed || Classify(err) != ClassRetry) {
			m.fatal("%s: class %v: %v", what, Classify(err), err)
		}
		if w := m.l.truncation; w != nil && w != before {
			m.begin(w)
		}
		if m.pending && !m.l.truncating.Load() {
			m.complete()
		}
	}
	again()
	return again
}
