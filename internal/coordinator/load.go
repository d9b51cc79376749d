package coordinator

import (
	"errors"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// loadChunk is the number of bytes that a load reads at a time (offsets.load.buffer.size).
const loadChunk = 5 << 20

// maxLoaders bounds the partitions that are replayed at the same time
// (group.coordinator.background.threads).
const maxLoaders = 2

// A load begins at once after the first failure since a commit, then after pauses that grow from
// firstPauseMs to maxPauseMs.
const (
	firstPauseMs int64 = 100
	maxPauseMs   int64 = 10_000
)

// load is the replay of one partition's log, outside of its events.
type load[S shard.Core] struct {
	p    *partition[S]
	life uint64
	// epoch is the leader epoch in which the load began.
	epoch int32
}

// startLoading answers Load.
func (p *partition[S]) startLoading(epoch int32) {
	if epoch < p.epoch {
		return
	}
	newEpoch := epoch > p.epoch
	p.epoch = epoch
	if p.state != stateInactive || p.broken && !newEpoch {
		return // the same leader in a new epoch: its state is valid
	}
	p.failures = 0
	p.load()
}

// load begins to load the partition, after a pause when it failed before.
func (p *partition[S]) load() {
	p.life++
	p.state, p.loadingSince, p.retryAt = stateLoading, p.rt.elapsed(), 0
	if p.failures > 1 {
		p.retryLater()
		return
	}
	p.enqueue()
}

// retryLater sets the time of the next load.
func (p *partition[S]) retryLater() {
	p.retryAt = p.rt.elapsed() + min(firstPauseMs<<min(max(p.failures-2, 0), 20), maxPauseMs)
}

func (p *partition[S]) enqueue() {
	r := p.rt
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.loads = append(r.loads, load[S]{p: p, life: p.life, epoch: p.epoch})
	if r.loaders < maxLoaders {
		r.loaders++
		r.group.Go(r.runLoads)
	}
}

// unload answers Unload.
func (p *partition[S]) unload(epoch int32) {
	if epoch >= 0 && epoch < p.epoch {
		return
	}
	if p.broken = false; epoch >= 0 {
		p.epoch = epoch
	} else {
		p.epoch = -1 // the leader epochs of a topic that is created again begin at 0
	}
	p.stop(protocol.ErrNotCoordinator)
}

// stop ends this life and answers everything that waits.
func (p *partition[S]) stop(err protocol.Error) {
	p.failure = err
	p.drop(err)
}

// restart drops the state, which has records that are not in the log, and loads it again. Requests
// that wait are answered with err. It is rare: a command does not run while the log refuses
// records.
func (p *partition[S]) restart(err protocol.Error) {
	p.drop(err)
	p.failures++
	p.load()
}

// drop ends this life.
func (p *partition[S]) drop(err protocol.Error) {
	was := p.state
	p.life++
	p.state, p.retryAt = stateInactive, 0
	if was != stateActive {
		return
	}
	p.failParked(err)
	for _, r := range p.core.Unloaded().Replies {
		if r.Err == protocol.ErrNone {
			p.answers = append(p.answers, r)
		} else {
			p.fail(r.To, err)
		}
	}
	if p.rt.opts.Stopped != nil {
		p.rt.opts.Stopped(p.id)
	}
	var none S
	p.core, p.pending, p.appending, p.timers, p.lingerTill, p.timersHeld = none, nil, 0, timers{}, 0, 0
	p.decided, p.written, p.committed, p.seen, p.listings = 0, 0, 0, seen{}, nil
}

// runLoads replays the partitions that wait for it.
func (r *Runtime[S]) runLoads() {
	for {
		r.mu.Lock()
		if len(r.loads) == 0 || r.closed {
			r.loaders--
			r.mu.Unlock()
			return
		}
		l := r.loads[0]
		r.loads = r.loads[1:]
		r.mu.Unlock()
		core := r.opts.New(l.p.batchLimit)
		log, err := r.replayLog(l.p.id, core)
		l.finish(core, log, err)
		if err == nil {
			r.opts.Log.AwaitCommitted(l.p.id, log.end, func(err error) { l.caughtUp(log.end, err) })
		}
	}
}

// finish ends a load.
func (l load[S]) finish(core S, log replayed, err error) {
	l.p.post(func() {
		if l.p.life != l.life {
			return
		}
		if err != nil {
			l.failed(err)
			return
		}
		l.p.loaded(core, log)
	})
}

// caughtUp says that the log is committed up to the end of the load. An earlier leader decided the
// records above the high watermark and may have answered them. The partition serves meanwhile, and
// its answers wait: the high watermark does not move while the ISR is below min.insync.replicas.
func (l load[S]) caughtUp(end int64, err error) {
	p := l.p
	p.post(func() {
		switch {
		case p.life != l.life:
		case err != nil:
			p.drop(protocol.ErrNotCoordinator)
			l.failed(err)
		default:
			p.commit(end)
		}
	})
}

func (p *partition[S]) loaded(core S, log replayed) {
	if p.rt.opts.Loaded != nil {
		p.rt.opts.Loaded(time.Duration(p.rt.elapsed()-p.loadingSince) * time.Millisecond)
	}
	now := p.now()
	p.core, p.state, p.broken = core, stateActive, false
	p.decided, p.written, p.committed, p.seen, p.listings = log.end, log.end, log.committed, log.seen, log.listings
	p.perform("", shard.Listing{}, core.Loaded(now))
}

func (l load[S]) failed(err error) {
	p, log := l.p, l.p.rt.opts.Logger.With("topic", l.p.rt.opts.Topic, "partition", l.p.id)
	switch {
	case p.epoch > l.epoch:
		// This node became the leader again meanwhile. The load of the older term failed.
		p.state = stateInactive
		p.load()
	case errors.Is(err, protocol.ErrNotLeaderOrFollower), errors.Is(err, protocol.ErrUnknownTopicOrPartition):
		// The leadership has ended, and Unload follows. This is normal at a start after a crash. A
		// partition also has no leader while its log is opened again that had lacked file
		// descriptors. No Load follows then, so the load is tried again until Unload comes.
		log.Debug("no longer the leader of a coordinator partition that was being loaded")
		p.stop(protocol.ErrNotCoordinator)
		p.failures++
		p.retryLater()
	default:
		p.broken = true
		p.failures = max(p.failures, 1)
		p.restart(protocol.ErrNotCoordinator)
		log.Error("loading a coordinator partition failed, it is tried again", "error", err, "pause.ms", p.retryAt-p.rt.elapsed())
	}
}
