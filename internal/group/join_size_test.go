package group

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// What no record of the group can hold is not kept for as long as its sender's session lasts.
func TestJoinWithTooMuchMetadata(t *testing.T) {
	d := newDriver(DefaultConfig())
	d.config.InitialRebalanceDelayMs, d.config.MaxRecordBytes = 0, 1000
	join := func(sizes ...int) string {
		req := protocol.New[protocol.JoinGroupRequest]()
		req.GroupID, req.SessionTimeoutMs, req.RebalanceTimeoutMs, req.ProtocolType = "g", 10000, 10000, "consumer"
		for i, n := range sizes {
			req.Protocols = append(req.Protocols, protocol.JoinGroupRequestRequestProtocol{Name: string(rune('a' + i)), Metadata: make([]byte, n)})
		}
		d.do(d.s.Join(d.now, Join{Client: Client{ID: "c", Host: "/h"}, Version: 3, Request: req, MemberUUID: "u", To: d.waiter("a")}))
		return d.take()
	}
	for _, sizes := range [][]int{{1000}, {500, 500}, make([]int, 1000)} {
		if got := join(sizes...); !strings.Contains(got, "join UNKNOWN_SERVER_ERROR") || len(d.s.groups) != 0 {
			t.Errorf("%d protocols: %s, %d groups", len(sizes), got, len(d.s.groups))
		}
	}
	if got := join(400, 400); strings.Contains(got, "UNKNOWN_SERVER_ERROR") || len(d.s.groups) != 1 {
		t.Errorf("%s, %d groups", got, len(d.s.groups))
	}
}
