package quorum

import (
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Replica is the progress of one replica of the metadata log, as its leader knows it.
type Replica struct {
	ID          int32
	DirectoryID wire.UUID
	// End is the replica's log end offset, -1 when it is unknown.
	End int64
	// LastFetchMs and LastCaughtUpMs are timestamps in milliseconds, -1 for never.
	LastFetchMs, LastCaughtUpMs int64
}

// Description is the state of the quorum, as its leader knows it.
type Description struct {
	// Leads says that this node leads. Otherwise only the leader and the epoch are known.
	Leads           bool
	LeaderID, Epoch int32
	// HighWatermark is the offset after the last committed record, -1 when the leader knows of
	// none.
	HighWatermark int64
	// Voters are in ascending order of id. Observers have fetched in the last five minutes.
	Voters, Observers []Replica
	// Set is the voter set in force, with the voters' addresses.
	Set []Voter
}

// observerFor is the time for which a leader lists an observer that does not fetch (LeaderState's
// OBSERVER_SESSION_TIMEOUT_MS).
const observerFor = 5 * time.Minute

// Describe calls done once, with the present state of the quorum.
func (c *Controller) Describe(done func(Description)) {
	c.enqueue(op{dropped: func() { done(Description{LeaderID: kraft.None}) }, internal: func(e *engine) { done(e.describe()) }})
}

func (e *engine) describe() Description {
	s := e.node.Status()
	d := Description{LeaderID: s.Leader.ID, Epoch: s.Leader.Epoch, HighWatermark: s.HighWatermark, Set: votersOf(s.Voters)}
	d.Leads = s.Role == kraft.Leading && e.failure == nil
	if !d.Leads {
		return d
	}
	at := func(t time.Duration) int64 {
		if t < 0 {
			return -1
		}
		return e.now.Add(t - e.elapsed).UnixMilli()
	}
	for _, p := range e.node.Replicas() {
		r := Replica{ID: p.ID, DirectoryID: p.Directory, End: p.End, LastFetchMs: at(p.LastFetch), LastCaughtUpMs: at(p.LastCaughtUp)}
		switch {
		case p.ID == e.o.NodeID: // as in Kafka, the leader is always at its end
			r.End, r.LastFetchMs, r.LastCaughtUpMs = s.End, e.now.UnixMilli(), e.now.UnixMilli()
			d.Voters = append(d.Voters, r)
		case p.Voter:
			d.Voters = append(d.Voters, r)
		case p.LastFetch >= 0 && e.elapsed-p.LastFetch < observerFor:
			d.Observers = append(d.Observers, r)
		}
	}
	return d
}
