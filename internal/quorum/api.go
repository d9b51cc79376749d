package quorum

import (
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Publisher receives every committed change, in order, inside a step of the engine. It must return
// soon. It may call the Controller's methods, which only queue. The first call brings everything
// known so far as one delta from the empty image.
type Publisher func(image *metadata.Image, delta *metadata.Delta)

// Request describes a request besides its fields.
type Request = controller.Request

// Status is a snapshot of the quorum's state.
type Status struct {
	// LeaderID is the active controller, -1 when none is known.
	LeaderID int32
	// LeaderEndpoints are the addresses of the active controller, as far as they are known.
	LeaderEndpoints []kraft.Endpoint
	// Epoch is the leader epoch.
	Epoch int32
	// Active means that this node leads and answers requests.
	Active bool
	// HighWatermark is the offset after the last committed record.
	HighWatermark int64
	// LogStartOffset and LogEndOffset bound the local metadata log.
	LogStartOffset, LogEndOffset int64
	// Voters is the voter set in force, in ascending order of id.
	Voters []Voter
	// KRaftVersion is the level of kraft.version: 0 for static voters, 1 for voters in the log.
	KRaftVersion int16
}

// Image returns the committed metadata. It is never nil.
func (c *Controller) Image() *metadata.Image { return c.image.Load() }

// Status returns the newest state of the quorum.
func (c *Controller) Status() Status { return *c.status.Load() }

// Subscribe adds a publisher. Its first call comes when this node has replayed everything that the
// leader has committed.
func (c *Controller) Subscribe(p Publisher) {
	c.enqueue(op{internal: func(e *engine) { e.subscribe(p) }})
}

// BrokerGone says that the process of a broker has ended, which a refused connection to it proves.
// The active controller then fences the broker without waiting for the end of its session, and a
// new process may register under its id. epoch is the broker epoch of that process. The other
// members of the quorum do nothing.
func (c *Controller) BrokerGone(id int32, epoch int64) {
	c.enqueue(op{internal: func(e *engine) {
		if !e.active || e.stalled {
			return // the session ends later
		}
		if records := e.core.BrokerGone(e.env(), id, epoch); len(records) > 0 {
			e.c.stats.noteFenced(records)
			e.propose(records, nil)
		}
	}})
}

// BrokerUnlinked says that the connection of a broker's heartbeats has ended. The broker's process
// may have ended, too.
func (c *Controller) BrokerUnlinked(id int32, epoch int64) {
	c.enqueue(op{internal: func(e *engine) {
		if e.active {
			e.core.BrokerUnlinked(e.latest, id, epoch)
		}
	}})
}

// Call implements controller.Channel. done is called once, inside a step of the engine: after the
// records of the decision are committed and published, or when the request times out
// (REQUEST_TIMED_OUT), or when this node does not lead (NOT_CONTROLLER).
func (c *Controller) Call(ctx Request, req protocol.Message, done func(protocol.Message)) {
	c.Submit(controller.NewCommand(ctx, req, done))
}

// Submit is Call for a command. cmd.Finish is called once, as done in Call.
func (c *Controller) Submit(cmd *controller.Command) {
	c.enqueue(op{command: cmd, deadline: c.host.Elapsed() + cmd.Timeout})
}
