package storage

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// Each file that can be made again is removed while the log is in use; then the log is used in each
// way. None of that may make an error of ClassPartition, or change what a reader gets.
func TestMissingSmallFileOfALogInUse(t *testing.T) {
	fsys := vfs.NewMem()
	o := twoTransactions(t, fsys, "data/topic-0", CleanupDelete)
	es, err := fsys.ReadDir(o.Dir)
	check(t, err)
	var names []string
	for _, e := range es {
		if !strings.HasSuffix(e.Name(), ".log") {
			names = append(names, e.Name())
		}
	}
	for _, name := range names {
		for _, when := range []string{"idle", "used"} {
			t.Run(fmt.Sprintf("%s/%s", name, when), func(t *testing.T) {
				fsys := vfs.NewMem()
				o := twoTransactions(t, fsys, "data/topic-0", CleanupDelete)
				o.Pool = NewFilePool(100)
				l := mustOpen(t, o)
				defer l.Close(false)
				l.SetHighWatermark(l.LogEndOffset())
				if when == "used" {
					readCommitted(t, l)
				}
				for range 4 {
					o.Pool.Sweep()
				}
				if err := fsys.Remove(filepath.Join(o.Dir, name)); notExist(err) {
					return // the log has removed it by itself
				} else if err != nil {
					t.Fatal(err)
				}
				useInEachWay(t, l)
				if err := l.Close(true); err != nil {
					t.Error(err)
				}
			})
		}
	}
}

// useInEachWay appends, aborts, rolls, looks up and cleans. No step may fail.
func useInEachWay(t *testing.T, l *Log) {
	t.Helper()
	try := func(what string, err error) {
		if err != nil {
			t.Errorf("%s: %v: %v", what, Classify(err), err)
		}
	}
	seq, ts := int32(0), int64(1_000_000)
	put := func(id int64) {
		b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: id, Sequence: seq}})
		check(t, b.Append(0, ts, []byte("k9"), []byte("aborted9"), nil))
		out, err := b.Bytes()
		check(t, err)
		seq++
		_, err = l.AppendAsLeader(out, AppendOptions{LeaderEpoch: 1, NowMs: ts})
		try("append", err)
		m := record.EndTxnMarker{Commit: false}.Build(0, ts, 0, id, 0)
		_, err = l.AppendAsLeader(m, AppendOptions{LeaderEpoch: 1, NowMs: ts, Origin: OriginCoordinator})
		try("marker", err)
	}
	put(9)
	try("sync", l.Sync(l.LogEndOffset()))
	try("roll", l.Roll(ts))
	put(9)
	try("sync2", l.Sync(l.LogEndOffset()))
	try("roll", l.Roll(ts))
	try("sync3", l.Sync(l.LogEndOffset()))
	l.SetHighWatermark(l.LogEndOffset())
	_, _, err := l.OffsetForTimestamp(5)
	try("time", err)
	_, err = l.AbortedTxns(0, l.LogEndOffset())
	try("aborted", err)
	if err == nil {
		if got := fmt.Sprint(readCommitted(t, l)); got != "[k1=committed k2=x k3=x]" {
			t.Errorf("reader gets %v", got)
		}
	}
	_, err = l.CleanPlan(0, ts)
	try("plan", err)
	_, err = l.Clean(CleanOptions{NowMs: ts + int64(time.Hour), DirtyOffset: 0, DedupeBytes: 1 << 20, LoadFactor: 0.9, IOBytes: 1 << 20})
	try("clean", err)
}
