package handlers

// ListGroups (key 16), versions 0-5: the groups whose coordinator this broker is.
//
// v1: throttle time. v3: flexible. v4: filter by state (KIP-518). v5: filter by type, and the type
// in the answer (KIP-848). While a partition of __consumer_offsets loads, the answer is
// COORDINATOR_LOAD_IN_PROGRESS. The answer shows committed groups and never waits for a commit, so
// groups can be listed while the ISR is below min.insync.replicas.
//
// Deviation: sorted by name; Apache Kafka's order is its hash maps'.

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
)

var _ = addCoordinated(func(g GroupCoordination) API {
	return NewAPI(0, 5, func(c *Ctx, req *protocol.ListGroupsRequest) {
		group.ListGroups(g.Groups, req, func(r *protocol.ListGroupsResponse) { c.Respond(r) })
	})
})
