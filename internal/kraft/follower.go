package kraft

import (
	"math"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// following is the state of a follower, and of an observer.
type following struct {
	// expires is the time at which the leader counts as silent.
	expires time.Duration
	// heard says that the leader has answered a fetch. lost says that its process is gone, or that
	// it has resigned.
	heard, lost bool
	// ended says that the leader has resigned. Its late answers bring records, and no more time.
	ended bool
	// leaderHW is the last high watermark that the leader has sent, -1 before it has.
	leaderHW int64
	// snapshot is the snapshot that is being fetched, nil for none, and position the place in it.
	snapshot *Position
	position int64
	// installing says that the engine has the whole snapshot and has yet to report on it.
	installing bool
	// updated says that the leader knows the endpoints and versions of this voter. updateAt is the
	// time at which the node looks at that again.
	updated  bool
	updateAt time.Duration
}

// follow makes l the leader of its epoch, which is the present one.
func (n *Node) follow(l Leader) {
	n.leave()
	n.role, n.leader = Following, l
	if e := n.endpointsOf(l.ID); e != nil && len(l.Endpoints) == 0 {
		n.leader.Endpoints = e
	}
	n.following = following{leaderHW: -1, expires: n.now + n.o.FetchTimeout, updateAt: n.now + n.o.FetchTimeout}
}

// pollFollowing fetches from the leader, and stands when the leader is silent.
func (n *Node) pollFollowing() (again bool) {
	f := &n.following
	if n.due(f.expires) {
		if n.mayStand() {
			n.prospect()
			return true
		}
		f.lost, f.expires = true, forever
	}
	if f.lost || n.leader.Endpoints == nil {
		n.search() // the leader may have changed
	}
	if f.installing || n.leader.Endpoints == nil || !n.ready(n.leader.ID) {
		return false
	}
	switch {
	case f.snapshot != nil:
		n.call(n.leader.ID, n.leader.Endpoints, &FetchSnapshotRequest{Replica: n.o.Self.Key, Epoch: n.epoch, ID: *f.snapshot,
			Position: f.position, MaxBytes: n.o.SnapshotMaxBytes})
	case n.log.flushed < n.log.end:
		// The fetch offset is the durable end.
	case n.updateDue():
		n.update()
	case n.joinDue():
		n.join()
	default:
		n.call(n.leader.ID, n.leader.Endpoints, n.fetchRequest())
	}
	return false
}

func (n *Node) fetchRequest() *FetchRequest {
	return &FetchRequest{Replica: n.o.Self.Key, Epoch: n.epoch, At: n.log.durable(), HighWatermark: n.hw,
		MaxWaitMs: int32(n.o.FetchMaxWait.Milliseconds()), MaxBytes: n.o.FetchMaxBytes}
}

// search asks another controller for the leader. A fetch does that: each answer names the leader. A
// peer that is silent does not hold the search up: the next one is asked after a pause. The peers
// with the fewest failures in a row come first.
func (n *Node) search() {
	if n.now < n.searchAt {
		n.wake(n.searchAt)
		return
	}
	var best []Voter
	fewest := math.MaxInt
	offer := func(v Voter) {
		if !n.ready(v.ID) {
			return
		}
		failures := n.peers.get(v.ID).failures
		if failures < fewest {
			best, fewest = best[:0], failures
		}
		if failures == fewest {
			best = append(best, v)
		}
	}
	for _, v := range n.others() {
		if v.ID != n.leader.ID || n.role != Following {
			offer(v)
		}
	}
	for i, e := range n.o.Bootstrap {
		offer(Voter{Key: Key{ID: None - 1 - int32(i)}, Endpoints: []Endpoint{e}})
	}
	if len(best) > 0 {
		v := best[n.o.Rand.Uint64()%uint64(len(best))]
		n.call(v.ID, v.Endpoints, n.fetchRequest())
		n.searchAt = n.now + searchPauses*n.o.RetryBackoff
		n.wake(n.searchAt)
	}
}

// searchPauses is the pause of a search, in RetryBackoff.
const searchPauses = 4

// fetched performs the answer to a fetch at a position.
func (n *Node) fetched(id int32, at Position, r *FetchResponse) {
	n.learn(r.Leader)
	if r.Err == protocol.ErrNotLeaderOrFollower && n.role == Following && id == n.leader.ID && r.Leader.Epoch == n.epoch {
		n.lose()
		n.following.ended = true
	}
	if r.Err != protocol.ErrNone {
		return
	}
	if n.role != Following || r.Leader.Epoch != n.epoch || r.Leader.ID != n.leader.ID || id >= 0 && id != n.leader.ID {
		n.pause(id)
		return
	}
	n.heard()
	if at != n.log.last() || n.following.snapshot != nil {
		n.pause(id) // the log has changed since the fetch
		return
	}
	switch {
	case r.Diverging != nil:
		n.truncate(*r.Diverging)
	case r.Snapshot != nil:
		if r.Snapshot.Offset <= max(n.hw, n.log.start.Offset) {
			n.pause(id) // the leader is behind what this node knows as committed
			return
		}
		s := *r.Snapshot
		n.following.snapshot, n.following.position = &s, 0
	default:
		n.extend(r)
	}
}

// heard notes that the leader has answered in its epoch.
func (n *Node) heard() {
	if n.following.ended {
		return
	}
	n.defeats = 0
	n.following.heard, n.following.lost = true, false
	n.following.expires = n.now + n.o.FetchTimeout
}

// truncate cuts the log to what it has in common with the leader's.
func (n *Node) truncate(diverging Position) {
	offset := n.log.truncationOf(diverging)
	if offset < n.hw || offset < n.log.start.Offset {
		n.fail("the leader %d of epoch %d has a log that differs below the high watermark %d: its epoch %d ends at offset %d",
			n.leader.ID, n.epoch, n.hw, diverging.Epoch, diverging.Offset)
		return
	}
	if offset >= n.log.end {
		n.pause(n.leader.ID) // the answer makes no sense; do not ask in a loop
		return
	}
	n.log.truncate(offset)
	n.fx.Truncate = &offset
}

// extend appends what a fetch brought, as far as it continues the log.
func (n *Node) extend(r *FetchResponse) {
	for _, b := range r.Batches {
		if b.Base != n.log.end || b.Last < b.Base || b.Epoch < n.log.last().Epoch || b.Epoch > n.epoch {
			n.pause(n.leader.ID)
			break
		}
		n.log.append(b)
		n.fx.Append = append(n.fx.Append, b)
	}
	n.following.leaderHW = max(n.following.leaderHW, r.HighWatermark)
	n.raise(min(r.HighWatermark, n.log.end))
}

// raise moves the high watermark up.
func (n *Node) raise(hw int64) { n.hw = max(n.hw, hw) }

// flushed takes the durable end of the log.
func (n *Node) flushed(end int64) {
	n.log.flushed = min(max(n.log.flushed, end), n.log.end)
	if n.role == Leading {
		n.advance()
	}
}

// chunkFetched performs the answer to FetchSnapshot.
func (n *Node) chunkFetched(id int32, r *FetchSnapshotResponse) {
	n.learn(r.Leader)
	f := &n.following
	if n.role != Following || id != n.leader.ID || f.snapshot == nil || f.installing {
		return
	}
	if r.Err != protocol.ErrNone {
		// The leader may have a newer snapshot. A fetch says so.
		f.snapshot = nil
		return
	}
	if r.Leader.Epoch != n.epoch || r.ID != *f.snapshot || r.Position != f.position ||
		r.Position+int64(len(r.Bytes)) > r.Size || len(r.Bytes) == 0 && r.Size > 0 {
		f.snapshot = nil
		n.pause(id)
		return
	}
	n.heard()
	f.position += int64(len(r.Bytes))
	f.installing = f.position == r.Size
	n.fx.Chunk = &Chunk{ID: r.ID, Position: r.Position, Bytes: r.Bytes, Last: f.installing}
}

// snapshotFetched continues behind a snapshot.
func (n *Node) snapshotFetched(e SnapshotFetched) {
	n.log.reset(e.ID, e.Version, e.Voters)
	n.raise(e.ID.Offset)
	n.snapshotFailed()
}

func (n *Node) snapshotFailed() {
	n.following.snapshot, n.following.installing, n.following.position = nil, false, 0
}

// snapshotWritten notes a snapshot of this node's own.
func (n *Node) snapshotWritten(e SnapshotWritten) {
	if k := len(n.log.snapshots); k == 0 || n.log.snapshots[k-1].Offset < e.ID.Offset {
		n.log.snapshots = append(n.log.snapshots, e.ID)
	}
	if e.Start {
		n.log.cut(e.ID)
	}
}

// updateDue reports whether the leader must hear of this voter's endpoints or versions (KIP-853).
func (n *Node) updateDue() bool {
	f := &n.following
	if f.updated || !n.voter() || n.now < f.updateAt {
		return false
	}
	f.updateAt = n.now + n.o.FetchTimeout
	v := n.log.voters()
	known := v.voters.Find(n.o.Self.ID)
	f.updated = v.version > 0 && same(*known, n.o.Self)
	return !f.updated
}

// update sends UpdateRaftVoter.
func (n *Node) update() {
	n.call(n.leader.ID, n.leader.Endpoints, &UpdateVoterRequest{Epoch: n.epoch, Voter: n.o.Self})
}

// joinDue reports whether this controller must ask the leader again to make it a voter.
func (n *Node) joinDue() bool {
	f := &n.following
	if !n.o.AutoJoin || !n.o.CanVote || n.now < f.updateAt || n.log.voters().version == 0 || n.voter() {
		return false
	}
	f.updateAt = n.now + n.o.FetchTimeout
	return true
}

// join sends AddRaftVoter, or first RemoveRaftVoter for the disk that this node had before. The
// answer comes before the commit, because the commit may need the fetches of the new voter.
func (n *Node) join() {
	if old := n.log.voters().voters.Find(n.o.Self.ID); old != nil {
		n.call(n.leader.ID, n.leader.Endpoints, &RemoveVoterRequest{Voter: old.Key})
		return
	}
	n.call(n.leader.ID, n.leader.Endpoints, &AddVoterRequest{Voter: n.o.Self, TimeoutMs: int32(n.o.RequestTimeout.Milliseconds()), AckEarly: true})
}

// votersAnswered performs the answer to UpdateRaftVoter. The answers to AddRaftVoter and
// RemoveRaftVoter change nothing: the voters in the log do.
func (n *Node) votersAnswered(id int32, r *VotersResponse) {
	n.learn(r.Leader)
	if n.role == Following && id == n.leader.ID && r.Err == protocol.ErrNone && n.voter() {
		n.following.updated = true
	}
}
