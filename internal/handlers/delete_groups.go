package handlers

// DeleteGroups (key 42), versions 0-3.
//
// v1: throttle time. v2: flexible. v3: error text. NON_EMPTY_GROUP while the group has members,
// GROUP_ID_NOT_FOUND for an unknown one. Offsets are deleted with it.
// A group that is named twice is answered once.
//
// Deviations: Apache Kafka may answer NON_EMPTY_GROUP for a moment after the last member left.
// gregor counts the member as gone when LeaveGroup is answered.
// A share group that Apache Kafka left is not deleted (UNSUPPORTED_VERSION). Its state in
// __share_group_state would stay, and a new group of the name would get no records in Apache Kafka.

import (
	"slices"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
)

var _ = addCoordinated(func(g GroupCoordination) API {
	return NewAPI(0, 3, func(c *Ctx, req *protocol.DeleteGroupsRequest) {
		resp := protocol.New[protocol.DeleteGroupsResponse]()
		names := slices.Compact(slices.Sorted(slices.Values(req.GroupsNames)))
		resp.Results = make([]protocol.DeleteGroupsResponseDeletableGroupResult, len(names))
		part := gather(len(names), func() { c.Respond(resp) })
		for i, id := range names {
			group.DeleteGroup.Call(g.Groups, coordinatorRequest(c), id, func(r *protocol.DeleteGroupsResponseDeletableGroupResult) {
				part(func() { resp.Results[i] = *r })
			})
		}
	})
})
