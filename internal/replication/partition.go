package replication

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
)

// Partition is one replica: the core that decides, the log, and one mutex.
type Partition struct {
	m     *Manager
	topic string
	id    wire.UUID
	index int32
	// stats is the topic's.
	stats *Stats

	// queue has the appends that are still to be made. The goroutine that finds busy false sets
	// it and makes all of them.
	queue struct {
		mu         sync.Mutex
		head, tail *AppendPart
		busy       bool
	}

	// mu guards core, retrying, source and syncing, and orders appends.
	mu   sync.Mutex
	core *replica.Replica
	// retrying says that the leader repeats its AlterPartition request.
	retrying bool
	// source is the fetching from the leader while this replica follows, nil otherwise.
	source *following
	// syncing says that diskSync.Synced follows.
	syncing bool
	// log is nil when its directory was offline from the start, and when the log is damaged or
	// gone.
	log *logmanager.Log
	// absent is what ReplicaDir reports while log is nil, zero for nothing.
	absent wire.UUID
	// old says that the partition existed before this broker started.
	old bool
	// deleted says that the topic was deleted. It is set before the core gets Removed.
	deleted atomic.Bool
	config  atomic.Pointer[topicConfig]

	// leadership is the core's, published for reads. Nil before the first image.
	leadership atomic.Pointer[replica.Leadership]
	// replicated says that there are other replicas, so that the core needs Ticks.
	replicated atomic.Bool
	// changes counts moves of the high watermark and of leadership. A fetch that finds it
	// unchanged has missed nothing.
	changes atomic.Uint64

	// Keys of the purgatory, guarded by Manager.parked. The flags say that a key may have
	// watches, so that a move of the high watermark takes that lock only then. A watcher sets
	// the flag before it looks at changes, a mover counts a change before it looks at the flag.
	produces, fetches, followers                      purgatory.Key
	producesWatched, fetchesWatched, followersWatched atomic.Bool
}

// Topic returns the topic's name.
func (p *Partition) Topic() string { return p.topic }

// TopicID returns the topic's id.
func (p *Partition) TopicID() wire.UUID { return p.id }

// Index returns the number of the partition in its topic.
func (p *Partition) Index() int32 { return p.index }

// Leadership returns the role of this replica, the leader and its epoch.
func (p *Partition) Leadership() replica.Leadership {
	if s := p.leadership.Load(); s != nil {
		return *s
	}
	return replica.Leadership{}
}

// Log returns the partition's log, nil if its directory was offline from the start.
func (p *Partition) Log() *logmanager.Log { return p.log }

// answer returns the error for a client. A request may hold a partition whose topic is deleted. As
// in Kafka, its answer is then that of a request that comes after the deletion.
func (p *Partition) answer(err protocol.Error) protocol.Error {
	if err == protocol.ErrNotLeaderOrFollower && p.deleted.Load() {
		return protocol.ErrUnknownTopicOrPartition
	}
	return err
}

// logCode is Manager.logCode for this partition's log.
func (p *Partition) logCode(err error) protocol.Error { return p.answer(p.m.logCode(p.log, err)) }

// checkEpoch is the core's CheckEpoch on the published leadership.
func (p *Partition) checkEpoch(epoch int32) protocol.Error {
	s := p.leadership.Load()
	if s == nil {
		return protocol.ErrNotLeaderOrFollower
	}
	if err := s.CheckEpoch(epoch); err != protocol.ErrNone {
		return p.answer(err)
	}
	if s.Role() == replica.Idle {
		return p.answer(protocol.ErrNotLeaderOrFollower)
	}
	return protocol.ErrNone
}

// checkLeader is the core's CheckLeader on the published leadership.
func (p *Partition) checkLeader(epoch int32) protocol.Error {
	s := p.leadership.Load()
	if s == nil {
		return protocol.ErrNotLeaderOrFollower
	}
	return p.answer(s.CheckLeader(epoch))
}

// leader returns the leader for an answer with NOT_LEADER_OR_FOLLOWER, -1 and -1 when it is
// unknown.
func (p *Partition) leader() (id, epoch int32) {
	s := p.leadership.Load()
	if s == nil {
		return -1, -1
	}
	return s.LeaderID(), s.LeaderEpoch()
}

// step gives an event to the core and carries out the effects that need mu: epoch, truncation, high
// watermark, publication. The caller holds mu, and performs the other effects after it has released
// it.
func (p *Partition) step(ev replica.Event) replica.Effects {
	fx := p.core.Step(p.m.elapsedMs(), ev)
	if p.log != nil {
		p.carryOut(fx)
	}
	if s := p.leadership.Load(); s == nil || *s != p.core.Leadership {
		now := p.core.Leadership
		p.leadership.Store(&now)
		p.changes.Add(1)
	}
	return fx
}

func (p *Partition) carryOut(fx replica.Effects) {
	if fx.AssignEpoch {
		if err := p.log.AssignEpoch(p.core.LeaderEpoch(), p.log.LogEndOffset()); err != nil {
			p.m.logFailed(p.log, err)
		}
	}
	if fx.HighWatermarkMoved {
		p.log.SetHighWatermark(fx.HighWatermark)
	}
	if fx.HighWatermarkMoved || fx.WakeFollowers {
		p.changes.Add(1)
	}
}

// perform wakes the operations that the effects name, and sends a request to the controller. bytes
// is how many bytes came below the high watermark, unknownBytes if that is unknown. The caller
// holds no lock.
func (p *Partition) perform(fx replica.Effects, bytes int64) {
	if fx.WakeProduces && p.producesWatched.Load() {
		p.wakeProduces()
	}
	if fx.WakeFetches && p.fetchesWatched.Load() {
		p.wakeFetches(&p.fetches, &p.fetchesWatched, bytes)
	}
	if (fx.WakeFollowers || fx.WakeFetches) && p.followersWatched.Load() {
		p.wakeFetches(&p.followers, &p.followersWatched, bytes)
	}
	if fx.Alter != nil && p.m.opts.Controller != nil {
		p.m.opts.Controller.AlterPartition(p.id, p.index, fx.Alter, p.altered)
	}
}

const unknownBytes = int64(1<<63 - 1)

// altered gives the controller's answer to the core.
func (p *Partition) altered(answer replica.PartitionAltered) {
	p.mu.Lock()
	before := p.core.ISR().Committed()
	fx := p.step(answer)
	after := p.core.ISR().Committed()
	again := p.retrying
	p.retrying = answer.Retry() && fx.Alter != nil
	again = again && p.retrying
	p.mu.Unlock()
	p.m.countAltered(answer, len(before), len(after))
	switch {
	case again: // the first attempt has its line
	case answer.Err != protocol.ErrNone:
		p.m.logger.Info("change of in-sync replicas failed", "topic", p.topic, "partition", p.index, "isr", after,
			"error", answer.Err.Name(), "retry", answer.Retry())
	case !slices.Equal(before, after):
		p.m.logger.Info("in-sync replicas changed", "topic", p.topic, "partition", p.index, "previous", before, "isr", after,
			"partitionEpoch", answer.PartitionEpoch)
	}
	p.perform(fx, unknownBytes)
}
