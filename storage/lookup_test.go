package storage

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage/internal/segfile"
	"github.com/gregorhq/gregor/vfs"
)

// stamped is a batch of one record, whose head may claim another timestamp.
func stamped(t *testing.T, ts, claims int64) record.Batch {
	t.Helper()
	bd := record.NewBuilder(record.BuilderOptions{LeaderEpoch: 1})
	if err := bd.Append(0, ts, nil, make([]byte, 321), nil); err != nil {
		t.Fatal(err)
	}
	b, err := bd.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	b.SetMaxTimestamp(record.CreateTime, claims)
	return b
}

// lookups returns a log whose next read of a whole batch signals `reading` and waits for `goOn`.
// Only a lookup by time reads a whole batch.
func lookups(t *testing.T) (l *Log, size int, reading, goOn chan struct{}) {
	t.Helper()
	reading, goOn = make(chan struct{}), make(chan struct{})
	size = len(stamped(t, 1000, 1000))
	first := true
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if op.Kind == vfs.OpRead && op.Size == size && strings.HasSuffix(op.Path, segfile.LogSuffix) && first {
			first = false
			close(reading)
			<-goOn
		}
		return nil
	})
	return mustOpen(t, testOptions(fs, testConfig())), size, reading, goOn
}

// A look-up may have to decompress what it walks over. Appends, syncs and cuts used to wait for it,
// and with them every log that shares the disk.
func TestLookupByTimeHoldsNobodyUp(t *testing.T) {
	l, _, reading, goOn := lookups(t)
	for ts := range int64(3) {
		mustAppend(t, l, stamped(t, 1000+ts, 1000+ts))
	}
	type answer struct {
		to    TimestampOffset
		found bool
		err   error
	}
	done := make(chan answer)
	go func() {
		to, found, err := l.OffsetForTimestamp(1001)
		done <- answer{to, found, err}
	}()
	<-reading
	mustAppend(t, l, stamped(t, 1003, 1003))
	if err := l.Sync(4); err != nil {
		t.Fatal(err)
	}
	// What it looks at goes, and another record takes the place.
	if err := l.TruncateTo(1); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, stamped(t, 900, 900))
	mustAppend(t, l, stamped(t, 2000, 2000))
	close(goOn)
	if got := <-done; got.err != nil || !got.found || got.to.Offset != 2 || got.to.Timestamp != 2000 {
		t.Errorf("%+v", got)
	}
}

// A batch in which no record is as young as its header says is answered as a whole. Otherwise one
// look-up would open every such batch. A leader does not store them, but other brokers may have.
func TestLookupByTimeOpensOneLyingBatch(t *testing.T) {
	c := testConfig()
	reads := 0
	size := len(stamped(t, 1000, 1000))
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if op.Kind == vfs.OpRead && op.Size == size {
			reads++
		}
		return nil
	})
	l := mustOpen(t, testOptions(fs, c))
	for i := range int64(50) {
		b := stamped(t, 1000, 5000)
		b.SetBaseOffset(i)
		if _, err := l.AppendAsFollower(b, AnyEpoch, 1000); err != nil {
			t.Fatal(err)
		}
	}
	reads = 0
	to, found, err := l.OffsetForTimestamp(3000)
	if err != nil || !found || to.Offset != 0 || to.Timestamp != 5000 || reads != 1 {
		t.Errorf("%+v %v %v after %d batches", to, found, err, reads)
	}
}
