package quorum

import (
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Publisher is told of every committed change, in order. It is called on the quorum's goroutine: it must not block
// for long, and it may call the Controller's methods, which only queue. The first call brings everything known so
// far as one delta from the empty image.
type Publisher func(image *metadata.Image, delta *metadata.Delta)

// Request describes who asks and in which API version; see controller.Request.
type Request = controller.Request

// Status is where the quorum stands.
type Status struct {
	// LeaderID is the active controller, -1 when none is known.
	LeaderID int32
	// Epoch is the leader epoch, which is the raft term.
	Epoch int32
	// Active tells that this node leads and answers requests.
	Active bool
	// HighWatermark is the offset after the last committed record.
	HighWatermark int64
	// LogStartOffset and LogEndOffset bound the local metadata log.
	LogStartOffset, LogEndOffset int64
	// Voters is the voter set in force, in ascending order of id.
	Voters []Voter
}

// Image is the committed metadata. It is never nil.
func (c *Controller) Image() *metadata.Image { return c.image.Load() }

// Status tells where the quorum stands. It is a snapshot: by the time it is read it may have changed.
func (c *Controller) Status() Status { return *c.status.Load() }

// Subscribe adds a publisher. Its first call comes soon, on the quorum's goroutine.
func (c *Controller) Subscribe(p Publisher) {
	c.enqueue(op{internal: func(*engine) { c.engine.subscribe(p) }})
}

// The requests. Each callback is called exactly once, from the quorum's goroutine, when the answer is known: after
// its records are committed and published, or when the deadline has passed (REQUEST_TIMED_OUT), or because this node
// does not lead (NOT_CONTROLLER). The request must not be changed until then.

// CreateTopics creates topics; the deadline is the request's TimeoutMs.
func (c *Controller) CreateTopics(ctx Request, r *protocol.CreateTopicsRequest, done func(*protocol.CreateTopicsResponse)) {
	submit(c, c.timeout(r.TimeoutMs), done,
		func(e controller.Env) ([]controller.Record, *protocol.CreateTopicsResponse) {
			return c.core.CreateTopics(e, ctx, r)
		},
		func(err protocol.Error) *protocol.CreateTopicsResponse { return controller.FailCreateTopics(r, err) })
}

// DeleteTopics deletes topics by name or id; the deadline is the request's TimeoutMs.
func (c *Controller) DeleteTopics(ctx Request, r *protocol.DeleteTopicsRequest, done func(*protocol.DeleteTopicsResponse)) {
	submit(c, c.timeout(r.TimeoutMs), done,
		func(e controller.Env) ([]controller.Record, *protocol.DeleteTopicsResponse) {
			return c.core.DeleteTopics(e, ctx, r)
		},
		func(err protocol.Error) *protocol.DeleteTopicsResponse { return controller.FailDeleteTopics(r, err) })
}

// CreatePartitions adds partitions to topics; the deadline is the request's TimeoutMs.
func (c *Controller) CreatePartitions(ctx Request, r *protocol.CreatePartitionsRequest, done func(*protocol.CreatePartitionsResponse)) {
	submit(c, c.timeout(r.TimeoutMs), done,
		func(e controller.Env) ([]controller.Record, *protocol.CreatePartitionsResponse) {
			return c.core.CreatePartitions(e, ctx, r)
		},
		func(err protocol.Error) *protocol.CreatePartitionsResponse {
			return controller.FailCreatePartitions(r, err)
		})
}

// IncrementalAlterConfigs changes single configs of resources.
func (c *Controller) IncrementalAlterConfigs(ctx Request, r *protocol.IncrementalAlterConfigsRequest, done func(*protocol.IncrementalAlterConfigsResponse)) {
	submit(c, c.defaultTimeout(), done,
		func(e controller.Env) ([]controller.Record, *protocol.IncrementalAlterConfigsResponse) {
			return c.core.IncrementalAlterConfigs(e, ctx, r)
		},
		func(err protocol.Error) *protocol.IncrementalAlterConfigsResponse {
			return controller.FailIncrementalAlterConfigs(r, err)
		})
}

// AlterConfigs replaces the configs of resources.
func (c *Controller) AlterConfigs(ctx Request, r *protocol.AlterConfigsRequest, done func(*protocol.AlterConfigsResponse)) {
	submit(c, c.defaultTimeout(), done,
		func(e controller.Env) ([]controller.Record, *protocol.AlterConfigsResponse) {
			return c.core.AlterConfigs(e, ctx, r)
		},
		func(err protocol.Error) *protocol.AlterConfigsResponse { return controller.FailAlterConfigs(r, err) })
}

// RegisterBroker registers a broker's incarnation; the answer carries its broker epoch.
func (c *Controller) RegisterBroker(ctx Request, r *protocol.BrokerRegistrationRequest, done func(*protocol.BrokerRegistrationResponse)) {
	submit(c, c.defaultTimeout(), done,
		func(e controller.Env) ([]controller.Record, *protocol.BrokerRegistrationResponse) {
			return c.core.RegisterBroker(e, ctx, r)
		},
		func(err protocol.Error) *protocol.BrokerRegistrationResponse {
			resp := protocol.New[protocol.BrokerRegistrationResponse]()
			resp.ErrorCode = int16(err)
			return resp
		})
}

// Heartbeat takes a broker's heartbeat.
func (c *Controller) Heartbeat(ctx Request, r *protocol.BrokerHeartbeatRequest, done func(*protocol.BrokerHeartbeatResponse)) {
	submit(c, c.defaultTimeout(), done,
		func(e controller.Env) ([]controller.Record, *protocol.BrokerHeartbeatResponse) {
			return c.core.Heartbeat(e, ctx, r)
		},
		func(err protocol.Error) *protocol.BrokerHeartbeatResponse {
			resp := protocol.New[protocol.BrokerHeartbeatResponse]()
			resp.ErrorCode = int16(err)
			return resp
		})
}

// UnregisterBroker removes a broker's registration.
func (c *Controller) UnregisterBroker(ctx Request, r *protocol.UnregisterBrokerRequest, done func(*protocol.UnregisterBrokerResponse)) {
	submit(c, c.defaultTimeout(), done,
		func(e controller.Env) ([]controller.Record, *protocol.UnregisterBrokerResponse) {
			return c.core.UnregisterBroker(e, ctx, r)
		},
		func(err protocol.Error) *protocol.UnregisterBrokerResponse {
			resp := protocol.New[protocol.UnregisterBrokerResponse]()
			resp.ErrorCode = int16(err)
			return resp
		})
}

// AllocateProducerIDs hands a block of producer ids to a broker.
func (c *Controller) AllocateProducerIDs(ctx Request, r *protocol.AllocateProducerIDsRequest, done func(*protocol.AllocateProducerIDsResponse)) {
	submit(c, c.defaultTimeout(), done,
		func(e controller.Env) ([]controller.Record, *protocol.AllocateProducerIDsResponse) {
			return c.core.AllocateProducerIDs(e, ctx, r)
		},
		func(err protocol.Error) *protocol.AllocateProducerIDsResponse {
			resp := protocol.New[protocol.AllocateProducerIDsResponse]()
			resp.ErrorCode = int16(err)
			return resp
		})
}

// AlterPartition changes the ISR of partitions on behalf of their leader.
func (c *Controller) AlterPartition(ctx Request, r *protocol.AlterPartitionRequest, done func(*protocol.AlterPartitionResponse)) {
	submit(c, c.defaultTimeout(), done,
		func(e controller.Env) ([]controller.Record, *protocol.AlterPartitionResponse) {
			return c.core.AlterPartition(e, ctx, r)
		},
		func(err protocol.Error) *protocol.AlterPartitionResponse {
			resp := protocol.New[protocol.AlterPartitionResponse]()
			resp.ErrorCode = int16(err)
			return resp
		})
}

// ElectLeaders elects preferred (or, unclean, any live) leaders; the deadline is the request's TimeoutMs.
func (c *Controller) ElectLeaders(ctx Request, r *protocol.ElectLeadersRequest, done func(*protocol.ElectLeadersResponse)) {
	submit(c, c.timeout(r.TimeoutMs), done,
		func(e controller.Env) ([]controller.Record, *protocol.ElectLeadersResponse) {
			return c.core.ElectLeaders(e, ctx, r)
		},
		func(err protocol.Error) *protocol.ElectLeadersResponse {
			resp := protocol.New[protocol.ElectLeadersResponse]()
			resp.ErrorCode = int16(err)
			return resp
		})
}

func (c *Controller) timeout(ms int32) time.Time {
	return c.now().Add(time.Duration(ms) * time.Millisecond)
}

// defaultTimeout bounds requests that name no time-out of their own: they wait for a commit, which takes longer only
// when the quorum is lost.
func (c *Controller) defaultTimeout() time.Time { return c.now().Add(30 * time.Second) }
