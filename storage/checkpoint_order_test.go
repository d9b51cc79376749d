package storage

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// owner keeps the checkpoint files of one log, as the owner of a log directory does.
type owner struct{ recoveryPoint, logStart int64 }

func (o *owner) lower(end int64) error {
	o.recoveryPoint, o.logStart = min(o.recoveryPoint, end), min(o.logStart, end)
	return nil
}

func (o *owner) checkpoint(l *Log) {
	o.recoveryPoint, o.logStart = l.RecoveryPoint(), l.LogStartOffset()
}

func (o *owner) options(fsys vfs.FS, c *Config) Options {
	opts := testOptions(fsys, c)
	opts.RecoveryPoint, opts.LogStartOffset, opts.LowerCheckpoints = o.recoveryPoint, o.logStart, o.lower
	return opts
}

// A truncation below the log start offset lowers every checkpoint, so that records which are synced
// afterwards survive a power cut.
func TestSyncedRecordsSurviveATruncationBelowTheLogStart(t *testing.T) {
	for name, truncate := range map[string]func(*Log) error{
		"TruncateTo":              func(l *Log) error { return l.TruncateTo(20) },
		"TruncateFullyAndStartAt": func(l *Log) error { return l.TruncateFullyAndStartAt(20) },
	} {
		_, m := newTestLog(t, testConfig())
		o := &owner{}
		l := mustOpen(t, o.options(m, testConfig()))
		for i := range 100 {
			mustAppend(t, l, batchOf(t, 1, 10, int64(i)))
		}
		if err := l.Sync(100); err != nil {
			t.Fatal(err)
		}
		l.SetHighWatermark(100)
		if err := l.SetLogStartOffset(50); err != nil {
			t.Fatal(err)
		}
		o.checkpoint(l)
		if err := truncate(l); err != nil {
			t.Fatal(err)
		}
		for i := range 20 {
			mustAppend(t, l, batchOf(t, 1, 10, int64(i)))
		}
		if err := l.Sync(40); err != nil {
			t.Fatal(err)
		}
		l = mustOpen(t, o.options(m.CrashClone(vfs.CrashOptions{}), testConfig()))
		if l.LogEndOffset() != 40 {
			t.Errorf("%s: 20 records were synced, the log is [%d, %d) after a power cut", name, l.LogStartOffset(), l.LogEndOffset())
		}
	}
}

// The log asks for lower checkpoints before it removes anything. It removes nothing when they
// cannot be written.
func TestTruncationNeedsLowerCheckpoints(t *testing.T) {
	_, m := newTestLog(t, testConfig())
	refused := errors.New("the checkpoint cannot be written")
	opts := testOptions(m, testConfig())
	asked := int64(-1)
	var l *Log
	opts.LowerCheckpoints = func(end int64) error {
		asked = end
		if l != nil && (l.RecoveryPoint() > end || l.LogStartOffset() > end || l.HighWatermark() > end) {
			t.Errorf("the log still gives offsets above %d to its owner's checkpoints: %d, %d, %d", end, l.RecoveryPoint(), l.LogStartOffset(), l.HighWatermark())
		}
		if l != nil {
			return refused
		}
		return nil
	}
	opened := mustOpen(t, opts)
	mustAppend(t, opened, batchOf(t, 10, 10, 1))
	mustAppend(t, opened, batchOf(t, 10, 10, 1))
	opened.SetHighWatermark(20)
	if err := opened.Sync(20); err != nil {
		t.Fatal(err)
	}
	l = opened
	var disk *StorageError
	if err := l.TruncateTo(15); !errors.Is(err, refused) || !errors.As(err, &disk) {
		t.Fatalf("truncation without a checkpoint: %v", err)
	}
	if asked != 10 { // the batch that holds offset 15 goes as a whole
		t.Errorf("the owner was asked for checkpoints at %d, the log would end at 10", asked)
	}
	again := mustOpen(t, testOptions(m.CrashClone(vfs.CrashOptions{}), testConfig()))
	if again.LogEndOffset() != 20 {
		t.Errorf("the truncation removed records: the log ends at %d", again.LogEndOffset())
	}
}

// A recovery that finds a shorter log than its recovery point goes on at the recovery point: no
// offset is given out twice.
func TestRecoveryGoesOnAtTheRecoveryPoint(t *testing.T) {
	l, m := newTestLog(t, testConfig())
	o := &owner{}
	mustAppend(t, l, batchOf(t, 10, 10, 1))
	if err := l.Sync(10); err != nil {
		t.Fatal(err)
	}
	o.recoveryPoint, o.logStart = 30, 0
	img := m.CrashClone(vfs.CrashOptions{})
	l = mustOpen(t, o.options(img, testConfig()))
	if l.LogEndOffset() != 30 || o.recoveryPoint != 30 || len(l.Damage()) != 1 {
		t.Fatalf("the log ends at %d, its recovery point on disk is %d", l.LogEndOffset(), o.recoveryPoint)
	}
	for i := range 20 {
		mustAppend(t, l, batchOf(t, 1, 10, int64(i)))
	}
	for seed := range uint64(20) {
		torn := img.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(seed, 3)), Keep: 0.5, Block: 64})
		l := mustOpen(t, o.options(torn, testConfig()))
		readAll(t, l, 30, 1<<20)
	}
}
