package forwarding

import (
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Leader is the active controller, as far as this node knows.
type Leader struct {
	// ID is the node id, below 0 when no leader is known.
	ID    int32
	Epoch int32
	// Address is the host:port of the controller listener, empty when it is not known. Listener is
	// the name of the listener.
	Address, Listener string
}

// Local is the controller of this node.
type Local interface {
	// Submit decides a command. When this node does not lead, it finishes with NOT_CONTROLLER.
	Submit(*controller.Command)
}

// Sender sends requests to other nodes. *client.Pool is one.
type Sender interface {
	Send(to client.Peer, r client.Request, done func(client.Answer, error))
}

// Options are the parts of a Channel.
type Options struct {
	Host   host.Host
	NodeID int32
	// Local is the controller of this node, nil when it has none.
	Local Local
	// Leader returns the newest known leader. It must be quick.
	Leader func() Leader
	// Remote sends to other nodes. Nil means that requests wait until this node leads.
	Remote Sender
	// Await runs f when this node has published the metadata up to an offset. It runs f once, also
	// when that takes too long. Nil means at once.
	Await func(offset int64, f func())
	// HeartbeatTimeout bounds registrations and heartbeats (half of broker.session.timeout.ms). 0
	// means 4.5 s.
	HeartbeatTimeout time.Duration
	// AttemptTimeout bounds the wait for one answer (controller.socket.timeout.ms). 0 means 30 s.
	AttemptTimeout time.Duration
	// Logger gets lines about failures. Nil means no lines.
	Logger *slog.Logger
}

const (
	// retryPause is the pause before a repetition, unless a new leader is known.
	retryPause = 50 * time.Millisecond
	// lookEvery is the time between two looks for a leader while requests wait for one.
	// LeaderChanged makes it shorter.
	lookEvery = 20 * time.Millisecond
	// lookInFlight is the same while requests are in flight: the leader may have changed silently.
	lookInFlight = 100 * time.Millisecond
	// grace is the time that an old leader has to answer when another one is known.
	grace = 500 * time.Millisecond
	// slack is the time that an answer may take beyond the time of the request: the controller
	// answers REQUEST_TIMED_OUT when that is over.
	slack = time.Second
	// leastTimeout is the least time to reach the controller. A request with timeout 0 asks not to
	// wait for its effect.
	leastTimeout = time.Second
	// maxWaiting bounds the requests of a lane.
	maxWaiting = 10_000
)

// Channel carries requests to the active controller. It implements controller.Channel. All methods
// are safe for concurrent use, and none of them waits.
type Channel struct {
	o Options
	// lanes are by class: heartbeats, changes of partitions, forwarded requests.
	lanes  [3]*lane
	closed atomic.Bool
	stats  Stats
}

// Stats counts what the channel does. All counters only grow.
type Stats struct {
	// Local went to this node's controller, Remote to another one. Repeated counts repetitions.
	Local, Remote, Repeated atomic.Uint64
	// TimedOut counts requests that ended with REQUEST_TIMED_OUT in the channel.
	TimedOut atomic.Uint64
}

// New makes a channel.
func New(o Options) *Channel {
	if o.HeartbeatTimeout == 0 {
		o.HeartbeatTimeout = 4500 * time.Millisecond
	}
	if o.AttemptTimeout == 0 {
		o.AttemptTimeout = 30 * time.Second
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Await == nil {
		o.Await = func(_ int64, f func()) { f() }
	}
	c := &Channel{o: o}
	for i, class := range []client.Class{client.Heartbeat, client.Partition, client.Forward} {
		c.lanes[i] = newLane(c, class)
	}
	return c
}

// laneOf returns the lane of an API.
func (c *Channel) laneOf(key int16) *lane {
	switch key {
	case protocol.KeyBrokerRegistration, protocol.KeyBrokerHeartbeat:
		return c.lanes[0]
	case protocol.KeyAlterPartition, protocol.KeyAssignReplicasToDirs:
		return c.lanes[1]
	}
	return c.lanes[2]
}

// Stats returns the counters.
func (c *Channel) Stats() *Stats { return &c.stats }

// Waiting returns the number of requests without an answer, except the ones that went straight to
// this node's controller.
func (c *Channel) Waiting() (n int) {
	for _, l := range c.lanes {
		n += l.len()
	}
	return n
}

// LeaderChanged says that Options.Leader has another result. It may be called at any time.
func (c *Channel) LeaderChanged() {
	for _, l := range c.lanes {
		if l.len() > 0 {
			l.loop.Wake()
		}
	}
}

// Close ends every request with NOT_CONTROLLER, and later ones too. It waits for steps that run.
func (c *Channel) Close() {
	c.closed.Store(true)
	for _, l := range c.lanes {
		l.close()
	}
}

// Call implements controller.Channel.
func (c *Channel) Call(ctx controller.Request, req protocol.Message, done func(protocol.Message)) {
	j := &job{c: c, ctx: ctx, request: req, done: done, lane: c.laneOf(req.APIKey())}
	cmd := controller.NewCommand(ctx, req, done)
	j.deadline = c.o.Host.Elapsed() + max(cmd.Timeout, leastTimeout)
	if j.lane == c.lanes[0] {
		j.deadline = min(j.deadline, c.o.Host.Elapsed()+c.o.HeartbeatTimeout)
	}
	if c.o.Local != nil && j.lane.len() == 0 && c.localFor(c.o.Leader()) {
		c.stats.Local.Add(1)
		j.submit(cmd, func() { j.lane.add(j) })
		return
	}
	j.lane.add(j)
}

// localFor reports whether requests for a leader go to this node's controller. Without a leader,
// it keeps them until one is elected.
func (c *Channel) localFor(l Leader) bool {
	return c.o.Local != nil && (l.ID == c.o.NodeID || l.ID < 0)
}
