package storage

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// While a reader waits for the disk on a closed segment, every lock that an append, a roll or a
// sync needs is free: after a clean start, and with everything out of memory.
func TestReadersOfClosedSegmentsHoldNoLock(t *testing.T) {
	disk := memDisk(t)
	c := txnConfig()
	c.IndexIntervalBytes = 200
	l := mustOpen(t, testOptions(disk, c))
	(&txnScript{t, l, map[int64]int32{}}).run()
	end := l.LogEndOffset()
	check(t, l.Close(true))

	var active string
	looked := map[vfs.OpKind]int{}
	fs := vfs.WithHook(disk, func(op vfs.Op) error {
		base, _, ok := segfile.ParseOffsetName(filepath.Base(op.Path))
		if active == "" || !ok || strings.HasPrefix(filepath.Base(op.Path), active) {
			return nil
		}
		looked[op.Kind]++
		for name, lock := range map[string]interface {
			TryLock() bool
			Unlock()
		}{"mu": &l.mu, "appends": &l.appends, "maint": &l.maint, "io of the active segment": &l.active().io, "mu of the closed segment": &l.segmentAt(base).mu} {
			if !lock.TryLock() {
				t.Errorf("%s is held during %v", name, op)
				continue
			}
			lock.Unlock()
		}
		return nil
	})
	o := testOptions(fs, c)
	o.CleanShutdown, o.RecoveryPoint = true, end
	l = mustOpen(t, o)
	l.SetHighWatermark(end)
	active = segfile.OffsetName(l.active().base)
	for name, read := range readersOf(l, end) {
		clear(looked)
		l.pool.Sweep()
		l.pool.Sweep()
		l.pool.Shed()
		for _, s := range l.segments {
			s.maxTs = tsUnknown
		}
		if err := read(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if looked[vfs.OpRead] == 0 {
			t.Errorf("%s: nothing was read from closed segments", name)
		}
	}
}

// readersOf are the ways to read a log that ends at end.
func readersOf(l *Log, end int64) map[string]func() error {
	return map[string]func() error{
		"read": func() error {
			for from := range end {
				r, err := l.Read(from, ReadOptions{MaxBytes: 300, MinOneBatch: true, Below: end - 1})
				if err != nil {
					return err
				}
				r.Slice.Close()
			}
			return nil
		},
		"aborted transactions": func() error {
			_, err := l.AbortedTxns(0, end)
			return err
		},
		"offset for timestamp": func() error {
			_, _, err := l.OffsetForTimestamp(2)
			return err
		},
		"maximum timestamp": func() error {
			_, _, err := l.MaxTimestampOffset()
			return err
		},
		"segments": func() error {
			l.Segments()
			return nil
		},
	}
}

// appendOthers appends 60 records that differ in length from those of batchOf.
func appendOthers(l *Log) error {
	for i := range 60 {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
		if err := b.Append(0, 2000, []byte("new"), fmt.Append(nil, i, "-with another length"), nil); err != nil {
			return err
		}
		out, err := b.Bytes()
		if err != nil {
			return err
		}
		if _, err := l.AppendAsLeader(append([]byte(nil), out...), AppendOptions{LeaderEpoch: 2, NowMs: 1000}); err != nil {
			return err
		}
	}
	return nil
}

// A read that a truncation, a swap or retention overtakes begins again and returns what the log has
// then.
func TestReadBeginsAgainWhenTheLogChanges(t *testing.T) {
	for name, change := range map[string]func(l *Log) error{
		"truncation": func(l *Log) error {
			if err := l.TruncateTo(5); err != nil {
				return err
			}
			return appendOthers(l)
		},
		"retention": func(l *Log) error {
			c := *l.Config()
			c.RetentionBytes = 1
			l.SetConfig(&c)
			_, _, err := l.DeleteOldSegments(2000)
			return err
		},
	} {
		for _, kind := range []vfs.OpKind{vfs.OpOpen, vfs.OpRead} {
			for at := range 6 {
				disk := memDisk(t)
				var l *Log
				n, armed := 0, false
				fs := vfs.WithHook(disk, func(op vfs.Op) error {
					if armed && op.Kind == kind && strings.HasSuffix(op.Path, segfile.LogSuffix) {
						if n++; n > at {
							armed = false
							return change(l)
						}
					}
					return nil
				})
				c := testConfig()
				c.SegmentBytes, c.IndexIntervalBytes = 700, 100
				l = mustOpen(t, testOptions(fs, c))
				for i := range 60 {
					mustAppend(t, l, batchOf(t, 1, 30, int64(1000+i)))
				}
				l.SetHighWatermark(60)
				l.pool.Sweep()
				l.pool.Sweep()
				l.pool.Shed()
				armed = true
				r, err := l.Read(17, ReadOptions{MaxBytes: 500, MinOneBatch: true, Below: 60})
				armed = false
				if err == ErrOffsetOutOfRange && name == "retention" {
					continue
				}
				if err != nil {
					t.Fatalf("%s at %s %d: %v", name, kind, at, err)
				}
				got, err := r.Slice.ReadInto(nil)
				r.Slice.Close()
				check(t, err)
				if want := readAll(t, l, 17, 500); len(got) == 0 || string(got) != string(want[:len(got)]) {
					t.Fatalf("%s at %s %d: %d bytes that the log does not hold", name, kind, at, len(got))
				}
			}
		}
	}
}

// A segment that rolls before its indexes have an entry is no damaged one: small, quiet segments,
// those of large batches, and those without timestamps.
func TestNoFalseAlarmAboutIndexes(t *testing.T) {
	for name, make := range map[string]func() record.Batch{
		"small":        func() record.Batch { return batchOf(t, 1, 10, 1000) },
		"large":        func() record.Batch { return batchOf(t, 1, 9000, 1000) },
		"no timestamp": func() record.Batch { return batchOf(t, 1, 10, -1) },
	} {
		logger, lines := capture()
		disk := memDisk(t)
		o := testOptions(disk, testConfig())
		o.Logger = logger
		l := mustOpen(t, o)
		for range 4 {
			mustAppend(t, l, make())
			l.pool.Sweep()
			l.pool.Sweep()
			check(t, l.Roll(2000))
			l.pool.Sweep()
			l.pool.Sweep()
		}
		l.Segments()
		readAll(t, l, 0, 100)
		check(t, l.Close(true))
		o.CleanShutdown, o.RecoveryPoint = true, 4
		l = mustOpen(t, o)
		l.Segments()
		readAll(t, l, 0, 100)
		if got := lines(); strings.Contains(got, "index") {
			t.Errorf("%s: %s", name, got)
		}
	}
}
