package replication

import (
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// Partition is one replica: the core that decides, the log that keeps, and one mutex.
type Partition struct {
	m     *Manager
	topic string
	id    wire.UUID
	index int32
	// stats is the topic's.
	stats *Stats

	// queue holds appends that are still to be made. Whoever finds busy false sets it and appends for all.
	queue struct {
		mu         sync.Mutex
		head, tail *AppendPart
		busy       bool
	}

	// mu guards core and orders appends.
	mu   sync.Mutex
	core *replica.Replica
	// log is nil when its directory was offline from the start, and when the log is damaged or gone: then
	// lost is true.
	log    *logmanager.Log
	lost   bool
	config atomic.Pointer[topicConfig]

	// standing is the core's, published for reads. Nil after the partition was taken from this broker.
	standing atomic.Pointer[replica.Leadership]
	// replicated says that there are other replicas, so that time matters.
	replicated atomic.Bool
	// changes counts moves of the high watermark and of leadership: a fetch that finds it unchanged has missed nothing.
	changes atomic.Uint64

	// Keys of the purgatory, guarded by Manager.waits. The flags say that a key may have watches, so that whoever moves the high
	// watermark takes that lock only then: a watcher sets the flag before it looks at changes, a mover counts changes before it
	// looks at the flag.
	produces, fetches, followers                      purgatory.Key
	producesWatched, fetchesWatched, followersWatched atomic.Bool
}

// topicConfig is a topic's configuration as replicas and their logs follow it. It never changes.
type topicConfig struct {
	MinInsyncReplicas int `config:"min.insync.replicas"`
	// WriteCaching acknowledges acks=all without an fsync.
	WriteCaching bool `config:"write.caching"`
	storage      *storage.Config
}

// Topic, TopicID and Index name the partition.
func (p *Partition) Topic() string      { return p.topic }
func (p *Partition) TopicID() wire.UUID { return p.id }
func (p *Partition) Index() int32       { return p.index }

// Log is the partition's log, nil when its directory is offline.
func (p *Partition) Log() *logmanager.Log { return p.log }

// checkEpoch and checkLeader are the core's checks on the published standing.
func (p *Partition) checkEpoch(epoch int32) protocol.Error {
	s := p.standing.Load()
	if s == nil {
		return protocol.ErrNotLeaderOrFollower
	}
	if err := s.CheckEpoch(epoch); err != protocol.ErrNone {
		return err
	}
	if s.Role() == replica.Idle {
		return protocol.ErrNotLeaderOrFollower
	}
	return protocol.ErrNone
}

func (p *Partition) checkLeader(epoch int32) protocol.Error {
	s := p.standing.Load()
	if s == nil {
		return protocol.ErrNotLeaderOrFollower
	}
	return s.CheckLeader(epoch)
}

// leader names the leader for an answer with NOT_LEADER_OR_FOLLOWER; -1, -1 when it is not known.
func (p *Partition) leader() (id, epoch int32) {
	s := p.standing.Load()
	if s == nil {
		return -1, -1
	}
	return s.LeaderID(), s.LeaderEpoch()
}

// step runs the core and does what must be done under mu: epoch, truncation, high watermark, publication. The caller holds
// mu, and performs the rest of the effects after it released it.
func (p *Partition) step(ev replica.Event) replica.Effects {
	fx := p.core.Step(p.m.opts.Elapsed(), ev)
	if p.log != nil {
		p.carryOut(fx)
	}
	if s := p.standing.Load(); s == nil || *s != p.core.Leadership {
		now := p.core.Leadership
		p.standing.Store(&now)
		p.changes.Add(1)
	}
	return fx
}

func (p *Partition) carryOut(fx replica.Effects) {
	if fx.AssignEpoch {
		if err := p.log.AssignEpoch(p.core.LeaderEpoch(), p.log.LogEndOffset()); err != nil {
			p.m.diskFailed(p.log, err)
		}
	}
	if fx.Truncate {
		if err := p.log.TruncateTo(fx.TruncateTo); err != nil {
			p.m.diskFailed(p.log, err)
		}
	}
	if fx.HighWatermarkMoved {
		p.log.SetHighWatermark(fx.HighWatermark)
	}
	if fx.HighWatermarkMoved || fx.WakeFollowers {
		p.changes.Add(1)
	}
}

// perform wakes whom the effects name. bytes is how much came below the high watermark, unknownBytes when it cannot be told.
// The caller holds no lock.
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

// altered takes the controller's answer to an AlterPartition request.
func (p *Partition) altered(answer replica.PartitionAltered) {
	p.mu.Lock()
	before := len(p.core.ISR().Committed())
	fx := p.step(answer)
	after := len(p.core.ISR().Committed())
	p.mu.Unlock()
	p.m.countAltered(answer, before, after)
	p.perform(fx, unknownBytes)
}
