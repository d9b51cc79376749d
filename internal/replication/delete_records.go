package replication

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// ToHighWatermark as the offset of a DeleteRecords deletes all that consumers can see.
const ToHighWatermark int64 = -1

// DeletePart is one partition of a DeleteRecords.
type DeletePart struct {
	Topic     string
	Partition int32
	// Offset is the first one to keep, or ToHighWatermark.
	Offset int64

	Err protocol.Error
	// LowWatermark is the least log start offset of all replicas, -1 on errors.
	LowWatermark int64

	p       *Partition
	waiting bool
}

// deletion is a DeleteRecords that waits until every replica has moved its log start offset.
type deletion struct {
	m     *Manager
	parts []DeletePart
	op    purgatory.Op
	done  func([]DeletePart)
}

// DeleteRecords moves log start offsets up. done is called once, when all replicas have followed or timeoutMs has passed.
func (m *Manager) DeleteRecords(parts []DeletePart, timeoutMs int32, done func([]DeletePart)) {
	d := &deletion{m: m, parts: parts, done: done}
	d.op.Owner = d
	for i := range parts {
		x := &parts[i]
		x.LowWatermark = -1
		if x.p, x.Err = m.find(x.Topic, noTopicID, x.Partition); x.Err != protocol.ErrNone {
			continue
		}
		if InternalTopic(x.Topic) {
			x.Err = protocol.ErrInvalidTopicException
			continue
		}
		x.deleteLocally()
	}
	// What was deleted must stay deleted after a crash.
	m.logs.CheckpointStartOffsets()
	for i := range parts {
		if x := &parts[i]; x.Err == protocol.ErrNone && x.p.log.LogDir().Err() != nil {
			x.Err, x.LowWatermark, x.waiting = protocol.ErrKafkaStorageError, -1, false
		}
	}
	d.await(m.opts.Elapsed() + int64(timeoutMs))
}

func (x *DeletePart) deleteLocally() {
	p := x.p
	p.mu.Lock()
	fx, err := x.startMoved()
	if x.Err = err; err == protocol.ErrNone {
		x.LowWatermark = p.core.LowWatermark(p.m.live)
		x.waiting = x.LowWatermark < x.Offset
	}
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
}

func (x *DeletePart) startMoved() (replica.Effects, protocol.Error) {
	p := x.p
	if err := p.core.CheckLeader(-1); err != protocol.ErrNone {
		return replica.Effects{}, err
	}
	if p.config.Load().storage.CleanupPolicy == storage.CleanupCompact {
		return replica.Effects{}, protocol.ErrPolicyViolation
	}
	if x.Offset == ToHighWatermark {
		x.Offset = p.core.HighWatermark()
	}
	if x.Offset < 0 || x.Offset > p.core.HighWatermark() {
		return replica.Effects{}, protocol.ErrOffsetOutOfRange
	}
	if x.Offset > p.log.LogStartOffset() {
		if err := p.log.SetLogStartOffset(x.Offset); err != nil {
			return replica.Effects{}, p.m.readCode(p.log, err)
		}
	}
	return p.step(replica.StartMoved{LogStartOffset: p.log.LogStartOffset()}), protocol.ErrNone
}

// check settles parts whose replicas have all followed, and tells whether any is left.
func (d *deletion) check() bool {
	waiting := false
	for i := range d.parts {
		x := &d.parts[i]
		if !x.waiting {
			continue
		}
		x.p.mu.Lock()
		err, low := x.p.core.CheckLeader(-1), x.p.core.LowWatermark(x.p.m.live)
		x.p.mu.Unlock()
		if err != protocol.ErrNone {
			x.Err, x.LowWatermark, x.waiting = err, -1, false
			continue
		}
		x.LowWatermark, x.waiting = low, low < x.Offset
		waiting = waiting || x.waiting
	}
	return waiting
}

func (d *deletion) await(deadlineMs int64) {
	m := d.m
	if !d.check() {
		d.done(d.parts)
		return
	}
	// Once parked, the parts belong to whoever takes the operation out of the purgatory.
	var waiting []DeletePart
	m.waits.Lock()
	for i := range d.parts {
		if x := &d.parts[i]; x.waiting {
			waiting = append(waiting, *x)
			// Any move of the partition is worth a look: low watermarks are not what this key counts.
			m.purgatory.Watch(&x.p.produces, &d.op, 0)
			x.p.producesWatched.Store(true)
		}
	}
	earliest := m.purgatory.Park(&d.op, deadlineMs)
	m.waits.Unlock()
	if earliest {
		m.rearmExpiry()
	}
	// A replica may have followed between the check and the watch.
	if followed(waiting) {
		m.waits.Lock()
		mine := m.purgatory.Remove(&d.op)
		m.waits.Unlock()
		if mine {
			d.await(deadlineMs)
		}
	}
}

// followed tells whether all replicas of all parts have moved their start.
func followed(parts []DeletePart) bool {
	for _, x := range parts {
		x.p.mu.Lock()
		low := x.p.core.LowWatermark(x.p.m.live)
		x.p.mu.Unlock()
		if low < x.Offset {
			return false
		}
	}
	return true
}

// expired answers REQUEST_TIMED_OUT for what is left.
func (d *deletion) expired() {
	if d.check() {
		for i := range d.parts {
			if x := &d.parts[i]; x.waiting {
				x.Err, x.waiting = protocol.ErrRequestTimedOut, false
			}
		}
	}
	d.done(d.parts)
}
