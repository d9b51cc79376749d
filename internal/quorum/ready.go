package quorum

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// feed gives an event to the core and performs what follows.
func (e *engine) feed(event kraft.Event) {
	if e.failure != nil {
		return
	}
	e.effects = append(e.effects, e.node.Step(e.elapsed, event))
	e.carryOut()
}

// ready performs everything that is left of a step: it appends what the controller has proposed,
// makes the log durable and applies the committed batches, until nothing is left. All requests of
// the step share one write and one fsync.
func (e *engine) ready() {
	for e.failure == nil && e.carryOut() {
		switch {
		case len(e.proposed) > 0:
			e.proposeBatches()
		case e.unsynced:
			if !e.sync() {
				e.report()
				return
			}
			e.feed(kraft.Flushed{End: e.store.log.LogEndOffset()})
		case e.leading && !e.active && e.committed > e.leaderAt:
			if err := e.activate(); err != nil {
				e.fail(err)
			}
		case e.active && len(e.waiting) > 0:
			e.performWaiting() // those that waited for a stalled write
		default:
			e.catchUp()
			e.leave()
			e.report()
			return
		}
	}
	e.leave()
	e.report()
}

// proposeBatches hands the batches of the controller to the core.
func (e *engine) proposeBatches() {
	if batches := e.proposed; len(batches) > 0 {
		e.proposed = nil
		e.feed(kraft.Propose{Epoch: e.term, Batches: batches})
	}
}

// leave calls the callbacks of Leave when a clean stop is over.
func (e *engine) leave() {
	if len(e.left) == 0 || e.failure == nil && !e.node.Status().Stopped {
		return
	}
	left := e.left
	e.left = nil
	for _, done := range left {
		done()
	}
}

// carryOut performs the effects of the core in their order. It returns false when a write lacked
// file descriptors: the same effects are performed again at the next step or tick, and nothing
// of them has left the node.
func (e *engine) carryOut() bool {
	for len(e.effects) > 0 && e.failure == nil {
		fx := &e.effects[0]
		if !e.settled(e.write(fx)) {
			return false
		}
		done := *fx
		e.effects = e.effects[1:]
		e.publishEffects(&done)
	}
	return e.failure == nil
}

// settled looks at the outcome of a write. It returns false when the write is to be tried again,
// and after a failure, which is final.
func (e *engine) settled(err error) bool {
	switch {
	case err == nil:
		e.stalled = false
		return true
	case storage.Classify(err) != storage.ClassRetry:
		e.fail(err)
	case !e.stalled:
		e.stalled = true
		e.log.Warn("the metadata log cannot be written for want of file descriptors, the write is tried again", "error", err)
	}
	return false
}

// write performs the effects that change the disk. It removes from fx each effect that it has
// performed.
func (e *engine) write(fx *kraft.Effects) error {
	if fx.Fault != nil {
		return fx.Fault
	}
	if fx.State != nil {
		if err := e.saveState(*fx.State); err != nil {
			return err
		}
		fx.State = nil
	}
	if fx.Truncate != nil {
		if err := e.truncate(*fx.Truncate); err != nil {
			return err
		}
		fx.Truncate = nil
	}
	if len(fx.Append) > 0 {
		if err := e.append(fx.Append); err != nil {
			return err
		}
		fx.Append = nil
	}
	return nil
}

// publishEffects performs the effects that others see.
func (e *engine) publishEffects(fx *kraft.Effects) {
	if fx.Refused {
		e.log.Warn("a proposal was dropped")
		e.resign()
		e.leaderAt = e.node.Status().End - 1 // a node that still leads decides again from there on
	}
	if fx.Role {
		e.changeRole()
	}
	if fx.Chunk != nil {
		e.takeChunk(fx.Chunk)
	}
	for _, c := range fx.Calls {
		e.send(c)
	}
	for _, r := range fx.Replies {
		e.answer(r)
	}
	if fx.Committed {
		if err := e.apply(fx.HighWatermark); err != nil {
			e.fail(err)
		}
	}
}

// saveState writes quorum-state.
func (e *engine) saveState(s kraft.State) error {
	state := quorumState{LeaderID: s.Leader, LeaderEpoch: s.Epoch, VotedID: s.Voted.ID, VotedDirectoryID: s.Voted.Directory}
	if s.Leader == e.o.NodeID || s.Voted.ID < 0 {
		state.VotedID, state.VotedDirectoryID = -1, [16]byte{} // as in Kafka, a leader forgets its vote
	}
	if state == e.saved {
		return nil
	}
	if err := state.write(e.fs, e.dir, e.voters()); err != nil {
		return err
	}
	e.saved = state
	return nil
}

// truncate cuts the log at an offset.
func (e *engine) truncate(offset int64) error {
	for n := len(e.tail); n > 0 && e.tail[n-1].LastOffset() >= offset; n-- {
		e.tail = e.tail[:n-1]
	}
	return e.store.truncate(offset)
}

// append writes batches at the log end. The batches that the core makes have no bytes yet.
func (e *engine) append(batches []kraft.Batch) error {
	var buf []byte
	for i := range batches {
		b := &batches[i]
		if b.Bytes == nil {
			bytes, err := controlBatch(*b, e.now.UnixMilli())
			if err != nil {
				return err
			}
			b.Bytes = bytes
		}
		buf = append(buf, b.Bytes...)
	}
	if err := e.store.append(batches[0].Base, buf, e.now.UnixMilli()); err != nil {
		return err
	}
	for _, b := range batches {
		if b.Base >= e.committed {
			e.tail = append(e.tail, record.Batch(b.Bytes))
		}
		e.c.stats.Records.Add(b.Last - b.Base + 1)
	}
	e.c.stats.LastEpoch.Store(batches[len(batches)-1].Epoch)
	e.unsynced = true
	return nil
}

// sync makes the log durable. It returns false when that is to be tried again, or has failed.
func (e *engine) sync() bool {
	if !e.settled(e.store.log.Sync(e.store.log.LogEndOffset())) {
		return false
	}
	e.unsynced = false
	return true
}

// nextCommitted returns the batch at the committed offset, which lies below the high watermark.
func (e *engine) nextCommitted(hw int64) (record.Batch, error) {
	if len(e.tail) > 0 && e.tail[0].BaseOffset() == e.committed {
		b := e.tail[0]
		e.tail[0] = nil
		e.tail = e.tail[1:]
		return b, nil
	}
	if len(e.ahead) == 0 || e.ahead[0].BaseOffset() != e.committed {
		data, err := e.store.read(e.committed, hw, readBytes)
		if err != nil {
			return nil, err
		}
		e.ahead = e.ahead[:0]
		for batch, err := range record.Batches(data) {
			if err != nil {
				return nil, err
			}
			e.ahead = append(e.ahead, batch)
		}
		if len(e.ahead) == 0 || e.ahead[0].BaseOffset() != e.committed {
			return nil, fmt.Errorf("quorum: the metadata log has no record at offset %d", e.committed)
		}
	}
	b := e.ahead[0]
	e.ahead = e.ahead[1:]
	return b, nil
}
