package handlers

// IncrementalAlterConfigs (key 44), versions 0-1.
//
// KIP-339. v1: flexible. Topics, brokers (only this node, or the cluster-wide default by the name
// ""), groups (KIP-848) and client metrics subscriptions (KIP-714) go to the controller; loggers
// are this node's own (KIP-412). Deviations: listeners and listener.security.protocol.map are
// refused, and DescribeConfigs shows them as read-only: sockets are bound once, before the metadata
// log is read. Apache Kafka can change both while it runs. Numbers of threads may be set to any
// valid value at once; Apache Kafka allows at most twice and at least half the current value. Class
// names of plug-ins are not checked.

import (
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

var _ = addForwarded(func(f Forwarding) API {
	return NewAPI(0, 1, func(c *Ctx, req *protocol.IncrementalAlterConfigsRequest) {
		type result = protocol.IncrementalAlterConfigsResponseAlterConfigsResourceResponse
		answers := make([]*result, len(req.Resources))
		forward := protocol.IncrementalAlterConfigsRequest{ValidateOnly: req.ValidateOnly}
		for i := range req.Resources {
			r := &req.Resources[i]
			refused := checkLocalResource(r.ResourceType, r.ResourceName, f.NodeID)
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
