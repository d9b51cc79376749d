package network

import (
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// Handler answers requests. Serve runs on the connection's reading goroutine, in the order of
// requests. It answers the exchange or keeps it, and must not wait for a peer, a timer or another
// request's answer.
type Handler interface {
	Serve(x *Exchange)
}

// HandlerFunc makes a Handler of a function.
type HandlerFunc func(x *Exchange)

// Serve implements Handler.
func (f HandlerFunc) Serve(x *Exchange) { f(x) }

// Observer counts events of the sockets. It must be quick and safe for concurrent use.
type Observer interface {
	// Opened and Closed are called once for each connection that was let in.
	Opened(l *Listener)
	Closed(l *Listener)
	// Done is called after the answer was written or dropped. x is valid during the call only. sent
	// is the size of the answer in bytes. It is 0 without an answer, and for an answer that was
	// dropped because its connection had ended. An answer whose writing failed counts in full.
	Done(x *Exchange, sent int)
}

// Options of a Server. Zero values of the limits mean none, except where noted.
type Options struct {
	// MaxRequestBytes is socket.request.max.bytes: a larger frame closes its connection.
	MaxRequestBytes int
	// MaxInFlight bounds the unanswered requests of a connection that is still read. 0 means 128.
	MaxInFlight int
	// MaxUnsentBytes bounds the memory of all answers that clients have not read. Above it, the
	// connection with most of them is closed. 0 means 256 MiB.
	MaxUnsentBytes int64
	// MaxBytesInFlight bounds the memory of all request frames together, in bytes; 0 means 256 MiB.
	MaxBytesInFlight int64
	// Limits are the limits that SetLimits can change.
	Limits Limits
	// ReservedFiles is the number of file descriptors that connections do not use, 0 for none.
	// Without free descriptors a broker cannot open a segment.
	ReservedFiles int
	// MaxIdle is connections.max.idle.ms. The connections that are idle for longest are closed
	// first.
	MaxIdle time.Duration
	// SendBuffer and ReceiveBuffer are socket.send.buffer.bytes and socket.receive.buffer.bytes. 0
	// leaves them to the operating system.
	SendBuffer, ReceiveBuffer int
	Logger                    *slog.Logger
	Observer                  Observer
	// Clock is the clock of the host; nil means the real one.
	Clock host.Clock
}

// Listener is one address that the server accepts connections on.
type Listener struct {
	// Name is the listener's name in the configuration, for example PLAINTEXT.
	Name string
	// Protocol is the security protocol. PLAINTEXT is the only one now; the others wrap the
	// connection in Secure.
	Protocol string
	// Controller means that the listener is the controller's. Its connections count apart from the
	// broker's.
	Controller bool
	// Protected means that max.connections of the broker does not hold for this listener. The
	// least active connection of another listener is closed for it (KIP-402). The listener between
	// brokers is protected if the broker has others.
	Protected bool
	// Secure, when set, turns an accepted connection into the one that frames are read from (TLS).
	// It runs on the connection's goroutine and may block.
	Secure func(net.Conn) (net.Conn, error)
	// Tag belongs to the Observer.
	Tag any
	nl  net.Listener
	// accepting: Serve or ServeControllers was called. The server's mu guards it.
	accepting bool
	// blocked is the time in which limits kept the listener from accepting.
	blocked stopwatch
}

// Blocked returns the time in which limits have kept the listener from accepting connections.
func (l *Listener) Blocked(now time.Time) time.Duration { return l.blocked.total(now) }

// Addr is the bound address.
func (l *Listener) Addr() net.Addr { return l.nl.Addr() }

// Server accepts connections and serves their requests.
type Server struct {
	opts    Options
	clock   host.Clock
	handler Handler
	budget  *budget
	heavy   slots
	limits  connLimits
	nextID  atomic.Uint64
	// unsent is the sum over all connections. evicting is set while evict runs.
	unsent   atomic.Int64
	evicting atomic.Bool
	// stopping is closed when the server begins to stop.
	stopping chan struct{}
	wg       sync.WaitGroup
	// closings bounds the lines about a client that sends garbage in a loop.
	closings *telemetry.Limiter

	mu        sync.Mutex
	listeners []*Listener
	conns     map[*Conn]struct{}
	stopped   bool
	// sweeping: idle connections are looked for.
	sweeping bool
}

// NewServer makes a server that has no listener yet.
func NewServer(h Handler, o Options) *Server {
	if o.MaxInFlight <= 0 {
		o.MaxInFlight = 128
	}
	if o.MaxBytesInFlight <= 0 {
		o.MaxBytesInFlight = 256 << 20
	}
	if o.MaxUnsentBytes <= 0 {
		o.MaxUnsentBytes = 256 << 20
	}
	if o.MaxRequestBytes <= 0 {
		o.MaxRequestBytes = 100 << 20
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Clock == nil {
		o.Clock = host.Real()
	}
	s := &Server{opts: o, clock: o.Clock, handler: h, budget: newBudget(o.MaxBytesInFlight), heavy: newSlots(), stopping: make(chan struct{}), conns: map[*Conn]struct{}{},
		closings: telemetry.NewLimiter(sayEvery)}
	s.limits.init(o.Limits)
	s.limits.most = room(descriptors(), o.ReservedFiles)
	return s
}

// Bind opens a listener's socket and accepts nothing yet, so that addresses are known before a
// request is served.
func (s *Server) Bind(l *Listener, addr string) error {
	nl, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	l.nl = nl
	s.mu.Lock()
	s.listeners = append(s.listeners, l)
	s.mu.Unlock()
	return nil
}

// Listeners returns the bound listeners.
func (s *Server) Listeners() []*Listener {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.listeners)
}

// FrameBytes returns the memory of all frames, in bytes.
func (s *Server) FrameBytes() int64 { return s.opts.MaxBytesInFlight - s.budget.left() }

// Activity counts the requests that were read and whose answers are not written.
type Activity struct {
	// Handling counts requests whose handlers run. Parked counts requests that wait for data, disk,
	// replicas or group members. Answered counts requests whose answers wait for their writing.
	Handling, Parked, Answered int
}

// Activity counts the requests of all connections.
func (s *Server) Activity() (a Activity) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.conns {
		c.mu.Lock()
		for i := range c.queue.len() {
			switch x := c.queue.at(i); {
			case x.done:
				a.Answered++
			case x.parked > 0:
				a.Parked++
			default:
				a.Handling++
			}
		}
		c.mu.Unlock()
	}
	return a
}

