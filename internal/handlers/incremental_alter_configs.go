package handlers

// IncrementalAlterConfigs (key 44), versions 0-1.
//
// KIP-339. v1: flexible. Topics, brokers (only this node, or the cluster-wide default by the name
// ""), groups (KIP-848) and client metrics subscriptions (KIP-714) go to the controller; loggers
// are this node's own (KIP-412).
//
// Deviations: listeners and listener.security.protocol.map are refused, and DescribeConfigs shows
// them as read-only: sockets are bound once, before the metadata log is read. Apache Kafka can
// change both while it runs. Numbers of threads, such as log.cleaner.threads, may be set to any
// valid value at once; Apache Kafka allows at most twice and at least half the current value. 0
// threads are refused with a text that says so; Apache Kafka's is "/ by zero". Class names of
// plug-ins are not checked. An operation that does not exist, for a topic or a group, is refused
// after the checks of its resource; Apache Kafka answers UNKNOWN_SERVER_ERROR before them. APPEND
// and SUBTRACT work on the group key streams.rack.aware.assignment.tags; Apache Kafka answers that
// it is no list.

import (
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

var _ = addForwarded(func(f Forwarding) API {
	return NewAPI(0, 1, func(c *Ctx, req *protocol.IncrementalAlterConfigsRequest) {
		type result = protocol.IncrementalAlterConfigsResponseAlterConfigsResourceResponse
		answers := make([]*result, len(req.Resources))
		forward := protocol.IncrementalAlterConfigsRequest{ValidateOnly: req.ValidateOnly}
		changes := make([]configChange, len(req.Resources))
		for i := range req.Resources {
			r := &req.Resources[i]
			changes[i].res = metadata.Resource{Type: r.ResourceType, Name: r.ResourceName}
			for _, o := range r.Configs {
				changes[i].ops = append(changes[i].ops, config.AlterOp{Name: o.Name, Op: config.Op(o.ConfigOperation), Value: o.Value})
			}
		}
		refusals := checkChanges(changes)
		for i := range req.Resources {
			r := &req.Resources[i]
			refused := refusals[i]
			if refused == nil {
				refused = checkLocalResource(r.ResourceType, r.ResourceName, f.NodeID)
			}
			switch {
			case refused == nil && r.ResourceType != metadata.ResourceBrokerLogger:
				forward.Resources = append(forward.Resources, *r)
				continue
			case refused == nil:
				refused = alterLoggers(f.Loggers, r.Configs, req.ValidateOnly)
			}
			answers[i] = &result{ResourceType: r.ResourceType, ResourceName: r.ResourceName}
			if refused != nil {
				answers[i].ErrorCode, answers[i].ErrorMessage = refused.code.Code(), &refused.text
			}
		}
		controller.IncrementalAlterConfigs.Call(f.Controller, controllerRequest(c), &forward, func(decided *protocol.IncrementalAlterConfigsResponse) {
			resp := protocol.New[protocol.IncrementalAlterConfigsResponse]()
			resp.Responses = inOrder(answers, decided.Responses)
			c.Respond(resp)
		})
	})
})
