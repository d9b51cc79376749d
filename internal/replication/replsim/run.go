package replsim

import (
	"math/rand/v2"
	"time"

	"github.com/gregorhq/gregor/internal/sim/trace"
	"github.com/gregorhq/gregor/vfs"
)

// Options says which run to make.
type Options struct {
	Seed   uint64
	Length time.Duration
	// Trace, if not nil, gets a line for each event. A run with it is slower.
	Trace *trace.Trace
}

// Result is the end of a run.
type Result struct {
	Seed uint64
	// Violation is the first broken promise, nil for none.
	Violation error
	Simulated time.Duration
	Stats     Stats
	// Sum is a hash over all that the run has done, if it has a trace.
	Sum string
}

const (
	partitions = 4
	// healTime bounds the time from the last fault until all replicas are in sync and records are
	// acknowledged.
	healTime = 20 * time.Second
)

// Run makes one run: faults for o.Length, then time without faults.
func Run(o Options) Result {
	w := &world{seed: o.Seed, rng: rand.New(rand.NewPCG(o.Seed, 0x5ca1ab1e)), trace: o.Trace, links: map[linkKey]*link{}, cut: map[[2]int32]bool{}}
	w.check, w.producer = &checker{w: w}, &producer{w: w, ackedAt: make([]time.Duration, partitions)}
	for range partitions {
		w.check.level = append(w.check.level, map[int32]int64{})
		w.producer.acked = append(w.producer.acked, map[int64]string{})
	}
	w.controller = newController(w, partitions)
	for id := int32(1); id <= 3; id++ {
		w.nodes = append(w.nodes, &node{w: w, id: id, disk: vfs.NewCrashableMem()})
	}
	for _, n := range w.nodes {
		n.start()
	}
	for i := range int32(partitions) {
		w.after(w.between(0, time.Second), func() { w.producer.loop(i) })
	}
	w.after(2*time.Second, w.faults)
	w.after(3*time.Second, w.checks)
	w.run(o.Length)
	w.heal()
	r := Result{Seed: o.Seed, Violation: w.violation, Simulated: w.now, Stats: w.stats}
	if w.trace != nil {
		r.Sum = w.trace.Sum()
	}
	return r
}

func (w *world) checks() {
	w.check.leaders()
	w.after(3*time.Second, w.checks)
}

// heal ends the faults and checks that the cluster recovers.
func (w *world) heal() {
	w.calm = true
	clear(w.cut)
	w.note("no more faults")
	for _, n := range w.nodes {
		if !n.up() {
			n.restart()
		}
		n.life.pausedUntil, n.life.slowUntil = 0, 0
	}
	began := w.now
	w.run(began + healTime)
	w.check.all()
	w.check.leaders()
	for i, p := range w.controller.parts {
		if len(p.isr) != 3 {
			w.fail("liveness: partition %d: %v after the last fault the ISR is %v", i, healTime, p.isr)
		}
		if at := w.producer.ackedAt[i]; at < began+healTime/2 {
			w.fail("liveness: partition %d: the last acknowledgement was at %v", i, at)
		}
		for _, n := range w.nodes {
			if _, l := n.log(i); l != nil {
				w.check.has(n, i, l)
				w.check.start(n, i, l)
			}
		}
	}
}
