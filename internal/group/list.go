package group

import (
	"maps"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// ListGroups lists the groups of all partitions that this node coordinates, sorted by name. While
// one of them loads, the answer is COORDINATOR_LOAD_IN_PROGRESS.
//
// It never waits for a commit. A group that has uncommitted records is shown as it was before the
// first of them that changes its type, protocol type or state. So a group that they create is not
// shown yet, and a group that they delete is.
func ListGroups(to Channel, req *protocol.ListGroupsRequest, done func(*protocol.ListGroupsResponse)) {
	read := func(s *Shard, committed map[string]shard.Listing) any {
		return s.List(req.StatesFilter, req.TypesFilter, committed)
	}
	to.Gather(read, func(parts []any, err protocol.Error) {
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
// Filters ignore the case, and an empty filter accepts all (KIP-518, KIP-848). committed holds the
// groups that uncommitted records have changed, as they were before.
func (s *Shard) List(states, types []string, committed map[string]shard.Listing) []protocol.ListGroupsResponseListedGroup {
	ids := make(map[string]struct{}, len(s.groups)+len(s.foreign))
	for id := range s.groups { // any order
		ids[id] = struct{}{}
	}
	for id := range s.foreign { // any order
		ids[id] = struct{}{}
	}
	for id := range committed { // any order
		ids[id] = struct{}{}
	}
	var out []protocol.ListGroupsResponseListedGroup
	for _, id := range slices.Sorted(maps.Keys(ids)) {
		l, ok := committed[id]
		if !ok {
			l = s.Listing(id)
		}
		if l != (shard.Listing{}) && passes(states, l.State) && passes(types, l.Type) {
			out = append(out, protocol.ListGroupsResponseListedGroup{GroupID: id, ProtocolType: l.ProtocolType, GroupState: l.State, GroupType: l.Type})
		}
	}
	return out
}

// Listing implements shard.Listed.
func (s *Shard) Listing(id string) shard.Listing {
	if g := s.groups[id]; g != nil {
		return shard.Listing{Type: "classic", ProtocolType: g.protocolType, State: g.state.String()}
	}
	if f := s.foreign[id]; f != nil {
		return shard.Listing{Type: f.kind, ProtocolType: f.kind, State: f.state()}
	}
	return shard.Listing{}
}

// KeysInTxn implements shard.Listed.
func (s *Shard) KeysInTxn(producerID int64) []string {
	if t := s.pending[producerID]; t != nil {
		return slices.Sorted(maps.Keys(t.groups))
	}
	return nil
}

func passes(filter []string, value string) bool {
	return len(filter) == 0 || slices.ContainsFunc(filter, func(f string) bool { return strings.EqualFold(f, value) })
}
