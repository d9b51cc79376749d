package handlers

// SyncGroup (key 14), versions 0-5.
//
// v1: throttle time. v3: group.instance.id (KIP-345). v4: flexible. v5: protocol type and name must be given and match
// (KIP-559); without them INCONSISTENT_GROUP_PROTOCOL.
// The leader's assignment is stored before anybody is answered.
//
// Deviation: of two syncs of one member that wait at the same time, the earlier is answered REBALANCE_IN_PROGRESS;
// Apache Kafka leaves it without an answer.

import "github.com/gregorhq/gregor/internal/protocol"

// SyncGroupCoordinator hands out assignments.
type SyncGroupCoordinator interface {
	SyncGroup(version int16, req *protocol.SyncGroupRequest, done func(*protocol.SyncGroupResponse))
}

// SyncGroup makes the API.
func SyncGroup(groups SyncGroupCoordinator) API {
	return NewAPI(0, 5, func(c *Ctx, req *protocol.SyncGroupRequest) {
		groups.SyncGroup(c.Version(), req, func(r *protocol.SyncGroupResponse) { c.Respond(r) })
	})
}
