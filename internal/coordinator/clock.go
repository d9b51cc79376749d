package coordinator

import "github.com/gregorhq/gregor/internal/shard"

// clockStep is by how many milliseconds the wall clock may differ from the partition's before that counts as having been set.
const clockStep = 1000

// now is the partition's time: the wall clock's, but when that is set, what lies ahead keeps its distance. Inside an event only.
func (p *partition[S]) now() int64 {
	elapsed := p.rt.opts.Elapsed()
	if by := p.rt.opts.Now() - (elapsed + p.skew); by > clockStep || by < -clockStep {
		p.clockMoved(by)
	}
	return elapsed + p.skew
}

// clockMoved moves the partition's time, and all deadlines with it.
func (p *partition[S]) clockMoved(by int64) {
	p.skew += by
	for _, t := range p.timers.heap {
		t.at += by
	}
	for _, es := range [][]entry{p.inflight, p.pending} {
		for i := range es {
			es[i].deadline += by
		}
	}
	if p.lingerTill != 0 {
		p.lingerTill += by
	}
	if p.state != stateActive {
		return
	}
	if c, ok := any(p.core).(shard.ClockFollower); ok {
		c.ClockMoved(by)
	}
}
