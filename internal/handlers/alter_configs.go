package handlers

// AlterConfigs (key 33), versions 0-2.
//
// KIP-133: replaces all configs of a resource; a key that the request does not name goes back to
// its default. v2: flexible. Deprecated since Kafka 2.3 in favour of IncrementalAlterConfigs; old
// clients still send it. Loggers are refused, as in Kafka.

import (
	"fmt"
	"strconv"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

var _ = addForwarded(func(f Forwarding) API {
	return NewAPI(0, 2, func(c *Ctx, req *protocol.AlterConfigsRequest) {
		type result = protocol.AlterConfigsResponseResourceResponse
		answers := make([]*result, len(req.Resources))
		forward := protocol.AlterConfigsRequest{ValidateOnly: req.ValidateOnly}
		for i, r := range req.Resources {
			refused := checkLocalResource(r.ResourceType, r.ResourceName, f.NodeID)
			if refused == nil && r.ResourceType == metadata.ResourceBrokerLogger {
				refused = &refusal{protocol.ErrInvalidRequest, fmt.Sprintf("Unknown resource type %d", r.ResourceType)}
			}
			if refused == nil {
				forward.Resources = append(forward.Resources, r)
				continue
			}
			answers[i] = &result{ResourceType: r.ResourceType, ResourceName: r.ResourceName, ErrorCode: refused.code.Code(), ErrorMessage: &refused.text}
		}
		controller.AlterConfigs.Call(f.Controller, controllerRequest(c), &forward, func(decided *protocol.AlterConfigsResponse) {
			resp := protocol.New[protocol.AlterConfigsResponse]()
			resp.Responses = inOrder(answers, decided.Responses)
			c.Respond(resp)
		})
	})
})

// inOrder returns the answers in the order of the request: where this node has none, it takes the
// controller's next one.
func inOrder[T any](answers []*T, decided []T) (all []T) {
	for _, a := range answers {
		if a == nil && len(decided) > 0 {
			a, decided = &decided[0], decided[1:]
		}
		if a != nil {
			all = append(all, *a)
		}
	}
	return all
}

// refusal is an error code and its text.
type refusal struct {
	code protocol.Error
	text string
}

func invalidRequest(format string, args ...any) *refusal {
	return &refusal{protocol.ErrInvalidRequest, fmt.Sprintf(format, args...)}
}

// checkLocalResource refuses broker configs and loggers of other nodes.
func checkLocalResource(resourceType int8, name string, nodeID int32) *refusal {
	if resourceType != metadata.ResourceBroker && resourceType != metadata.ResourceBrokerLogger {
		return nil
	}
	if resourceType == metadata.ResourceBroker && name == "" {
		return nil
	}
	id, err := strconv.ParseInt(name, 10, 32)
	switch {
	case err != nil:
		return invalidRequest("Node id must be an integer, but it is: %s", name)
	case int32(id) == nodeID:
		return nil
	case resourceType == metadata.ResourceBroker:
		return invalidRequest("Unexpected broker id, expected %d, but received %s", nodeID, name)
	}
	return invalidRequest("Unexpected node id. Expected %d, but received %s", nodeID, name)
}
