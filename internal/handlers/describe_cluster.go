package handlers

// DescribeCluster (key 60), versions 0-2.
//
// KIP-700. v1: the endpoint type (KIP-919); a broker answers for brokers only. v2: fenced brokers
// on request (KIP-1073). The controller that is named is a broker, since brokers forward what only
// the controller can answer.

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// endpointBrokers and endpointControllers are the endpoint types of KIP-919.
const (
	endpointBrokers     = 1
	endpointControllers = 2
)

// clusterOperations and topicOperations are all operations that Kafka allows on a cluster and on a
// topic, as bits: what an answer carries when there is no authorizer.
const (
	clusterOperations = 1<<5 | 1<<7 | 1<<8 | 1<<9 | 1<<10 | 1<<11 | 1<<12
	topicOperations   = 1<<3 | 1<<4 | 1<<5 | 1<<6 | 1<<7 | 1<<8 | 1<<10 | 1<<11
)

var _ = declare(func(e Engines) API { return DescribeCluster(e.Images, e.ClusterID, e.NodeID) })

// DescribeCluster makes the API.
func DescribeCluster(images ImageSource, clusterID string, nodeID int32) API {
	return NewAPI(0, 2, func(c *Ctx, req *protocol.DescribeClusterRequest) {
		resp := protocol.New[protocol.DescribeClusterResponse]()
		if f := checkEndpointType(req.EndpointType); f != nil {
			resp.ErrorCode, resp.ErrorMessage = f.code.Code(), &f.text
			c.Respond(resp)
			return
		}
		image := images.Image()
		resp.ClusterID = clusterID
		resp.ControllerID = nodeToForwardTo(image, nodeID)
		if req.IncludeClusterAuthorizedOperations {
			resp.ClusterAuthorizedOperations = clusterOperations
		}
		for b := range image.Brokers() {
			e, ok := b.Endpoint(c.Listener)
			if !ok || b.Fenced && !req.IncludeFencedBrokers {
				continue
			}
			resp.Brokers = append(resp.Brokers, protocol.DescribeClusterResponseBroker{
				BrokerID: b.ID, Host: e.Host, Port: int32(e.Port), Rack: b.Rack, IsFenced: b.Fenced})
		}
		c.Respond(resp)
	})
}

func checkEndpointType(t int8) *refusal {
	switch t {
	case endpointBrokers:
		return nil
	case endpointControllers:
		return &refusal{protocol.ErrMismatchedEndpointType, "The request was sent to an endpoint of type BROKER, but we wanted an endpoint of type CONTROLLER"}
	}
	return &refusal{protocol.ErrUnsupportedEndpointType, fmt.Sprintf("Unsupported endpoint type %d", t)}
}

// nodeToForwardTo returns the broker that clients send requests for the controller to: this one
// when it is alive, else any other, -1 when there is none.
func nodeToForwardTo(image *metadata.Image, nodeID int32) int32 {
	if image.IsActive(nodeID) {
		return nodeID
	}
	for b := range image.Brokers() {
		if !b.Fenced {
			return b.ID
		}
	}
	return -1
}
