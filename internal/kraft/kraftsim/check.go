package kraftsim

import (
	"github.com/gregorhq/gregor/internal/kraft"
)

// refresh reads the status of a node after its role or high watermark has changed, and checks the
// change.
func (m *machine) refresh() {
	w := m.w
	old := m.status
	m.status = m.node.Status()
	st := &m.status
	w.checkRole(m, &old)
	if st.HighWatermark != old.HighWatermark {
		w.checkHighWatermark(m, &old)
		m.acknowledge()
	}
	if st.Role != kraft.Leading || old.Leader.Epoch != st.Leader.Epoch {
		m.pending = m.pending[:0]
	}
}

// checkStatus compares the status with what the effects have said.
func (w *World) checkStatus(m *machine) {
	st := m.node.Status()
	old := &m.status
	d := &m.disk
	switch {
	case st.Role != old.Role || st.Leader.ID != old.Leader.ID || st.Leader.Epoch != old.Leader.Epoch || st.EpochStart != old.EpochStart ||
		st.Stopped != old.Stopped || st.Version != old.Version || len(st.Voters) != len(old.Voters):
		w.fail("status: %v changes from %v to %v without Effects.Role", m, describeStatus(old), describeStatus(&st))
	case st.HighWatermark != old.HighWatermark:
		w.fail("status: the high watermark of %v changes from %d to %d without Effects.Committed", m, old.HighWatermark, st.HighWatermark)
	case st.LogStart != d.start.Offset || st.End != d.end():
		w.fail("status: the log of %v is from %d to %d, the status says from %d to %d", m, d.start.Offset, d.end(), st.LogStart, st.End)
	}
}

// checkRole checks a change of the role, the epoch, the leader or the voters.
func (w *World) checkRole(m *machine, old *kraft.Status) {
	st := &m.status
	switch {
	case st.Leader.Epoch != m.disk.state.Epoch:
		w.fail("state: %v is in epoch %d, its quorum-state in %d", m, st.Leader.Epoch, m.disk.state.Epoch)
	case st.Role == kraft.Following && (st.Leader.ID == kraft.None || st.Leader.ID == m.key.ID):
		w.fail("role: %v follows %d", m, st.Leader.ID)
	case st.Role == kraft.Following && w.leaderOf(st.Leader.Epoch) != st.Leader.ID:
		w.fail("role: %v follows %d, but the leader of epoch %d is %d", m, st.Leader.ID, st.Leader.Epoch, w.leaderOf(st.Leader.Epoch))
	case old.Role == kraft.Leading && st.Role != kraft.Leading && st.Role != kraft.Resigned && st.Leader.Epoch == old.Leader.Epoch && m.node != nil:
		w.fail("role: %v gives up its epoch without resigning", m)
	}
	if set := m.disk.voters(); set.version != st.Version || !sameKeys(set.voters, st.Voters) {
		w.fail("voters: %v says %s of version %d, its log has %s of version %d", m, describeVoters(st.Voters), st.Version, describeVoters(set.voters), set.version)
	}
	if st.Role == old.Role && st.Leader.Epoch == old.Leader.Epoch {
		return
	}
	switch st.Role {
	case kraft.Prospective, kraft.Candidate:
		w.stats.Elections++
		if !m.controller || !m.candidate || !w.mayStand(m) {
			w.fail("role: %v stands, but it is no voter or no candidate", m)
		}
	case kraft.Leading:
		w.checkLeader(m)
	}
}

func sameKeys(a, b kraft.Voters) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].Key != b[i].Key {
			return false
		}
	}
	return true
}

// mayStand reports whether a node may ask for votes: it is a voter, or it was one and the record
// that removes it may not be committed.
func (w *World) mayStand(m *machine) bool { return m.status.Voters.Has(m.key) || w.truth.ever[m.key] }

// leaderOf returns the leader of an epoch, None when there was none.
func (w *World) leaderOf(epoch int32) int32 {
	if i, ok := w.truth.leaders[epoch]; ok {
		return w.machines[i].key.ID
	}
	return kraft.None
}

// checkLeader checks a node that has become the leader.
func (w *World) checkLeader(m *machine) {
	st := &m.status
	epoch := st.Leader.Epoch
	w.stats.Leaders++
	w.note("%v leads in epoch %d", m, epoch)
	if !m.controller || !m.candidate || w.leaderOf(epoch) != m.key.ID {
		w.fail("role: %v leads in epoch %d, but it is no candidate, or not in its quorum-state", m, epoch)
	}
	// The voters are those before its first batch.
	voters := st.Voters
	granted := 0
	for _, v := range voters {
		if key := w.replica(v); key != kraft.NoKey && w.truth.votes[ballot{key, epoch}] == m.key {
			granted++
		}
	}
	if granted < majority(voters) {
		w.fail("majority: %v leads in epoch %d with %d votes of %d voters", m, epoch, granted, len(voters))
	}
	// Leader completeness: it has the commits of earlier epochs. A candidate that was paused
	// may win an old epoch late.
	if c := w.truth.before(epoch); c.end > m.disk.start.Offset {
		if _, sum, ok := m.disk.at(c.end); !ok || sum != c.sum {
			w.fail("lost: the log of the new leader %v lacks committed batches below %d", m, c.end)
		}
	}
}

