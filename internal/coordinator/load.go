package coordinator

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/record"
)

// loadChunk is how much of the log is read at once while loading (offsets.load.buffer.size).
const loadChunk = 5 << 20

// load is the replay of one partition, done beside its mailbox.
type load[S shard.Core] struct {
	p    *partition[S]
	life uint64
	// epoch is the leader epoch that it began in.
	epoch int32
}

// startLoading answers Load.
func (p *partition[S]) startLoading(epoch int32) {
	if epoch < p.epoch {
		return
	}
	p.epoch = epoch
	if p.state != stateInactive {
		return // same leader, new epoch: the state stands
	}
	p.life++
	p.state, p.broken, p.loadingSince = stateLoading, false, p.rt.opts.Elapsed()
	p.rt.mu.Lock()
	p.rt.loads = append(p.rt.loads, load[S]{p: p, life: p.life, epoch: epoch})
	p.rt.mu.Unlock()
	signal(p.rt.wakeLoader)
}

// unload answers Unload.
func (p *partition[S]) unload(epoch int32) {
	if epoch >= 0 && epoch < p.epoch {
		return
	}
	p.epoch, p.broken = max(p.epoch, epoch), false
	p.stop(protocol.ErrNotCoordinator)
}

// stop ends this life; what is parked is answered.
func (p *partition[S]) stop(err protocol.Error) {
	was := p.state
	p.life++
	p.state, p.failure = stateInactive, err
	if was != stateActive {
		return
	}
	for _, es := range [][]entry{p.inflight, p.pending} {
		for _, e := range es {
			if !e.failed {
				p.answerAll(e.outcome.Replies, err)
			}
		}
	}
	for _, c := range p.held {
		p.answerFail(c.To, err)
	}
	for _, r := range p.core.Unloaded().Replies {
		if r.Err == protocol.ErrNone {
			p.answer([]shard.Reply{r})
		} else {
			p.answerFail(r.To, err)
		}
	}
	if p.rt.opts.Stopped != nil {
		p.rt.opts.Stopped(p.id)
	}
	var none S
	p.core, p.inflight, p.pending, p.held, p.timers, p.lingerTill = none, nil, nil, nil, timers{}, 0
}

// LoadPending replays one partition that waits for it and reports whether there was one.
func (r *Runtime[S]) LoadPending() bool {
	r.mu.Lock()
	if len(r.loads) == 0 {
		r.mu.Unlock()
		return false
	}
	l := r.loads[0]
	r.loads = r.loads[1:]
	r.mu.Unlock()
	core := r.opts.New(l.p.id)
	end, err := r.replayLog(l.p.id, core)
	if err != nil {
		l.finish(core, err)
		return true
	}
	// What the log holds above the high watermark was decided by an earlier leader
	// and may have been answered: it stands once it is committed here.
	r.opts.Log.AwaitCommitted(l.p.id, end, func(err error) { l.finish(core, err) })
	return true
}

func (l load[S]) finish(core S, err error) {
	p := l.p
	p.post(func() {
		if p.life != l.life {
			return
		}
		switch {
		case err == nil:
		case p.epoch > l.epoch:
			// This node was made leader again meanwhile: what failed is the older term's.
			p.state = stateInactive
			p.startLoading(p.epoch)
			return
		case errors.Is(err, protocol.ErrNotLeaderOrFollower):
			// The leadership ended meanwhile, and Unload is on its way: at a start after a crash that is the rule.
			p.rt.opts.Logger.Debug("no longer the leader of a coordinator partition that was being loaded", "topic", p.rt.opts.Topic, "partition", p.id)
			p.stop(protocol.ErrNotCoordinator)
			return
		default:
			p.rt.opts.Logger.Error("loading a coordinator partition failed", "topic", p.rt.opts.Topic, "partition", p.id, "error", err)
			p.stop(protocol.ErrNotCoordinator)
			p.broken = true
			return
		}
		if p.rt.opts.Loaded != nil {
			p.rt.opts.Loaded(p.rt.opts.Elapsed() - p.loadingSince)
		}
		now := p.now()
		p.core, p.state = core, stateActive
		p.perform(core.Loaded(now))
	})
}

// replayLog feeds the whole log to core and returns the offset it read up to.
func (r *Runtime[S]) replayLog(id int32, core S) (int64, error) {
	at, end, err := r.opts.Log.Bounds(id)
	if err != nil {
		return 0, err
	}
	var rd record.Reader
	for at < end {
		chunk, err := r.opts.Log.Read(id, at, loadChunk)
		if err != nil {
			return 0, err
		}
		if len(chunk) == 0 {
			break // compaction left nothing up to the end
		}
		from := at
		for len(chunk) > 0 {
			b, rest, err := record.Next(chunk)
			if err != nil {
				return 0, fmt.Errorf("batch after offset %d: %w", at, err)
			}
			chunk = rest
			if b.LastOffset() < at {
				continue
			}
			if err := r.replayBatch(id, core, &rd, b); err != nil {
				return 0, err
			}
			at = b.NextOffset()
		}
		if at <= from {
			return 0, fmt.Errorf("no batch leads on from offset %d: %w", from, record.ErrCorrupt)
		}
	}
	return end, nil
}

// replayBatch replays one batch. A record that the core refuses is logged and
// passed over: it is of a newer version or damaged, and the rest is still right.
func (r *Runtime[S]) replayBatch(id int32, core S, rd *record.Reader, b record.Batch) error {
	s := shard.Stored{ProducerID: -1, ProducerEpoch: -1}
	if b.IsTransactional() {
		s.ProducerID, s.ProducerEpoch = b.ProducerID(), b.ProducerEpoch()
	}
	rd.Reset(b, record.Limits{})
	for rd.Next() {
		rec := rd.Record()
		if b.IsControl() {
			if _, kind, err := record.ParseControlKey(rec.Key); err == nil && (kind == record.ControlCommit || kind == record.ControlAbort) {
				core.ReplayEndTxn(b.ProducerID(), b.ProducerEpoch(), kind == record.ControlCommit)
			}
			continue
		}
		s.Offset, s.Timestamp, s.Key, s.Value = rec.Offset, rec.Timestamp, rec.Key, rec.Value
		if err := core.Replay(s); err != nil {
			r.opts.Logger.Warn("a record cannot be replayed and is passed over", "topic", r.opts.Topic, "partition", id,
				"offset", rec.Offset, "error", err)
		}
	}
	if err := rd.Err(); err != nil {
		return fmt.Errorf("batch at offset %d: %w", b.BaseOffset(), err)
	}
	return nil
}
