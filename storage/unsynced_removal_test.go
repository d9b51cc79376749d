package storage

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// appendMarker ends the transaction of producer 1.
func appendMarker(t *testing.T, l *Log, commit bool) {
	t.Helper()
	m := record.EndTxnMarker{Commit: commit}.Build(0, 500, 0, 1, 0)
	_, err := l.AppendAsLeader(append([]byte(nil), m...), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginCoordinator})
	check(t, err)
}

// valuesOf returns the values of each key in the log, in their order, up to a read error.
func valuesOf(l *Log) map[string][]string {
	got := map[string][]string{}
	for from := l.LogStartOffset(); from < l.LogEndOffset(); {
		r, err := l.Read(from, ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: l.LogEndOffset()})
		by, _ := r.Slice.ReadInto(nil)
		r.Slice.Close()
		if err != nil || len(by) == 0 {
			break
		}
		var rd record.Reader
		for rd.Reset(record.Batch(by), record.Limits{}); rd.Next(); {
			key := string(rd.Record().Key)
			got[key] = append(got[key], string(rd.Record().Value))
		}
		from = record.Batch(by).NextOffset()
	}
	return got
}

// removal is a log with synced records, newer records that no sync covers, and a call that removes
// synced records because of the newer ones.
type removal struct {
	config func(*Config)
	synced func(*Log)
	newer  func(*Log)
	remove func(*Log) error
	// keeps checks the log after a power cut during remove.
	keeps func(*Log) error
}

// cutPower cuts the power before every change that remove makes to the disk. No write without a
// sync survives.
func (r *removal) cutPower(t *testing.T) {
	t.Helper()
	c := testConfig()
	c.SegmentBytes = 300
	r.config(c)
	for n := range 1000 {
		mem := vfs.NewCrashableMem()
		limit, ops := 1<<30, 0
		fsys := vfs.NewErrorFS(mem, func(op vfs.Op) error {
			if !op.Mutates() {
				return nil
			}
			if ops++; ops > limit {
				return errPowerCut
			}
			return nil
		})
		check(t, fsys.MkdirAll(filepath.Dir(testDir), vfs.DirPerm))
		check(t, syncMount(fsys, ""))
		l := mustOpen(t, testOptions(fsys, c))
		r.synced(l)
		check(t, l.Sync(l.LogEndOffset()))
		saved := l.RecoveryPoint()
		r.newer(l)
		l.SetHighWatermark(l.LogEndOffset())
		ops, limit = 0, n
		err := r.remove(l)
		o := testOptions(mem.CrashClone(vfs.CrashOptions{}), c)
		o.RecoveryPoint = saved
		x := mustOpen(t, o)
		x.SetHighWatermark(x.LogEndOffset())
		if kept := r.keeps(x); kept != nil {
			t.Fatalf("power cut after %d changes: %v; log [%d,%d), damage %v", n, kept, x.LogStartOffset(), x.LogEndOffset(), x.Damage())
		}
		if err == nil {
			if n == 0 {
				t.Fatal("nothing was removed")
			}
			return
		}
	}
	t.Fatal("the removal does not end")
}

// Compaction removes the old value of a key when the new one is on disk, not before.
func TestCompactionReliesOnSyncedRecords(t *testing.T) {
	r := removal{
		config: func(c *Config) { c.CleanupPolicy = CleanupCompact },
		synced: func(l *Log) {
			for i := range 4 {
				mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("key%d=old", i)))
			}
		},
		newer: func(l *Log) {
			for i := range 12 {
				mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("key%d=new", i%4)))
			}
		},
		remove: func(l *Log) error {
			_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1})
			return err
		},
		keeps: func(l *Log) error {
			got := valuesOf(l)
			for i := range 4 {
				if len(got[fmt.Sprintf("key%d", i)]) == 0 {
					return fmt.Errorf("key%d is gone: %v", i, got)
				}
			}
			return nil
		},
	}
	r.cutPower(t)
}

// A transaction is synced and its commit is not: a power cut may leave the transaction open, and a
// later abort removes its values. The values before it must be there then.
func TestCompactionReliesOnSyncedCommits(t *testing.T) {
	r := removal{
		config: func(c *Config) { c.CleanupPolicy = CleanupCompact },
		synced: func(l *Log) {
			for i := range 4 {
				mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("key%d=old", i)))
			}
			for i := range 4 {
				o := record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: 1, Sequence: int32(i)}}
				mustAppend(t, l, keyed(t, o, fmt.Sprintf("key%d=new", i)))
			}
		},
		newer: func(l *Log) {
			appendMarker(t, l, true)
			for i := range 4 {
				mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, fmt.Sprintf("other%d=new", i)))
			}
		},
		remove: func(l *Log) error {
			_, err := l.Clean(CleanOptions{NowMs: 2000, DirtyOffset: -1})
			return err
		},
		keeps: func(l *Log) error {
			got, committed := valuesOf(l), l.LastStableOffset() == l.LogEndOffset()
			for i := range 4 {
				if v := got[fmt.Sprintf("key%d", i)]; len(v) == 0 || !committed && v[0] != "old" {
					return fmt.Errorf("the committed value of key%d is gone: %v", i, got)
				}
			}
			return nil
		},
	}
	r.cutPower(t)
}

// Retention by size keeps retention.bytes of records that a power cut leaves.
func TestRetentionBySizeCountsSyncedBytes(t *testing.T) {
	var before int64
	r := removal{
		config: func(c *Config) { c.RetentionBytes = 900 },
		synced: func(l *Log) {
			for i := range 8 {
				mustAppend(t, l, pair(t, i, 'a'))
			}
			before = l.Size()
		},
		newer: func(l *Log) {
			for i := range 40 {
				mustAppend(t, l, pair(t, 100+i, 'b'))
			}
		},
		remove: func(l *Log) error {
			_, _, err := l.DeleteOldSegments(2000)
			return err
		},
		keeps: func(l *Log) error {
			if want := min(before, 900); l.Size() < want {
				return fmt.Errorf("%d bytes are left of %d synced ones, retention.bytes is 900", l.Size(), before)
			}
			return nil
		},
	}
	r.cutPower(t)
}
