package handlers

// Heartbeat (key 12), versions 0-4.
//
// v1: throttle time. v3: group.instance.id (KIP-345). v4: flexible.
// REBALANCE_IN_PROGRESS tells the member to join again. An unknown group is UNKNOWN_MEMBER_ID.

import "github.com/gregorhq/gregor/internal/protocol"

// HeartbeatCoordinator keeps members alive.
type HeartbeatCoordinator interface {
	Heartbeat(req *protocol.HeartbeatRequest, done func(*protocol.HeartbeatResponse))
}

// Heartbeat makes the API.
func Heartbeat(groups HeartbeatCoordinator) API {
	return NewAPI(0, 4, func(c *Ctx, req *protocol.HeartbeatRequest) {
		groups.Heartbeat(req, func(r *protocol.HeartbeatResponse) { c.Respond(r) })
	})
}
