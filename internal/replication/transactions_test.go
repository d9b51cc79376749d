package replication

import (
	"bytes"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// abortTransactions appends n transactions of one record each, and an abort marker after each.
func (n *node) abortTransactions(topic string, count int) {
	n.t.Helper()
	l := n.logs.Log(topic, 0)
	for i := range count {
		b := batchOf(n.t, record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: 7, Sequence: int32(i)}}, "x")
		marker := record.EndTxnMarker{}.Build(0, startMs, 0, 7, 0)
		if _, err := l.AppendAsLeader(b, storage.AppendOptions{NowMs: startMs}); err != nil {
			n.t.Fatal(err)
		}
		if _, err := l.AppendAsLeader(marker, storage.AppendOptions{NowMs: startMs, Origin: storage.OriginCoordinator}); err != nil {
			n.t.Fatal(err)
		}
	}
}

// A fetch with read_committed returns the aborted transactions of the records that it returns, not
// all those up to the last stable offset.
func TestAbortedTransactionsAreThoseOfTheRecordsRead(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	n.createTopic("a", 1)
	n.abortTransactions("a", 2000)
	n.produce("a", 0, "y")
	for _, from := range []int64{0, 1, 1000, 3990} {
		g := n.fetchNow("a", 0, from, fetchOptions{isolation: ReadCommitted, partMaxBytes: 1000})
		batches := g.batches(t)
		if g.Err != protocol.ErrNone || len(batches) == 0 {
			t.Fatalf("from %d: %v, %d batches", from, g.Err, len(batches))
		}
		data := 0
		for _, b := range batches {
			if b.IsTransactional() && !b.IsControl() {
				data++
			}
		}
		// The transaction of the first marker may have begun before.
		if len(g.Aborted) < data || len(g.Aborted) > data+1 {
			t.Errorf("from %d: %d aborted transactions for %d batches of transactions", from, len(g.Aborted), data)
		}
	}
}

// A damaged transaction index of one partition takes neither that partition nor its log directory
// out of service: the log rebuilds it.
func TestDamagedTransactionIndexIsRebuilt(t *testing.T) {
	disk := vfs.NewMem()
	n := newNode(t, disk, nil)
	n.createTopic("a", 1)
	n.createTopic("b", 1)
	n.produce("b", 0, "x")
	n.abortTransactions("a", 1)
	n.produce("a", 0, "y")
	image := n.image
	n.logs.Stop(true, 1)
	f, err := disk.OpenFile("/data/a-0/00000000000000000000.txnindex", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{1}, 1); err != nil {
		t.Fatal(err)
	}
	_ = f.Close()
	n = newNode(t, disk, image)
	g := n.fetchNow("a", 0, 0, fetchOptions{isolation: ReadCommitted})
	if g.Err != protocol.ErrNone || len(g.Aborted) != 1 || g.Aborted[0].ProducerID != 7 {
		t.Errorf("fetch of a-0: %v, aborted %+v", g.Err, g.Aborted)
	}
	n.m.jobs.Wait()
	if err := n.logs.Dirs()[0].Err(); err != nil {
		t.Errorf("the log directory is offline: %v", err)
	}
	n.produce("b", 0, "z")
}

// A start warns of transactions that Apache Kafka has left open, in one line.
func TestOpenTransactionsAreReported(t *testing.T) {
	disk := vfs.NewMem()
	n := newNode(t, disk, nil)
	for _, name := range []string{"a", "b", "c"} {
		n.createTopic(name, 1)
		n.produce(name, 0, "x")
	}
	for _, name := range []string{"b", "c"} {
		b := batchOf(t, record.BuilderOptions{LeaderEpoch: -1, Transactional: true, Producer: &record.Producer{ID: 7}}, "x")
		if _, err := n.logs.Log(name, 0).AppendAsLeader(b, storage.AppendOptions{NowMs: startMs}); err != nil {
			t.Fatal(err)
		}
	}
	n.logs.Stop(true, 1)
	var out bytes.Buffer
	n = newNode(t, disk, n.image)
	n.m.logger = slog.New(slog.NewTextHandler(&out, nil))
	n.m.reportTransactions()
	if text := out.String(); strings.Count(text, "\n") != 1 || !strings.Contains(text, `partitions=2 names="b-0, c-0"`) {
		t.Errorf("log: %s", text)
	}
}
