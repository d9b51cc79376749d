package replication

import (
	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/replica"
)

// position returns the state of a follower's log. If records are not on the disk yet and the topic
// wants them there, it asks for a sync. The caller holds mu.
func (p *Partition) position() fetcher.Position {
	at := fetcher.Position{End: p.log.LogEndOffset(), LastEpoch: -1, Start: p.log.LogStartOffset()}
	if epoch, ok := p.log.LatestEpoch(); ok {
		at.LastEpoch = epoch
	}
	at.Syncing = p.awaitDurable(at.End)
	at.Durable = p.log.RecoveryPoint()
	return at
}

// awaitDurable asks for a sync of the log up to end and reports whether one is under way, so that
// followerSync.Synced follows. The caller holds mu.
func (p *Partition) awaitDurable(end int64) bool {
	switch {
	case p.log.RecoveryPoint() >= end:
		return false
	case p.syncing:
		return true
	case p.config.Load().WriteCaching && p.log.UnsyncedMessages() < p.config.Load().storage.FlushMessages:
		return false
	}
	p.syncing = !p.m.logs.AwaitSync(p.log, end, (*followerSync)(p))
	return p.syncing
}

// followerSync is a partition as a waiter of the group commit. At most one wait is under way.
type followerSync Partition

// Synced implements logmanager.Waiter. It gives the durable offset to the fetching under the
// partition's mutex: a truncation must not come between.
func (s *followerSync) Synced(err error) {
	p := (*Partition)(s)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.syncing = false
	if p.core.Role() != replica.Follower || p.source == nil || p.log.LogDir().Err() != nil {
		return
	}
	ev := fetcher.Durable{Key: fetcher.Key{Topic: p.id, Index: p.index}, LeaderEpoch: p.core.LeaderEpoch(), Offset: p.log.RecoveryPoint()}
	ev.Syncing = p.awaitDurable(p.log.LogEndOffset())
	w := p.source
	w.mu.Lock()
	w.stepLocked(ev) // its only effect is a fetch
	w.mu.Unlock()
}
