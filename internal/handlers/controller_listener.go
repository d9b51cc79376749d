package handlers

import (
	"slices"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// onControllers are the APIs that Apache Kafka 4.4 serves on a controller listener. A request for
// another one closes the connection: clients read from ApiVersions that the node is no broker.
var onControllers = []int16{
	protocol.KeySaslHandshake, protocol.KeySaslAuthenticate, protocol.KeyAPIVersions,
	protocol.KeyCreateTopics, protocol.KeyDeleteTopics, protocol.KeyCreatePartitions,
	protocol.KeyDescribeACLs, protocol.KeyCreateACLs, protocol.KeyDeleteACLs,
	protocol.KeyDescribeConfigs, protocol.KeyAlterConfigs, protocol.KeyIncrementalAlterConfigs,
	protocol.KeyCreateDelegationToken, protocol.KeyRenewDelegationToken, protocol.KeyExpireDelegationToken, protocol.KeyDescribeDelegationToken,
	protocol.KeyElectLeaders, protocol.KeyAlterPartitionReassignments, protocol.KeyListPartitionReassignments,
	protocol.KeyAlterClientQuotas, protocol.KeyDescribeUserScramCredentials, protocol.KeyAlterUserScramCredentials,
	protocol.KeyDescribeQuorum, protocol.KeyUpdateFeatures, protocol.KeyDescribeCluster, protocol.KeyUnregisterBroker, protocol.KeyUnregisterController,
}

// internalAPIs are the APIs that brokers and controllers use among themselves. Only controller
// listeners serve them.
var internalAPIs declared[Forwarding]

// forwardInternal is forward for controller listeners.
func forwardInternal[T any, P request[T], R protocol.Message](minVersion, maxVersion int16, api *controller.API[P, R]) struct{} {
	return internalAPIs.add(func(f Forwarding) API {
		return NewAPI(minVersion, maxVersion, func(c *Ctx, req P) {
			api.Call(f.Controller, controllerRequest(c), req, func(resp R) { c.Respond(resp) })
		})
	})
}

// NewControllerRegistry makes the table of a controller listener: what brokers serves and Kafka
// serves there, with the ApiVersions and the DescribeCluster of a controller, and the APIs of the
// metadata quorum. local has the controller of this node. As in Kafka, a controller that is not the
// active one refuses requests, and does not forward them.
func NewControllerRegistry(brokers *Registry, versions APIVersionsSource, describe API, local Forwarding, quorum ...API) *Registry {
	r := NewRegistry(append(quorum, describe)...)
	r.unserved, r.brokers = brokers.unserved, brokers
	for _, a := range internalAPIs.bind(local) {
		r.Add(a)
	}
	for _, a := range ControllerAPIs(local) {
		if slices.Contains(onControllers, a.Key) {
			r.Add(a)
		}
	}
	for _, a := range brokers.Served() {
		if r.apis[a.Key] != nil {
			continue
		}
		if slices.Contains(onControllers, a.Key) && a.Key != protocol.KeyAPIVersions && a.Key != describe.Key {
			r.Add(a)
		}
	}
	r.Add(Envelope(r, local.Applied))
	r.Add(APIVersions(r, versions))
	return r
}

// ControllerSource knows the controllers.
type ControllerSource interface {
	ImageSource
	// ActiveController is the id of the controller that leads, -1 when there is none.
	ActiveController() int32
}

// DescribeControllers is DescribeCluster on a controller listener (KIP-919): it answers for
// controllers only.
func DescribeControllers(from ControllerSource, clusterID string) API {
	return NewAPI(0, 2, func(c *Ctx, req *protocol.DescribeClusterRequest) {
		resp := protocol.New[protocol.DescribeClusterResponse]()
		switch req.EndpointType {
		case endpointControllers:
			resp.ClusterID, resp.ControllerID, resp.EndpointType = clusterID, from.ActiveController(), endpointControllers
			if req.IncludeClusterAuthorizedOperations {
				resp.ClusterAuthorizedOperations = clusterOperations
			}
			resp.Brokers = describedControllers(from.Image(), c.Listener)
		case endpointBrokers:
			text := "The request was sent to an endpoint of type CONTROLLER, but we wanted an endpoint of type BROKER"
			resp.ErrorCode, resp.ErrorMessage = protocol.ErrMismatchedEndpointType.Code(), &text
			if c.Version() < 1 { // clients of that time do not know the endpoint type and its error
				resp.ErrorCode = protocol.ErrInvalidRequest.Code()
			}
		default:
			f := checkEndpointType(req.EndpointType)
			resp.ErrorCode, resp.ErrorMessage = f.code.Code(), &f.text
		}
		c.Respond(resp)
	})
}

func describedControllers(image *metadata.Image, listener string) (out []protocol.DescribeClusterResponseBroker) {
	for n := range image.Controllers() {
		for _, e := range n.Endpoints {
			if e.Name == listener {
				out = append(out, protocol.DescribeClusterResponseBroker{BrokerID: n.ID, Host: e.Host, Port: int32(e.Port)})
			}
		}
	}
	return out
}
