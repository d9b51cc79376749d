package group

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// describeVersionNotFound is the first version in which an unknown group is an error (KIP-1043). In
// older versions it is a Dead group.
const describeVersionNotFound = 6

// DescribeGroup describes one group.
var DescribeGroup = API[string, *protocol.DescribeGroupsResponseDescribedGroup]{
	Key:   func(id string) string { return id },
	Reads: true,
	Decide: func(s *Shard, _ shard.Env, r shard.Request, id string, to shard.Waiter) shard.Outcome {
		return s.Describe(r.Version, id, to)
	},
	Fail: func(_ shard.Request, id string) func(protocol.Error) *protocol.DescribeGroupsResponseDescribedGroup {
		return func(err protocol.Error) *protocol.DescribeGroupsResponseDescribedGroup {
			r := protocol.New[protocol.DescribeGroupsResponseDescribedGroup]()
			r.GroupID, r.ErrorCode = id, int16(err)
			return r
		}
	},
}

// Describe runs DescribeGroups (versions 0-6) for one group. Metadata and protocol are shown of a
// stable group only. A group that a classic member can convert is described without members: an
// error would end the description of all groups.
func (s *Shard) Describe(version int16, groupID string, to shard.Waiter) shard.Outcome {
	var out shard.Outcome
	r := protocol.New[protocol.DescribeGroupsResponseDescribedGroup]()
	r.GroupID = groupID
	out.Reply(to, r)
	g, f := s.groups[groupID], s.foreign[groupID]
	if g == nil && f != nil && f.convertible() {
		r.GroupState, r.ProtocolType = f.state(), consumerProtocol
		return out
	}
	if g == nil {
		r.GroupState = Dead.String()
		if version >= describeVersionNotFound {
			r.ErrorCode = int16(protocol.ErrGroupIDNotFound)
			r.ErrorMessage = groupNotFound(groupID)
			if f != nil {
				text := "Group " + groupID + " is not a classic group."
				r.ErrorMessage = &text
			}
		}
		return out
	}
	r.GroupState, r.ProtocolType = g.state.String(), g.protocolType
	stable := g.state == Stable
	if stable {
		r.ProtocolData = strOrEmpty(g.protocol)
	}
	for _, m := range g.members {
		dm := protocol.DescribeGroupsResponseDescribedGroupMember{
			MemberID: m.id, GroupInstanceID: m.instanceID, ClientID: m.client.ID, ClientHost: m.client.Host,
			MemberAssignment: m.assignment,
		}
		if stable {
			dm.MemberMetadata = m.metadata(g.protocol)
		}
		r.Members = append(r.Members, dm)
	}
	return out
}

func groupNotFound(id string) *string {
	text := "Group " + id + " not found."
	return &text
}
