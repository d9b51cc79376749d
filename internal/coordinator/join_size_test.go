package coordinator

import (
	"testing"

	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// A member's metadata may be as large as the topic's max.message.bytes lets the group's record be.
func TestJoinIsBoundedByTheTopic(t *testing.T) {
	f := newGroups()
	join := func(n int) (code int16) {
		req := protocol.New[protocol.JoinGroupRequest]()
		req.GroupID, req.SessionTimeoutMs, req.RebalanceTimeoutMs, req.ProtocolType = "g", 10000, 10000, "consumer"
		req.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range", Metadata: make([]byte, n)}}
		group.JoinGroup.Call(f, shard.Request{Version: 4, ClientID: "c", ClientHost: "/h"}, req, func(r *protocol.JoinGroupResponse) { code = r.ErrorCode })
		return code
	}
	limit := f.log.MaxBatchBytes(0)
	if code := protocol.Error(join(limit)); code != protocol.ErrUnknownServerError {
		t.Errorf("%d bytes of metadata: %s", limit, code.Name())
	}
	if code := protocol.Error(join(limit / 2)); code != protocol.ErrMemberIDRequired {
		t.Errorf("%d bytes of metadata: %s", limit/2, code.Name())
	}
}
