package storage

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// appendAborted appends a record of a transaction, and the marker that aborts it.
func appendAborted(t *testing.T, l *Log, sequence int32) {
	t.Helper()
	data, end := transactions(t, l, 1000)
	data(7, sequence, "k", "v")
	end(7, false)
}

// A kill or a power cut during retention never leaves a segment in the log without its transaction
// index: readers of committed records would get aborted ones.
func TestCrashInRetentionKeepsTheTransactionIndex(t *testing.T) {
	for _, keep := range []float64{1, 0.5} { // a kill keeps everything
		for seed := range uint64(20) {
			rng := rand.New(rand.NewPCG(seed, 3))
			mem := memDisk(t)
			var images []*vfs.Mem
			fs := vfs.WithHook(mem, func(op vfs.Op) error {
				if op.Mutates() {
					images = append(images, mem.CrashClone(vfs.CrashOptions{Keep: keep, Rand: rng}))
				}
				return nil
			})
			c := testConfig()
			c.RetentionBytes = 1
			l := mustOpen(t, testOptions(fs, c))
			appendAborted(t, l, 0)
			for range 2 {
				check(t, l.Roll(1000))
				mustAppend(t, l, batchOf(t, 1, 50, 1))
			}
			check(t, l.Sync(4))
			point := l.RecoveryPoint()
			l.SetHighWatermark(4)
			images = nil
			_, _, err := l.DeleteOldSegments(1)
			check(t, err)
			_, err = l.DeleteFiles(1 << 40)
			check(t, err)
			for i, image := range images {
				o := testOptions(image, c)
				o.RecoveryPoint = point
				again := mustOpen(t, o)
				aborted, err := again.AbortedTxns(again.LogStartOffset(), 4)
				check(t, err)
				if again.LogStartOffset() == 0 && len(aborted) != 1 || len(again.Damage()) > 0 {
					t.Fatalf("keep %v, seed %d, operation %d: the log begins at %d, the aborted transactions are %v, damage %v",
						keep, seed, i, again.LogStartOffset(), aborted, again.Damage())
				}
			}
		}
	}
}

// A power cut may keep the transaction index of a new log and lose its .log file. No record was
// acknowledged, so the log begins again.
func TestTransactionIndexOfANewLogIsNoProof(t *testing.T) {
	for seed := range uint64(10) {
		l, disk := newTestLog(t, testConfig())
		for i := range 1100 {
			appendAborted(t, l, int32(i))
		}
		image := disk.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(seed, 1)), Keep: 0.5})
		mustOpen(t, testOptions(image, testConfig()))
	}
}

// A sweep of memory syncs the folder of an idle log with an index in memory once, and that of a log
// in use not at all.
func TestSweepSyncsTheFolderOnce(t *testing.T) {
	n := 0
	fs := vfs.WithHook(memDisk(t), func(op vfs.Op) error {
		if op.Kind == vfs.OpSyncDir && strings.HasSuffix(op.Path, "topic-0") {
			n++
		}
		return nil
	})
	c := testConfig()
	c.IndexIntervalBytes = 1
	l := mustOpen(t, testOptions(fs, c))
	for range 5 {
		mustAppend(t, l, batchOf(t, 2, 50, 1))
		l.pool.Sweep()
	}
	if n != 0 {
		t.Errorf("%d syncs in sweeps of a log in use", n)
	}
	for range 5 {
		l.pool.Sweep()
	}
	if n != 1 {
		t.Errorf("%d syncs in sweeps of an idle log", n)
	}
}
