package quorum

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

func openAlone(t *testing.T) *node {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	n := openNode(t, fsys, testOptions(fsys, true), time.UnixMilli(1_800_000_000_000))
	n.register()
	return n
}

// batchesFrom reads the metadata log from an offset.
func (n *node) batchesFrom(offset int64) (batches []record.Batch) {
	n.t.Helper()
	for end := n.c.Status().LogEndOffset; offset < end; {
		data, err := n.c.engine.store.read(offset, end, 1<<20)
		if err != nil {
			n.t.Fatal(err)
		}
		for batch, err := range record.Batches(data) {
			if err != nil {
				n.t.Fatal(err)
			}
			batches = append(batches, batch)
			offset = batch.NextOffset()
		}
	}
	return batches
}

func recordsOf(t *testing.T, batch record.Batch) (records []metadata.Record) {
	t.Helper()
	if err := replayBatch(batch, decoded(func(r metadata.Record) error { records = append(records, r); return nil })); err != nil {
		t.Fatal(err)
	}
	return records
}

// manyConfigs is a decision of more records than one batch may have.
func manyConfigs(count int) (records []metadata.Record) {
	for i := range count {
		value := "1"
		records = append(records, &mr.ConfigRecord{ResourceType: metadata.ResourceGroup, ResourceName: fmt.Sprint("g", i), Name: "x", Value: &value})
	}
	return records
}

// A decision of several batches is enclosed in a metadata transaction. It becomes visible as a
// whole, on this node and in a replay of the log.
func TestLargeDecisionIsATransaction(t *testing.T) {
	n := openAlone(t)
	from, total := n.c.Status().LogEndOffset, 2*batchRecordsMax+5
	before := n.c.Image()
	done := false
	n.c.engine.propose(manyConfigs(total), &controller.Command{Finish: func(err protocol.Error) { done = err == protocol.ErrNone }})
	n.c.process()
	if !done {
		t.Fatal("not committed")
	}
	batches := n.batchesFrom(from)
	if len(batches) != 3 {
		t.Fatalf("%d batches", len(batches))
	}
	first, last := recordsOf(t, batches[0]), recordsOf(t, batches[2])
	if _, ok := first[0].(*mr.BeginTransactionRecord); !ok {
		t.Errorf("the decision begins with %T", first[0])
	}
	if _, ok := last[len(last)-1].(*mr.EndTransactionRecord); !ok {
		t.Errorf("the decision ends with %T", last[len(last)-1])
	}
	count := func(m *metadata.Image) (found int) {
		for r := range m.ConfigResources() {
			if r.Type == metadata.ResourceGroup {
				found++
			}
		}
		return found
	}
	if got := count(n.c.Image()); got != total {
		t.Errorf("%d settings, want %d", got, total)
	}
	// A follower sees nothing of it before the last batch.
	image := before
	for i, batch := range batches {
		delta := metadata.NewDelta(image)
		if err := replayBatch(batch, decoded(delta.Replay)); err != nil {
			t.Fatal(err)
		}
		image, _ = delta.Apply(batch.LastOffset(), 1)
		if whole := i == len(batches)-1; (count(image) == total) != whole || !whole && count(image) != 0 {
			t.Errorf("after batch %d a follower sees %d settings", i, count(image))
		}
	}
	image = n.c.Image()
	fsys := n.fs
	n.close()
	n = openNode(t, fsys, testOptions(fsys, true), n.now)
	if got := count(n.c.Image()); got != count(image) {
		t.Errorf("%d settings after a restart, want %d", got, count(image))
	}
	n.close()
}

// A decision that fits in one batch has no transaction around it, and none has at a
// metadata.version without transactions.
func TestSmallDecisionIsNoTransaction(t *testing.T) {
	n := openAlone(t)
	defer n.close()
	from := n.c.Status().LogEndOffset
	n.c.engine.propose(manyConfigs(3), nil)
	n.c.process()
	if records := recordsOf(t, n.batchesFrom(from)[0]); len(records) != 3 {
		t.Errorf("%d records", len(records))
	}
	n.c.engine.propose([]metadata.Record{&mr.FeatureLevelRecord{Name: metadata.FeatureMetadataVersion, FeatureLevel: metadata.TransactionsFrom - 1}}, nil)
	n.c.process()
	from = n.c.Status().LogEndOffset
	n.c.engine.propose(manyConfigs(batchRecordsMax+1), nil)
	n.c.process()
	batches := n.batchesFrom(from)
	if _, ok := recordsOf(t, batches[0])[0].(*mr.ConfigRecord); len(batches) != 2 || !ok {
		t.Errorf("%d batches, the first begins with %T", len(batches), recordsOf(t, batches[0])[0])
	}
}

