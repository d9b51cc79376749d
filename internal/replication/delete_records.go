package replication

import (
	"slices"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/internal/topicname"
	"github.com/gregorhq/gregor/storage"
)

// ToHighWatermark is the offset of a DeleteRecords that deletes everything below the high
// watermark.
const ToHighWatermark int64 = -1

// DeletePart is one partition of a DeleteRecords.
type DeletePart struct {
	Topic     string
	Partition int32
	// Offset is the first offset to keep, or ToHighWatermark.
	Offset int64

	Err protocol.Error
	// LowWatermark is the least log start offset of the replicas on live brokers, -1 on errors.
	LowWatermark int64

	p       *Partition
	waiting bool
}

// deletion is a DeleteRecords that waits until the replicas have moved their log start offsets.
type deletion struct {
	m     *Manager
	parts []DeletePart
	op    purgatory.Op
	done  func([]DeletePart)
}

// DeleteRecords moves log start offsets up. It calls done once, when the replicas have followed or
// timeoutMs has passed.
func (m *Manager) DeleteRecords(parts []DeletePart, timeoutMs int32, done func([]DeletePart)) {
	d := &deletion{m: m, parts: parts, done: done}
	d.op.Owner = d
	for i := range parts {
		x := &parts[i]
		x.LowWatermark = -1
		if x.p, x.Err = m.find(x.Topic, noTopicID, x.Partition); x.Err != protocol.ErrNone {
			continue
		}
		if topicname.IsInternal(x.Topic) {
			x.Err = protocol.ErrInvalidTopicException
			continue
		}
		x.deleteLocally()
	}
	// Deleted records must stay deleted after a crash. The checkpoint may fail for want of a file
	// descriptor, too; the client then tries again.
	m.logs.CheckpointStartOffsets(dirsOf(parts)...)
	for i := range parts {
		if x := &parts[i]; x.Err == protocol.ErrNone && !m.logs.StartOffsetSaved(x.p.log, x.Offset) {
			x.Err, x.LowWatermark, x.waiting = protocol.ErrKafkaStorageError, -1, false
		}
	}
	d.awaitReplicas(m.elapsedMs() + int64(timeoutMs))
}

// dirsOf returns the log directories of the parts without an error. The other directories may have
// a disk that hangs.
func dirsOf(parts []DeletePart) (dirs []*logmanager.Dir) {
	for i := range parts {
		if x := &parts[i]; x.Err == protocol.ErrNone && !slices.Contains(dirs, x.p.log.LogDir()) {
			dirs = append(dirs, x.p.log.LogDir())
		}
	}
	return dirs
}

func (x *DeletePart) deleteLocally() {
	p := x.p
	p.mu.Lock()
	fx, err := x.startMoved()
	if x.Err = p.answer(err); err == protocol.ErrNone {
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
	if x.Offset >= p.log.LogStartOffset() {
		if err := p.log.SetLogStartOffset(x.Offset); err != nil {
			return replica.Effects{}, p.logCode(err)
		}
	}
	return p.step(replica.StartMoved{LogStartOffset: p.log.LogStartOffset()}), protocol.ErrNone
}

// settle notes the outcome of parts whose replicas have all moved their log start offset. It
// reports whether any part still waits.
func (d *deletion) settle() bool {
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
			x.Err, x.LowWatermark, x.waiting = x.p.answer(err), -1, false
			continue
		}
		x.LowWatermark, x.waiting = low, low < x.Offset
		waiting = waiting || x.waiting
	}
	return waiting
}

func (d *deletion) awaitReplicas(deadlineMs int64) {
	m := d.m
	if !d.settle() {
		d.done(d.parts)
		return
	}
	// Once the operation is parked, its parts belong to the goroutine that takes it out of the
	// purgatory.
	var waiting []DeletePart
	m.parked.Lock()
	for i := range d.parts {
		if x := &d.parts[i]; x.waiting {
			waiting = append(waiting, *x)
			// The key counts high watermarks. A low watermark may move with any
			// wake-up.
			m.purgatory.Watch(&x.p.produces, &d.op, 0)
			x.p.producesWatched.Store(true)
		}
	}
	m.park(&d.op, deadlineMs)
	m.parked.Unlock()
	// A replica may have followed between settle and the watch.
	if followed(waiting) {
		m.parked.Lock()
		mine := m.purgatory.Remove(&d.op)
		m.parked.Unlock()
		if mine {
			d.awaitReplicas(deadlineMs)
		}
	}
}

// followed reports whether the replicas of all parts have moved their log start offset.
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

// expired fails the parts that still wait with REQUEST_TIMED_OUT.
func (d *deletion) expired() {
	if d.settle() {
		for i := range d.parts {
			if x := &d.parts[i]; x.waiting {
				x.Err, x.waiting = protocol.ErrRequestTimedOut, false
			}
		}
	}
	d.done(d.parts)
}
