package node_test

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"

	"github.com/gregorhq/gregor"
)

// joiner acts as one member of the group g.
type joiner struct {
	t        *testing.T
	c        *kgo.Client
	instance *string
	session  time.Duration
	id       string
	gen      int32
}

func (m *joiner) join(ctx context.Context) *kmsg.JoinGroupResponse {
	m.t.Helper()
	req := kmsg.NewPtrJoinGroupRequest()
	req.Group, req.MemberID, req.InstanceID, req.ProtocolType = "g", m.id, m.instance, "consumer"
	req.SessionTimeoutMillis, req.RebalanceTimeoutMillis = int32(m.session.Milliseconds()), 600_000
	req.Protocols = []kmsg.JoinGroupRequestProtocol{{Name: "range", Metadata: []byte{1}}}
	for {
		resp, err := req.RequestWith(ctx, m.c)
		if err != nil {
			m.t.Fatal(err)
		}
		m.id, m.gen = resp.MemberID, resp.Generation
		if resp.ErrorCode != kerr.MemberIDRequired.Code {
			return resp
		}
		req.MemberID = resp.MemberID
	}
}

// sync fetches the assignment. The leader assigns every member its own id.
func (m *joiner) sync(ctx context.Context, members []kmsg.JoinGroupResponseMember) (string, int16) {
	m.t.Helper()
	req := kmsg.NewPtrSyncGroupRequest()
	req.Group, req.MemberID, req.InstanceID, req.Generation = "g", m.id, m.instance, m.gen
	req.ProtocolType, req.Protocol = kmsg.StringPtr("consumer"), kmsg.StringPtr("range")
	for _, other := range members {
		req.GroupAssignment = append(req.GroupAssignment, kmsg.SyncGroupRequestGroupAssignment{MemberID: other.MemberID, MemberAssignment: []byte("of " + other.MemberID)})
	}
	resp, err := req.RequestWith(ctx, m.c)
	if err != nil {
		m.t.Fatal(err)
	}
	return string(resp.MemberAssignment), resp.ErrorCode
}

func (m *joiner) heartbeat(ctx context.Context) error {
	m.t.Helper()
	req := kmsg.NewPtrHeartbeatRequest()
	req.Group, req.MemberID, req.InstanceID, req.Generation = "g", m.id, m.instance, m.gen
	resp, err := req.RequestWith(ctx, m.c)
	if err != nil {
		m.t.Fatal(err)
	}
	return kerr.ErrorForCode(resp.ErrorCode)
}

func groupBroker(t *testing.T) *gregor.Broker {
	return start(t, gregor.Config{InMemory: true, Properties: map[string]string{
		"group.min.session.timeout.ms": "100", "offsets.topic.num.partitions": "3", "offsets.retention.check.interval.ms": "50",
	}})
}

// A member whose process died is removed when its session ends. The rebalance timeout of the others
// is ten minutes, but their rebalance waits only for the session.
func TestDeadMemberLeavesTheGroup(t *testing.T) {
	ctx, b := bounded(t), groupBroker(t)
	dies := &joiner{t: t, c: client(t, b), session: 500 * time.Millisecond}
	first := dies.join(ctx)
	if _, code := dies.sync(ctx, first.Members); code != 0 {
		t.Fatal(kerr.ErrorForCode(code))
	}
	dies.c.Close()
	began := time.Now()
	lives := &joiner{t: t, c: client(t, b), session: 30 * time.Second}
	resp := lives.join(ctx)
	if took := time.Since(began); resp.ErrorCode != 0 || len(resp.Members) != 1 || resp.LeaderID != lives.id || took > 10*time.Second {
		t.Fatalf("after %v: %v, %d members", took, kerr.ErrorForCode(resp.ErrorCode), len(resp.Members))
	}
	if got, code := lives.sync(ctx, resp.Members); code != 0 || got != "of "+lives.id {
		t.Fatalf("assignment %q: %v", got, kerr.ErrorForCode(code))
	}
}

// A static member (KIP-345) that returns within its session gets its assignment again without a
// rebalance. A client with its old member id is fenced.
func TestStaticMemberComesBack(t *testing.T) {
	ctx, b := bounded(t), groupBroker(t)
	instance := "machine-1"
	m := &joiner{t: t, c: client(t, b), instance: &instance, session: 30 * time.Second}
	first := m.join(ctx)
	before, code := m.sync(ctx, first.Members)
	if code != 0 || before != "of "+m.id {
		t.Fatalf("assignment %q: %v", before, kerr.ErrorForCode(code))
	}
	m.c.Close()
	back := &joiner{t: t, c: client(t, b), instance: &instance, session: 30 * time.Second}
	again := back.join(ctx)
	if again.ErrorCode != 0 || again.Generation != first.Generation || back.id == m.id {
		t.Fatalf("generation %d, was %d; member %q, was %q: %v", again.Generation, first.Generation, back.id, m.id, kerr.ErrorForCode(again.ErrorCode))
	}
	if after, code := back.sync(ctx, nil); code != 0 || after != before {
		t.Fatalf("assignment %q, was %q: %v", after, before, kerr.ErrorForCode(code))
	}
	if err := back.heartbeat(ctx); err != nil {
		t.Fatal(err)
	}
	old := &joiner{t: t, c: back.c, instance: &instance, id: m.id, gen: m.gen}
	if err := old.heartbeat(ctx); err != kerr.FencedInstanceID {
		t.Fatalf("the old member id: %v", err)
	}
}

// An expired offset is deleted, on disk too. In early versions the commit carries the retention
// time.
func TestOffsetsExpire(t *testing.T) {
	ctx, b := bounded(t), groupBroker(t)
	c := client(t, b, kgo.MaxVersions(kversion.V1_0_0()))
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: "t", Value: []byte("x")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	commit := func(group string, retention int64) {
		req := kmsg.NewPtrOffsetCommitRequest()
		req.Group, req.Generation, req.RetentionTimeMillis = group, -1, retention
		req.Topics = []kmsg.OffsetCommitRequestTopic{{Topic: "t", Partitions: []kmsg.OffsetCommitRequestTopicPartition{{Offset: 7, LeaderEpoch: -1}}}}
		resp, err := req.RequestWith(ctx, c)
		if err != nil || resp.Topics[0].Partitions[0].ErrorCode != 0 {
			t.Fatal(resp, err)
		}
	}
	fetch := func(group string) int64 {
		req := kmsg.NewPtrOffsetFetchRequest()
		req.Group, req.Topics = group, []kmsg.OffsetFetchRequestTopic{{Topic: "t", Partitions: []int32{0}}}
		resp, err := req.RequestWith(ctx, c)
		if err != nil || resp.ErrorCode != 0 {
			t.Fatal(resp, err)
		}
		return resp.Topics[0].Partitions[0].Offset
	}
	commit("kept", -1)
	commit("short", 300)
	eventually(t, ctx, "the offset is forgotten", func() bool { return fetch("short") == -1 })
	if fetch("kept") != 7 {
		t.Error("an offset of default retention went too")
	}
}
