package kraftsim

import (
	"github.com/gregorhq/gregor/internal/kraft"
)

// checkState checks a new content of quorum-state.
func (w *World) checkState(m *machine, s *kraft.State, e kraft.Event) {
	old := &m.disk.state
	switch {
	case s.Epoch < old.Epoch:
		w.fail("epoch: that of %v falls from %d to %d", m, old.Epoch, s.Epoch)
	case s.Epoch == old.Epoch && old.Leader != kraft.None && s.Leader != old.Leader:
		w.fail("state: %v changes the leader of epoch %d from %d to %d", m, s.Epoch, old.Leader, s.Leader)
	case s.Epoch == old.Epoch && old.Voted != kraft.NoKey && s.Voted != old.Voted:
		w.fail("votes: %v changes its vote in epoch %d", m, s.Epoch)
	case s.Epoch > w.truth.epoch && (s.Epoch != old.Epoch+1 || s.Voted != m.key):
		w.fail("epoch: %v enters epoch %d, which no candidate has begun", m, s.Epoch)
	}
	if s.Leader == m.key.ID && (old.Leader != s.Leader || old.Epoch != s.Epoch) {
		w.claim(m, s.Epoch)
	}
	if s.Leader != kraft.None && w.leaderOf(s.Epoch) != s.Leader {
		w.fail("state: %v takes %d for the leader of epoch %d, which is %d", m, s.Leader, s.Epoch, w.leaderOf(s.Epoch))
	}
	if r, ok := e.(kraft.Request); ok {
		if v, ok := r.Body.(*kraft.VoteRequest); ok && v.PreVote && s.Epoch > v.Epoch {
			w.fail("pre-vote: a pre-vote of epoch %d moves %v to epoch %d", v.Epoch, m, s.Epoch)
		}
	}
	if s.Epoch > w.truth.epoch {
		w.truth.epoch = s.Epoch
		w.script.epochBegins(w, m, s.Epoch)
	}
	if s.Voted != kraft.NoKey {
		if !m.controller {
			w.fail("votes: the broker %v votes", m)
		}
		w.vote(m, s.Epoch, s.Voted)
	}
}

// claim records the leader of an epoch, which it is for ever.
func (w *World) claim(m *machine, epoch int32) {
	if before, ok := w.truth.leaders[epoch]; ok {
		w.fail("one leader: %v and %v lead in epoch %d", w.machines[before], m, epoch)
	}
	w.truth.leaders[epoch] = m.index
}

// vote records the vote of a replica, which it has for ever.
func (w *World) vote(m *machine, epoch int32, candidate kraft.Key) {
	if candidate.Directory == (kraft.Key{}).Directory {
		candidate = w.byID(candidate.ID).key // of a request of an older version
	}
	b := ballot{m.key, epoch}
	if before, ok := w.truth.votes[b]; ok && before != candidate {
		w.fail("votes: %v votes for %d and %d in epoch %d", m, before.ID, candidate.ID, epoch)
	}
	w.truth.votes[b] = candidate
}

// checkTruncate checks that no committed batch is cut.
func (w *World) checkTruncate(m *machine, offset int64) {
	d := &m.disk
	if offset < m.status.HighWatermark {
		w.fail("truncation: %v truncates at %d, below its high watermark %d", m, offset, m.status.HighWatermark)
	}
	if offset >= d.end() || m.status.Role == kraft.Leading {
		w.fail("truncation: %v truncates its log of the end %d at %d", m, d.end(), offset)
	}
	if i := d.find(offset); i < len(d.log) {
		first := &d.log[i]
		if c, ok := w.truth.at(first.Last + 1); ok && c.sum == first.sum {
			w.fail("lost: %v truncates at %d the batch of epoch %d, which is committed", m, offset, first.Epoch)
		}
	}
}

