package coordinator

import (
	"slices"
	"strings"
	"sync"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// DescribeGroup answers for one group.
func (g *Groups) DescribeGroup(version int16, groupID string, done func(*protocol.DescribeGroupsResponseDescribedGroup)) {
	to := &waiter[protocol.DescribeGroupsResponseDescribedGroup]{done, func(err protocol.Error) *protocol.DescribeGroupsResponseDescribedGroup {
		r := protocol.New[protocol.DescribeGroupsResponseDescribedGroup]()
		r.GroupID, r.ErrorCode = groupID, int16(err)
		return r
	}}
	g.submit(groupID, to, func(s *group.Shard, _ shard.Env) shard.Outcome { return s.Describe(version, groupID, to) })
}

// DeleteGroup answers when the group is gone.
func (g *Groups) DeleteGroup(groupID string, done func(*protocol.DeleteGroupsResponseDeletableGroupResult)) {
	to := &waiter[protocol.DeleteGroupsResponseDeletableGroupResult]{done, func(err protocol.Error) *protocol.DeleteGroupsResponseDeletableGroupResult {
		r := protocol.New[protocol.DeleteGroupsResponseDeletableGroupResult]()
		r.GroupID, r.ErrorCode = groupID, int16(err)
		return r
	}}
	g.submit(groupID, to, func(s *group.Shard, _ shard.Env) shard.Outcome { return s.Delete(groupID, to) })
}

// ListGroups gathers the groups of all partitions owned here, sorted by name. One
// that is loading makes the whole answer COORDINATOR_LOAD_IN_PROGRESS.
func (g *Groups) ListGroups(req *protocol.ListGroupsRequest, done func(*protocol.ListGroupsResponse)) {
	ids := g.rt.Partitions()
	l := &listing{left: len(ids) + 1, resp: protocol.New[protocol.ListGroupsResponse](), done: done}
	for _, id := range ids {
		g.rt.Submit(id, Command[*group.Shard]{To: l, Decide: func(s *group.Shard, _ shard.Env) shard.Outcome {
			return shard.Outcome{Replies: []shard.Reply{{To: l, Response: s.List(req.StatesFilter, req.TypesFilter)}}}
		}})
	}
	l.add(nil, protocol.ErrNone)
}

// listing is a ListGroups answer under way.
type listing struct {
	mu   sync.Mutex
	left int // partitions that have not answered, and one until all were asked
	resp *protocol.ListGroupsResponse
	done func(*protocol.ListGroupsResponse)
}

func (l *listing) Reply(r any) {
	l.add(r.([]protocol.ListGroupsResponseListedGroup), protocol.ErrNone)
}

func (l *listing) Fail(err protocol.Error) {
	if err == protocol.ErrNotCoordinator {
		err = protocol.ErrNone // moved away: its new coordinator lists it
	}
	l.add(nil, err)
}

func (l *listing) add(groups []protocol.ListGroupsResponseListedGroup, err protocol.Error) {
	l.mu.Lock()
	l.resp.Groups = append(l.resp.Groups, groups...)
	if err != protocol.ErrNone {
		l.resp.ErrorCode = int16(err)
	}
	l.left--
	last := l.left == 0
	l.mu.Unlock()
	if !last {
		return
	}
	if l.resp.ErrorCode != 0 {
		l.resp.Groups = nil
	}
	slices.SortFunc(l.resp.Groups, func(a, b protocol.ListGroupsResponseListedGroup) int {
		return strings.Compare(a.GroupID, b.GroupID)
	})
	l.done(l.resp)
}
