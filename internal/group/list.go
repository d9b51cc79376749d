package group

import (
	"maps"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol"
)

// ListGroups lists the groups of all partitions that this node coordinates, sorted by name. While
// one of them loads, the answer is COORDINATOR_LOAD_IN_PROGRESS.
func ListGroups(to Channel, req *protocol.ListGroupsRequest, done func(*protocol.ListGroupsResponse)) {
	to.Gather(func(s *Shard) any { return s.List(req.StatesFilter, req.TypesFilter) }, func(parts []any, err protocol.Error) {
		r := protocol.New[protocol.ListGroupsResponse]()
		r.ErrorCode = int16(err)
		if err == protocol.ErrNone {
			for _, p := range parts {
				r.Groups = append(r.Groups, p.([]protocol.ListGroupsResponseListedGroup)...)
			}
			slices.SortFunc(r.Groups, func(a, b protocol.ListGroupsResponseListedGroup) int { return strings.Compare(a.GroupID, b.GroupID) })
		}
		done(r)
	})
}

// List answers ListGroups (versions 0-5) for this partition, sorted by name.
// Filters ignore the case, and an empty filter accepts all (KIP-518, KIP-848).
func (s *Shard) List(states, types []string) []protocol.ListGroupsResponseListedGroup {
	var out []protocol.ListGroupsResponseListedGroup
	for _, id := range slices.Sorted(maps.Keys(s.groups)) {
		g := s.groups[id]
		out = appendListed(out, states, types, protocol.ListGroupsResponseListedGroup{
			GroupID: id, ProtocolType: g.protocolType, GroupState: g.state.String(), GroupType: "classic",
		})
	}
	for _, id := range slices.Sorted(maps.Keys(s.foreign)) {
		if s.groups[id] != nil {
			continue
		}
		f := s.foreign[id]
		out = appendListed(out, states, types, protocol.ListGroupsResponseListedGroup{
			GroupID: id, ProtocolType: f.kind, GroupState: f.state(), GroupType: f.kind,
		})
	}
	return out
}

func appendListed(out []protocol.ListGroupsResponseListedGroup, states, types []string, g protocol.ListGroupsResponseListedGroup) []protocol.ListGroupsResponseListedGroup {
	if !passes(states, g.GroupState) || !passes(types, g.GroupType) {
		return out
	}
	return append(out, g)
}

func passes(filter []string, value string) bool {
	return len(filter) == 0 || slices.ContainsFunc(filter, func(f string) bool { return strings.EqualFold(f, value) })
}