// checkAppend checks that a batch continues the log.
func (w *World) checkAppend(m *machine, b *kraft.Batch) {
	last := m.disk.last()
	epoch := m.disk.state.Epoch
	switch {
	case b.Base != last.Offset || b.Last < b.Base:
		w.fail("effects: %v appends a batch from %d to %d at its log end %d", m, b.Base, b.Last, last.Offset)
	case b.Epoch < last.Epoch || b.Epoch > epoch:
		w.fail("log: %v appends a batch of epoch %d after one of epoch %d, in epoch %d", m, b.Epoch, last.Epoch, epoch)
	case b.Control != nil && b.Last-b.Base+1 != int64(len(b.Control)):
		w.fail("effects: %v appends %d control records from %d to %d", m, len(b.Control), b.Base, b.Last)
	}
	for _, c := range b.Control {
		for _, v := range c.Voters {
			w.truth.ever[v.Key] = true
		}
	}
	if b.Bytes != nil {
		return
	}
	// Batches without bytes are the leader's.
	if b.Epoch != epoch || m.disk.state.Leader != m.key.ID {
		w.fail("log: %v makes a batch of epoch %d, but it does not lead in epoch %d", m, b.Epoch, epoch)
	}
	for _, c := range b.Control {
		if l := c.Leader; l != nil {
			w.checkLeaderChange(m, l)
		}
		if c.Voters != nil && b.Control[0].Leader == nil {
			w.checkChange(m, c.Voters, b.Control[0].Version != nil)
		}
	}
}

// checkLeaderChange checks the first record of a leader's epoch.
func (w *World) checkLeaderChange(m *machine, l *kraft.LeaderChange) {
	if l.Leader != m.key.ID || len(l.Granting) < majority(m.disk.voters().voters) {
		w.fail("log: %v writes a LeaderChange of %d with %d votes", m, l.Leader, len(l.Granting))
	}
	for _, key := range l.Granting {
		if k := w.replica(kraft.Voter{Key: key}); w.truth.votes[ballot{k, m.disk.state.Epoch}] != m.key {
			w.fail("log: %v writes a LeaderChange with the vote of %d, which it does not have", m, key.ID)
		}
	}
}

// checkChange checks a change of the voters by the leader.
func (w *World) checkChange(m *machine, voters kraft.Voters, upgrade bool) {
	st := &m.status
	w.stats.Changes++
	if st.HighWatermark <= st.EpochStart {
		w.fail("voters: %v changes the voters before it has committed a batch of its epoch", m)
	}
	for i := m.disk.find(st.HighWatermark); i < len(m.disk.log); i++ {
		for _, c := range m.disk.log[i].Control {
			if c.Voters != nil {
				w.fail("voters: %v changes the voters while the change at %d is not committed", m, m.disk.log[i].Base)
			}
		}
	}
	if len(voters) == 0 {
		w.fail("voters: %v removes the last voter", m)
	}
	differ := 0
	for _, v := range voters {
		if o := st.Voters.Find(v.ID); o == nil || o.Key != v.Key {
			differ++
		}
		if v.Directory == (kraft.Key{}).Directory {
			w.fail("voters: %v writes the voter %d without a directory id", m, v.ID)
		}
	}
	for _, v := range st.Voters {
		if voters.Find(v.ID) == nil {
			differ++
		}
	}
	if differ > 1 && !upgrade {
		w.fail("voters: %v changes %d voters at once", m, differ)
	}
}

// checkInstall checks a snapshot that was fetched.
func (w *World) checkInstall(m *machine, id kraft.Position, s *snapshot) {
	switch c, ok := w.truth.at(s.id.Offset); {
	case s.id != id:
		w.fail("snapshots: %v takes the bytes of %v for %v", m, s.id, id)
	case !ok || c.sum != s.sum || c.epoch != s.id.Epoch:
		w.fail("snapshots: %v fetches %v, which is not committed", m, s.id)
	case m.status.Role == kraft.Leading:
		w.fail("snapshots: the leader %v loads %v", m, id)
	case s.id.Offset <= m.status.HighWatermark || s.id.Offset <= m.disk.start.Offset:
		w.fail("snapshots: %v loads %v, but its log start is %d and its high watermark %d", m, id, m.disk.start.Offset, m.status.HighWatermark)
	}
}

// checkRefused checks that a proposal is refused when it is void, and only then.
func (w *World) checkRefused(m *machine, eff *kraft.Effects, e kraft.Event) {
	p, ok := e.(kraft.Propose)
	if !ok {
		if eff.Refused {
			w.fail("effects: %v refuses an event that is no proposal", m)
		}
		return
	}
	if eff.Refused == (len(eff.Append) > 0) {
		w.fail("effects: %v refuses %v and appends %d batches", m, eff.Refused, len(eff.Append))
	}
	if eff.Refused != w.load.void {
		w.fail("effects: %v refuses %v a proposal of epoch %d at %d", m, eff.Refused, p.Epoch, p.Batches[0].Base)
	}
}
