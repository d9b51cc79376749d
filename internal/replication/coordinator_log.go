package replication

import (
	"math"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/storage"
)

// CoordinatorLog is one topic as the log of a coordinator: this broker's own appends with acks=all,
// and reads for loading. It implements coordinator.PartitionLog.
type CoordinatorLog struct {
	m     *Manager
	topic string
}

// CoordinatorLog returns the view of one topic, which need not exist yet.
func (m *Manager) CoordinatorLog(topic string) *CoordinatorLog { return &CoordinatorLog{m, topic} }

func (c *CoordinatorLog) leading(partition int32) (*Partition, error) {
	p, err := c.m.find(c.topic, noTopicID, partition)
	if err == protocol.ErrNone {
		err = p.checkLeader(-1)
	}
	if err != protocol.ErrNone {
		return nil, err
	}
	return p, nil
}

// Bounds returns the log start offset, the high watermark and the log end offset.
func (c *CoordinatorLog) Bounds(partition int32) (start, committed, end int64, err error) {
	p, err := c.leading(partition)
	if err != nil {
		return 0, 0, 0, err
	}
	return p.log.LogStartOffset(), p.log.HighWatermark(), p.log.LogEndOffset(), nil
}

// MaxBatchBytes returns the partition's max.message.bytes.
func (c *CoordinatorLog) MaxBatchBytes(partition int32) int {
	p, err := c.m.find(c.topic, noTopicID, partition)
	if err != protocol.ErrNone {
		return storage.DefaultConfig().MaxMessageBytes
	}
	return p.config.Load().storage.MaxMessageBytes
}

// Append appends one batch with acks=all if this broker has led since leaderEpoch. done gets its
// last offset when it is committed and, unless the topic has write.caching, on disk. There is no
// deadline.
func (c *CoordinatorLog) Append(partition int32, leaderEpoch int32, batch []byte, done func(lastOffset int64, err error)) {
	r := NewAppendRequest()
	r.Acks, r.TimeoutMs, r.Origin, r.NowMs = AcksAll, math.MaxInt32, storage.OriginCoordinator, c.m.nowMs()
	a := r.Add()
	a.Topic, a.Partition, a.Epoch, a.Records = c.topic, partition, leaderEpoch, batch
	r.Done = func(r *AppendRequest) {
		last, code := r.Parts[0].LastOffset, r.Parts[0].Err
		r.Release()
		if code != protocol.ErrNone {
			done(-1, code)
			return
		}
		done(last, nil)
	}
	c.m.Append(r)
}

// Refuses returns NOT_ENOUGH_REPLICAS while an append would get it.
func (c *CoordinatorLog) Refuses(partition int32) error {
	p, err := c.m.find(c.topic, noTopicID, partition)
	if err != protocol.ErrNone || !p.replicated.Load() {
		return nil // the append finds other reasons; one replica is always enough
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.core.CheckAppend(AcksAll); err == protocol.ErrNotEnoughReplicas {
		return err
	}
	return nil
}

// commitWait is one AwaitCommitted.
type commitWait struct {
	p    *Partition
	upTo int64
	done func(error)
	op   purgatory.Op
}

// AwaitCommitted calls done once the high watermark has reached upTo, or with an error once this
// broker no longer leads.
func (c *CoordinatorLog) AwaitCommitted(partition int32, upTo int64, done func(err error)) {
	p, err := c.leading(partition)
	if err != nil {
		done(err)
		return
	}
	w := &commitWait{p: p, upTo: upTo, done: done}
	w.op.Owner = w
	m := c.m
	m.parked.Lock()
	m.purgatory.Watch(&p.produces, &w.op, upTo)
	p.producesWatched.Store(true)
	over := p.log.HighWatermark() >= upTo || p.checkLeader(-1) != protocol.ErrNone
	if over {
		m.purgatory.Remove(&w.op)
	}
	m.parked.Unlock()
	if over {
		w.reached()
	}
}

func (w *commitWait) reached() {
	if err := w.p.checkLeader(-1); err != protocol.ErrNone {
		w.done(err)
		return
	}
	w.done(nil)
}
