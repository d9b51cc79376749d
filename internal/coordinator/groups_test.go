package coordinator

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
)

func TestPartitionFor(t *testing.T) {
	g := NewGroups(GroupsOptions{Host: newManual(1000), Partitions: func() int32 { return 50 }})
	// Java: Math.abs-free form, (s.hashCode() & 0x7fffffff) % 50; "cg" was seen in
	// partition 22 of a real broker.
	for s, want := range map[string]int32{"": 0, "cg": 22, "a": 97 % 50, "console-consumer-1": 24, "😀": 49,
		"polygenelubricants": 0 /* its hash is the smallest int */} {
		if got := g.PartitionFor(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	none := NewGroups(GroupsOptions{Host: newManual(1000), Partitions: func() int32 { return 0 }})
	var code int16
	none.Heartbeat(&protocol.HeartbeatRequest{GroupID: "g"}, func(r *protocol.HeartbeatResponse) { code = r.ErrorCode })
	if protocol.Error(code) != protocol.ErrNotCoordinator {
		t.Errorf("without the topic: %v", protocol.Error(code))
	}
}

type groupsFixture struct {
	*Groups
	*manual
	log *memLog
}

func newGroups() *groupsFixture {
	f := &groupsFixture{log: newMemLog(), manual: newManual(1_700_000_000_000)}
	cfg := group.DefaultConfig()
	cfg.InitialRebalanceDelayMs = 0
	f.Groups = NewGroups(GroupsOptions{
		Log: f.log, Partitions: func() int32 { return 4 }, Config: func() group.Config { return cfg }, Host: f.manual,
		WriteTimeoutMs: func() int64 { return 5000 },
	})
	f.loadAll()
	return f
}

func (f *groupsFixture) loadAll() {
	for p := range int32(4) {
		f.Load(p, 1)
	}
	f.run()
}

// tick fires what is due now.
func (f *groupsFixture) tick() { f.Runtime().tick(f.elapsed) }

// stable makes group g stable with one member and returns its id.
func (f *groupsFixture) stable(t *testing.T) string {
	t.Helper()
	join := protocol.New[protocol.JoinGroupRequest]()
	join.GroupID, join.SessionTimeoutMs, join.RebalanceTimeoutMs, join.ProtocolType = "g", 10000, 10000, "consumer"
	join.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range"}}
	var id string
	f.JoinGroup(group.Client{ID: "c", Host: "/h"}, 3, join, func(r *protocol.JoinGroupResponse) { id = r.MemberID })
	f.tick()
	sync := protocol.New[protocol.SyncGroupRequest]()
	sync.GroupID, sync.MemberID, sync.GenerationID = "g", id, 1
	sync.Assignments = []protocol.SyncGroupRequestRequestAssignment{{MemberID: id, Assignment: []byte("mine")}}
	var got string
	f.SyncGroup(3, sync, func(r *protocol.SyncGroupResponse) { got = string(r.Assignment) })
	if !strings.HasPrefix(id, "c-00000000-") || got != "mine" {
		t.Fatalf("member %q assignment %q", id, got)
	}
	return id
}

func commitOne(group, topic string, offset int64) *protocol.OffsetCommitRequest {
	r := protocol.New[protocol.OffsetCommitRequest]()
	r.GroupID = group
	r.Topics = []protocol.OffsetCommitRequestRequestTopic{{Name: topic, Partitions: []protocol.OffsetCommitRequestRequestPartition{{CommittedOffset: offset}}}}
	return r
}

func (f *groupsFixture) offset(group, topic string) (at int64) {
	f.FetchOffsets(false, &protocol.OffsetFetchRequestRequestGroup{GroupID: group, MemberEpoch: -1,
		Topics: []protocol.OffsetFetchRequestRequestTopics{{Name: topic, PartitionIndexes: []int32{0}}}},
		func(r *protocol.OffsetFetchResponseResponseGroup) {
			if r.ErrorCode != 0 {
				at = -int64(r.ErrorCode) - 100
				return
			}
			at = r.Topics[0].Partitions[0].CommittedOffset
		})
	return at
}

func TestGroupsSurviveAMove(t *testing.T) {
	f := newGroups()
	id := f.stable(t)
	c := commitOne("g", "t", 42)
	c.MemberID, c.GenerationIDOrMemberEpoch = id, 1
	var code int16 = -1
	f.CommitOffsets(8, c, func(r *protocol.OffsetCommitResponse) { code = r.Topics[0].Partitions[0].ErrorCode })
	if code != 0 || f.offset("g", "t") != 42 {
		t.Fatalf("commit %d, offset %d", code, f.offset("g", "t"))
	}
	if n := f.Counts(); n.Groups[group.Stable] != 1 || n.Offsets != 1 {
		t.Errorf("counts %+v", n)
	}
	f.Shutdown()
	if at := f.offset("g", "t"); at != -100-16 {
		t.Errorf("after shutdown: %d", at)
	}
	hb := &protocol.HeartbeatRequest{GroupID: "g", MemberID: id, GenerationID: 1}
	for p := range int32(4) {
		f.Load(p, 2)
	}
	// While loading, members are not sent away.
	f.Heartbeat(hb, func(r *protocol.HeartbeatResponse) { code = r.ErrorCode })
	if code != 0 {
		t.Errorf("heartbeat while loading: %d", code)
	}
	var list *protocol.ListGroupsResponse
	f.ListGroups(&protocol.ListGroupsRequest{}, func(r *protocol.ListGroupsResponse) { list = r })
	if protocol.Error(list.ErrorCode) != protocol.ErrCoordinatorLoadInProgress || len(list.Groups) > 0 {
		t.Errorf("list while loading: %+v", list)
	}
	f.run()
	f.Heartbeat(hb, func(r *protocol.HeartbeatResponse) { code = r.ErrorCode })
	if code != 0 || f.offset("g", "t") != 42 {
		t.Errorf("after the move: heartbeat %d offset %d", code, f.offset("g", "t"))
	}
	f.ListGroups(&protocol.ListGroupsRequest{}, func(r *protocol.ListGroupsResponse) { list = r })
	if len(list.Groups) != 1 || list.Groups[0].GroupState != "Stable" {
		t.Errorf("list: %+v", list)
	}
	// Without heartbeats the member's session ends.
	f.pass(10_000)
	f.tick()
	f.DescribeGroup(6, "g", func(r *protocol.DescribeGroupsResponseDescribedGroup) {
		if r.GroupState != "Empty" {
			t.Errorf("state %s", r.GroupState)
		}
	})
}

func TestTopicsDeleted(t *testing.T) {
	f := newGroups()
	for _, g := range []string{"a", "b", "c", "d", "e"} {
		for _, topic := range []string{"t", "u"} {
			f.CommitOffsets(8, commitOne(g, topic, 1), func(*protocol.OffsetCommitResponse) {})
		}
	}
	f.TopicsDeleted([]string{"t"})
	for _, g := range []string{"a", "b", "c", "d", "e"} {
		if f.offset(g, "t") != -1 || f.offset(g, "u") != 1 {
			t.Errorf("%s: %d %d", g, f.offset(g, "t"), f.offset(g, "u"))
		}
	}
}

// A delete sees a commit that is not committed yet, so that neither is lost.
func TestDeleteSeesCommitUnderWay(t *testing.T) {
	f := newGroups()
	f.log.hold = true
	f.CommitOffsets(8, commitOne("g", "t", 1), func(*protocol.OffsetCommitResponse) {})
	var code int16 = -1
	f.DeleteGroup("g", func(r *protocol.DeleteGroupsResponseDeletableGroupResult) { code = r.ErrorCode })
	f.log.release()
	if code != 0 || f.offset("g", "t") != -1 {
		t.Errorf("delete %v, offset %d", protocol.Error(code), f.offset("g", "t"))
	}
}
