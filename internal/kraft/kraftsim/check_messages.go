package kraftsim

import (
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
)

// checkCall checks a request that leaves a node: it says nothing that is not on the disk.
func (w *World) checkCall(m *machine, c *kraft.Call) {
	s := &m.disk.state
	d := &m.disk
	switch b := c.Body.(type) {
	case *kraft.VoteRequest:
		switch {
		case b.Epoch != s.Epoch || !b.PreVote && s.Voted != m.key:
			w.fail("state: %v asks for votes in epoch %d, but its quorum-state has the epoch %d and a vote for %d", m, b.Epoch, s.Epoch, s.Voted.ID)
		case b.Candidate != m.key || !m.controller || !m.candidate:
			w.fail("calls: %v asks for votes for %d", m, b.Candidate.ID)
		case b.Last != d.last():
			w.fail("calls: %v asks for votes with the log end %v, which is %v", m, b.Last, d.last())
		}
	case *kraft.BeginQuorumEpochRequest:
		if b.Leader.ID != m.key.ID || b.Leader.Epoch != s.Epoch || s.Leader != m.key.ID {
			w.fail("state: %v begins epoch %d, but its quorum-state has the epoch %d and the leader %d", m, b.Leader.Epoch, s.Epoch, s.Leader)
		}
	case *kraft.EndQuorumEpochRequest:
		if b.Leader.ID != m.key.ID || b.Leader.Epoch != s.Epoch || s.Leader != m.key.ID {
			w.fail("state: %v ends epoch %d, but its quorum-state has the epoch %d and the leader %d", m, b.Leader.Epoch, s.Epoch, s.Leader)
		}
	case *kraft.FetchRequest:
		w.checkFetch(m, b)
	case *kraft.FetchSnapshotRequest:
		if b.Replica != m.key || b.Epoch != s.Epoch {
			w.fail("state: %v fetches a snapshot in epoch %d, but its quorum-state has the epoch %d", m, b.Epoch, s.Epoch)
		}
	case *kraft.AddVoterRequest:
		w.stats.Joins++
		if !w.settings.joins || b.Voter.Key != m.key || !b.AckEarly || m.status.Voters.Find(m.key.ID) != nil {
			w.fail("joins: %v adds the voter %v to %v", m, b.Voter.Key, m.status.Voters)
		}
	case *kraft.RemoveVoterRequest:
		if !w.settings.joins || b.Voter.ID != m.key.ID || b.Voter == m.key {
			w.fail("joins: %v removes the voter %v", m, b.Voter)
		}
	case *kraft.UpdateVoterRequest:
		if b.Voter.Key != m.key || b.Epoch != s.Epoch {
			w.fail("calls: %v updates the voter %v in epoch %d", m, b.Voter.Key, b.Epoch)
		}
	}
}

func (w *World) checkFetch(m *machine, b *kraft.FetchRequest) {
	d := &m.disk
	p, _, ok := d.at(b.At.Offset)
	switch {
	case b.Replica != m.key:
		w.fail("calls: %v fetches as %v", m, b.Replica)
	case b.Epoch != -1 && b.Epoch != d.state.Epoch:
		w.fail("state: %v fetches in epoch %d, but its quorum-state has the epoch %d", m, b.Epoch, d.state.Epoch)
	case b.At.Offset > d.durable:
		w.fail("durable: %v fetches from %d, but its log is durable below %d", m, b.At.Offset, d.durable)
	case !ok || p != b.At:
		w.fail("calls: %v fetches from %v, which is no end of its log", m, b.At)
	case b.HighWatermark > max(m.status.HighWatermark, -1):
		w.fail("calls: %v fetches with the high watermark %d, which is %d", m, b.HighWatermark, m.status.HighWatermark)
	}
}

// checkReply checks an answer that leaves a node, and returns it with what the engine adds.
func (w *World) checkReply(m *machine, s *served, body kraft.ResponseBody) kraft.ResponseBody {
	switch b := body.(type) {
	case *kraft.VoteResponse:
		w.checkClaim(m, &b.Leader)
		if b.Granted {
			w.checkGrant(m, s.body.(*kraft.VoteRequest), b)
		}
	case *kraft.BeginQuorumEpochResponse:
		w.checkClaim(m, &b.Leader)
	case *kraft.EndQuorumEpochResponse:
		w.checkClaim(m, &b.Leader)
	case *kraft.VotersResponse:
		w.checkClaim(m, &b.Leader)
	case *kraft.FetchSnapshotResponse:
		w.checkClaim(m, &b.Leader)
	case *kraft.FetchResponse:
		w.checkClaim(m, &b.Leader)
		w.checkFetched(m, s.body.(*kraft.FetchRequest), b)
	case *kraft.VersionsResponse:
		if b.MinVersion != 0 || b.MaxVersion != 1 {
			w.fail("replies: %v supports kraft.version %d to %d", m, b.MinVersion, b.MaxVersion)
		}
	default:
		w.fail("replies: %v answers %T with %T", m, s.body, body)
	}
	return m.fill(body)
}

