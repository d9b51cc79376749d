package replication

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// topicConfig is the part of a topic's configuration that replicas and their logs follow. It is
// immutable.
type topicConfig struct {
	MinInsyncReplicas int `config:"min.insync.replicas"`
	// WriteCaching acknowledges acks=all without an fsync.
	WriteCaching bool `config:"write.caching"`
	// LeaderThrottled and FollowerThrottled list the throttled replicas.
	LeaderThrottled   []string `config:"leader.replication.throttled.replicas"`
	FollowerThrottled []string `config:"follower.replication.throttled.replicas"`
	storage           *storage.Config
}

// Append appends every part to its partition. It calls r.Done when all parts have their results,
// possibly before it returns.
func (m *Manager) Append(r *AppendRequest) {
	r.m = m
	// The extra one keeps the request here until every part is in its partition's queue.
	r.pending.Store(int32(len(r.Parts)) + 1)
	ready := int32(1)
	for i := range r.Parts {
		a := &r.Parts[i]
		a.req = r
		if a.Err == protocol.ErrNone {
			if a.p, a.Err = m.find(a.Topic, a.TopicID, a.Partition); a.Err != protocol.ErrNone {
				a.LeaderID, a.LeaderEpoch = m.leaderOf(a.Topic, a.TopicID, a.Partition, a.Err)
			}
		}
		if a.OldFormat {
			m.stats.OldFormat.Add(1)
		}
		if a.Err != protocol.ErrNone {
			ready++
		}
	}
	for i := range r.Parts {
		if a := &r.Parts[i]; a.Err == protocol.ErrNone {
			a.validate()
			a.p.enqueue(a)
		}
	}
	if r.pending.Add(-ready) == 0 {
		r.awaitAcks()
	}
}

// validate lets the log check the records. It takes no lock, so that the partition's other appends
// and fetches do not wait while a batch is decompressed. appendPart reports the outcome, because it
// checks leadership and the number of in-sync replicas first.
func (a *AppendPart) validate() {
	if p := a.p; p.log != nil && p.checkLeader(-1) == protocol.ErrNone {
		a.validated, a.invalid = p.log.Validate(a.Records, storage.AppendOptions{Origin: a.req.Origin, NowMs: a.req.NowMs, Elapsed: p.m.elapsed})
		a.checked = true
	}
}

// enqueue puts a part into the queue of the partition. If no goroutine appends from the queue, this
// one does.
func (p *Partition) enqueue(a *AppendPart) {
	q := &p.queue
	q.mu.Lock()
	if q.tail != nil {
		q.tail.next = a
	} else {
		q.head = a
	}
	q.tail = a
	idle := !q.busy
	q.busy = true
	q.mu.Unlock()
	if idle {
		p.drain()
	}
}

// drainRounds bounds the rounds of a goroutine that has appended its own records. The queue of
// a busy partition may never be empty. Without the bound, one connection would append for all
// others, read no request and write no answer of its own meanwhile.
const drainRounds = 8

// drain appends the queue, round by round, until the queue is empty or another goroutine continues.
func (p *Partition) drain() {
	q := &p.queue
	for n := 0; ; n++ {
		q.mu.Lock()
		round := q.head
		if round == nil {
			q.busy = false
			q.mu.Unlock()
			return
		}
		if n == drainRounds {
			q.mu.Unlock()
			p.m.jobs.Go(p.drain)
			return
		}
		q.head, q.tail = nil, nil
		q.mu.Unlock()
		fx, bytes := p.appendRound(round)
		for a := round; a != nil; {
			// The request may be in the pool again once its last part is counted.
			next := a.next
			a.next = nil
			if r := a.req; r.pending.Add(-1) == 0 {
				r.awaitAcks()
			}
			a = next
		}
		p.perform(fx, bytes)
	}
}

// appendRound appends all parts of one round under one hold of the mutex, and gives the core their
// sum.
func (p *Partition) appendRound(round *AppendPart) (fx replica.Effects, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for a := round; a != nil; a = a.next {
		bytes += p.appendPart(a)
	}
	if p.log == nil {
		return fx, 0
	}
	end := p.log.LogEndOffset()
	fx = p.step(replica.Appended{EndOffset: end, Unsynced: p.unsynced(end)})
	if !fx.HighWatermarkMoved {
		bytes = unknownBytes
	}
	for a := round; a != nil; a = a.next {
		if a.Err != protocol.ErrNone || a.req.Acks != AcksAll {
			continue
		}
		if done, err := a.replicated(); !done {
			a.replicating = true
		} else if err != protocol.ErrNone {
			a.fail(err, "")
		}
	}
	return fx, bytes
}

// appendPart makes one append and notes its result. It returns the bytes written.
func (p *Partition) appendPart(a *AppendPart) int64 {
	p.m.stats.Appends.Add(1)
	p.stats.Appends.Add(1)
	err := p.core.CheckLed(a.Epoch)
	if err == protocol.ErrNone {
		err = p.core.CheckAppend(a.req.Acks)
	}
	if err == protocol.ErrNone && !a.checked {
		err = protocol.ErrNotLeaderOrFollower // as it was when the request came
	}
	if err = p.answer(err); err != protocol.ErrNone {
		a.fail(err, p.explain(err))
		if err == protocol.ErrNotLeaderOrFollower || err == protocol.ErrFencedLeaderEpoch {
			a.LeaderID, a.LeaderEpoch = p.leader()
		}
		return 0
	}
	a.leaderEpoch = p.core.LeaderEpoch()
	info, failure := storage.AppendInfo{LogStartOffset: p.log.LogStartOffset()}, a.invalid
	if failure == nil {
		info, failure = p.log.AppendValidated(a.validated, storage.AppendOptions{LeaderEpoch: a.leaderEpoch, Origin: a.req.Origin, NowMs: a.req.NowMs})
	}
	a.LogStartOffset = info.LogStartOffset
	if failure != nil {
		p.refused(a, failure)
		return 0
	}
	a.BaseOffset, a.LastOffset, a.LogAppendTimeMs = info.FirstOffset, info.LastOffset, info.LogAppendTime
	if info.Duplicate {
		// As in Kafka, the answer to a duplicate has the timestamp of the original.
		a.LogAppendTimeMs = info.MaxTimestamp
	}
	cfg := p.config.Load()
	a.syncing = a.req.Acks == AcksAll && !cfg.WriteCaching
	if info.Duplicate {
		return 0
	}
	if info.Rolled {
		p.m.logs.FlushSoon(p.log, info.FirstOffset)
	}
	if cfg.storage.FlushMessages < 1<<62 && p.log.UnsyncedMessages() >= cfg.storage.FlushMessages {
		a.syncing = true
	}
	p.countAppend(info.NumRecords, info.NumBytes)
	p.countConversion(info.Conversion)
	return int64(info.NumBytes)
}
