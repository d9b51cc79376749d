package coordinator

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// recordOverhead bounds what a batch spends on one record besides key and value:
// attributes and the varints of length, deltas, key and value length, header count.
const recordOverhead = 1 + 5 + 10 + 5 + 5 + 5 + 1

// perform does what a command decided, see shard.Outcome.
func (p *partition[S]) perform(o shard.Outcome) {
	for _, t := range o.Timers {
		p.timers.set(t)
	}
	if len(o.Records) == 0 {
		p.answer(o.Replies)
		if o.Then != nil {
			p.perform(o.Then(p.now(), protocol.ErrNone))
		}
		return
	}
	limit := p.batchLimit()
	e := entry{outcome: o, size: sizeOf(o.Records), deadline: p.now() + p.rt.opts.WriteTimeoutMs()}
	if e.size <= limit {
		p.pending = append(p.pending, e)
		return
	}
	if !o.Divisible {
		p.rt.opts.Logger.Error("a coordinator command's records do not fit in one batch", "topic", p.rt.opts.Topic,
			"partition", p.id, "bytes", e.size, "limit", limit)
		p.failed(e, protocol.ErrUnknownServerError)
		return
	}
	p.divide(e, limit)
}

// divide spreads a divisible entry over several; the last one answers. When one
// alone is too large the whole is refused.
func (p *partition[S]) divide(e entry, limit int) {
	records := e.outcome.Records
	for len(records) > 0 {
		n, size := 0, 0
		for n < len(records) {
			s := sizeOf(records[n : n+1])
			if n > 0 && size+s > limit {
				break
			}
			size += s
			n++
		}
		part := entry{outcome: shard.Outcome{Records: records[:n]}, size: size, deadline: e.deadline}
		records = records[n:]
		if len(records) == 0 {
			part.outcome.Replies, part.outcome.Then = e.outcome.Replies, e.outcome.Then
		}
		p.pending = append(p.pending, part)
	}
}

func (p *partition[S]) batchLimit() int { return maxRecordBytes(p.rt.opts.Log, p.id) }

// maxRecordBytes is how large the records of one batch may be together: what max.message.bytes leaves beside the batch's header.
func maxRecordBytes(l PartitionLog, partition int32) int { return l.MaxBatchBytes(partition) - 64 }

func sizeOf(rs []shard.Record) int {
	n := 0
	for _, r := range rs {
		n += recordOverhead + len(r.Key) + len(r.Value)
	}
	return n
}

// flush appends what is pending when no append is under way.
func (p *partition[S]) flush() {
	if p.state != stateActive || len(p.pending) == 0 || len(p.inflight) > 0 {
		return
	}
	now := p.now()
	if linger := p.rt.opts.LingerMs(); linger > 0 && len(p.held) == 0 {
		if p.lingerTill == 0 {
			p.lingerTill = now + linger
		}
		if now < p.lingerTill {
			return
		}
	}
	p.lingerTill = 0
	n, size, limit := 0, 0, p.batchLimit()
	first := &p.pending[0].outcome
	for n < len(p.pending) && (n == 0 || size+p.pending[n].size <= limit) && sameBatch(first, &p.pending[n].outcome) {
		size += p.pending[n].size
		n++
	}
	p.inflight = append(p.inflight, p.pending[:n]...)
	rest := copy(p.pending, p.pending[n:])
	clear(p.pending[rest:])
	p.pending = p.pending[:rest]
	batch, err := buildBatch(p.inflight, now, p.epoch, p.rt.opts.Codec())
	life := p.life
	if err != nil {
		p.committed(life, now, -1, err)
		return
	}
	p.rt.opts.Log.Append(p.id, p.epoch, batch, func(last int64, err error) {
		p.post(func() { p.committed(life, now, last, err) })
	})
}

// sameBatch: transactional records of one producer share a batch, plain ones do.
func sameBatch(a, b *shard.Outcome) bool {
	return a.Transactional == b.Transactional &&
		(!a.Transactional || (a.ProducerID == b.ProducerID && a.ProducerEpoch == b.ProducerEpoch))
}

// committed ends the append under way: replay, then answer.
func (p *partition[S]) committed(life uint64, timestamp, last int64, err error) {
	if life != p.life {
		return // answered when that life ended
	}
	done := p.inflight
	p.inflight = nil
	if err != nil {
		code := appendError(err)
		p.rt.opts.Logger.Warn("coordinator append failed", "topic", p.rt.opts.Topic, "partition", p.id, "error", err)
		for _, e := range done {
			p.failed(e, code)
		}
		p.release()
		return
	}
	count := 0
	for _, e := range done {
		count += len(e.outcome.Records)
	}
	offset := last - int64(count) + 1
	for _, e := range done {
		for _, r := range e.outcome.Records {
			p.replay(&e.outcome, r, offset, timestamp)
			offset++
		}
		if !e.failed {
			p.answer(e.outcome.Replies)
		}
		if e.outcome.Then != nil {
			p.perform(e.outcome.Then(p.now(), protocol.ErrNone))
		}
	}
	p.release()
}

func (p *partition[S]) replay(o *shard.Outcome, r shard.Record, offset, timestamp int64) {
	s := shard.Stored{Offset: offset, Timestamp: timestamp, ProducerID: -1, ProducerEpoch: -1, Key: r.Key, Value: r.Value}
	if o.Transactional {
		s.ProducerID, s.ProducerEpoch = o.ProducerID, o.ProducerEpoch
	}
	if err := p.core.Replay(s); err != nil {
		p.rt.opts.Logger.Error("a record just committed cannot be replayed", "topic", p.rt.opts.Topic, "partition", p.id,
			"offset", offset, "error", err)
	}
}

func (p *partition[S]) failed(e entry, code protocol.Error) {
	if !e.failed {
		p.answerAll(e.outcome.Replies, code)
	}
	if e.outcome.Then != nil {
		p.perform(e.outcome.Then(p.now(), code))
	}
}
