package logmanager

import (
	"errors"
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// The only segment of a partition is gone. No empty log takes its place, at this start or later.
// With or without a recovery point, the other files show that there was a segment.
func TestMissingOnlySegmentPutsThePartitionOffline(t *testing.T) {
	for _, clean := range []bool{false, true} {
		for _, checkpointed := range []bool{false, true} {
			fs := vfs.NewMem()
			m := open(t, fs, "/data")
			l := create(t, m, "t", 0, nil)
			for range 50 {
				b := batchOf(t, "v")
				_, err := l.AppendAsLeader(b, storage.AppendOptions{NowMs: nowMs, LeaderEpoch: 3})
				must(t, err)
			}
			must(t, l.Sync(50))
			if checkpointed {
				checkpointAll(m)
			}
			segment := logFiles(t, fs, l.Dir())[0]
			m.Stop(clean, 1)
			must(t, fs.Rename(segment, "/away"))
			for start := range 2 {
				m = open(t, fs, "/data")
				err := m.Damaged(storage.TopicPartition{Topic: "t"}, [16]byte{1})
				if m.Log("t", 0) != nil || !errors.Is(err, storage.ErrMissingFile) {
					t.Errorf("clean %v, checkpoints %v, start %d: in service %v, error %v", clean, checkpointed, start, m.Log("t", 0) != nil, err)
				}
				m.Stop(true, 1)
			}
			must(t, fs.Rename("/away", segment))
			m = open(t, fs, "/data")
			if l := m.Log("t", 0); l == nil || l.LogEndOffset() != 50 {
				t.Errorf("clean %v, checkpoints %v: the segment is back, and the log is not", clean, checkpointed)
			}
			m.Stop(true, 1)
		}
	}
}

// The first or the last segment of a partition is gone. Each start reports it, and the offsets of
// the lost records are not given out again.
func TestMissingFirstAndLastSegmentAreReported(t *testing.T) {
	for _, which := range []string{"first", "last"} {
		for _, clean := range []bool{false, true} {
			t.Run(fmt.Sprint(which, " clean stop ", clean), func(t *testing.T) {
				fs := vfs.NewMem()
				m := open(t, fs, "/data")
				l := create(t, m, "t", 0, smallSegments())
				fill(t, l, "k", make([]string, 50)...)
				must(t, l.Sync(50))
				checkpointAll(m)
				files := logFiles(t, fs, l.Dir())
				segment := files[0]
				if which == "last" {
					segment = files[len(files)-1]
				}
				m.Stop(clean, 1)
				must(t, fs.Rename(segment, "/away"))
				for start := range 3 {
					m = open(t, fs, "/data")
					l = m.Log("t", 0)
					if l.LogEndOffset() != 50+int64(start) || len(l.Damage()) != 1 {
						t.Errorf("start %d: the log is [%d, %d), damage %v", start, l.LogStartOffset(), l.LogEndOffset(), l.Damage())
					}
					if which == "last" {
						r, err := l.Read(49, storage.ReadOptions{MaxBytes: 1, MinOneBatch: true, Below: 50})
						r.Slice.Close()
						if !errors.Is(err, storage.ErrCorruptLog) {
							t.Errorf("start %d: a read of a lost record: %v", start, err)
						}
					}
					fill(t, l, "k", "new")
					must(t, l.Sync(l.LogEndOffset()))
					m.Stop(clean, 1)
				}
			})
		}
	}
}
