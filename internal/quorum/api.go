package quorum

import (
	"github.com/gregorhq/gregor/internal/controller"
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

// Call implements controller.Channel. done is called once, inside a step of the engine: after the
// records of the decision are committed and published, or when the request times out
// (REQUEST_TIMED_OUT), or when this node does not lead (NOT_CONTROLLER).
func (c *Controller) Call(ctx Request, req protocol.Message, done func(protocol.Message)) {
	cmd := controller.NewCommand(ctx, req, done)
	c.enqueue(op{command: cmd, deadline: c.host.Elapsed() + cmd.Timeout})
}
