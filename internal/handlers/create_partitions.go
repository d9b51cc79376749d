package handlers

// CreatePartitions (key 37), versions 0-3.
//
// KIP-195. v2: flexible. v3: quota errors (KIP-599). The answer waits for the commit.

import (
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
)

// PartitionCreator is the controller.
type PartitionCreator interface {
	CreatePartitions(ctx controller.Request, r *protocol.CreatePartitionsRequest, done func(*protocol.CreatePartitionsResponse))
}

// CreatePartitions makes the API.
func CreatePartitions(to PartitionCreator) API {
	return NewAPI(0, 3, func(c *Ctx, req *protocol.CreatePartitionsRequest) {
		to.CreatePartitions(controllerRequest(c), req, func(resp *protocol.CreatePartitionsResponse) { c.Respond(resp) })
	})
}