// A transaction that a stopped leader left open is aborted by the next one.
func TestOpenTransactionIsAborted(t *testing.T) {
	n := openAlone(t)
	n.c.engine.propose(append([]metadata.Record{&mr.BeginTransactionRecord{}}, manyConfigs(2)...), nil)
	n.c.process()
	if !n.c.Image().InTransaction() {
		t.Fatal("no transaction is open")
	}
	fsys := n.fs
	n.close()
	n = openNode(t, fsys, testOptions(fsys, true), n.now)
	defer n.close()
	if n.c.Image().InTransaction() || n.c.Image().Configs(metadata.ResourceGroup, "g0") != nil {
		t.Errorf("in transaction %v, settings %v", n.c.Image().InTransaction(), n.c.Image().Configs(metadata.ResourceGroup, "g0"))
	}
	n.register()
}

// A leader that resigns inside a decision keeps the batches that are committed: the rest may come
// back through the log of the next leader.
func TestResignKeepsCommittedBatches(t *testing.T) {
	n := openAlone(t)
	defer n.close()
	e := n.c.engine
	batches, err := e.encode(manyConfigs(2*batchRecordsMax + 5))
	if err != nil || len(batches) != 3 {
		t.Fatal(len(batches), err)
	}
	failed := protocol.ErrNone
	e.pending = []change{{first: batches[0].BaseOffset(), last: batches[2].LastOffset(),
		finish: []func(protocol.Error){func(err protocol.Error) { failed = err }}}}
	e.applyBatch(batches[0])
	e.applyBatch(batches[1])
	e.resign()
	if failed != protocol.ErrNotController || !e.replayed.InTransaction() {
		t.Errorf("finished with %v, in transaction %v", failed, e.replayed.InTransaction())
	}
	e.applyBatch(batches[2])
	if e.replayed.InTransaction() || e.replayed.Configs(metadata.ResourceGroup, "g20004") == nil || e.replayed.Configs(metadata.ResourceGroup, "g0") == nil {
		t.Error("the decision is not whole")
	}
}

// A committed record that does not fit is reported and skipped. The node serves on, also after a
// restart.
func TestBadRecordIsSkipped(t *testing.T) {
	for name, bad := range map[string]metadata.Record{
		"partition of an unknown topic": &mr.PartitionRecord{TopicID: wire.UUID{9}, PartitionID: 0},
		"partition far above the last":  &mr.PartitionRecord{TopicID: wire.UUID{1}, PartitionID: 1 << 30},
		"partition with a gap":          &mr.PartitionRecord{TopicID: wire.UUID{1}, PartitionID: 5},
		"change of an unknown broker":   &mr.BrokerRegistrationChangeRecord{BrokerID: 99},
		"end without a transaction":     &mr.EndTransactionRecord{},
		"topic that exists":             &mr.TopicRecord{Name: "good", TopicID: wire.UUID{2}},
	} {
		t.Run(name, func(t *testing.T) {
			n := openAlone(t)
			var failure error
			n.c.engine.o.OnFailure = func(err error) { failure = err }
			good := []metadata.Record{&mr.TopicRecord{Name: "good", TopicID: wire.UUID{1}},
				&mr.PartitionRecord{TopicID: wire.UUID{1}, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1}}
			after := &mr.ConfigRecord{ResourceType: metadata.ResourceTopic, ResourceName: "good", Name: "retention.ms", Value: new("1")}
			e := n.c.engine
			batches, err := e.batchesOf(append(append(good, bad), after), metadata.LatestMetadataVersion)
			if err != nil {
				t.Fatal(err)
			}
			// It reaches the log as a batch of another leader: this node has not decided it.
			e.add(batches[:1])
			e.nextOffset = batches[0].NextOffset()
			n.c.process()
			check := func(n *node) {
				t.Helper()
				topic := n.c.Image().Topics().ByName("good")
				if topic == nil || topic.ID != (wire.UUID{1}) || len(topic.Partitions) != 1 || n.c.Image().Configs(metadata.ResourceTopic, "good")["retention.ms"] != "1" {
					t.Errorf("the records beside it are lost: %+v", topic)
				}
			}
			check(n)
			if failure != nil || n.c.Stats().Refused.Load() == 0 {
				t.Errorf("failure %v, %d reported", failure, n.c.Stats().Refused.Load())
			}
			fsys := n.fs
			n.close()
			n = openNode(t, fsys, testOptions(fsys, true), n.now)
			check(n)
			n.register()
			n.close()
		})
	}
}

// A decision that does not fit the image is refused and nothing is written.
func TestBadDecisionIsRefused(t *testing.T) {
	n := openAlone(t)
	defer n.close()
	end, got := n.c.Status().LogEndOffset, protocol.ErrNone
	n.c.engine.propose([]metadata.Record{&mr.RemoveTopicRecord{TopicID: wire.UUID{5}}}, &controller.Command{Finish: func(err protocol.Error) { got = err }})
	n.c.process()
	if got != protocol.ErrUnknownServerError || n.c.Status().LogEndOffset != end || errors.Is(n.c.engine.failure, errStopped) {
		t.Errorf("answered %v, log end %d", got, n.c.Status().LogEndOffset)
	}
}
