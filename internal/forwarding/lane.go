package forwarding

import (
	"slices"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// lane is a queue of requests to the active controller. Its loop sends them in order.
type lane struct {
	c     *Channel
	class client.Class
	loop  *host.Loop

	mu sync.Mutex
	// jobs are the requests without an answer, in the order of their numbers.
	jobs   []*job
	seq    uint64
	closed bool
	// leader is the leader that the last step knew.
	leader Leader
	// notBefore is the end of the pause after a failure.
	notBefore time.Duration
}

func newLane(c *Channel, class client.Class) *lane {
	l := &lane{c: c, class: class, leader: Leader{ID: -1}}
	l.loop = host.NewLoop(c.o.Host, l.step)
	return l
}

func (l *lane) len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.jobs)
}

// add takes a request.
func (l *lane) add(j *job) {
	l.mu.Lock()
	if l.closed || len(l.jobs) >= maxWaiting {
		l.mu.Unlock()
		j.fail(protocol.ErrNotController)
		return
	}
	l.seq++
	j.seq = l.seq
	l.jobs = append(l.jobs, j)
	l.mu.Unlock()
	l.loop.Wake()
}

// close ends every request.
func (l *lane) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.loop.Close()
	l.mu.Lock()
	left := l.jobs
	l.jobs = nil
	l.mu.Unlock()
	for _, j := range left {
		j.fail(protocol.ErrNotController)
	}
}

// step sends the requests that are due, and ends the overdue ones. It returns the time until the
// next step.
func (l *lane) step() time.Duration {
	leader := l.c.o.Leader()
	l.mu.Lock()
	now := l.c.o.Host.Elapsed()
	l.lead(now, leader)
	late := l.overdue(now)
	send := l.due(now)
	for _, j := range send {
		j.flying, j.to = true, leader
		j.attempt++
		j.giveUp = min(j.deadline, now+l.c.o.AttemptTimeout) + slack
		if j.attempt > 1 {
			l.c.stats.Repeated.Add(1)
		}
	}
	pause := l.pause(now)
	l.mu.Unlock()
	for _, j := range late {
		l.c.stats.TimedOut.Add(1)
		j.fail(protocol.ErrRequestTimedOut)
	}
	for _, j := range send {
		l.send(j, leader)
	}
	return pause
}

// lead takes the known leader. The old one has some time to answer.
func (l *lane) lead(now time.Duration, leader Leader) {
	if leader == l.leader {
		return
	}
	if leader.ID >= 0 {
		l.notBefore = now
		for _, j := range l.jobs {
			if j.flying && l.class != client.Heartbeat {
				j.giveUp = min(j.giveUp, now+grace)
			} else if j.flying {
				j.giveUp = now
			}
		}
	}
	l.leader = leader
}

// overdue removes the requests whose time is over. A request whose attempt is over waits for the
// next one.
func (l *lane) overdue(now time.Duration) (late []*job) {
	l.jobs = slices.DeleteFunc(l.jobs, func(j *job) bool {
		if j.flying && now >= j.giveUp {
			j.flying = false
			j.attempt++
		}
		over := !j.flying && now >= j.deadline
		if over {
			late = append(late, j)
		}
		return over
	})
	clear(l.jobs[len(l.jobs):cap(l.jobs)])
	return late
}

// due returns the requests to send: all that wait, unless a later one is in flight.
func (l *lane) due(now time.Duration) (send []*job) {
	if now < l.notBefore || !l.reachable() {
		return nil
	}
	for _, j := range l.jobs {
		switch {
		case !j.flying:
			send = append(send, j)
		case len(send) > 0:
			return nil
		}
	}
	return send
}

// reachable reports whether the leader is known and can be reached.
func (l *lane) reachable() bool {
	return l.c.localFor(l.leader) || l.leader.ID >= 0 && l.leader.ID != l.c.o.NodeID && l.leader.Address != "" && l.c.o.Remote != nil
}

// pause returns the time until the next step.
func (l *lane) pause(now time.Duration) time.Duration {
	next := time.Duration(-1)
	earliest := func(at time.Duration) {
		if next < 0 || at < next {
			next = at
		}
	}
	for _, j := range l.jobs {
		if j.flying {
			earliest(min(j.giveUp, now+lookInFlight))
			continue
		}
		earliest(j.deadline)
		if now < l.notBefore {
			earliest(l.notBefore)
		}
		if !l.reachable() {
			earliest(now + lookEvery)
		}
	}
	if next < 0 {
		return host.Forever
	}
	return max(next-now, time.Microsecond)
}

// send makes one attempt.
func (l *lane) send(j *job, leader Leader) {
	attempt := j.attempt
	if l.c.localFor(leader) {
		l.c.stats.Local.Add(1)
		over := func(then func()) func() {
			return func() { l.answered(j, attempt, verdict{then: then, again: then == nil}) }
		}
		cmd := controller.NewCommand(j.ctx, j.request, func(resp protocol.Message) { over(func() { j.done(resp) })() })
		j.submit(cmd, over(nil))
		return
	}
	l.c.stats.Remote.Add(1)
	to := client.Peer{ID: leader.ID, Address: leader.Address, Listener: leader.Listener, Class: l.class}
	j.send(to, j.giveUp, func(v verdict) { l.answered(j, attempt, v) })
}

// answered takes the outcome of an attempt.
func (l *lane) answered(j *job, attempt uint64, v verdict) {
	l.mu.Lock()
	at := slices.Index(l.jobs, j)
	if at < 0 || !j.flying || j.attempt != attempt {
		l.mu.Unlock()
		return
	}
	if v.again {
		j.flying = false
		if j.to == l.leader { // a new leader need not wait
			l.notBefore = l.c.o.Host.Elapsed() + retryPause
		}
	} else {
		l.jobs = slices.Delete(l.jobs, at, at+1)
	}
	l.mu.Unlock()
	l.loop.Wake()
	if v.then != nil && !v.again {
		v.then()
	}
}
