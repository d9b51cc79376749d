package handlers

// DeleteTopics (key 20), versions 1-6.
//
// v1: throttle time. v3: TOPIC_DELETION_DISABLED instead of INVALID_REQUEST when delete.topic.enable is false. v4:
// flexible. v5: error texts. v6: by topic id too (KIP-516). The answer waits for the commit; files go a little later.

import (
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
)

// TopicDeleter is the controller.
type TopicDeleter interface {
	DeleteTopics(ctx controller.Request, r *protocol.DeleteTopicsRequest, done func(*protocol.DeleteTopicsResponse))
}

// DeleteTopics makes the API.
func DeleteTopics(to TopicDeleter) API {
	return NewAPI(1, 6, func(c *Ctx, req *protocol.DeleteTopicsRequest) {
		to.DeleteTopics(controllerRequest(c), req, func(resp *protocol.DeleteTopicsResponse) { c.Respond(resp) })
	})
}
