package replication

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/storage"
)

// awaitAcks continues a request whose parts are all appended or refused. It waits for syncs and for
// replicas where the request or the topic asks for them, for both at the same time.
func (r *AppendRequest) awaitAcks() {
	r.pending.Store(1)
	replicating := false
	for i := range r.Parts {
		a := &r.Parts[i]
		if a.syncing {
			r.pending.Add(1)
			if r.m.logs.AwaitSync(a.p.log, a.end(), r) {
				r.pending.Add(-1)
			}
		}
		replicating = replicating || a.replicating
	}
	if replicating {
		r.pending.Add(1)
		r.awaitReplicas(r.m.elapsedMs() + int64(r.TimeoutMs))
	}
	r.waitOver()
}

// Synced implements logmanager.Waiter. waitOver finds the parts that failed by their logs.
func (r *AppendRequest) Synced(error) { r.waitOver() }

// waitOver ends one wait, and completes the request if it was the last.
func (r *AppendRequest) waitOver() {
	if r.pending.Add(-1) != 0 {
		return
	}
	for i := range r.Parts {
		a := &r.Parts[i]
		if !a.syncing || a.Err != protocol.ErrNone {
			continue
		}
		if a.p.log.RecoveryPoint() < a.end() {
			a.fail(protocol.ErrKafkaStorageError, "the records could not be made durable")
		}
	}
	r.Done(r)
}

// awaitReplicas parks the request until the high watermarks have passed its replicating parts. It
// continues at once if they have.
func (r *AppendRequest) awaitReplicas(deadlineMs int64) {
	m := r.m
	for {
		if !r.settleReplicated() {
			r.waitOver()
			return
		}
		m.parked.Lock()
		missed := false
		for i := range r.Parts {
			a := &r.Parts[i]
			if !a.replicating {
				continue
			}
			m.purgatory.Watch(&a.p.produces, &r.op, a.end())
			a.p.producesWatched.Store(true)
			// A move of the high watermark is published before the mover looks for
			// watches, so either this check or the mover sees the other.
			missed = missed || a.p.log.HighWatermark() >= a.end() || a.p.checkLeader(-1) != protocol.ErrNone
		}
		if missed {
			m.purgatory.Remove(&r.op)
			m.parked.Unlock()
			continue
		}
		m.park(&r.op, deadlineMs)
		m.parked.Unlock()
		return
	}
}

// settleReplicated notes the outcome of parts whose wait is over. It reports whether any still
// waits.
func (r *AppendRequest) settleReplicated() bool {
	waiting := false
	for i := range r.Parts {
		a := &r.Parts[i]
		if !a.replicating {
			continue
		}
		a.p.mu.Lock()
		done, err := a.replicated()
		a.p.mu.Unlock()
		if !done {
			waiting = true
			continue
		}
		a.replicating = false
		if err != protocol.ErrNone {
			// The records may stay in the log. Only the answer is an error.
			a.fail(err, "")
		}
	}
	return waiting
}

// expired fails the parts that still wait for replicas with REQUEST_TIMED_OUT.
func (r *AppendRequest) expired() {
	if r.settleReplicated() {
		for i := range r.Parts {
			if a := &r.Parts[i]; a.replicating {
				a.fail(protocol.ErrRequestTimedOut, "")
			}
		}
	}
	r.waitOver()
}

// wakeProduces continues the delayed produces whose offset the high watermark has reached. It
// continues all of them when this replica no longer leads.
func (p *Partition) wakeProduces() {
	level := p.log.HighWatermark()
	if p.checkLeader(-1) != protocol.ErrNone {
		level = 1<<63 - 1
	}
	var few [8]*purgatory.Op
	p.m.parked.Lock()
	ops := p.m.purgatory.Reach(&p.produces, level, few[:0])
	p.producesWatched.Store(p.produces.Waiting() > 0)
	p.m.parked.Unlock()
	for _, op := range ops {
		switch w := op.Owner.(type) {
		case *AppendRequest:
			w.awaitReplicas(op.DeadlineMs())
		case *deletion:
			w.awaitReplicas(op.DeadlineMs())
		case *commitWait:
			w.reached()
		}
	}
}

// replicated reports whether the wait for the high watermark is over, and with which error. A
// coordinator's records take effect once they are committed, whatever the ISR is then. A producer
// with acks=all gets an error when the ISR has become too small. The caller holds the partition's
// mutex.
func (a *AppendPart) replicated() (done bool, err protocol.Error) {
	if a.req.Origin == storage.OriginCoordinator {
		done, err = a.p.core.Committed(a.leaderEpoch, a.end())
	} else {
		done, err = a.p.core.Replicated(a.leaderEpoch, a.end())
	}
	return done, a.p.answer(err)
}
