package storage

import (
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// reopened is the log as a power cut that keeps nothing unsynced would leave it now.
func reopened(t *testing.T, m *vfs.Mem, c *Config, recoveryPoint int64) *Log {
	t.Helper()
	o := testOptions(m.CrashClone(vfs.CrashOptions{}), c)
	o.RecoveryPoint = recoveryPoint
	return mustOpen(t, o)
}

// A Sync that comes while a group commit is between PrepareSync and SyncDone must not take its word
// for it: syncfs is still to be done, and may fail.
func TestSyncDoesNotTrustAHalfDoneGroupCommit(t *testing.T) {
	c := testConfig()
	l, m := newTestLog(t, c)
	mustAppend(t, l, batchOf(t, 3, 100, 1))
	if err := l.Roll(1000); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, batchOf(t, 2, 100, 1))
	upTo, gen, err := l.PrepareSync()
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Sync(l.LogEndOffset()); err != nil {
		t.Fatal(err)
	}
	if rp := l.RecoveryPoint(); rp != 5 {
		t.Fatalf("recovery point %d after Sync", rp)
	}
	if end := reopened(t, m, c, l.RecoveryPoint()).LogEndOffset(); end != 5 {
		t.Fatalf("Sync said that 5 records are on disk, a power cut leaves %d", end)
	}
	l.SyncDone(upTo, gen)
	if rp := l.RecoveryPoint(); rp != 5 {
		t.Fatalf("recovery point %d after SyncDone", rp)
	}
}

// The same for retention, which relies on the name of the segment that stays.
func TestRetentionDoesNotTrustAHalfDoneGroupCommit(t *testing.T) {
	c := testConfig()
	l, m := newTestLog(t, c)
	mustAppend(t, l, batchOf(t, 3, 100, 1))
	if err := l.Sync(3); err != nil {
		t.Fatal(err)
	}
	if err := l.Roll(1000); err != nil {
		t.Fatal(err)
	}
	if _, _, err := l.PrepareSync(); err != nil {
		t.Fatal(err)
	}
	l.SetHighWatermark(3)
	if err := l.SetLogStartOffset(3); err != nil {
		t.Fatal(err)
	}
	synced := false
	l.fs = vfs.WithHook(l.fs, func(o vfs.Op) error {
		synced = synced || o.Kind == vfs.OpSyncDir
		if o.Kind == vfs.OpRename && !synced {
			t.Errorf("%v before the name of the segment that stays is durable", o)
		}
		return nil
	})
	if n, _, err := l.DeleteOldSegments(2000); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	if l := reopened(t, m, c, 3); l.LogStartOffset() != 3 || l.LogEndOffset() != 3 {
		t.Fatalf("[%d, %d)", l.LogStartOffset(), l.LogEndOffset())
	}
}

// The epoch of synced records is on file even if the next epoch, which has no record yet, is known
// already.
func TestEpochOfSyncedRecordsIsSavedWhenTheNextHasBegun(t *testing.T) {
	for _, way := range []string{"sync", "prepare", "close"} {
		c := testConfig()
		l, m := newTestLog(t, c)
		epoch := func(e int32) {
			if err := l.AssignEpoch(e, l.LogEndOffset()); err != nil {
				t.Fatal(err)
			}
		}
		write := func(e int32) {
			if _, err := l.AppendAsLeader(batchOf(t, 5, 100, 1), AppendOptions{LeaderEpoch: e, NowMs: 1000}); err != nil {
				t.Fatal(err)
			}
		}
		epoch(2)
		write(2)
		if err := l.Sync(5); err != nil {
			t.Fatal(err)
		}
		epoch(3)
		write(3)
		if err := l.Roll(1000); err != nil {
			t.Fatal(err)
		}
		write(3)
		epoch(4)
		o := testOptions(m, c)
		o.RecoveryPoint = 15
		switch way {
		case "sync":
			if err := l.Sync(15); err != nil {
				t.Fatal(err)
			}
			o.FS = m.CrashClone(vfs.CrashOptions{})
		case "prepare":
			upTo, gen, err := l.PrepareSync()
			if err == nil {
				err = syncMount(m, "")
			}
			if err != nil {
				t.Fatal(err)
			}
			l.SyncDone(upTo, gen)
			o.FS = m.CrashClone(vfs.CrashOptions{})
		case "close":
			if err := l.Close(true); err != nil {
				t.Fatal(err)
			}
			o.CleanShutdown = true
		}
		l = mustOpen(t, o)
		if e := l.EndOffsetForEpoch(2); e != (EpochEndOffset{2, 5}) {
			t.Errorf("%s: epoch 2 ends at %+v, want offset 5: %v", way, e, l.epochs.Entries())
		}
		if e, _ := l.LatestEpoch(); e != 3 {
			t.Errorf("%s: latest epoch %d", way, e)
		}
	}
}
