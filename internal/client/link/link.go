package link

import "time"

// Time is a time of the host's monotonic clock.
type Time = time.Duration

// State is the state of a link.
type State uint8

// The states of a link.
const (
	// Idle: there is no connection. The next request dials.
	Idle State = iota
	// Waiting: the link dials when the backoff is over.
	Waiting
	// Dialing: a dial is in progress.
	Dialing
	// Negotiating: the connection is open, and the peer's versions are asked.
	Negotiating
	// Ready: requests are written.
	Ready
	// Over: the link is closed.
	Over
)

var stateNames = [...]string{"idle", "waiting", "dialing", "negotiating", "ready", "closed"}

// String returns the name of the state for logs and metrics.
func (s State) String() string { return stateNames[s] }

// Request is one request. The owner sets the fields before Submit. The link keeps the request until
// it ends.
type Request struct {
	Key int16
	// Allowed are the versions that the caller allows.
	Allowed Range
	// Deadline is the time by which the answer must have come.
	Deadline Time
	// Owner belongs to the owner of the link.
	Owner any

	version     int16
	correlation int32
}

// EffectKind is the kind of an effect.
type EffectKind uint8

// The kinds of effects.
const (
	// Dial opens connection Conn.
	Dial EffectKind = iota + 1
	// Ask writes an ApiVersions request of Version with Correlation.
	Ask
	// Write writes Request in Version with Correlation. The owner calls Took with the size, or Drop
	// when it cannot encode the request, before it calls Next.
	Write
	// Close closes connection Conn. Its later events are ignored.
	Close
	// Done ends Request with Fault.
	Done
	// Up says that the link is ready.
	Up
	// Down says that a dial failed or the connection ended, with Fault.
	Down
)

// Effect is what the owner of a link does. The fields that a kind does not name are zero.
type Effect struct {
	Kind        EffectKind
	Conn        uint64
	Request     *Request
	Version     int16
	Correlation int32
	Fault       Fault
}

// Link is one connection to a peer, with its reconnects. See the package for its rules.
type Link struct {
	o     Options
	seed  uint64
	state State
	// since is the time at which state began.
	since Time
	// until is the time at which Waiting, Dialing or Negotiating ends.
	until Time
	// notBefore is the end of the backoff after the last failure.
	notBefore Time

	// conn numbers the connection, 0 for none. conns is the last number.
	conn, conns uint64
	// failures counts the failures since the last connection that answered a request.
	failures int
	// proven: the connection has answered a request.
	proven bool
	// checking: a connection that had answered has ended, and it is not known yet whether the peer
	// is gone.
	checking bool
	// used is the time of the last request or answer.
	used Time

	versions       Versions
	askVersion     int16
	askCorrelation int32
	// correlation is the last correlation id. Ids are not reused by the next connection.
	correlation int32

	// queue are the requests that are not written. flight are the written ones without an answer,
	// in order.
	queue, flight fifo
	// unwritten is the number of encoded bytes that are not in the socket.
	unwritten int
	// due is not later than the earliest deadline of a request; forever for none.
	due Time

	effects []Effect
	next    int
}

const forever = Time(1<<63 - 1)

// New makes a link without a connection.
func New(o Options) *Link {
	o.setDefaults()
	return &Link{o: o, seed: o.Seed, due: forever}
}

// State returns the state and the time at which it began.
func (l *Link) State() (State, Time) { return l.state, l.since }

// Queued returns the number of requests that wait to be written.
func (l *Link) Queued() int { return l.queue.len() }

// InFlight returns the number of requests that are written and not answered.
func (l *Link) InFlight() int { return l.flight.len() }

// Blocked reports whether requests wait until bytes are written.
func (l *Link) Blocked() bool {
	return l.state == Ready && l.queue.len() > 0 && l.unwritten >= l.o.MaxUnwritten
}

// Versions returns the peer's versions. They are valid once the link was ready.
func (l *Link) Versions() *Versions { return &l.versions }

// Used returns the time of the last request or answer.
func (l *Link) Used() Time { return l.used }

func (l *Link) emit(e Effect) { l.effects = append(l.effects, e) }

func (l *Link) done(r *Request, f Fault) { l.emit(Effect{Kind: Done, Request: r, Fault: f}) }

func (l *Link) setState(now Time, s State) { l.state, l.since = s, now }

// Next returns the next effect. ok is false when there is none.
func (l *Link) Next() (e Effect, ok bool) {
	if l.next < len(l.effects) {
		e = l.effects[l.next]
		l.effects[l.next] = Effect{}
		l.next++
		return e, true
	}
	l.effects, l.next = l.effects[:0], 0
	if l.state != Ready || l.queue.len() == 0 || l.flight.len() >= l.o.MaxInFlight || l.unwritten >= l.o.MaxUnwritten {
		return Effect{}, false
	}
	r := l.queue.pop()
	version, fault := l.versions.choose(r)
	if fault.Kind != 0 {
		return Effect{Kind: Done, Request: r, Fault: fault}, true
	}
	l.correlation++
	r.version, r.correlation = version, l.correlation
	l.flight.push(r)
	return Effect{Kind: Write, Conn: l.conn, Request: r, Version: version, Correlation: r.correlation}, true
}

// Took says that the owner has encoded the request of the last Write, in size bytes.
func (l *Link) Took(size int) { l.unwritten += size }

// Drop says that the owner could not encode the request of the last Write. The owner ends it.
func (l *Link) Drop(r *Request) { l.flight.remove(func(x *Request) bool { return x == r }) }

// Deadline is the time at which Tick must be called, or below 0 for never.
func (l *Link) Deadline() Time {
	d := l.due
	switch l.state {
	case Waiting, Dialing, Negotiating:
		d = min(d, l.until)
	case Ready:
		if l.queue.len()+l.flight.len() == 0 {
			d = min(d, l.used+l.o.IdleAfter)
		}
	case Idle, Over:
	}
	if d == forever {
		return -1
	}
	return d
}
