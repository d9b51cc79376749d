package replsim

import (
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/vfs"
)

// faults brings one fault and plans the next one.
func (w *world) faults() {
	if w.calm {
		return
	}
	n := w.nodes[w.rng.IntN(3)]
	switch x := w.rng.IntN(100); {
	case x < 19:
		// Some leader epochs get no records.
		p := w.controller.parts[w.rng.IntN(partitions)]
		for range 1 + w.rng.IntN(4) {
			w.after(w.between(0, 40*time.Millisecond), func() { w.controller.elect(p) })
		}
	case x < 25:
		// Two leaders in a row. The first one may have written records and acknowledged none.
		p := w.controller.parts[w.rng.IntN(partitions)]
		w.controller.elect(p)
		if leader := p.leader; leader > 0 {
			w.after(w.between(0, 60*time.Millisecond), func() { w.crash(w.nodes[leader-1], 0) })
		}
	case x < 40:
		w.crash(n, 0)
	case x < 46:
		w.outage(n)
	case x < 56:
		w.slow(n)
	case x < 68:
		w.pause(n)
	case x < 85:
		w.cutOff(n)
	case x < 92:
		w.deleteRecords(n)
	default:
		w.breakLinks(n.life)
	}
	pause := w.between(50*time.Millisecond, 3*time.Second)
	if w.chance(10) {
		pause = w.between(5*time.Second, 10*time.Second) // the ISR is complete again
	}
	w.after(pause, w.faults)
}

// outage cuts the power of two brokers, or of all.
func (w *world) outage(n *node) {
	for _, o := range w.nodes {
		if o != n || w.chance(2) {
			w.crash(o, 1)
		}
	}
}

// slow makes the disks of two brokers slow for some time, sometimes until an outage.
func (w *world) slow(n *node) {
	d := w.between(500*time.Millisecond, 4*time.Second)
	for _, o := range w.nodes {
		if o != n && o.up() {
			o.life.slowUntil = w.now + d
		}
	}
	w.note("slow disks except on broker %d", n.id)
	if w.chance(2) {
		w.after(d, func() {
			if !w.calm {
				w.outage(n)
			}
		})
	}
}

// crash ends the process of a broker and starts it again later. power is 1 for a power cut, 0 for a
// power cut or a kill.
func (w *world) crash(n *node, power int) {
	if !n.up() {
		return
	}
	keep := 1.0
	if power == 1 || w.chance(2) {
		keep = w.rng.Float64() * 0.9
		w.stats.PowerCuts++
	} else {
		w.stats.Kills++
	}
	n.end(keep)
	if w.chance(6) && w.disposable(n) {
		w.stats.Wipes++
		w.note("disk of broker %d is empty", n.id)
		w.controller.fence(n.id)
		n.disk = vfs.NewCrashableMem()
	}
	life := n.life
	w.after(w.between(10*time.Millisecond, 4*time.Second), func() {
		if n.life == life {
			n.restart()
		}
	})
}

// emptyNewMember lets a broker that is about to join an ISR lose its disk. The request for its
// joining stays lost until the broker has registered again (KIP-903).
func (w *world) emptyNewMember(index int32, a *replica.Alteration) {
	p := w.controller.parts[index]
	if w.calm || len(a.NewISR) <= len(p.isr) || !w.chance(12) {
		return
	}
	n := w.nodes[a.NewISR[len(a.NewISR)-1].ID-1]
	if !n.up() || !w.disposable(n) {
		return
	}
	w.stats.Wipes++
	w.note("disk of broker %d is empty, before it joins the ISR of partition %d", n.id, index)
	w.controller.deafUntil = w.now + 800*time.Millisecond
	n.end(0)
	w.controller.fence(n.id)
	n.disk = vfs.NewCrashableMem()
	life := n.life
	w.after(w.between(10*time.Millisecond, 400*time.Millisecond), func() {
		if n.life == life {
			n.restart()
		}
	})
}

// disposable reports whether a broker's disk may be lost: each partition has two other replicas in
// sync, because acknowledged records are on all disks of the ISR.
func (w *world) disposable(n *node) bool {
	for _, p := range w.controller.parts {
		others := 0
		for _, id := range p.isr {
			if id != n.id && w.controller.live[id] && w.nodes[id-1].up() {
				others++
			}
		}
		if others < 2 {
			return false
		}
	}
	return true
}

// pause stops a process for some time, with everything that has reached it. The controller may take
// it for dead meanwhile.
func (w *world) pause(n *node) {
	if !n.up() {
		return
	}
	w.stats.Pauses++
	d := w.between(100*time.Millisecond, 5*time.Second)
	n.life.pausedUntil = w.now + d
	life := n.life
	w.note("broker %d pauses for %v", n.id, d)
	if d > time.Second && w.chance(2) {
		w.after(time.Second, func() {
			if n.life == life && !life.ended {
				w.controller.fence(n.id)
			}
		})
		w.after(d+w.between(0, 100*time.Millisecond), func() {
			if n.life == life && !life.ended {
				w.controller.unfence(n.id)
			}
		})
	}
}

// cutOff drops messages between a broker and others, in one direction or both.
func (w *world) cutOff(n *node) {
	w.stats.Cuts++
	var cut [][2]int32
	for _, o := range w.nodes {
		if o == n || w.chance(3) {
			continue
		}
		if w.rng.IntN(3) > 0 {
			cut = append(cut, [2]int32{n.id, o.id})
		}
		if w.rng.IntN(3) > 0 {
			cut = append(cut, [2]int32{o.id, n.id})
		}
	}
	for _, c := range cut {
		w.cut[c] = true
	}
	w.note("no messages %v", cut)
	w.after(w.between(100*time.Millisecond, 5*time.Second), func() {
		for _, c := range cut {
			delete(w.cut, c)
		}
		w.note("messages again %v", cut)
	})
}

// deleteRecords moves the log start of a partition that a broker leads.
func (w *world) deleteRecords(n *node) {
	if !n.up() {
		return
	}
	w.schedule(n.life, 0, func() {
		for i := range partitions {
			p, l := n.log(i)
			if l == nil || p.Leadership().Role() != replica.Leader {
				continue
			}
			to := l.LogStartOffset() + w.rng.Int64N(l.HighWatermark()-l.LogStartOffset()+1)
			n.m.DeleteRecords([]replication.DeletePart{{Topic: topic, Partition: int32(i), Offset: to}}, 1000, func(parts []replication.DeletePart) {
				if parts[0].Err == protocol.ErrNone {
					w.note("partition %d begins at %d", i, to)
				}
			})
			return
		}
	})
}
