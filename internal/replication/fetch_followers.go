package replication

import (
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
)

// followedBy reports whether a broker has another replica of the partition.
func (p *Partition) followedBy(broker int32) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.core.FollowerKnown(broker)
}

// diverges reports whether the log of the fetcher differs from this one (KIP-595, KIP-320). It
// notes up to where they are equal.
func (x *FetchPart) diverges(p *Partition) bool {
	if x.LastFetchedEpoch < 0 {
		return false
	}
	end := p.log.EndOffsetForEpoch(x.LastFetchedEpoch)
	if end.Epoch < 0 || end.Offset < 0 || x.Offset < p.log.LogStartOffset() {
		// The log has no record of that epoch or of an older one, or none at the offset. The
		// fetcher is ahead of this log, or behind its start. A fetcher behind the start must
		// begin again there: below it there is nothing to truncate to.
		x.fail(protocol.ErrOffsetOutOfRange)
		return true
	}
	if !replica.Diverged(x.LastFetchedEpoch, x.Offset, end.Epoch, end.Offset) {
		return false
	}
	x.Diverging, x.DivergingEpoch, x.DivergingEndOffset = true, end.Epoch, end.Offset
	x.HighWatermark, x.LogStartOffset = p.log.HighWatermark(), p.log.LogStartOffset()
	x.LastStableOffset = min(p.log.LastStableOffset(), x.HighWatermark)
	return true
}

// noteFollower gives the cores the positions of a follower: it has everything below the offsets of
// its fetch. That is not so if its log diverges from this one below its offset, or if the fetch is
// refused.
func (f *FetchRequest) noteFollower() {
	for i := range f.Parts {
		if x := &f.Parts[i]; x.p != nil && x.p.log != nil {
			fx := x.noteFollower(f)
			x.p.perform(fx, unknownBytes)
		}
	}
}

func (x *FetchPart) noteFollower(f *FetchRequest) replica.Effects {
	p := x.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.core.CheckLeader(x.CurrentLeaderEpoch) != protocol.ErrNone || f.m.restarted(f.ReplicaID, f.ReplicaEpoch) {
		return replica.Effects{}
	}
	if x.Offset < p.log.LogStartOffset() || x.Offset > p.log.LogEndOffset() {
		return replica.Effects{}
	}
	if x.LastFetchedEpoch >= 0 {
		end := p.log.EndOffsetForEpoch(x.LastFetchedEpoch)
		if end.Epoch < 0 || end.Offset < 0 || replica.Diverged(x.LastFetchedEpoch, x.Offset, end.Epoch, end.Offset) {
			return replica.Effects{}
		}
	}
	ev := replica.FollowerFetched{
		Replica: f.ReplicaID, BrokerEpoch: f.ReplicaEpoch, FetchOffset: x.Offset, LogStartOffset: x.FollowerStart,
		Eligible: f.m.eligible(f.ReplicaID, f.ReplicaEpoch),
	}
	if x.FollowerDurable >= 0 && !p.config.Load().WriteCaching {
		ev.Unsynced = max(x.Offset-x.FollowerDurable, 0)
	}
	fx := p.step(ev)
	x.behind = !slices.Contains(p.core.ISR().Committed(), f.ReplicaID)
	return fx
}
