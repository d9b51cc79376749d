package coordinator

import (
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/shard"
)

// clockStep is the difference between the wall clock and the partition's time, in milliseconds,
// from which the wall clock counts as set by an operator or NTP.
const clockStep = 1000

// now returns the partition's time. It is the wall clock's time. When the wall clock is set, all
// deadlines move with it. The caller is inside an event.
func (p *partition[S]) now() int64 {
	elapsed := p.rt.elapsed()
	if by := host.Millis(p.rt.opts.Host) - (elapsed + p.skew); by > clockStep || by < -clockStep {
		p.clockMoved(by)
	}
	return elapsed + p.skew
}

// clockMoved moves the partition's time and all deadlines.
func (p *partition[S]) clockMoved(by int64) {
	p.skew += by
	for _, t := range p.timers.heap {
		t.at += by
	}
	for i := range p.parked {
		p.parked[i].deadline += by
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
