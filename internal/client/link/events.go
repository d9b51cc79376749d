package link

import "errors"

// Submit takes a request.
func (l *Link) Submit(now Time, r *Request) {
	switch {
	case l.state == Over:
		l.done(r, Fault{Kind: Closed})
		return
	case r.Deadline <= now:
		l.done(r, Fault{Kind: TimedOut})
		return
	case l.queue.len() >= l.o.MaxQueued:
		l.done(r, Fault{Kind: Full})
		return
	}
	l.queue.push(r)
	l.due = min(l.due, r.Deadline)
	l.used = now
	if l.state == Idle {
		l.reconnect(now)
	}
}

// reconnect dials, now or after the backoff.
func (l *Link) reconnect(now Time) {
	if now < l.notBefore {
		l.setState(now, Waiting)
		l.until = l.notBefore
		return
	}
	l.conns++
	l.conn = l.conns
	l.setState(now, Dialing)
	l.until = now + l.grown(l.o.SetupTimeout, l.o.SetupTimeoutMax, l.failures)
	l.emit(Effect{Kind: Dial, Conn: l.conn})
}

// Opened says that a dial has succeeded.
func (l *Link) Opened(now Time, conn uint64) {
	if conn != l.conn || l.state != Dialing {
		return
	}
	l.setState(now, Negotiating)
	l.until = now + l.grown(l.o.SetupTimeout, l.o.SetupTimeoutMax, l.failures)
	l.ask(l.o.AskVersion)
}

// Broken says that a dial has failed, or that a connection has ended. The owner has closed it.
func (l *Link) Broken(now Time, conn uint64, f Fault) {
	if conn == l.conn && conn != 0 {
		l.fail(now, f)
	}
}

// Garbled says that the owner cannot read an answer. The connection ends.
func (l *Link) Garbled(now Time, conn uint64, cause error) {
	if conn == l.conn && conn != 0 {
		l.drop(now, Fault{Kind: Broken, Cause: cause})
	}
}

// Wrote says that n bytes are in the socket.
func (l *Link) Wrote(conn uint64, n int) {
	if conn == l.conn {
		l.unwritten = max(0, l.unwritten-n)
	}
}

// Answered is the request that an answer belongs to.
type Answered struct {
	// Request is nil for the answer to ApiVersions, which Negotiated takes.
	Request *Request
	Version int16
}

var (
	errNotAsked    = errors.New("an answer without a request")
	errCorrelation = errors.New("an answer with the correlation id of another request")
)

// Answer says that an answer has arrived, and returns the request that it answers and ends. ok is
// false when it answers none.
func (l *Link) Answer(now Time, conn uint64, correlation int32) (a Answered, ok bool) {
	if conn != l.conn || conn == 0 {
		return Answered{}, false
	}
	if l.state == Negotiating && correlation == l.askCorrelation {
		return Answered{Version: l.askVersion}, true
	}
	r := l.flight.first()
	if l.state != Ready || r == nil {
		l.drop(now, Fault{Kind: Broken, Cause: errNotAsked})
		return Answered{}, false
	}
	if r.correlation != correlation {
		l.drop(now, Fault{Kind: Broken, Cause: errCorrelation})
		return Answered{}, false
	}
	l.flight.pop()
	l.proven, l.failures, l.used = true, 0, now
	return Answered{Request: r, Version: r.version}, true
}

// Retry ends the backoff: the peer has shown that it runs.
func (l *Link) Retry(now Time) {
	l.failures, l.notBefore = 0, now
	if l.state == Waiting {
		l.reconnect(now)
	}
}

// Close ends the link and every request.
func (l *Link) Close(now Time) {
	if l.state == Over {
		return
	}
	l.hangUp()
	l.setState(now, Over)
	l.failFlight(Fault{Kind: Closed, Sent: true})
	l.failQueue(Fault{Kind: Closed})
}

// Tick says that the time has passed.
func (l *Link) Tick(now Time) {
	if now >= l.due {
		l.expire(now)
	}
	switch {
	case l.state == Waiting && now >= l.until:
		l.reconnect(now)
	case (l.state == Dialing || l.state == Negotiating) && now >= l.until:
		f := Fault{Kind: Unreachable, Cause: errSetup}
		if l.state == Negotiating {
			f.Cause = errSilent
		}
		l.drop(now, f)
	case l.state == Ready && l.queue.len()+l.flight.len() == 0 && now >= l.used+l.o.IdleAfter:
		l.hangUp()
		l.setState(now, Idle)
	}
}

var (
	errSetup   = errors.New("no connection within the setup timeout")
	errSilent  = errors.New("no answer to ApiVersions within the setup timeout")
	errOverdue = errors.New("the peer did not answer an earlier request in time")
)

// expire ends the requests whose deadline has passed. The connection of a written one ends.
func (l *Link) expire(now Time) {
	late := func(f Fault) func(*Request) bool {
		return func(r *Request) bool {
			if now >= r.Deadline {
				l.done(r, f)
			}
			return now >= r.Deadline
		}
	}
	before := l.flight.len()
	l.flight.remove(late(Fault{Kind: TimedOut, Sent: true}))
	if l.flight.len() < before {
		l.drop(now, Fault{Kind: TimedOut, Cause: errOverdue})
	}
	l.queue.remove(late(Fault{Kind: TimedOut}))
	l.due = forever
	earliest := func(r *Request) { l.due = min(l.due, r.Deadline) }
	l.flight.each(earliest)
	l.queue.each(earliest)
}

// hangUp closes the connection.
func (l *Link) hangUp() {
	if l.conn != 0 {
		l.emit(Effect{Kind: Close, Conn: l.conn})
	}
	l.conn, l.unwritten, l.proven = 0, 0, false
}

// drop closes the connection because of a fault.
func (l *Link) drop(now Time, f Fault) {
	l.emit(Effect{Kind: Close, Conn: l.conn})
	l.fail(now, f)
}

// fail ends the connection, or the attempt to make one, and decides when to dial again.
func (l *Link) fail(now Time, f Fault) {
	setup, proven := l.state != Ready, l.proven
	l.conn, l.unwritten, l.proven = 0, 0, false
	l.emit(Effect{Kind: Down, Fault: f})
	written := f
	written.Sent = true
	if f.Kind == TimedOut {
		written.Kind = Broken
	}
	l.failFlight(written)
	if setup {
		l.failQueue(f)
	}
	l.checking = proven || l.checking && f.Kind == Broken
	l.notBefore = now
	if !proven {
		first := l.o.Backoff
		if l.checking { // the peer's sockets are closed within milliseconds
			first /= 10
		}
		l.notBefore = now + l.grown(first, l.o.BackoffMax, l.failures)
		l.failures++
	}
	l.setState(now, Idle)
	if l.queue.len() > 0 || l.checking && now < l.used+l.o.CheckWithin {
		l.reconnect(now)
	}
}

func (l *Link) failFlight(f Fault) {
	for l.flight.len() > 0 {
		l.done(l.flight.pop(), f)
	}
}

func (l *Link) failQueue(f Fault) {
	for l.queue.len() > 0 {
		l.done(l.queue.pop(), f)
	}
}
