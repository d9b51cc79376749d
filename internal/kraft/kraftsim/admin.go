package kraftsim

import (
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
)

// admin is the operator that changes the voters.
type admin struct {
	// busy says that a request is not answered.
	busy bool
	// off says that the operator does nothing, because a drill runs.
	off bool
}

// operate makes one change of the voters, and comes again.
func (w *World) operate() {
	w.after(w.between(time.Second, 15*time.Second), w.operate)
	if w.admin.busy || w.admin.off {
		return
	}
	leader := w.leader()
	if leader == nil || !leader.running() {
		return
	}
	switch {
	case w.truth.version() == 0 && w.settings.upgrades:
		w.request(leader, &kraft.UpgradeVersionRequest{Version: 1}, func() bool { return w.truth.version() == 1 })
	case w.truth.version() == 0:
		// A static quorum refuses it.
		w.request(leader, &kraft.RemoveVoterRequest{Voter: leader.key}, func() bool { return false })
	case w.settings.changes || w.lostVoters(leader.status.Voters) > 0:
		w.change(leader)
	}
}

// request sends a request of the operator to the leader. holds must be true when it succeeds.
func (w *World) request(leader *machine, body kraft.RequestBody, holds func() bool) {
	w.admin.busy = true
	leader.ask(body, func(r kraft.ResponseBody) {
		w.admin.busy = false
		v, ok := r.(*kraft.VotersResponse)
		if !ok {
			return // the node has ended
		}
		if w.trace != nil {
			w.note("operator: %s is answered with %v %s", describeRequest(body), v.Err, v.Message)
		}
		if v.Err == protocol.ErrNone && !holds() {
			w.fail("voters: %v answers %s, but that is not committed", leader, describeRequest(body))
		}
		if v.Err == protocol.ErrNone {
			switch body.(type) {
			case *kraft.UpgradeVersionRequest:
				w.stats.Upgrades++
			case *kraft.AddVoterRequest:
				w.stats.Added++
			case *kraft.RemoveVoterRequest:
				w.stats.Removed++
			}
		}
	})
}

// change adds or removes a voter.
func (w *World) change(leader *machine) {
	voters := leader.status.Voters
	never := func() bool { return false }
	for _, v := range voters {
		m := w.byID(v.ID)
		switch {
		case m.key != v.Key && w.chance(4):
			// The new disk cannot join before the old one is removed.
			w.request(leader, &kraft.AddVoterRequest{Voter: m.voter(), TimeoutMs: 1000}, never)
			return
		case m.key != v.Key:
			w.remove(leader, v.Key)
			return
		case len(m.lost) > 0 && w.chance(10):
			// The old disk is removed already.
			w.request(leader, &kraft.RemoveVoterRequest{Voter: m.lost[0].key}, never)
			return
		}
	}
	var out []*machine
	for _, m := range w.machines {
		if m.controller && m.running() && voters.Find(m.key.ID) == nil {
			out = append(out, m)
		}
	}
	if len(out) > 0 && (len(voters) < 2 || w.chance(2)) {
		m := out[w.rng.IntN(len(out))]
		early := w.chance(4)
		w.request(leader, &kraft.AddVoterRequest{Voter: m.voter(), TimeoutMs: int32(w.rng.IntN(5000)), AckEarly: early},
			func() bool { return early || hasKey(w.truth.voters(), m.key) })
		return
	}
	if v := voters[w.rng.IntN(len(voters))]; len(voters) > 1 && (v.ID != leader.key.ID || w.script.chaos) {
		w.remove(leader, v.Key)
	}
}

func (w *World) remove(leader *machine, key kraft.Key) {
	w.request(leader, &kraft.RemoveVoterRequest{Voter: key}, func() bool { return !hasKey(w.truth.voters(), key) })
}

func hasKey(vs kraft.Voters, key kraft.Key) bool {
	v := vs.Find(key.ID)
	return v != nil && v.Key == key
}

// lostVoters counts the voters whose disks were wiped.
func (w *World) lostVoters(vs kraft.Voters) (n int) {
	for _, v := range vs {
		if m := w.byID(v.ID); !(kraft.Voters{v}).Has(m.key) {
			n++
		}
	}
	return n
}

// mayWipe reports whether every set of voters that is in force on some disk, or may come in force,
// has a majority without m.
func (w *World) mayWipe(m *machine) bool {
	if !m.controller {
		return true
	}
	if !w.settings.wipes || w.admin.busy {
		return false
	}
	allows := func(vs kraft.Voters) bool {
		if !hasKey(vs, m.key) {
			return true
		}
		return w.lostVoters(vs)+1 <= (len(vs)-1)/2
	}
	if !allows(w.truth.voters()) {
		return false
	}
	for _, o := range w.machines {
		for i := o.disk.find(min(o.status.HighWatermark, w.truth.last().end)); i < len(o.disk.log); i++ {
			for _, c := range o.disk.log[i].Control {
				if c.Voters != nil && !allows(c.Voters) {
					return false
				}
			}
		}
		if o.node != nil && !allows(o.status.Voters) && len(o.status.Voters) > 0 {
			return false
		}
	}
	return true
}

// wipe replaces the disk of a machine by an empty one.
func (w *World) wipe(m *machine) {
	m.die(false)
	w.stats.Wipes++
	m.lost = append(m.lost, lostDisk{m.key, m.disk})
	m.disk = disk{state: kraft.State{Leader: kraft.None, Voted: kraft.NoKey}, sets: []voterSet{{voters: m.initial}}}
	m.key.Directory = directory(m.index, len(m.lost))
	w.note("the disk of %v is wiped", m)
}
