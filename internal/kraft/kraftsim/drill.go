package kraftsim

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
)

// drill causes one fault in the healthy quorum, and then left more ones.
func (w *World) drill(left int) {
	w.admin.off = true
	if w.admin.busy {
		w.after(100*time.Millisecond, func() { w.drill(left) })
		return
	}
	next := func() {
		if left > 0 {
			w.drill(left - 1)
			return
		}
		w.script = script{}
		w.chaosBegins()
	}
	leader := w.leader()
	if leader == nil || !leader.running() {
		w.fail("liveness: a healthy quorum has no leader")
		return
	}
	w.stats.Drills++
	if w.chance(2) {
		if w.majorityWithout(leader) {
			w.leaderDrill(leader, next)
			return
		}
	}
	m := w.machines[w.rng.IntN(len(w.machines))]
	if m != leader && (w.majorityWithout(m) || !w.truth.voters().Has(m.key)) {
		w.followerDrill(leader, m, next)
		return
	}
	w.after(time.Second, next)
}

// majorityWithout reports whether the voters that run and may stand are a majority without m.
func (w *World) majorityWithout(m *machine) bool {
	voters := w.truth.voters()
	n := 0
	for _, o := range w.machines {
		if o != m && o.running() && o.candidate && voters.Has(o.key) {
			n++
		}
	}
	return n >= majority(voters)
}

// leaderDrill makes the leader fail, measures the time until the next one commits, and brings the
// failed one back, which must not change the epoch.
func (w *World) leaderDrill(m *machine, next func()) {
	s := &w.script
	kind := pick(w, "killed", "power off", "stopped", "resigned", "paused", "cut off")
	w.note("drill: the leader %v is %s", m, kind)
	s.healthy, s.hold = false, 0
	s.failover = failover{kind: kind, at: w.now, epoch: m.disk.state.Epoch}
	began := w.now
	besides := m
	switch kind {
	case "killed":
		m.kill()
	case "power off":
		m.crash(true)
	case "stopped":
		m.stop()
	case "resigned":
		m.step(kraft.Resign{Epoch: m.disk.state.Epoch})
		besides = nil
	case "paused":
		m.pause(time.Minute)
	case "cut off":
		w.isolate(m)
	}
	w.awaitRecovery("after the leader was "+kind, besides, func() {
		s.hold = w.truth.epoch
		wait := time.Duration(0)
		if kind == "cut off" {
			wait = max(0, began+w.settings.fetch*3/2+2*time.Second-w.now)
		}
		w.after(wait, func() {
			if kind == "cut off" && w.net.heldUntil < began && m.status.Role == kraft.Leading && m.disk.state.Epoch < s.hold {
				w.fail("check quorum: %v still leads, %v after it was cut off", m, w.now-began)
			}
			w.comeBack(m, next)
		})
	})
}

// comeBack ends the fault of m. The epoch must not change.
func (w *World) comeBack(m *machine, next func()) {
	w.note("drill: %v comes back", m)
	w.whole()
	if m.pausedUntil > w.now {
		m.pausedUntil = w.now
		m.resume()
	}
	if m.node == nil && w.mayMove(m) && w.chance(2) {
		m.moves++
		w.stats.Moves++
		w.note("drill: %v has another address", m)
	}
	w.restart(m, 0)
	w.awaitRecovery("after a node came back", nil, func() {
		w.awaitUpdate(m, w.now+w.opts.Bound, func() {
			w.after(w.between(time.Second, 8*time.Second), func() {
				w.script.healthy = true
				next()
			})
		})
	})
}

// mayMove reports whether a controller may come back with another address: a majority of the voters
// reaches each other without it.
func (w *World) mayMove(m *machine) bool {
	return m.controller && w.truth.version() > 0 && len(w.truth.voters()) > 2 && w.majorityWithout(m)
}

// awaitUpdate waits until the voters that are committed have the address of m.
func (w *World) awaitUpdate(m *machine, deadline time.Duration, then func()) {
	v := w.truth.voters().Find(m.key.ID)
	switch {
	case w.truth.version() == 0 || v == nil || v.Key != m.key || slices.Equal(v.Endpoints, m.endpoints()):
		then()
	case w.now > deadline:
		w.fail("liveness: the voters do not have the new address of %v", m)
	default:
		w.after(100*time.Millisecond, func() { w.awaitUpdate(m, deadline, then) })
	}
}

// followerDrill makes a node fail that does not lead. The epoch must not change.
func (w *World) followerDrill(leader, m *machine, next func()) {
	kind := pick(w, "killed", "power off", "stopped", "paused", "cut off", "cut off from the leader", "deaf", "mute")
	w.note("drill: %v is %s", m, kind)
	w.script.healthy = false
	f, l := m.index, leader.index
	switch kind {
	case "killed":
		m.kill()
	case "power off":
		m.crash(true)
	case "stopped":
		m.stop()
	case "paused":
		m.pause(time.Minute)
	case "cut off":
		w.isolate(m)
	case "cut off from the leader":
		w.net.cut[f], w.net.cut[l] = 1<<l, 1<<f
	case "deaf":
		w.net.cut[l] = 1 << f
	case "mute":
		w.net.cut[f] = 1 << l
	}
	w.after(w.between(time.Second, 20*time.Second), func() { w.comeBack(m, next) })
}

func (w *World) isolate(m *machine) {
	for i := range w.machines {
		w.net.cut[i] = 1 << m.index
	}
	w.net.cut[m.index] = 1<<len(w.machines) - 1
}
