package coordinator

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

func TestPartitionFor(t *testing.T) {
	g := newGroupsOver(newMemLog(), newManual(1000), 50)
	// Apache Kafka 4.4 stored the groups in these partitions (kafka-dump-log of
	// __consumer_offsets). The hash codes of the last three are below 0.
	for s, want := range map[string]int32{"": 0, "a": 97 % 50, "cg": 22, "classic1": 15, "jsg": 34, "payments": 13,
		"new848": 2, "billing": 9, "my-group": 12} {
		if got := g.PartitionFor(s); got != want {
			t.Errorf("%q: %d, want %d", s, got, want)
		}
	}
	none := newGroupsOver(newMemLog(), newManual(1000), 0)
	var code int16
	group.Heartbeat.Call(none, shard.Request{}, &protocol.HeartbeatRequest{GroupID: "g"}, func(r *protocol.HeartbeatResponse) { code = r.ErrorCode })
	if protocol.Error(code) != protocol.ErrNotCoordinator {
		t.Errorf("without the topic: %v", protocol.Error(code))
	}
}

// newGroupsOver makes the group coordinator over a log, without an initial rebalance delay.
func newGroupsOver(log PartitionLog, h host.Host, partitions int32) *Runtime[*group.Shard] {
	cfg := group.DefaultConfig()
	cfg.InitialRebalanceDelayMs = 0
	return New(Options[*group.Shard]{
		Log: log, Partitions: func() int32 { return partitions }, Host: h, WriteTimeoutMs: func() int64 { return 5000 },
		New: func(maxRecordBytes func() int) *group.Shard {
			return group.New(func() group.Config {
				c := cfg
				c.MaxRecordBytes = maxRecordBytes()
				return c
			})
		},
	})
}

// groupsFixture is the group coordinator over a log in memory.
type groupsFixture struct {
	*Runtime[*group.Shard]
	*manual
	log *memLog
}

func newGroups() *groupsFixture {
	f := &groupsFixture{log: newMemLog(), manual: newManual(1_700_000_000_000)}
	f.Runtime = newGroupsOver(f.log, f.manual, 4)
	f.loadAll()
	return f
}

func (f *groupsFixture) loadAll() {
	for p := range int32(4) {
		f.Load(p, 1)
	}
	f.run()
}

// tick fires the timers that are due now.
func (f *groupsFixture) tick() { f.Runtime.tick(f.manual.elapsed) }

// counts adds up the numbers of all partitions.
func (f *groupsFixture) counts() (sum group.Counts) {
	f.Gather(func(s *group.Shard, _ map[string]shard.Listing) any { return s.Counts() }, func(parts []any, _ protocol.Error) {
		for _, c := range parts {
			sum.Add(c.(group.Counts))
		}
	})
	return sum
}

// stable makes group g stable with one member and returns its id.
func (f *groupsFixture) stable(t *testing.T) string {
	t.Helper()
	join := protocol.New[protocol.JoinGroupRequest]()
	join.GroupID, join.SessionTimeoutMs, join.RebalanceTimeoutMs, join.ProtocolType = "g", 10000, 10000, "consumer"
	join.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range"}}
	var id string
	group.JoinGroup.Call(f, shard.Request{Version: 3, ClientID: "c", ClientHost: "/h"}, join, func(r *protocol.JoinGroupResponse) { id = r.MemberID })
	f.tick()
	sync := protocol.New[protocol.SyncGroupRequest]()
	sync.GroupID, sync.MemberID, sync.GenerationID = "g", id, 1
	sync.Assignments = []protocol.SyncGroupRequestRequestAssignment{{MemberID: id, Assignment: []byte("mine")}}
	var got string
	group.SyncGroup.Call(f, shard.Request{Version: 3}, sync, func(r *protocol.SyncGroupResponse) { got = string(r.Assignment) })
	if !strings.HasPrefix(id, "c-00000000-") || got != "mine" {
		t.Fatalf("member %q assignment %q", id, got)
	}
	return id
}

