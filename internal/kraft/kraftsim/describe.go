package kraftsim

import (
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/kraft"
)

func describe(e kraft.Event) string {
	switch e := e.(type) {
	case kraft.Request:
		return fmt.Sprintf("<- request %d %s", e.ID, describeRequest(e.Body))
	case kraft.Answer:
		if e.Failure != kraft.NotFailed {
			return fmt.Sprintf("<- call %d fails: %s", e.ID, [...]string{"", "silent", "unreachable", "unsupported"}[e.Failure])
		}
		return fmt.Sprintf("<- answer %d %s", e.ID, describeResponse(e.Body))
	case kraft.Propose:
		return fmt.Sprintf("<- Propose epoch %d at %d, %d batches", e.Epoch, e.Batches[0].Base, len(e.Batches))
	}
	return fmt.Sprintf("<- %s %+v", strings.TrimPrefix(fmt.Sprintf("%T", e), "kraft."), e)
}

func describeKey(k kraft.Key) string {
	if k.Directory == (kraft.Key{}).Directory {
		return fmt.Sprintf("%d", k.ID)
	}
	return fmt.Sprintf("%d.%d", k.ID, k.Directory[1])
}

func describeVoters(vs kraft.Voters) string {
	var out []string
	for _, v := range vs {
		out = append(out, describeKey(v.Key))
	}
	return "[" + strings.Join(out, " ") + "]"
}

func describeRequest(r kraft.RequestBody) string {
	switch r := r.(type) {
	case *kraft.VoteRequest:
		name := "Vote"
		if r.PreVote {
			name = "PreVote"
		}
		return fmt.Sprintf("%s epoch %d of %s to %s, log %v", name, r.Epoch, describeKey(r.Candidate), describeKey(r.Voter), r.Last)
	case *kraft.BeginQuorumEpochRequest:
		return fmt.Sprintf("Begin epoch %d of %d", r.Leader.Epoch, r.Leader.ID)
	case *kraft.EndQuorumEpochRequest:
		return fmt.Sprintf("End epoch %d of %d, %d successors", r.Leader.Epoch, r.Leader.ID, len(r.Successors))
	case *kraft.FetchRequest:
		return fmt.Sprintf("Fetch of %s, epoch %d, at %v, hw %d", describeKey(r.Replica), r.Epoch, r.At, r.HighWatermark)
	case *kraft.FetchSnapshotRequest:
		return fmt.Sprintf("FetchSnapshot of %s, epoch %d, %v at %d", describeKey(r.Replica), r.Epoch, r.ID, r.Position)
	case *kraft.AddVoterRequest:
		return fmt.Sprintf("AddVoter %s, early %v", describeKey(r.Voter.Key), r.AckEarly)
	case *kraft.RemoveVoterRequest:
		return fmt.Sprintf("RemoveVoter %s", describeKey(r.Voter))
	case *kraft.UpdateVoterRequest:
		return fmt.Sprintf("UpdateVoter %s, epoch %d", describeKey(r.Voter.Key), r.Epoch)
	case *kraft.VersionsRequest:
		return "Versions"
	case *kraft.UpgradeVersionRequest:
		return fmt.Sprintf("UpgradeVersion %d", r.Version)
	}
	return fmt.Sprintf("%T", r)
}

func describeLeader(l kraft.Leader) string {
	return fmt.Sprintf("leader %d of epoch %d", l.ID, l.Epoch)
}

func describeResponse(r kraft.ResponseBody) string {
	switch r := r.(type) {
	case *kraft.VoteResponse:
		return fmt.Sprintf("Vote %d granted %v, %s", r.Err, r.Granted, describeLeader(r.Leader))
	case *kraft.BeginQuorumEpochResponse:
		return fmt.Sprintf("Begin %d, %s", r.Err, describeLeader(r.Leader))
	case *kraft.EndQuorumEpochResponse:
		return fmt.Sprintf("End %d, %s", r.Err, describeLeader(r.Leader))
	case *kraft.FetchResponse:
		s := fmt.Sprintf("Fetch %d, %s, hw %d", r.Err, describeLeader(r.Leader), r.HighWatermark)
		if r.Diverging != nil {
			s += fmt.Sprintf(", diverging %v", *r.Diverging)
		}
		if r.Snapshot != nil {
			s += fmt.Sprintf(", snapshot %v", *r.Snapshot)
		}
		if r.Range != nil {
			s += fmt.Sprintf(", range %d to %d", r.Range.From, r.Range.Below)
		}
		if n := len(r.Batches); n > 0 {
			s += fmt.Sprintf(", batches from %d to %d", r.Batches[0].Base, r.Batches[n-1].Last)
		}
		return s
	case *kraft.FetchSnapshotResponse:
		return fmt.Sprintf("FetchSnapshot %d, %s, %v at %d, %d of %d bytes", r.Err, describeLeader(r.Leader), r.ID, r.Position, len(r.Bytes), r.Size)
	case *kraft.VotersResponse:
		return fmt.Sprintf("Voters %d %q, %s", r.Err, r.Message, describeLeader(r.Leader))
	}
	return fmt.Sprintf("%T", r)
}

func describeStatus(s *kraft.Status) string {
	role := [...]string{"Unattached", "Following", "Prospective", "Candidate", "Leading", "Resigned"}[s.Role]
	return fmt.Sprintf("%s, %s, hw %d, log %d to %d, voters %s, version %d", role, describeLeader(s.Leader), s.HighWatermark, s.LogStart, s.End, describeVoters(s.Voters), s.Version)
}

func describeDisk(d *disk) string {
	return fmt.Sprintf("epoch %d, leader %d, vote %s, log from %v to %v, durable %d, %d snapshots", d.state.Epoch, d.state.Leader, describeKey(d.state.Voted),
		d.start, d.last(), d.durable, len(d.snapshots))
}

// describeEffects writes the effects of a step to the trace.
func describeEffects(m *machine, eff *kraft.Effects) {
	w := m.w
	if s := eff.State; s != nil {
		w.note("%v    state: epoch %d, leader %d, vote %s", m, s.Epoch, s.Leader, describeKey(s.Voted))
	}
	if eff.Truncate != nil {
		w.note("%v    truncate at %d", m, *eff.Truncate)
	}
	for _, b := range eff.Append {
		text := ""
		for _, c := range b.Control {
			switch {
			case c.Leader != nil:
				text += fmt.Sprintf(" leader %d", c.Leader.Leader)
			case c.Version != nil:
				text += fmt.Sprintf(" version %d", *c.Version)
			default:
				text += " voters " + describeVoters(c.Voters)
			}
		}
		w.note("%v    append %d to %d, epoch %d%s", m, b.Base, b.Last, b.Epoch, text)
	}
	if c := eff.Chunk; c != nil {
		w.note("%v    chunk of %v at %d, %d bytes, last %v", m, c.ID, c.Position, len(c.Bytes), c.Last)
	}
	for _, c := range eff.Calls {
		w.note("%v    -> %d call %d %s", m, c.To, c.ID, describeRequest(c.Body))
	}
	for _, r := range eff.Replies {
		w.note("%v    -> reply %d %s", m, r.ID, describeResponse(r.Body))
	}
	if eff.Role || eff.Committed {
		s := m.node.Status()
		w.note("%v    = %s", m, describeStatus(&s))
	}
}