// replica returns the full key of a voter, NoKey when no machine ever had it.
func (w *World) replica(v kraft.Voter) kraft.Key {
	m := w.byID(v.ID)
	if m == nil {
		return kraft.NoKey
	}
	if (kraft.Voters{v}).Has(m.key) {
		return m.key
	}
	for _, l := range m.lost {
		if l.key == v.Key {
			return l.key
		}
	}
	return kraft.NoKey
}

// diskOf returns the disk that holds a voter's replica, nil when there is none.
func (w *World) diskOf(v kraft.Voter) *disk {
	m := w.byID(v.ID)
	if m == nil {
		return nil
	}
	if (kraft.Voters{v}).Has(m.key) {
		return &m.disk
	}
	for i := range m.lost {
		if m.lost[i].key == v.Key {
			return &m.lost[i].disk
		}
	}
	return nil
}

// checkHighWatermark checks a rise of a node's high watermark.
func (w *World) checkHighWatermark(m *machine, old *kraft.Status) {
	st := &m.status
	// A leader that commits its own removal resigns in the same step.
	resigns := st.Role == kraft.Resigned && old.Role == kraft.Leading
	leads := st.Role == kraft.Leading || resigns
	d := &m.disk
	hw := st.HighWatermark
	switch {
	case hw < old.HighWatermark:
		w.fail("high watermark: that of %v falls from %d to %d", m, old.HighWatermark, hw)
		return
	case hw > d.end():
		w.fail("high watermark: that of %v is %d, above its log end %d", m, hw, d.end())
		return
	case hw < d.start.Offset:
		return // the snapshot at the log start is committed, and checked
	}
	if leads {
		w.checkMajority(m, hw, max(st.EpochStart, old.EpochStart))
	}
	_, sum, ok := d.at(hw)
	if !ok {
		w.fail("high watermark: that of %v is %d, inside of a batch", m, hw)
		return
	}
	last := w.truth.last()
	if hw <= last.end {
		if c, ok := w.truth.at(hw); !ok || c.sum != sum {
			w.fail("committed: the log of %v differs below its high watermark %d from the committed log", m, hw)
		}
		return
	}
	if !leads {
		w.fail("high watermark: that of %v is %d, above the %d of all leaders", m, hw, last.end)
		return
	}
	if last.end >= d.start.Offset {
		if _, sum, ok := d.at(last.end); !ok || sum != last.sum {
			w.fail("committed: %v commits up to %d, but its log differs below %d from the committed log", m, hw, last.end)
			return
		}
	}
	for i := d.find(last.end); i < len(d.log) && d.log[i].Last < hw; i++ {
		w.truth.extend(&d.log[i], d.state.Epoch)
	}
	w.script.committed(w, m, hw)
}

// checkMajority checks that a majority of the voters in force has the log below hw on its disks.
func (w *World) checkMajority(m *machine, hw, epochStart int64) {
	if hw <= epochStart {
		w.fail("majority: the high watermark of %v is %d, but its epoch begins at %d", m, hw, epochStart)
	}
	_, sum, _ := m.disk.at(hw)
	if m.steps&15 == 0 {
		w.checkReplicas(m)
	}
	have := 0
	for _, v := range m.status.Voters {
		d := w.diskOf(v)
		if d == nil || d.durable < hw {
			continue
		}
		if _, other, ok := d.at(hw); ok && other != sum {
			continue
		}
		have++
	}
	if have < majority(m.status.Voters) {
		w.fail("majority: %v commits up to %d, which %d of %d voters have on their disks", m, hw, have, len(m.status.Voters))
	}
}

// checkReplicas checks what a leader says about the logs of the replicas.
func (w *World) checkReplicas(m *machine) {
	for _, p := range m.node.Replicas() {
		// A request of an older version does not say which disk it means.
		unknown := p.Directory == (kraft.Key{}).Directory && len(w.byID(p.ID).lost) > 0
		if d := w.diskOf(kraft.Voter{Key: p.Key}); d != nil && !unknown && p.End > d.durable && m.disk.state.Epoch == w.truth.epoch {
			w.fail("status: %v says that %d is durable up to %d, but it is up to %d", m, p.ID, p.End, d.durable)
		}
	}
}