func commitOne(name, topic string, offset int64) *protocol.OffsetCommitRequest {
	r := protocol.New[protocol.OffsetCommitRequest]()
	r.GroupID = name
	r.Topics = []protocol.OffsetCommitRequestRequestTopic{{Name: topic, Partitions: []protocol.OffsetCommitRequestRequestPartition{{CommittedOffset: offset}}}}
	return r
}

func (f *groupsFixture) offset(name, topic string) (at int64) {
	group.OffsetFetch.Call(f, shard.Request{}, group.OffsetFetchGroup{RequireStable: false, OffsetFetchRequestRequestGroup: &protocol.OffsetFetchRequestRequestGroup{GroupID: name, MemberEpoch: -1,
		Topics: []protocol.OffsetFetchRequestRequestTopics{{Name: topic, PartitionIndexes: []int32{0}}}}},
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
	group.OffsetCommit.Call(f, shard.Request{Version: 8}, c, func(r *protocol.OffsetCommitResponse) { code = r.Topics[0].Partitions[0].ErrorCode })
	if code != 0 || f.offset("g", "t") != 42 {
		t.Fatalf("commit %d, offset %d", code, f.offset("g", "t"))
	}
	if n := f.counts(); n.Groups[group.Stable] != 1 || n.Offsets != 1 {
		t.Errorf("counts %+v", n)
	}
	f.UnloadAll()
	if at := f.offset("g", "t"); at != -100-16 {
		t.Errorf("after shutdown: %d", at)
	}
	hb := &protocol.HeartbeatRequest{GroupID: "g", MemberID: id, GenerationID: 1}
	for p := range int32(4) {
		f.Load(p, 2)
	}
	// While loading, members are not sent away.
	group.Heartbeat.Call(f, shard.Request{}, hb, func(r *protocol.HeartbeatResponse) { code = r.ErrorCode })
	if code != 0 {
		t.Errorf("heartbeat while loading: %d", code)
	}
	var list *protocol.ListGroupsResponse
	group.ListGroups(f, &protocol.ListGroupsRequest{}, func(r *protocol.ListGroupsResponse) { list = r })
	if protocol.Error(list.ErrorCode) != protocol.ErrCoordinatorLoadInProgress || len(list.Groups) > 0 {
		t.Errorf("list while loading: %+v", list)
	}
	f.run()
	group.Heartbeat.Call(f, shard.Request{}, hb, func(r *protocol.HeartbeatResponse) { code = r.ErrorCode })
	if code != 0 || f.offset("g", "t") != 42 {
		t.Errorf("after the move: heartbeat %d offset %d", code, f.offset("g", "t"))
	}
	group.ListGroups(f, &protocol.ListGroupsRequest{}, func(r *protocol.ListGroupsResponse) { list = r })
	if len(list.Groups) != 1 || list.Groups[0].GroupState != "Stable" {
		t.Errorf("list: %+v", list)
	}
	// Without heartbeats the member's session ends.
	f.pass(10_000)
	f.tick()
	group.DescribeGroup.Call(f, shard.Request{Version: 6}, "g", func(r *protocol.DescribeGroupsResponseDescribedGroup) {
		if r.GroupState != "Empty" {
			t.Errorf("state %s", r.GroupState)
		}
	})
}

func TestTopicsDeleted(t *testing.T) {
	f := newGroups()
	for _, g := range []string{"a", "b", "c", "d", "e"} {
		for _, topic := range []string{"t", "u"} {
			group.OffsetCommit.Call(f, shard.Request{Version: 8}, commitOne(g, topic, 1), func(*protocol.OffsetCommitResponse) {})
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
	group.OffsetCommit.Call(f, shard.Request{Version: 8}, commitOne("g", "t", 1), func(*protocol.OffsetCommitResponse) {})
	var code int16 = -1
	group.DeleteGroup.Call(f, shard.Request{}, "g", func(r *protocol.DeleteGroupsResponseDeletableGroupResult) { code = r.ErrorCode })
	f.log.release()
	if code != 0 || f.offset("g", "t") != -1 {
		t.Errorf("delete %v, offset %d", protocol.Error(code), f.offset("g", "t"))
	}
}
