package logmanager

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// Synced records of a topic that was compacted once stay when its cleanup.policy is delete and the
// recovery points are lost: cleaner-offset-checkpoint says where compaction has left gaps, and a
// damaged one says nothing.
func TestSyncedRecordsStayWithoutRecoveryPoints(t *testing.T) {
	for _, damaged := range [][]string{nil, {storage.RecoveryPointCheckpoint}, {storage.RecoveryPointCheckpoint, storage.CleanerOffsetCheckpoint}} {
		disk := vfs.NewCrashableMem()
		m := open(t, disk, "/data")
		c := storage.DefaultConfig()
		c.CleanupPolicy, c.SegmentBytes, c.MinCleanableDirtyRatio = storage.CleanupCompact, 1000, 0.0001
		l := create(t, m, "orders", 0, c)
		for i := range 60 {
			fill(t, l, fmt.Sprint("k", (i*i+i)%40), "value")
		}
		must(t, l.Sync(60))
		for m.Clean(nowMs) {
		}
		size := l.Size()
		crashed := disk.CrashClone(vfs.CrashOptions{})
		_ = crashed.Remove(filepath.Join("/data", storage.RecoveryPointCheckpoint))
		for _, name := range damaged {
			must(t, vfs.WriteFile(crashed, filepath.Join("/data", name), []byte("damaged")))
		}
		m = open(t, crashed, "/data") // the default policy is delete
		if l := m.Log("orders", 0); l.LogEndOffset() != 60 || l.Size() != size {
			t.Errorf("damaged %v: the log ends at %d with %d bytes, it had %d: %+v", damaged, l.LogEndOffset(), l.Size(), size, l.Damage())
		}
	}
}
