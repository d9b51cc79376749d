package replication

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/purgatory"
)

// appended goes on with a request whose parts have all been appended or refused: it waits for the disk and for replicas where
// that is due, both at once.
func (r *AppendRequest) appended() {
	r.waits.Store(1)
	replicating := false
	for i := range r.Parts {
		a := &r.Parts[i]
		if a.syncing {
			r.waits.Add(1)
			if r.m.logs.Durable(a.p.log, a.end(), r) {
				r.waits.Add(-1)
			}
		}
		replicating = replicating || a.replicating
	}
	if replicating {
		r.waits.Add(1)
		r.await(r.m.opts.Elapsed() + int64(r.TimeoutMs))
	}
	r.finish()
}

// Durable implements logmanager.Waiter. Which part failed is seen at the end, by its log.
func (r *AppendRequest) Durable(error) { r.finish() }

// finish takes one wait off, and completes the request if it was the last.
func (r *AppendRequest) finish() {
	if r.waits.Add(-1) != 0 {
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

// await parks the request until the high watermarks of its replicating parts have moved, or goes on at once if they have.
func (r *AppendRequest) await(deadlineMs int64) {
	m := r.m
	for {
		if !r.checkReplicated() {
			r.finish()
			return
		}
		m.waits.Lock()
		missed := false
		for i := range r.Parts {
			a := &r.Parts[i]
			if !a.replicating {
				continue
			}
			m.purgatory.Watch(&a.p.produces, &r.op, a.end())
			a.p.producesWatched.Store(true)
			// Moves publish first and look for watches afterwards, so one of both sees the other.
			missed = missed || a.p.log.HighWatermark() >= a.end() || a.p.checkLeader(-1) != protocol.ErrNone
		}
		if missed {
			m.purgatory.Remove(&r.op)
			m.waits.Unlock()
			continue
		}
		earliest := m.purgatory.Park(&r.op, deadlineMs)
		m.waits.Unlock()
		if earliest {
			m.rearmExpiry()
		}
		return
	}
}

// checkReplicated settles parts whose wait is over and tells whether any still waits.
func (r *AppendRequest) checkReplicated() bool {
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
			// The records may stay in the log; only the answer is an error.
			a.fail(err, "")
		}
	}
	return waiting
}

// expired answers REQUEST_TIMED_OUT for the parts that still wait for replicas.
func (r *AppendRequest) expired() {
	if r.checkReplicated() {
		for i := range r.Parts {
			if a := &r.Parts[i]; a.replicating {
				a.fail(protocol.ErrRequestTimedOut, "")
			}
		}
	}
	r.finish()
}

// wakeProduces goes on with the produces whose offset the high watermark has reached; all of them when this replica does not
// lead any more.
func (p *Partition) wakeProduces() {
	level := p.log.HighWatermark()
	if p.checkLeader(-1) != protocol.ErrNone {
		level = 1<<63 - 1
	}
	var few [8]*purgatory.Op
	p.m.waits.Lock()
	ops := p.m.purgatory.Reach(&p.produces, level, few[:0])
	p.producesWatched.Store(p.produces.Waiting() > 0)
	p.m.waits.Unlock()
	for _, op := range ops {
		switch w := op.Owner.(type) {
		case *AppendRequest:
			w.await(op.DeadlineMs())
		case *deletion:
			w.await(op.DeadlineMs())
		case *commitWait:
			w.reached()
		}
	}
}
