package kraft

import (
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// serve performs a request of another node.
func (n *Node) serve(e Request) {
	var r ResponseBody
	switch b := e.Body.(type) {
	case *VoteRequest:
		r = n.serveVote(b)
	case *BeginQuorumEpochRequest:
		r = n.serveBegin(b)
	case *EndQuorumEpochRequest:
		r = n.serveEnd(b)
	case *FetchRequest:
		r = n.serveFetch(e.ID, b, n.now)
	case *FetchSnapshotRequest:
		r = n.serveFetchSnapshot(b)
	case *VersionsRequest:
		r = &VersionsResponse{MinVersion: n.o.Self.MinVersion, MaxVersion: n.o.Self.MaxVersion}
	default:
		r = n.serveChange(e)
	}
	if r != nil {
		n.reply(e.ID, r)
	}
}

func (n *Node) reply(id uint64, r ResponseBody) {
	n.fx.Replies = append(n.fx.Replies, Reply{ID: id, Body: r})
}

// notLeader returns the error of a request that only the leader of an epoch serves.
func (n *Node) notLeader(epoch int32) protocol.Error {
	switch {
	case epoch < n.epoch:
		return protocol.ErrFencedLeaderEpoch
	case epoch > n.epoch:
		return protocol.ErrUnknownLeaderEpoch
	case n.role != Leading:
		return protocol.ErrNotLeaderOrFollower
	}
	return protocol.ErrNone
}

// parked is a fetch that waits for records or for the high watermark.
type parked struct {
	id    uint64
	r     *FetchRequest
	until time.Duration
}

// serveFetch answers a Fetch request, or returns nil and parks it.
func (n *Node) serveFetch(id uint64, r *FetchRequest, began time.Duration) ResponseBody {
	if r.At.Offset < 0 || r.At.Epoch < 0 || r.MaxWaitMs < 0 || r.At.Epoch > r.Epoch {
		return n.fetchResponse(protocol.ErrInvalidRequest)
	}
	if err := n.notLeader(r.Epoch); err != protocol.ErrNone {
		return n.fetchResponse(err)
	}
	resp := n.fetchResponse(protocol.ErrNone)
	if resp.Diverging, resp.Snapshot = n.log.check(r.At); resp.Diverging != nil || resp.Snapshot != nil {
		n.leading.saw(n, r.Replica)
		return resp
	}
	if r.Replica.ID != None {
		n.leading.fetched(n, r.Replica, r.At.Offset)
	}
	if n.role != Leading { // the fetch committed this leader's removal
		return n.fetchResponse(protocol.ErrNotLeaderOrFollower)
	}
	below := n.log.end
	if r.Replica.ID == None {
		below = max(n.hw, 0)
	}
	until := began + time.Duration(r.MaxWaitMs)*time.Millisecond
	if r.At.Offset >= below && n.hw <= r.HighWatermark && n.now < until {
		n.leading.parked = append(n.leading.parked, parked{id: id, r: r, until: until})
		return nil
	}
	resp.HighWatermark = n.announced()
	resp.Range = &Range{From: r.At.Offset, Below: max(below, r.At.Offset), MaxBytes: r.MaxBytes}
	return resp
}

func (n *Node) fetchResponse(err protocol.Error) *FetchResponse {
	r := &FetchResponse{Err: err, Leader: n.leader, HighWatermark: -1, LogStart: n.log.start.Offset}
	if err == protocol.ErrNone {
		r.HighWatermark = n.announced()
	}
	return r
}

// announced returns the high watermark for answers. A leader has none before the first record of
// its epoch is committed: what it knew as a follower may be far below the records that are
// committed, and a node that starts would take its own log for complete.
func (n *Node) announced() int64 {
	if n.role == Leading && n.hw <= n.leading.start {
		return -1
	}
	return n.hw
}

// serveFetchSnapshot answers a FetchSnapshot request.
func (n *Node) serveFetchSnapshot(r *FetchSnapshotRequest) ResponseBody {
	resp := &FetchSnapshotResponse{Leader: n.leader, ID: r.ID, Position: r.Position, MaxBytes: r.MaxBytes}
	if resp.Err = n.notLeader(r.Epoch); resp.Err != protocol.ErrNone {
		return resp
	}
	if r.Position < 0 {
		resp.Err = protocol.ErrPositionOutOfRange
		return resp
	}
	found := false
	for _, s := range n.log.snapshots {
		found = found || s == r.ID
	}
	if !found {
		resp.Err = protocol.ErrSnapshotNotFound
		return resp
	}
	n.leading.saw(n, r.Replica)
	return resp
}

// answerParked answers the fetches that need not wait any more.
func (n *Node) answerParked() {
	waiting := n.leading.parked
	n.leading.parked = nil
	for i, p := range waiting {
		if n.role != Leading { // its followers are answered by dismiss
			n.dismissParked(waiting[i:])
			return
		}
		below := n.log.end
		if p.r.Replica.ID == None {
			below = max(n.hw, 0)
		}
		if p.r.At.Offset >= below && n.hw <= p.r.HighWatermark && !n.due(p.until) {
			n.leading.parked = append(n.leading.parked, p)
			continue
		}
		resp := n.fetchResponse(protocol.ErrNone)
		resp.Range = &Range{From: p.r.At.Offset, Below: max(below, p.r.At.Offset), MaxBytes: p.r.MaxBytes}
		n.reply(p.id, resp)
	}
}

// dismissParked answers the fetches of a leader that leads no more.
func (n *Node) dismissParked(ps []parked) {
	for _, p := range ps {
		n.reply(p.id, n.fetchResponse(protocol.ErrNotLeaderOrFollower))
	}
}
