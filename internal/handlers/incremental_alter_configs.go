package handlers

// IncrementalAlterConfigs (key 44), versions 0-1.
//
// KIP-339. v1: flexible. Topics, brokers (only this node, or the cluster-wide default by the name ""), groups
// (KIP-848) and client metrics subscriptions (KIP-714) go to the controller; loggers are this node's own (KIP-412).
// Deviations: listeners and listener.security.protocol.map are refused, and DescribeConfigs says that they are read-only: sockets
// are bound once, before the metadata log is read. Apache Kafka can change both while it runs. Numbers of threads may be set to any
// valid value at once, where Apache Kafka allows twice and half the current one. Class names of plug-ins are not tried out.

import (
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// ConfigAlterer is the controller.
type ConfigAlterer interface {
	IncrementalAlterConfigs(ctx controller.Request, r *protocol.IncrementalAlterConfigsRequest, done func(*protocol.IncrementalAlterConfigsResponse))
}

// IncrementalAlterConfigs makes the API. loggers may be nil: then no logger exists.
func IncrementalAlterConfigs(to ConfigAlterer, nodeID int32, loggers Loggers) API {
	return NewAPI(0, 1, func(c *Ctx, req *protocol.IncrementalAlterConfigsRequest) {
		type result = protocol.IncrementalAlterConfigsResponseAlterConfigsResourceResponse
		answers := make([]*result, len(req.Resources))
		forward := protocol.IncrementalAlterConfigsRequest{ValidateOnly: req.ValidateOnly}
		for i := range req.Resources {
			r := &req.Resources[i]
			f := checkLocalResource(r.ResourceType, r.ResourceName, nodeID)
			switch {
			case f == nil && r.ResourceType != metadata.ResourceBrokerLogger:
				forward.Resources = append(forward.Resources, *r)
				continue
			case f == nil:
				f = alterLoggers(loggers, r.Configs, req.ValidateOnly)
			}
			answers[i] = &result{ResourceType: r.ResourceType, ResourceName: r.ResourceName}
			if f != nil {
				answers[i].ErrorCode, answers[i].ErrorMessage = f.code.Code(), &f.text
			}
		}
		to.IncrementalAlterConfigs(controllerRequest(c), &forward, func(decided *protocol.IncrementalAlterConfigsResponse) {
			resp := protocol.New[protocol.IncrementalAlterConfigsResponse]()
			resp.Responses = inOrder(answers, decided.Responses)
			c.Respond(resp)
		})
	})
}