// checkClaim checks what an answer says about the leader.
func (w *World) checkClaim(m *machine, l *kraft.Leader) {
	s := &m.disk.state
	// A leader that loses its epoch answers parked requests with the old one.
	if l.Epoch > s.Epoch || l.Epoch < s.Epoch && l.Epoch != m.before.epoch {
		w.fail("state: %v answers with epoch %d, but its quorum-state has %d", m, l.Epoch, s.Epoch)
	}
	if l.ID != kraft.None && (w.leaderOf(l.Epoch) != l.ID || l.Epoch == s.Epoch && l.ID != s.Leader) {
		w.fail("state: %v answers with the leader %d of epoch %d, which is %d, and %d in its quorum-state", m, l.ID, l.Epoch, w.leaderOf(l.Epoch), s.Leader)
	}
}

// checkGrant checks a vote that leaves a node.
func (w *World) checkGrant(m *machine, r *kraft.VoteRequest, b *kraft.VoteResponse) {
	s := &m.disk.state
	d := &m.disk
	durable, _, _ := d.at(d.durable)
	switch {
	case b.Err != protocol.ErrNone:
		w.fail("votes: %v grants with the error %v", m, b.Err)
	case !m.controller:
		w.fail("votes: the broker %v votes", m)
	case older(r.Last, durable):
		w.fail("votes: %v, whose log ends at %v, votes for a log that ends at %v", m, durable, r.Last)
	case r.Voter.ID != kraft.None && r.Voter.ID != m.key.ID:
		w.fail("votes: %v answers the request to %d", m, r.Voter.ID)
	case r.PreVote:
	case s.Epoch != r.Epoch || s.Voted != r.Candidate:
		w.fail("votes: %v votes for %d in epoch %d, but its quorum-state has the epoch %d and a vote for %d", m, r.Candidate.ID, r.Epoch, s.Epoch, s.Voted.ID)
	default:
		w.vote(m, r.Epoch, r.Candidate)
	}
}

// announced is the high watermark in an answer. A leader has none before its first record is
// committed.
func announced(s kraft.Status) int64 {
	if s.Role == kraft.Leading && s.HighWatermark <= s.EpochStart {
		return -1
	}
	return s.HighWatermark
}

// checkFetched checks an answer to a fetch.
func (w *World) checkFetched(m *machine, r *kraft.FetchRequest, b *kraft.FetchResponse) {
	d := &m.disk
	if b.Err != protocol.ErrNone {
		if b.Range != nil || b.Diverging != nil || b.Snapshot != nil {
			w.fail("replies: %v answers a fetch with the error %v and more", m, b.Err)
		}
		return
	}
	switch {
	case r.Epoch != m.before.epoch || !m.before.leads && m.status.Role != kraft.Leading:
		w.fail("replies: %v answers a fetch of epoch %d in epoch %d, without leading", m, r.Epoch, d.state.Epoch)
	case b.HighWatermark != announced(m.status) && !(b.HighWatermark == -1 && m.status.Role != kraft.Leading):
		w.fail("replies: %v answers with the high watermark %d, which is %d", m, b.HighWatermark, announced(m.status))
	case b.Snapshot != nil:
		if d.snapshot(*b.Snapshot) == nil {
			w.fail("snapshots: %v names %v, which it does not have", m, *b.Snapshot)
		}
	case b.Diverging != nil:
		if b.Diverging.Epoch > r.At.Epoch {
			w.fail("replies: %v names the epoch %d to a log of epoch %d", m, b.Diverging.Epoch, r.At.Epoch)
		}
	case b.Range == nil:
		w.fail("replies: %v answers a fetch without batches", m)
	case b.Range.From != r.At.Offset || b.Range.Below < b.Range.From || b.Range.Below > d.end():
		w.fail("replies: %v answers a fetch at %d with the range %d to %d of its log end %d", m, r.At.Offset, b.Range.From, b.Range.Below, d.end())
	case r.Replica.ID == kraft.None:
		if b.Range.Below > max(m.status.HighWatermark, r.At.Offset) {
			w.fail("replies: %v gives a consumer batches below %d, above its high watermark %d", m, b.Range.Below, m.status.HighWatermark)
		}
	default:
		if p, _, ok := d.at(r.At.Offset); !ok || p != r.At {
			w.fail("replies: %v continues a log that ends at %v, its own has %v there", m, r.At, p)
		}
	}
}
