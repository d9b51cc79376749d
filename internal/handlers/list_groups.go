package handlers

// ListGroups (key 16), versions 0-5: the groups whose coordinator this broker is.
//
// v1: throttle time. v3: flexible. v4: filter by state (KIP-518). v5: filter by type, and the type in the answer
// (KIP-848). While a partition of __consumer_offsets loads, the answer is COORDINATOR_LOAD_IN_PROGRESS.
//
// Deviation: sorted by name; Apache Kafka's order is its hash maps'.

import "github.com/gregorhq/gregor/internal/protocol"

// ListGroupsCoordinator lists groups.
type ListGroupsCoordinator interface {
	ListGroups(req *protocol.ListGroupsRequest, done func(*protocol.ListGroupsResponse))
}

// ListGroups makes the API.
func ListGroups(groups ListGroupsCoordinator) API {
	return NewAPI(0, 5, func(c *Ctx, req *protocol.ListGroupsRequest) {
		groups.ListGroups(req, func(r *protocol.ListGroupsResponse) { c.Respond(r) })
	})
}
