package handlers

// DescribeGroups (key 15), versions 0-6: classic groups.
//
// v1: throttle time. v3: authorized operations (KIP-430). v4: group.instance.id (KIP-345). v5: flexible.
// v6: an unknown group is GROUP_ID_NOT_FOUND with a text (KIP-1043); before, a group in state Dead without error.
// Protocol and metadata are shown of a Stable group only.
//
// Deviation: groups are answered in the order asked for; Apache Kafka's order is its hash map's.

import (
	"math"

	"github.com/gregorhq/gregor/internal/protocol"
)

// DescribeGroupsCoordinator describes groups.
type DescribeGroupsCoordinator interface {
	DescribeGroup(version int16, groupID string, done func(*protocol.DescribeGroupsResponseDescribedGroup))
}

// DescribeGroups makes the API.
func DescribeGroups(groups DescribeGroupsCoordinator) API {
	return NewAPI(0, 6, func(c *Ctx, req *protocol.DescribeGroupsRequest) {
		resp := protocol.New[protocol.DescribeGroupsResponse]()
		resp.Groups = make([]protocol.DescribeGroupsResponseDescribedGroup, len(req.Groups))
		part := gather(len(req.Groups), func() { c.Respond(resp) })
		for i, id := range req.Groups {
			groups.DescribeGroup(c.Version(), id, func(r *protocol.DescribeGroupsResponseDescribedGroup) {
				r.AuthorizedOperations = math.MinInt32
				if req.IncludeAuthorizedOperations && r.ErrorCode == 0 {
					r.AuthorizedOperations = authorizedGroupOperations
				}
				part(func() { resp.Groups[i] = *r })
			})
		}
	})
}
