package quorum

import (
	"errors"
	"slices"

	"go.etcd.io/raft/v3/raftpb"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/record"
)

const (
	// batchRecordsMax and batchBytesMax bound one batch of the metadata log (QuorumController's
	// DEFAULT_MAX_RECORDS_PER_BATCH, KafkaRaftClient's MAX_BATCH_SIZE_BYTES). A larger decision takes several
	// batches: those that must be whole are kept below by the core.
	batchRecordsMax = 10_000
	batchBytesMax   = 4 << 20
)

func noOp() metadata.Record { return &mr.NoOpRecord{} }

func (e *engine) env() controller.Env {
	return controller.Env{Image: e.latest, Now: e.now, NextOffset: e.nextOffset, Rand: e.rand}
}

// perform does one op: an internal one at once, a request when this node is the active controller. Before a leader is
// known, requests wait for one.
func (e *engine) perform(o *op) {
	switch {
	case o.internal != nil:
		o.internal(e)
	case e.failure != nil:
		o.finish(protocol.ErrNotController)
	case !e.active && (e.lead < 0 || e.leading):
		e.waiting = append(e.waiting, *o)
	case !e.active:
		o.finish(protocol.ErrNotController)
	case e.now.After(o.deadline):
		e.timeOut(o)
	default:
		began := e.c.now()
		e.c.stats.Queued.Observe(began.Sub(o.queued))
		e.decide(o)
		e.c.stats.Processing.Observe(e.c.now().Sub(began))
	}
}

func (e *engine) timeOut(o *op) {
	e.c.stats.TimedOut.Add(1)
	o.finish(protocol.ErrRequestTimedOut)
}

func (e *engine) decide(o *op) {
	records := o.decide(e.env())
	if len(records) > 0 {
		e.propose(records, o.finish)
		return
	}
	if n := len(e.pending); n > 0 {
		// Nothing to write, but what was read may rest on records that are not committed yet.
		e.pending[n-1].finish = append(e.pending[n-1].finish, o.finish)
		return
	}
	o.finish(protocol.ErrNone)
}

// propose replays records into the latest image and hands them to raft; finish is called when they are committed. It
// returns false when nothing was proposed; finish has then been called with an error.
func (e *engine) propose(records []metadata.Record, finish func(protocol.Error)) bool {
	refuse := func(err error) bool {
		e.log.Error("A decision of the controller cannot be recorded", "error", err)
		e.c.stats.Refused.Add(1)
		if finish != nil {
			finish(protocol.ErrUnknownServerError)
		}
		return false
	}
	delta := metadata.NewDelta(e.latest)
	for _, r := range records {
		if err := delta.Replay(r); err != nil {
			return refuse(err)
		}
	}
	batches, err := e.encode(records)
	if err != nil {
		return refuse(err)
	}
	last := e.nextOffset + int64(len(records)) - 1
	image, err := delta.Apply(last, int32(e.term))
	if err != nil {
		return refuse(err)
	}
	for _, batch := range batches {
		if err := e.stepProposal(batch); err != nil {
			// Raft takes no proposals while it is losing the leadership; what was decided is void.
			e.log.Warn("A proposal was dropped", "error", err)
			e.resign()
			if finish != nil {
				finish(protocol.ErrNotController)
			}
			return false
		}
	}
	ch := change{last: last, image: image, delta: delta, proposed: e.c.now()}
	if finish != nil {
		ch.finish = append(ch.finish, finish)
	}
	e.pending = append(e.pending, ch)
	e.latest, e.nextOffset, e.lastWrite = image, last+1, e.now
	return true
}

func (e *engine) stepProposal(batch record.Batch) error {
	entries := entriesOf(batch)
	for _, entry := range entries {
		entry.Index, entry.Term = nil, nil // raft sets them
	}
	return e.node.Step(&raftpb.Message{Type: raftpb.MsgProp.Enum(), From: new(raftID(e.o.NodeID)), Entries: entries})
}

