package quorum

import (
	"slices"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/record"
)

const (
	// batchRecordsMax and batchBytesMax bound one batch of the metadata log (QuorumController's
	// DEFAULT_MAX_RECORDS_PER_BATCH, KafkaRaftClient's MAX_BATCH_SIZE_BYTES). A larger decision
	// takes several batches inside a metadata transaction (KIP-868), so that it is applied as a
	// whole.
	batchRecordsMax = 10_000
	batchBytesMax   = 4 << 20
)

func noOp() metadata.Record { return &mr.NoOpRecord{} }

func (e *engine) env() controller.Env {
	return controller.Env{Image: e.latest, Awake: e.awake, NextOffset: e.nextOffset, Rand: e.rand, OnlyVoter: len(e.node.Status().Voters) == 1}
}

// perform does one op: an internal one at once, a request when this node is the active controller.
// Before a leader is known, requests wait for one. While the log cannot be written for want of file
// descriptors, requests wait too: the batches of one write are so made within one step, which
// logCheck relies on.
func (e *engine) perform(o *op) {
	switch {
	case o.internal != nil:
		o.internal(e)
	case e.failure != nil:
		o.command.Finish(protocol.ErrNotController)
	case e.stalled, !e.active && (e.lead < 0 || e.leading):
		e.waiting = append(e.waiting, *o)
	case !e.active:
		o.command.Finish(protocol.ErrNotController)
	case e.elapsed > o.deadline:
		e.timeOut(o)
	default:
		began := e.host.Elapsed()
		e.c.stats.Queued.Observe(began - o.queued)
		e.decide(o.command)
		e.c.stats.Processing.Observe(e.host.Elapsed() - began)
	}
}

func (e *engine) timeOut(o *op) {
	e.c.stats.TimedOut.Add(1)
	o.command.Finish(protocol.ErrRequestTimedOut)
}

func (e *engine) decide(c *controller.Command) {
	records := c.Decide(e.core, e.env())
	if len(records) > 0 {
		e.propose(records, c)
		return
	}
	if n := len(e.pending); n > 0 {
		// Nothing to write, but the decision may rest on records that are not committed yet.
		e.pending[n-1].finish = append(e.pending[n-1].finish, c.Finish)
		return
	}
	c.Finish(protocol.ErrNone)
}

// propose replays records into the latest image and hands them to the core. It replays what the
// batches hold, as other nodes and a restart do: a metadata.version may lack fields that a
// record has. The command, nil for a decision of the controller's own, is finished when they are
// committed. propose returns false when it proposed nothing; the command has then failed.
func (e *engine) propose(records []metadata.Record, c *controller.Command) bool {
	refuse := func(err error) bool {
		e.log.Error("a decision of the controller cannot be recorded", "error", err)
		e.c.stats.Refused.Add(1)
		if c != nil {
			c.Finish(protocol.ErrUnknownServerError)
		}
		return false
	}
	batches, err := e.encode(records)
	if err != nil {
		return refuse(err)
	}
	if records, err = decode(batches); err != nil {
		return refuse(err)
	}
	delta := metadata.NewDelta(e.latest)
	for _, r := range records {
		if err := delta.Replay(r); err != nil {
			return refuse(err)
		}
	}
	first, last := e.nextOffset, e.nextOffset+int64(len(records))-1
	image, err := delta.Apply(last, e.term)
	if err != nil {
		return refuse(err)
	}
	if err := controller.Verify(image, records); err != nil {
		return refuse(err)
	}
	e.add(batches)
	ch := change{first: first, last: last, image: image, delta: delta, proposed: e.host.Elapsed()}
	if c != nil {
		ch.finish, ch.context = append(ch.finish, c.Finish), &c.Context
	}
	e.pending = append(e.pending, ch)
	e.latest, e.nextOffset, e.lastWrite = image, last+1, e.elapsed
	return true
}

// add keeps batches for the next Propose.
func (e *engine) add(batches []record.Batch) {
	for _, b := range batches {
		e.proposed = append(e.proposed, kraft.Batch{Base: b.BaseOffset(), Last: b.LastOffset(), Epoch: e.term, Bytes: b})
	}
}

// encode makes the batches of a decision, with the offsets and the epoch that they will have in the
// log. A decision that needs several batches becomes a transaction, where the metadata.version
// has transactions.
func (e *engine) encode(records []metadata.Record) ([]record.Batch, error) {
	version := e.encodingVersion(records)
	batches, err := e.batchesOf(records, version)
	if err != nil || len(batches) <= 1 || version < metadata.TransactionsFrom || e.latest.InTransaction() {
		return batches, err
	}
	if _, begun := records[0].(*mr.BeginTransactionRecord); begun {
		return batches, nil
	}
	whole := make([]metadata.Record, 0, len(records)+2)
	whole = append(whole, &mr.BeginTransactionRecord{})
	whole = append(append(whole, records...), &mr.EndTransactionRecord{})
	return e.batchesOf(whole, version)
}

// decode returns the records of batches.
func decode(batches []record.Batch) (records []metadata.Record, err error) {
	take := decoded(func(r metadata.Record) error {
		records = append(records, r)
		return nil
	})
	for _, b := range batches {
		if err := replayBatch(b, take); err != nil {
			return nil, err
		}
	}
	return records, nil
}

func (e *engine) batchesOf(records []metadata.Record, version int16) ([]record.Batch, error) {
	var batches []record.Batch
	next := e.nextOffset
	var b *record.Builder
	flush := func() error {
		batch, err := b.Bytes()
		if err == nil {
			batches, next, b = append(batches, batch), b.NextOffset(), nil
		}
		return err
	}
	for _, r := range records {
		if b == nil {
			b = record.NewBuilder(record.BuilderOptions{BaseOffset: next, LeaderEpoch: e.term})
		}
		if err := appendRecord(b, r, version, e.now.UnixMilli()); err != nil {
			return nil, err
		}
		if b.Count() >= batchRecordsMax || b.Size() >= batchBytesMax {
			if err := flush(); err != nil {
				return nil, err
			}
		}
	}
	if b != nil {
		if err := flush(); err != nil {
			return nil, err
		}
	}
	return batches, nil
}

// encodingVersion is the metadata.version that decides the versions of records: the finalized one,
// or the one that these records finalize first.
func (e *engine) encodingVersion(records []metadata.Record) int16 {
	if v := e.latest.Features().MetadataVersion(); v > 0 {
		return v
	}
	for _, r := range records {
		if f, ok := r.(*mr.FeatureLevelRecord); ok && f.Name == metadata.FeatureMetadataVersion {
			return f.FeatureLevel
		}
	}
	return metadata.LatestMetadataVersion
}

// expire answers waiting requests that have timed out, and requests that another leader must
// answer. A pending change does not time out: its outcome is unknown until it is committed or the
// leadership is lost.
func (e *engine) expire() {
	if e.lead >= 0 && !e.leading {
		e.failWaiting()
		return
	}
	e.waiting = slices.DeleteFunc(e.waiting, func(o op) bool {
		late := e.elapsed > o.deadline
		if late {
			e.timeOut(&o)
		}
		return late
	})
}
