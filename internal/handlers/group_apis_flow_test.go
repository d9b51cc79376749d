package handlers

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"
)

func (s *groupScript) sync(c *wireConn, group, member string, instance *string, generation int32, v int16, assign ...string) *kmsg.SyncGroupResponse {
	s.t.Helper()
	r := kmsg.NewPtrSyncGroupRequest()
	r.Group, r.MemberID, r.InstanceID, r.Generation = group, member, instance, generation
	r.ProtocolType, r.Protocol = text("consumer"), text("range")
	for i, m := range assign {
		a := kmsg.NewSyncGroupRequestGroupAssignment()
		a.MemberID, a.MemberAssignment = m, fmt.Appendf(nil, "part %d", i)
		r.GroupAssignment = append(r.GroupAssignment, a)
	}
	resp := c.do(r, v)
	s.note(fmt.Sprintf("sync %s generation %d v%d", group, generation, v), resp)
	return resp.(*kmsg.SyncGroupResponse)
}

func (s *groupScript) heartbeat(group, member string, instance *string, generation int32) int16 {
	r := kmsg.NewPtrHeartbeatRequest()
	r.Group, r.MemberID, r.InstanceID, r.Generation = group, member, instance, generation
	return s.do(fmt.Sprintf("heartbeat %s generation %d", group, generation), r, 4).(*kmsg.HeartbeatResponse).ErrorCode
}

func (s *groupScript) describe(what, group string) {
	r := kmsg.NewPtrDescribeGroupsRequest()
	r.Groups = []string{group}
	s.do("describe "+what, r, 6)
}

// rebalances: one member, then two, then one, then none.
func (s *groupScript) rebalances() {
	a := s.join(s.c, "j", "", nil, 9, 10000, "consumer", "range", "rr").MemberID
	one := s.join(s.c, "j", a, nil, 9, 10000, "consumer", "range", "rr")
	s.commit("j", one.Generation, a, 8, "t", 0, nil)
	s.describe("completing", "j")
	s.join(s.c, "j", a, nil, 9, 10000, "consumer", "range", "rr") // the answer was lost
	s.sync(s.c, "j", a, nil, one.Generation+1, 5)
	s.sync(s.c, "j", "ghost", nil, one.Generation, 5)
	s.sync(s.c, "j", a, nil, one.Generation, 5, a)
	s.sync(s.c, "j", a, nil, one.Generation, 3)
	s.commit("j", one.Generation, a, 8, "t", 0, nil)
	s.commit("j", -1, "", 8, "t", 0, nil)
	s.commit("j", one.Generation+1, a, 8, "t", 0, nil)
	s.commit("j", one.Generation, "ghost", 9, "t", 0, nil)
	s.join(s.c, "j", "", nil, 9, 10000, "other", "range")
	s.join(s.c, "j", "", nil, 9, 10000, "consumer", "sticky")
	s.describe("stable", "j")
	s.offsetDelete("j") // the subscription cannot be read
	del := kmsg.NewPtrDeleteGroupsRequest()
	del.Groups = []string{"j", "j"} // answered once
	s.do("delete with member", del, 3)
	for _, f := range []string{"stable", "STABLE", "Empty", "nonsense"} {
		r := kmsg.NewPtrListGroupsRequest()
		r.StatesFilter = []string{f}
		s.do("list "+f, r, 5)
	}
	for _, f := range []string{"classic", "Classic", "consumer", "nonsense"} {
		r := kmsg.NewPtrListGroupsRequest()
		r.TypesFilter = []string{f}
		s.do("list type "+f, r, 5)
	}
	// A second member joins on its own connection; the first learns of it and joins again.
	other := dialWire(s.t, s.addr)
	b := s.join(other, "j", "", nil, 5, 10000, "consumer", "range").MemberID
	joinB := s.joinRequest("j", b, nil, 10000, "consumer", "range")
	other.send(joinB, 5)
	for code := int16(0); code != 27; {
		if code = s.heartbeat("j", a, nil, one.Generation); code == 0 {
			s.out = s.out[:len(s.out)-1] // not yet
		} else if code != 27 {
			s.t.Fatalf("heartbeat %d", code)
		}
	}
	s.sync(s.c, "j", a, nil, one.Generation, 5, a)
	s.commit("j", one.Generation, a, 8, "t", 1, nil)
	two := s.join(s.c, "j", a, nil, 9, 10000, "consumer", "range", "rr")
	s.note("join of the second", other.receive(joinB))
	syncB := kmsg.NewPtrSyncGroupRequest()
	syncB.Group, syncB.MemberID, syncB.Generation = "j", b, two.Generation
	other.send(syncB, 3)
	s.sync(s.c, "j", a, nil, two.Generation, 5, a, b)
	s.note("sync of the second", other.receive(syncB))
	s.describe("two", "j")
	s.leave("j", a, nil)
	s.note("heartbeat of the second", other.do(&kmsg.HeartbeatRequest{Group: "j", MemberID: b, Generation: two.Generation}, 0))
	s.leave("j", b, nil)
	s.describe("empty", "j")
	s.do("delete", del, 3)
	s.do("delete again", del, 3)
}

func (s *groupScript) leave(group, member string, instance *string) {
	r := kmsg.NewPtrLeaveGroupRequest()
	r.Group = group
	m := kmsg.NewLeaveGroupRequestMember()
	m.MemberID, m.InstanceID = member, instance
	r.Members = append(r.Members, m)
	s.do("leave "+group, r, 5)
}

// static: a member with an instance id comes back, is fenced, is removed.
func (s *groupScript) static() {
	i := text("i1")
	one := s.join(s.c, "s", "", i, 5, 10000, "consumer", "range")
	s.sync(s.c, "s", one.MemberID, i, one.Generation, 5, one.MemberID)
	nine := s.join(s.c, "s", "", i, 9, 10000, "consumer", "range")
	s.heartbeat("s", one.MemberID, i, one.Generation)
	s.heartbeat("s", nine.MemberID, i, nine.Generation)
	s.heartbeat("s", nine.MemberID, text("other"), nine.Generation)
	s.heartbeat("s", nine.MemberID, nil, nine.Generation)
	s.sync(s.c, "s", nine.MemberID, i, nine.Generation, 5)
	eight := s.join(s.c, "s", "", i, 8, 10000, "consumer", "range")
	s.sync(s.c, "s", one.MemberID, i, one.Generation, 5)
	s.join(s.c, "s", one.MemberID, i, 9, 10000, "consumer", "range")
	s.describe("static", "s")
	again := s.join(s.c, "s", eight.MemberID, i, 9, 10000, "consumer", "range")
	s.describe("static rejoined", "s")
	s.join(s.c, "s", "", i, 9, 10000, "consumer", "range")
	s.leave("s", "", i)
	s.leave("s", again.MemberID, i)
	s.describe("static left", "s")
}