// encode makes the batches of a decision, with the offsets and the epoch that raft will give their entries.
func (e *engine) encode(records []metadata.Record) ([]record.Batch, error) {
	version := e.encodingVersion(records)
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
			b = record.NewBuilder(record.BuilderOptions{BaseOffset: next, LeaderEpoch: int32(e.term)})
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

// encodingVersion is the metadata.version that decides the versions of records: the finalized one, or the one that
// these records finalize first.
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

// apply replays committed entries and answers what waited for them.
func (e *engine) apply(entries []*raftpb.Entry) error {
	for _, entry := range entries {
		if batch := record.Batch(entry.GetData()); len(batch) > 0 {
			if err := e.applyBatch(batch); err != nil {
				return err
			}
		}
		e.committed = max(e.committed, int64(entry.GetIndex()))
	}
	if len(entries) == 0 {
		return nil
	}
	e.store.log.SetHighWatermark(e.committed)
	if e.leading && !e.active && e.leaderIndex > 0 && uint64(e.committed) >= e.leaderIndex {
		return e.activate()
	}
	return nil
}

func (e *engine) applyBatch(batch record.Batch) error {
	e.snapshots.add(batch)
	e.c.stats.AppliedMs.Store(batch.MaxTimestamp())
	last := batch.LastOffset()
	if len(e.pending) > 0 && last <= e.pending[0].last {
		if last == e.pending[0].last {
			ch := e.pending[0]
			e.pending = slices.Delete(e.pending, 0, 1)
			now := e.c.now()
			e.c.stats.Commits.Observe(now, now.Sub(ch.proposed))
			e.publish(ch.image, ch.delta)
			for _, finish := range ch.finish {
				finish(protocol.ErrNone)
			}
		}
		return nil
	}
	if batch.IsControl() {
		return e.applyControl(batch)
	}
	delta := metadata.NewDelta(e.replayed)
	if err := replayBatch(batch, delta.Replay); err != nil {
		return err
	}
	image, err := delta.Apply(last, batch.PartitionLeaderEpoch())
	if err != nil {
		return err
	}
	e.publish(image, delta)
	return nil
}

func (e *engine) applyControl(batch record.Batch) error {
	voters := e.snapshots.loggedVoters
	var r record.Reader
	r.Reset(batch, record.Limits{})
	for r.Next() {
		rec := r.Record()
		if err := voters.apply(rec.Key, rec.Value); err != nil {
			return err
		}
	}
	if voters.dynamic() {
		e.voters, e.snapshots.loggedVoters = voters, voters
	}
	return r.Err()
}

func (e *engine) publish(image *metadata.Image, delta *metadata.Delta) {
	e.replayed = image
	e.c.image.Store(image)
	for _, p := range e.publishers {
		p(image, delta)
	}
}

// subscribe adds a publisher and brings it up to now.
func (e *engine) subscribe(p Publisher) {
	delta := metadata.NewDelta(metadata.Empty())
	for r := range e.replayed.Records() {
		if err := delta.Replay(r); err != nil {
			e.fail(errors.Join(errors.New("the metadata image does not replay"), err))
			return
		}
	}
	image, err := delta.Apply(e.replayed.Offset(), e.replayed.Epoch())
	if err != nil {
		e.fail(err)
		return
	}
	e.publishers = append(e.publishers, p)
	p(image, delta)
}

// expire answers waiting requests whose time has run out, and those that another leader must answer.
func (e *engine) expire() {
	if e.lead >= 0 && !e.leading {
		e.failWaiting()
		return
	}
	e.waiting = slices.DeleteFunc(e.waiting, func(o op) bool {
		late := e.now.After(o.deadline)
		if late {
			e.timeOut(&o)
		}
		return late
	})
	// A committed quorum answers in milliseconds; without one, what is pending is not known to be kept or lost.
}
