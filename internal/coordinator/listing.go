package coordinator

import (
	"sort"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// listings holds what a list showed of keys before records that are not committed yet. Invariant:
// in order of end.
type listings []listing

// listing is what a list showed of a key before records up to the offset end changed it.
type listing struct {
	end int64
	key string
	was shard.Listing
}

// changed notes that records up to an offset change what a list shows of a key.
func (l *listings) changed(key string, end int64, was, now shard.Listing) {
	if was != now {
		*l = append(*l, listing{end, key, was})
	}
}

// forget drops the changes that are committed.
func (l *listings) forget(committed int64) {
	*l = (*l)[sort.Search(len(*l), func(i int) bool { return (*l)[i].end > committed }):]
	if len(*l) == 0 {
		*l = nil
	}
}

// committed returns what the committed records show of the keys that others have changed.
func (l listings) committed() map[string]shard.Listing {
	if len(l) == 0 {
		return nil
	}
	m := map[string]shard.Listing{}
	for _, c := range l {
		if _, ok := m[c.key]; !ok {
			m[c.key] = c.was
		}
	}
	return m
}

// listingOf returns what a list shows of a key now.
func listingOf(core any, key string) shard.Listing {
	if l, ok := core.(shard.Listed); ok && key != "" {
		return l.Listing(key)
	}
	return shard.Listing{}
}

// replayListed replays a record and notes what it changes in a list.
func replayListed(core shard.Core, r shard.Stored, l *listings) error {
	key := keyOf(core, r.Key)
	was := listingOf(core, key)
	err := core.Replay(r)
	l.changed(key, r.Offset+1, was, listingOf(core, key))
	return err
}

// replayEndTxnListed replays a transaction marker and notes what it changes in a list.
func replayEndTxnListed(core shard.Core, offset, producerID int64, epoch int16, committed bool, l *listings) {
	var keys []string
	if c, ok := core.(shard.Listed); ok {
		keys = c.KeysInTxn(producerID)
	}
	was := make([]shard.Listing, len(keys))
	for i, key := range keys {
		was[i] = listingOf(core, key)
	}
	core.ReplayEndTxn(producerID, epoch, committed)
	for i, key := range keys {
		l.changed(key, offset+1, was[i], listingOf(core, key))
	}
}

// list answers with what the committed records show. It never waits: records may stay uncommitted
// for as long as the ISR is below min.insync.replicas.
func (p *partition[S]) list(to shard.Waiter, read func(S, map[string]shard.Listing) any) {
	switch p.state {
	case stateActive:
		p.answers = append(p.answers, shard.Reply{To: to, Response: read(p.core, p.listings.committed())})
	case stateLoading:
		p.fail(to, protocol.ErrCoordinatorLoadInProgress)
	default:
		p.fail(to, p.failure)
	}
}
