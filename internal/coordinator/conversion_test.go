package coordinator

import (
	"fmt"
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/shard"
)

// A classic member joins a consumer group with many members that Apache Kafka left. The tombstones
// exceed a batch. The join is answered, and the other groups of the partition go on.
func TestConversionOfALargeGroup(t *testing.T) {
	log, h := newMemLog(), newManual(1_700_000_000_000)
	log.limit = 1048588 // the default of message.max.bytes
	f := &groupsFixture{log: log, manual: h}
	f.Runtime = newGroupsOver(log, h, 1)
	const members = 4500
	add := func(k, v protocol.Message) {
		kb, err := grouprecord.EncodeKey(k)
		if err != nil {
			t.Fatal(err)
		}
		vb, err := grouprecord.EncodeValue(v, 0)
		if err != nil {
			t.Fatal(err)
		}
		b, err := buildBatch([]write{{now: 1, records: []shard.Record{{Key: kb, Value: vb}}}}, 1, 0)
		if err != nil {
			t.Fatal(err)
		}
		log.Append(0, 1, b, func(int64, error) {})
	}
	gk := protocol.New[grouprecord.ConsumerGroupMetadataKey]()
	gk.GroupID = "a-group-of-kip-848-20"
	add(gk, protocol.New[grouprecord.ConsumerGroupMetadataValue]())
	for i := range members {
		k := protocol.New[grouprecord.ConsumerGroupMemberMetadataKey]()
		k.GroupID, k.MemberID = gk.GroupID, fmt.Sprintf("%022d", i)
		add(k, protocol.New[grouprecord.ConsumerGroupMemberMetadataValue]())
	}
	log.chunk = 100000
	f.Load(0, 1)
	f.run()
	f.stable(t)
	// A second member of the neighbour waits for its join.
	neighbour := ""
	j2 := protocol.New[protocol.JoinGroupRequest]()
	j2.GroupID, j2.SessionTimeoutMs, j2.RebalanceTimeoutMs, j2.ProtocolType = "g", 10000, 10000, "consumer"
	j2.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range"}}
	group.JoinGroup.Call(f, shard.Request{Version: 3, ClientID: "c", ClientHost: "/h"}, j2, func(r *protocol.JoinGroupResponse) { neighbour = protocol.Error(r.ErrorCode).Name() })
	join := func() (code protocol.Error) {
		req := protocol.New[protocol.JoinGroupRequest]()
		req.GroupID, req.SessionTimeoutMs, req.RebalanceTimeoutMs, req.ProtocolType = gk.GroupID, 10000, 10000, "consumer"
		req.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range"}}
		group.JoinGroup.Call(f, shard.Request{Version: 4, ClientID: "c", ClientHost: "/h"}, req, func(r *protocol.JoinGroupResponse) { code = protocol.Error(r.ErrorCode) })
		f.run()
		return code
	}
	if code := join(); code != protocol.ErrMemberIDRequired {
		t.Error(code.Name())
	}
	if neighbour == "NOT_COORDINATOR" {
		t.Error("the partition was loaded again")
	}
}
