package coordinator

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// perform does what a command for a key decided, see shard.Outcome. The key is "" for a command
// that uses the whole core. was is what a list showed of the key before the command.
func (p *partition[S]) perform(key string, was shard.Listing, o shard.Outcome) {
	for _, t := range o.Timers {
		p.timers.set(t)
	}
	p.note(o.Notes)
	if !p.add(key, o) {
		// The core has a bug: it checks the size of its records before it decides. Its state is
		// ahead of the log for good.
		p.rt.opts.Logger.Error("the records of a coordinator command do not fit into one batch, or cannot be encoded", "topic", p.rt.opts.Topic,
			"partition", p.id, "bytes", shard.SizeOf(o.Records), "limit", p.batchLimit(), "error", shard.Encoded(o.Records))
		for _, r := range o.Replies {
			p.fail(r.To, protocol.ErrUnknownServerError)
		}
		p.restart(protocol.ErrNotCoordinator)
		return
	}
	if len(o.Records) > 0 {
		p.seen.wrote(key, p.decided)
		p.listings.changed(key, p.decided, was, listingOf(p.core, key))
	}
	p.park(key, o.Replies)
}

// note writes the log lines of a command.
func (p *partition[S]) note(notes []shard.Note) {
	for _, n := range notes {
		ok, suppressed := p.rt.notes.Allow(n.Subject+"\x00"+n.Text, p.rt.opts.Host.Now())
		if !ok {
			continue
		}
		attrs := n.Attrs
		if suppressed > 0 {
			attrs = append(attrs, "suppressed", suppressed)
		}
		p.rt.opts.Logger.Info(n.Text, attrs...)
	}
}

// add replays the records of a command for a key and queues them for the log. It returns false, and
// does nothing, when they do not fit into a batch or cannot be encoded.
func (p *partition[S]) add(key string, o shard.Outcome) bool {
	if len(o.Records) == 0 {
		return true
	}
	limit := p.batchLimit()
	if shard.Encoded(o.Records) != nil || !o.Divisible && shard.SizeOf(o.Records) > limit {
		return false
	}
	now := p.now()
	w := write{now: now, transactional: o.Transactional, producerID: o.ProducerID, producerEpoch: o.ProducerEpoch}
	for from := 0; from < len(o.Records); {
		w.size = 0
		to := from
		for ; to < len(o.Records); to++ {
			s := shard.SizeOf(o.Records[to : to+1])
			if to > from && w.size+s > limit {
				break
			}
			w.size += s
		}
		w.records = o.Records[from:to]
		p.pending = append(p.pending, w)
		from = to
	}
	s := shard.Stored{Timestamp: now, ProducerID: -1, ProducerEpoch: -1}
	if o.Transactional {
		s.ProducerID, s.ProducerEpoch = o.ProducerID, o.ProducerEpoch
	}
	for _, r := range o.Records {
		s.Offset, s.Key, s.Value = p.decided, r.Key, r.Value
		p.decided++
		if err := p.replay(key, s); err != nil {
			p.rt.opts.Logger.Error("a record that was just decided cannot be replayed", "topic", p.rt.opts.Topic, "partition", p.id,
				"offset", s.Offset, "error", err)
		}
	}
	return true
}

// replay replays a record of a command for a key. A command for the whole core changes the state of
// keys by its records only.
func (p *partition[S]) replay(key string, s shard.Stored) error {
	if key == "" {
		return replayListed(p.core, s, &p.listings)
	}
	return p.core.Replay(s)
}

// batchLimit bounds the records of one batch, as shard.SizeOf counts them: max.message.bytes of the
// partition without the batch's header.
func (p *partition[S]) batchLimit() int { return p.rt.opts.Log.MaxBatchBytes(p.id) - 64 }

// flush appends the pending records when no append is in flight.
func (p *partition[S]) flush() {
	if p.state != stateActive || len(p.pending) == 0 || p.appending != 0 {
		return
	}
	now := p.now()
	if linger := p.rt.opts.LingerMs(); linger > 0 {
		if p.lingerTill == 0 {
			p.lingerTill = now + linger
		}
		if now < p.lingerTill {
			return
		}
	}
	p.lingerTill = 0
	n, size, count, limit := 0, 0, 0, p.batchLimit()
	for n < len(p.pending) && (n == 0 || size+p.pending[n].size <= limit) && sameBatch(&p.pending[0], &p.pending[n]) {
		size += p.pending[n].size
		count += len(p.pending[n].records)
		n++
	}
	batch, err := buildBatch(p.pending[:n], p.epoch, p.rt.opts.Codec())
	rest := copy(p.pending, p.pending[n:])
	clear(p.pending[rest:])
	p.pending = p.pending[:rest]
	life := p.life
	p.appending = p.written + int64(count)
	if err != nil {
		p.appendDone(life, -1, err)
		return
	}
	p.rt.opts.Log.Append(p.id, p.epoch, batch, func(last int64, err error) {
		p.post(func() { p.appendDone(life, last, err) })
	})
}

// sameBatch reports whether two writes may share a batch: plain ones, or two of one producer.
func sameBatch(a, b *write) bool {
	return a.transactional == b.transactional &&
		(!a.transactional || (a.producerID == b.producerID && a.producerEpoch == b.producerEpoch))
}

// appendDone ends the append in flight.
func (p *partition[S]) appendDone(life uint64, last int64, err error) {
	if life != p.life {
		return // answered when that life ended
	}
	if err == nil && last != p.appending-1 {
		err = fmt.Errorf("the last record is at offset %d, not at %d: something else writes to the partition", last, p.appending-1)
	}
	if err != nil {
		p.rt.opts.Logger.Warn("coordinator append failed, the partition is loaded again", "topic", p.rt.opts.Topic, "partition", p.id, "error", err)
		p.restart(appendError(err))
		return
	}
	p.written, p.appending, p.failures = p.appending, 0, 0
	p.commit(p.written)
}
