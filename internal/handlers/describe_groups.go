package handlers

// DescribeGroups (key 15), versions 0-6: classic groups.
//
// v1: throttle time. v3: authorized operations (KIP-430). v4: group.instance.id (KIP-345). v5:
// flexible.
// v6: an unknown group is GROUP_ID_NOT_FOUND with a text (KIP-1043); before, a group in state Dead
// without error. Protocol and metadata are shown of a Stable group only.
//
// Deviations: groups are answered in the order asked for; Apache Kafka's order is its hash map's.
// A consumer or streams group that Apache Kafka left is described without its members, because
// ConsumerGroupDescribe is not served and one such group would end a description of all groups.
// An answer has at most about 100 MiB. Groups above it get INVALID_REQUEST.

import (
	"math"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
)

var _ = addCoordinated(func(g GroupCoordination) API {
	return NewAPI(0, 6, func(c *Ctx, req *protocol.DescribeGroupsRequest) {
		resp := protocol.New[protocol.DescribeGroupsResponse]()
		resp.Groups = make([]protocol.DescribeGroupsResponseDescribedGroup, len(req.Groups))
		left := newAllowance()
		part := gather(len(req.Groups), func() { c.Respond(resp) })
		for i, id := range req.Groups {
			group.DescribeGroup.Call(g.Groups, coordinatorRequest(c), id, func(r *protocol.DescribeGroupsResponseDescribedGroup) {
				r.AuthorizedOperations = math.MinInt32
				if req.IncludeAuthorizedOperations && r.ErrorCode == 0 {
					r.AuthorizedOperations = authorizedGroupOperations
				}
				part(func() {
					if !left.take(describedGroupSize(r)) {
						r = &protocol.DescribeGroupsResponseDescribedGroup{GroupID: id, ErrorCode: tooMuch.Code(), AuthorizedOperations: math.MinInt32}
					}
					resp.Groups[i] = *r
				})
			})
		}
	})
})

// describedGroupSize is about how many bytes a group takes in an answer.
func describedGroupSize(r *protocol.DescribeGroupsResponseDescribedGroup) int {
	n := 64 + len(r.GroupID)
	for i := range r.Members {
		m := &r.Members[i]
		n += 32 + len(m.MemberID) + len(m.ClientID) + len(m.ClientHost) + len(m.MemberMetadata) + len(m.MemberAssignment)
	}
	return n
}
