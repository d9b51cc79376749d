package storage

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// A transaction begins in segment A and ends in segment B. Compaction removes its records, and
// later its marker. The snapshot at the beginning of B says that the transaction is open.
func spanningTransaction(t *testing.T) (l *Log, logs func() string) {
	c := compactConfig()
	c.SegmentBytes, c.DeleteRetentionMs = 3000, 0
	o := testOptions(withDir(vfs.NewMem()), c)
	o.Logger, logs = capture()
	l = mustOpen(t, o)
	plain := func(k string, n int) {
		mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1}, k+"="+string(bytes.Repeat([]byte("x"), n))))
	}
	end := func(id int64, commit bool) {
		_, err := l.AppendAsLeader(slices.Clone(record.EndTxnMarker{Commit: commit}.Build(0, 1000, 0, id, 0)), AppendOptions{LeaderEpoch: 1, NowMs: 1000, Origin: OriginCoordinator})
		check(t, err)
	}
	tx := func(id int64, seq int32, kv string) {
		mustAppend(t, l, keyed(t, record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: id, Sequence: seq}}, kv))
	}
	plain("big1", 2000) // 0
	tx(1, 0, "k=1")     // 1
	check(t, l.Roll(1000))
	end(1, false)       // 2
	tx(2, 0, "j=1")     // 3
	end(2, false)       // 4
	plain("big2", 2000) // 5
	plain("k", 1)       // 6
	tx(1, 1, "m=1")     // 7: the last batch of producer 1
	end(1, true)        // 8
	check(t, l.Roll(1000))
	plain("z", 1)
	l.SetHighWatermark(l.LogEndOffset())
	return l, logs
}

func TestCompactedTransactionIsNoDamage(t *testing.T) {
	l, logs := spanningTransaction(t)
	for i := range 2 {
		_, err := l.Clean(CleanOptions{NowMs: 2000 + int64(i), DirtyOffset: -1})
		check(t, err)
		if n := strings.Count(logs(), "transaction index is damaged"); n > 0 {
			t.Errorf("run %d: %d lines: %s", i, n, logs())
		}
	}
	for range 3 {
		_, err := l.Clean(CleanOptions{NowMs: 5000, DirtyOffset: -1})
		check(t, err)
	}
	if n := strings.Count(logs(), "transaction index is damaged"); n > 0 {
		t.Errorf("after five runs: %d lines", n)
	}
}
