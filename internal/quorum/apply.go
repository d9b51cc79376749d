package quorum

import (
	"errors"
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/record"
)

// apply replays the batches below the high watermark and finishes the commands that waited for
// them.
func (e *engine) apply(hw int64) error {
	for e.committed < hw {
		batch, err := e.nextCommitted(hw)
		if err != nil {
			return err
		}
		e.applyBatch(batch)
		e.committed = batch.NextOffset()
	}
	e.store.log.SetHighWatermark(e.committed)
	if e.leading && !e.active && e.committed > e.leaderAt {
		return e.activate()
	}
	return nil
}

func (e *engine) applyBatch(batch record.Batch) {
	e.snapshots.add(batch)
	e.c.stats.AppliedMs.Store(batch.MaxTimestamp())
	switch {
	case batch.IsControl(): // the core knows the voters
	case len(e.pending) == 0 || batch.BaseOffset() < e.pending[0].first:
		e.replayCommitted(batch)
	case batch.LastOffset() < e.pending[0].last:
		e.pending[0].committed = append(e.pending[0].committed, slices.Clone(batch))
	default:
		e.commit()
	}
}

// commit publishes the oldest pending change and answers the commands that waited for it.
func (e *engine) commit() {
	ch := e.pending[0]
	e.pending = slices.Delete(e.pending, 0, 1)
	e.c.stats.Commits.Observe(e.host.Now(), e.host.Elapsed()-ch.proposed)
	before := e.replayed
	e.publish(ch.image, ch.delta)
	if ch.context != nil {
		e.audit(ch.context, before, ch.image, ch.delta)
	}
	for _, finish := range ch.finish {
		finish(protocol.ErrNone)
	}
}

// replayCommitted applies a batch that this node did not decide as the present leader. A record
// that does not fit is reported and skipped: it is committed, so that every node would fail on it
// at every start.
func (e *engine) replayCommitted(batch record.Batch) {
	delta := metadata.NewDelta(e.replayed)
	if err := replayBatch(batch, e.tolerant(delta.Replay)); err != nil {
		e.skipped("batch", batch.BaseOffset(), err)
	}
	image, err := delta.Apply(batch.LastOffset(), batch.PartitionLeaderEpoch())
	if err != nil {
		e.skipped("partitions", batch.BaseOffset(), err)
	}
	e.publish(image, delta)
}

// tolerant returns a function for replayBatch that reports bad records and continues.
func (e *engine) tolerant(replay func(metadata.Record) error) func(int64, []byte) error {
	return func(offset int64, value []byte) error {
		m, _, err := mr.Unmarshal(value)
		if err != nil {
			e.skipped("record", offset, err)
		} else if err := replay(m); err != nil {
			e.skipped(m.MessageName(), offset, err)
		}
		return nil
	}
}

func (e *engine) skipped(what string, offset int64, err error) {
	e.c.stats.Refused.Add(1)
	e.log.Error("a committed metadata record cannot be applied and is skipped", "record", what, "offset", offset, "error", err)
}

func (e *engine) publish(image *metadata.Image, delta *metadata.Delta) {
	e.replayed = image
	e.c.image.Store(image)
	for _, p := range e.publishers {
		p(image, delta)
	}
}

// subscribe adds a publisher, which is initialized when the node has caught up.
func (e *engine) subscribe(p Publisher) { e.subscribing = append(e.subscribing, p) }

// initialize brings a publisher to the present image.
func (e *engine) initialize(p Publisher) {
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
