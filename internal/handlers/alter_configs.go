package handlers

// AlterConfigs (key 33), versions 0-2.
//
// KIP-133: replaces all configs of a resource; a key that the request does not name goes back to
// its default. v2: flexible. Deprecated since Kafka 2.3 in favour of IncrementalAlterConfigs; old
// clients still send it. Loggers are refused, as in Kafka.

import (
	"fmt"
	"strconv"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

var _ = addForwarded(func(f Forwarding) API {
	return NewAPI(0, 2, func(c *Ctx, req *protocol.AlterConfigsRequest) {
		type result = protocol.AlterConfigsResponseResourceResponse
		answers := make([]*result, len(req.Resources))
		forward := protocol.AlterConfigsRequest{ValidateOnly: req.ValidateOnly}
		changes := make([]configChange, len(req.Resources))
		for i, r := range req.Resources {
			changes[i].res = metadata.Resource{Type: r.ResourceType, Name: r.ResourceName}
			for _, o := range r.Configs {
				changes[i].ops = append(changes[i].ops, config.AlterOp{Name: o.Name, Op: config.Set, Value: o.Value})
			}
		}
		refusals := checkChanges(changes)
		for i, r := range req.Resources {
			refused := refusals[i]
			switch {
			case refused != nil:
			case r.ResourceType == metadata.ResourceBrokerLogger:
				refused = invalidRequest("Unknown resource type %d", r.ResourceType)
			default:
				refused = checkLocalResource(r.ResourceType, r.ResourceName, f.NodeID)
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

// configChange is what a request asks for one resource.
type configChange struct {
	res metadata.Resource
	ops []config.AlterOp
}

// checkChanges makes Kafka's first checks, before those of the resource itself. It refuses every
// occurrence of a resource that the request names twice, and operations that name a key twice or
// set one to null. The result has one entry for each change, nil where it is not refused.
func checkChanges(changes []configChange) []*refusal {
	named := make(map[metadata.Resource]int, len(changes))
	for i := range changes {
		named[changes[i].res]++
	}
	out := make([]*refusal, len(changes))
	for i := range changes {
		if named[changes[i].res] > 1 {
			out[i] = invalidRequest("Each resource must appear at most once.")
		} else if err := config.CheckOps(changes[i].ops); err != nil {
			out[i] = invalidRequest("%s", err.Error())
		}
	}
	return out
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
