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
// diskSync.Synced follows. The caller holds mu.
func (p *Partition) awaitDurable(end int64) bool {
	switch {
	case p.log.RecoveryPoint() >= end:
		return false
	case p.syncing:
		return true
	case p.config.Load().WriteCaching && p.log.UnsyncedMessages() < p.config.Load().storage.FlushMessages:
		return false
	}
	p.syncing = !p.m.logs.AwaitSync(p.log, end, (*diskSync)(p))
	return p.syncing
}

// unsynced returns how many offsets below the leader's log end do not count, because their records
// are not on the disk. It asks for their sync. Of a partition without other replicas all count: a
// consumer may read what its only replica has. The caller holds mu.
func (p *Partition) unsynced(end int64) int64 {
	if !p.replicated.Load() || p.config.Load().WriteCaching {
		return 0
	}
	p.awaitDurable(end)
	return max(end-p.log.RecoveryPoint(), 0)
}

// unsyncedEnd is unsynced at the log end. The caller holds mu.
func (p *Partition) unsyncedEnd() int64 {
	if p.log == nil {
		return 0
	}
	return p.unsynced(p.log.LogEndOffset())
}

// diskSync is a partition as a waiter of the group commit. At most one wait is under way.
type diskSync Partition

// Synced implements logmanager.Waiter.
func (s *diskSync) Synced(error) {
	p := (*Partition)(s)
	p.mu.Lock()
	p.syncing = false
	var fx replica.Effects
	if p.log.LogDir().Err() == nil {
		switch p.core.Role() {
		case replica.Leader:
			fx = p.step(replica.Synced{Offset: p.log.RecoveryPoint()})
			p.unsyncedEnd()
		case replica.Follower:
			p.reportDurable()
		}
	}
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
}

// reportDurable gives the durable offset of a follower to its fetching under the partition's mutex:
// a truncation must not come between. The caller holds mu.
func (p *Partition) reportDurable() {
	w := p.source
	if w == nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.durable = fetcher.Durable{Key: fetcher.Key{Topic: p.id, Index: p.index}, LeaderEpoch: p.core.LeaderEpoch(), Offset: p.log.RecoveryPoint()}
	w.durable.Syncing = p.awaitDurable(p.log.LogEndOffset())
	w.stepLocked(&w.durable) // its only effect is a fetch
}
