package kraftsim

import (
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
)

// script is the course of a run: chaos, calm, drills, and again.
type script struct {
	// chaos says that faults happen, until a time, with pauses up to pause.
	chaos bool
	until time.Duration
	pause time.Duration
	// healthy says that no fault has been active for a while.
	healthy bool
	// hold is the epoch that must not change, 0 for none.
	hold int32
	// goal is the high watermark that all replicas must reach, 0 for none.
	goal int64
	// mark is the end of the committed log when the wait began.
	mark int64
	// behind is the high watermark of the first replica that has not reached the goal.
	behind int64
	// failover is the failure of the leader that is being measured.
	failover failover
}

type failover struct {
	kind  string
	at    time.Duration
	epoch int32
}

// quiet is the time after the last fault from which on a quorum counts as healthy.
const quiet = 10 * time.Second

// quick is the longest failover when the other nodes see at once that the leader is gone.
const quick = 500 * time.Millisecond

// chaosBegins starts faults.
func (w *World) chaosBegins() {
	s := &w.script
	*s = script{chaos: true, until: w.now + w.between(10*time.Second, 2*time.Minute)}
	s.pause = pick(w, 200*time.Millisecond, 500*time.Millisecond, 2*time.Second, 10*time.Second)
	w.admin.off = false
	w.stats.Cycles++
	w.note("the chaos begins")
	w.fault()
}

// calmDown ends all faults, and waits for the quorum to recover.
func (w *World) calmDown() {
	w.script = script{}
	w.whole()
	w.note("all faults end")
	for _, m := range w.machines {
		m.slowUntil, m.crashIn = 0, 0
		if m.pausedUntil > w.now {
			m.pausedUntil = w.now
			m.resume()
		}
		w.restart(m, w.between(0, time.Second))
	}
	began := w.now
	w.awaitRecovery("after all faults have ended", nil, func() {
		w.stats.Calm = append(w.stats.Calm, w.now-began)
		w.after(quiet, func() {
			w.script.hold = w.truth.epoch
			w.script.healthy = true
			w.after(w.between(5*time.Second, 30*time.Second), func() { w.drill(w.rng.IntN(4)) })
		})
	})
}

// awaitRecovery waits until a leader has committed new batches and all replicas besides one have
// them.
func (w *World) awaitRecovery(when string, besides *machine, then func()) {
	s := &w.script
	s.goal, s.mark, s.behind = 0, w.truth.last().end, -1
	deadline := w.now + w.opts.Bound
	last := w.now + 6*w.opts.Bound
	var poll func()
	poll = func() {
		missing, progress := w.recovered(besides)
		if progress {
			deadline = min(w.now+w.opts.Bound, last)
		}
		switch {
		case missing == "":
			w.note("recovered %s", when)
			then()
		case w.now >= deadline:
			w.fail("liveness: %v %s, %s", w.opts.Bound, when, missing)
		default:
			w.after(50*time.Millisecond, poll)
		}
	}
	poll()
}

// recovered returns the reason why the recovery is not over, "" for none. A replica with a long way
// to go makes progress.
func (w *World) recovered(besides *machine) (missing string, progress bool) {
	s := &w.script
	leader := w.leader()
	if leader == nil || leader == besides {
		return "there is no leader", false
	}
	last := w.truth.last()
	if s.goal == 0 && (last.end <= s.mark || last.epoch != leader.disk.state.Epoch) {
		if len(leader.pending) == 0 {
			w.propose(leader, false)
		}
		return fmt.Sprintf("the leader %v of epoch %d has committed nothing new", leader, leader.disk.state.Epoch), false
	}
	if s.goal == 0 {
		s.goal = last.end
	}
	for _, m := range w.machines {
		if m == besides {
			continue
		}
		if m.node == nil || m.status.HighWatermark < s.goal {
			progress = m.status.HighWatermark > s.behind && s.behind >= 0
			s.behind = m.status.HighWatermark
			return fmt.Sprintf("the high watermark of %v is %d, that of the leader %v %d", m, m.status.HighWatermark, leader, s.goal), progress
		}
	}
	return "", false
}

// committed hears of each rise of the committed log.
func (s *script) committed(w *World, m *machine, hw int64) {
	f := &s.failover
	if f.kind != "" && m.disk.state.Epoch > f.epoch && m.status.Role == kraft.Leading {
		w.note("drill: %v commits %v after the leader was %s", m, w.now-f.at, f.kind)
		w.stats.Failover[f.kind] = append(w.stats.Failover[f.kind], w.now-f.at)
		if took := w.now - f.at; took > quick && (f.kind == "killed" || f.kind == "stopped" || f.kind == "resigned") {
			w.fail("failover: %v commits only %v after the leader was %s", m, took, f.kind)
		}
		f.kind = ""
	}
}

// epochBegins hears of each new epoch.
func (s *script) epochBegins(w *World, m *machine, epoch int32) {
	// Without pre-votes, one broken connection begins an election.
	if s.hold != 0 && epoch > s.hold && !w.settings.old {
		w.fail("liveness: %v begins epoch %d in a healthy quorum", m, epoch)
	}
}
