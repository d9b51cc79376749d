package group

import (
	"errors"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/shard"
)

// A member whose names do not fit into its answer or its group's record is refused, as by Apache
// Kafka. No member, no group and no record is left.
func TestJoinWithNamesThatDoNotFit(t *testing.T) {
	long, longest := strings.Repeat("\uFFFD", 10923), strings.Repeat("c", wire.MaxString)
	for name, change := range map[string]func(*Join){
		"client id with which a member id does not fit": func(j *Join) { j.Client.ID = longest[:len(longest)-1] },
		"client id": func(j *Join) { j.Client.ID = longest },
		"client id of a member with an instance id": func(j *Join) { id := "i"; j.Request.GroupInstanceID, j.Client.ID = &id, long },
		"group.instance.id":                         func(j *Join) { j.Request.GroupInstanceID = &longest },
		"group id":                                  func(j *Join) { j.Request.GroupID = long },
		"protocol type":                             func(j *Join) { j.Request.ProtocolType = long },
		"protocol name":                             func(j *Join) { j.Request.Protocols[0].Name = long },
	} {
		for _, version := range []int16{0, 3, 4, 9} {
			d := newDriver(DefaultConfig())
			j := joinOf("g", version)
			j.To = d.waiter("a")
			change(&j)
			d.do(d.s.Join(d.now, j))
			if got := d.take(); !strings.Contains(got, "join UNKNOWN_SERVER_ERROR") || len(d.s.groups) != 0 || len(d.log) != 0 {
				t.Errorf("%s, version %d: %.200s, %d groups", name, version, got, len(d.s.groups))
			}
		}
	}
	d := newDriver(DefaultConfig())
	j := joinOf("g", 4)
	j.To, j.Client.ID = d.waiter("a"), longest[:len(longest)-2]
	d.do(d.s.Join(d.now, j))
	if got := d.take(); !strings.Contains(got, "MEMBER_ID_REQUIRED") {
		t.Errorf("a member id of 32,767 bytes: %.200s", got)
	}
}

func joinOf(group string, version int16) Join {
	req := protocol.New[protocol.JoinGroupRequest]()
	req.GroupID, req.SessionTimeoutMs, req.RebalanceTimeoutMs, req.ProtocolType = group, 10000, 10000, "consumer"
	req.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range"}}
	return Join{Client: Client{ID: "c", Host: "/h"}, Version: version, Request: req, MemberUUID: "u"}
}

// A commit whose record cannot be encoded fails as a whole: an answer without an error would
// acknowledge an offset that no client can fetch.
func TestCommitThatCannotBeEncoded(t *testing.T) {
	long := strings.Repeat("\uFFFD", 20000)
	for name, c := range map[string]struct{ group, metadata string }{"group id": {long, ""}, "metadata": {"g", long}} {
		d := newDriver(DefaultConfig())
		d.config.OffsetMetadataMaxLength = 1 << 20
		req := protocol.New[protocol.OffsetCommitRequest]()
		req.GroupID, req.GenerationIDOrMemberEpoch = c.group, -1
		req.Topics = []protocol.OffsetCommitRequestRequestTopic{{Name: "t", Partitions: []protocol.OffsetCommitRequestRequestPartition{
			{PartitionIndex: 0, CommittedOffset: 7, CommittedMetadata: &c.metadata}}}}
		o := d.s.CommitOffsets(d.now, 8, req, d.waiter("a"))
		r := o.Replies[0].Response.(*protocol.OffsetCommitResponse)
		if code := protocol.Error(r.Topics[0].Partitions[0].ErrorCode); code != protocol.ErrUnknownServerError || len(o.Records) != 0 {
			t.Errorf("%s: %v and %d records", name, code, len(o.Records))
		}
	}
}

// A name that was stored cut in the middle of a character grows when it is read. Such a group is
// left out: its records could never be removed.
func TestStoredNameThatGrows(t *testing.T) {
	d := newDriver(DefaultConfig())
	r := offsetRecord("placeholder", "t", 0, committed{})
	cut := strings.Repeat("g", wire.MaxString-1) + "\xc5"
	key := append([]byte{0, 1, 0x7f, 0xff}, cut...)
	key = append(key, r.Key[2+2+len("placeholder"):]...)
	err := d.s.Replay(shard.Stored{Key: key, Value: r.Value, ProducerID: -1})
	if !errors.Is(err, wire.ErrTooLong) || len(d.s.groups) != 0 {
		t.Errorf("%v, %d groups", err, len(d.s.groups))
	}
}

// Kafka answers an empty protocol name as null from version 7 on.
func TestEmptyProtocolNameIsNull(t *testing.T) {
	for version, null := range map[int16]bool{6: false, 7: true, 9: true} {
		g := newGroup("g", 0)
		empty := ""
		g.protocol = &empty
		if r := g.joinResponse(&member{id: "m"}, version, false); (r.ProtocolName == nil) != null {
			t.Errorf("version %d: %v", version, r.ProtocolName)
		}
	}
}
