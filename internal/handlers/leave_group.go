package handlers

// LeaveGroup (key 13), versions 0-5.
//
// v1: throttle time. v3: several members, each with its own error; a static member may be named by its instance id
// alone (KIP-345, KIP-571). v4: flexible. v5: reason (KIP-800).

import "github.com/gregorhq/gregor/internal/protocol"

// LeaveGroupCoordinator lets members go.
type LeaveGroupCoordinator interface {
	LeaveGroup(version int16, req *protocol.LeaveGroupRequest, done func(*protocol.LeaveGroupResponse))
}

// LeaveGroup makes the API.
func LeaveGroup(groups LeaveGroupCoordinator) API {
	return NewAPI(0, 5, func(c *Ctx, req *protocol.LeaveGroupRequest) {
		groups.LeaveGroup(c.Version(), req, func(r *protocol.LeaveGroupResponse) { c.Respond(r) })
	})
}
