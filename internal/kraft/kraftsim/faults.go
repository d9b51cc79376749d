package kraftsim

import (
	"time"

	"github.com/gregorhq/gregor/internal/kraft"
)

// fault causes one fault of the chaos, and comes again.
func (w *World) fault() {
	s := &w.script
	if w.now >= s.until {
		w.calmDown()
		return
	}
	w.after(w.between(50*time.Millisecond, s.pause), w.fault)
	m := w.machines[w.rng.IntN(len(w.machines))]
	if l := w.leader(); l != nil && w.chance(3) {
		m = l
	}
	switch n := w.rng.IntN(32); {
	case n < 9:
		w.processFault(m, n)
	case n < 12:
		d := w.between(10*time.Millisecond, 30*time.Second)
		if w.chance(2) {
			d = w.between(10*time.Millisecond, 3*time.Second)
		}
		if m.running() {
			w.stats.Pauses++
			m.pause(d)
		}
	case n < 20:
		w.stats.Partitions++
		w.partition()
	case n < 23:
		w.stats.SlowDisks++
		m.slowUntil = w.now + w.between(100*time.Millisecond, 10*time.Second)
	case n < 27:
		w.stats.BadNetworks++
		w.badNetwork()
	case n < 28 && w.mayWipe(m):
		w.wipe(m)
		w.restart(m, w.between(0, 5*time.Second))
	case n < 29:
		w.note("fault: all nodes crash")
		silent := w.chance(2)
		for _, m := range w.machines {
			m.crash(silent)
			w.restart(m, w.between(0, 5*time.Second))
		}
	default:
		w.healNetwork()
	}
}

func (w *World) processFault(m *machine, n int) {
	switch {
	case n < 3:
		m.crash(w.chance(2))
	case n < 5:
		m.kill()
	case n < 7:
		if m.running() && !m.stopping {
			m.stop()
		}
	default:
		m.crashIn = 1 + w.rng.IntN(8)
		return
	}
	d := w.between(0, time.Second)
	if w.chance(3) {
		d = w.between(0, 20*time.Second)
	}
	w.restart(m, d)
}

// stop begins a clean stop.
func (m *machine) stop() {
	m.w.stats.Stops++
	m.stopping = true
	m.stopBy = m.w.now + 2*m.w.opts.Bound
	m.step(kraft.Shutdown{})
}

// restart starts a machine after d. When its process stops cleanly, it waits for the end.
func (w *World) restart(m *machine, d time.Duration) {
	w.after(d, func() {
		switch {
		case m.node == nil:
			m.begin()
		case m.stopping && m.pausedUntil <= w.now && w.now > m.stopBy:
			w.fail("stop: %v does not stop", m)
		case m.stopping:
			w.restart(m, 100*time.Millisecond)
		}
	})
}

// partition cuts connections.
func (w *World) partition() {
	n := len(w.machines)
	cut := &w.net.cut
	*cut = [16]uint16{}
	all := uint16(1)<<n - 1
	kind := w.rng.IntN(6)
	switch one := w.rng.IntN(n); kind {
	case 0: // one machine is alone
		if l := w.leader(); l != nil && w.chance(2) {
			one = int(l.index)
		}
		for i := range n {
			cut[i] |= 1 << one
		}
		cut[one] = all
	case 1: // two halves, and in half of the cases one machine that sees both
		half := uint16(w.rng.UintN(uint(all) + 1))
		bridge := uint16(0)
		if w.chance(2) {
			bridge = 1 << one
		}
		for i := range n {
			if mine := uint16(1) << i; mine&bridge == 0 {
				if half&mine != 0 {
					cut[i] = all &^ half &^ bridge
				} else {
					cut[i] = half &^ bridge
				}
			}
		}
	case 2: // a ring: each machine sees its neighbors
		for i := range n {
			cut[i] = all &^ (1<<i | 1<<((i+1)%n) | 1<<((i+n-1)%n))
		}
	case 3: // one machine hears nothing, or says nothing
		if w.chance(2) {
			cut[one] = all
		} else {
			for i := range n {
				cut[i] = 1 << one
			}
		}
	default: // single directions
		for range 1 + w.rng.IntN(2*n) {
			cut[w.rng.IntN(n)] |= 1 << w.rng.IntN(n)
		}
	}
	for i := range n {
		cut[i] &^= 1 << i
	}
	if w.trace != nil {
		w.note("fault: partition of kind %d, %b", kind, cut[:n])
	}
}

// badNetwork makes messages late, lost, repeated or torn.
func (w *World) badNetwork() {
	n := &w.net
	*n = network{cut: n.cut, heldUntil: n.heldUntil}
	if w.chance(2) {
		n.loss = 10 + w.rng.Uint64N(300)
		n.torn = pick(w, uint64(0), 300, 1024)
	}
	if w.chance(2) {
		n.repeat = 10 + w.rng.Uint64N(500)
	}
	if w.chance(3) {
		n.slow = w.between(time.Millisecond, 800*time.Millisecond)
	}
	if w.chance(2) {
		n.hold = 1 + w.rng.Uint64N(50)
	}
	w.note("fault: network with loss %d, torn %d, repeat %d, slow %v, hold %d", n.loss, n.torn, n.repeat, n.slow, n.hold)
}

func (w *World) healNetwork() {
	w.whole()
	w.note("fault: the network is whole")
}
