package handlers

// CreateTopics (key 19), versions 2-7.
//
// v5: flexible; the answer carries partitions, replicas and configs of the new topic (KIP-525), and -1 for partitions
// or replication factor means the broker's default (KIP-464; served in all versions, as Kafka does). v6: quota errors
// (KIP-599). v7: topic ids (KIP-516). Decided by the active controller; the answer waits for the commit.

import (
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
)

// TopicCreator is the controller.
type TopicCreator interface {
	CreateTopics(ctx controller.Request, r *protocol.CreateTopicsRequest, done func(*protocol.CreateTopicsResponse))
}

// CreateTopics makes the API.
func CreateTopics(to TopicCreator) API {
	return NewAPI(2, 7, func(c *Ctx, req *protocol.CreateTopicsRequest) {
		to.CreateTopics(controllerRequest(c), req, func(resp *protocol.CreateTopicsResponse) { c.Respond(resp) })
	})
}

// controllerRequest is what the controller wants to know about who asks.
func controllerRequest(c *Ctx) controller.Request {
	return controller.Request{Version: c.Version(), Principal: c.Principal}
}