// MemoryBound returns the bound of FrameBytes.
func (s *Server) MemoryBound() int64 { return s.opts.MaxBytesInFlight }

func (s *Server) register(c *Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Server) unregister(c *Conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
	s.limits.leave(c.listener, c.remoteIP)
	if o := s.opts.Observer; o != nil {
		o.Closed(c.listener)
	}
}

func (s *Server) done(x *Exchange) {
	o := s.opts.Observer
	if o == nil {
		return
	}
	sent := 0
	if x.out != nil {
		sent = len(x.out.Buf)
		for _, sp := range x.out.Splices {
			sent += sp.Payload.Size()
		}
	}
	o.Done(x, sent)
}

// sayEvery bounds the lines about one reason to close connections of one address: one in this time.
const sayEvery = 10 * time.Second

func (s *Server) logClose(c *Conn, reason string) {
	if reason == withoutLine {
		return
	}
	ok, suppressed := s.closings.Allow(c.remoteIP+" "+reason, s.clock.Now())
	if !ok {
		return
	}
	args := []any{"client.address", "/" + c.nc.RemoteAddr().String(), "listener", c.listener.Name, "reason", reason}
	if suppressed > 0 {
		args = append(args, "suppressed", suppressed)
	}
	s.opts.Logger.Warn("closing connection", args...)
}

// trim closes connections of the broker's listeners that are not protected until max.connections is
// kept, the least active ones first.
func (s *Server) trim() {
	limit := s.limits.maxConnections()
	if limit == 0 {
		return
	}
	all := s.idlest(s.clock.Now().Add(time.Second))
	open := slices.DeleteFunc(all, func(c *Conn) bool { return c.listener.Controller || c.isClosed() })
	excess := len(open) - limit
	for _, c := range open {
		if excess > 0 && !c.listener.Protected {
			s.logClose(c, "the listener between brokers needs its place: max.connections is reached")
			c.Close()
			excess--
		}
	}
}

// idlest returns the connections that have been idle since before t, longest first.
func (s *Server) idlest(t time.Time) []*Conn {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []*Conn
	for c := range s.conns {
		if c.lastActive.Load() < t.UnixNano() {
			out = append(out, c)
		}
	}
	sortByActivity(out)
	return out
}
