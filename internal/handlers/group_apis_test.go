package handlers

import (
	"encoding/json"
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"
)

var kafkaAddr = flag.String("kafka", "", "address of a fresh Apache Kafka node with a topic t of two partitions and group.initial.rebalance.delay.ms=0: record its answers")

const groupAnswers = "testdata/group_apis_kafka-4.4.0.txt"

// TestGroupAPIsAnswerLikeKafka sends the same raw requests that were sent to Apache
// Kafka 4.4.0 and compares the answers, kept in testdata.
func TestGroupAPIsAnswerLikeKafka(t *testing.T) {
	addr := *kafkaAddr
	if addr == "" {
		addr = groupServer(t)
	}
	s := &groupScript{t: t, addr: addr, c: dialWire(t, addr), ids: map[string]string{}}
	s.learnTopics(*kafkaAddr != "")
	s.admin()
	s.offsets()
	s.members()
	s.rebalances()
	s.static()
	compareRecorded(t, groupAnswers, *kafkaAddr != "", strings.Join(s.out, "\n")+"\n")
}

// groupScript is the conversation.
type groupScript struct {
	t    *testing.T
	addr string
	c    *wireConn
	ids  map[string]string // JSON of a topic id → name
	tID  [16]byte
	out  []string
}

func (s *groupScript) note(what string, r kmsg.Response) {
	s.out = append(s.out, what+" "+canonical(s.t, r, s.ids))
}

func (s *groupScript) do(what string, r kmsg.Request, version int16) kmsg.Response {
	s.t.Helper()
	resp := s.c.do(r, version)
	s.note(fmt.Sprintf("%s v%d", what, version), resp)
	return resp
}

func (s *groupScript) learnTopics(kafka bool) {
	learn := func(name string, id [16]byte) {
		b, _ := json.Marshal(id)
		s.ids[string(b)] = name
	}
	learn("none", [16]byte{})
	if !kafka {
		w := groupWorld{}
		s.tID = w.TopicID("t")
		learn("t", s.tID)
		learn("__consumer_offsets", w.TopicID("__consumer_offsets"))
		return
	}
	for range 200 { // the first look-up makes __consumer_offsets
		r := kmsg.NewPtrFindCoordinatorRequest()
		r.CoordinatorKeys = []string{"x"}
		if s.c.do(r, 4).(*kmsg.FindCoordinatorResponse).Coordinators[0].ErrorCode == 0 {
			break
		}
	}
	for _, topic := range s.c.do(kmsg.NewPtrMetadataRequest(), 12).(*kmsg.MetadataResponse).Topics {
		learn(*topic.Topic, topic.TopicID)
		if *topic.Topic == "t" {
			s.tID = topic.TopicID
		}
	}
	for range 200 {
		if s.c.do(kmsg.NewPtrListGroupsRequest(), 4).(*kmsg.ListGroupsResponse).ErrorCode == 0 {
			return
		}
	}
}

func (s *groupScript) admin() {
	for v := int16(0); v <= 6; v++ {
		r := kmsg.NewPtrFindCoordinatorRequest()
		r.CoordinatorKey, r.CoordinatorKeys = "x", []string{"x", ""}
		s.do("find", r, v)
	}
	r := kmsg.NewPtrFindCoordinatorRequest()
	r.CoordinatorKeys = []string{"x"}
	for _, typ := range []int8{2, 7} {
		r.CoordinatorType = typ
		s.do(fmt.Sprint("find type ", typ), r, 6)
	}
	for _, v := range []int16{0, 4, 5} {
		s.do("list none", kmsg.NewPtrListGroupsRequest(), v)
	}
	for _, v := range []int16{0, 3, 5, 6} {
		r := kmsg.NewPtrDescribeGroupsRequest()
		r.Groups, r.IncludeAuthorizedOperations = []string{"nope", ""}, true
		s.do("describe unknown", r, v)
	}
	for _, v := range []int16{0, 2, 3} {
		r := kmsg.NewPtrDeleteGroupsRequest()
		r.Groups = []string{"nope", ""}
		s.do("delete unknown", r, v)
	}
	for _, g := range []string{"", "nope"} {
		s.offsetDelete(g)
	}
}

func (s *groupScript) offsetDelete(group string) {
	r := kmsg.NewPtrOffsetDeleteRequest()
	r.Group = group
	for _, topic := range []string{"t", "missing"} {
		t := kmsg.NewOffsetDeleteRequestTopic()
		t.Topic = topic
		for _, p := range []int32{0, 9} {
			tp := kmsg.NewOffsetDeleteRequestTopicPartition()
			tp.Partition = p
			t.Partitions = append(t.Partitions, tp)
		}
		r.Topics = append(r.Topics, t)
	}
	s.do("offset delete "+group, r, 0)
}

func (s *groupScript) commit(group string, generation int32, member string, v int16, topic string, partition int32, meta *string) {
	s.t.Helper()
	r := kmsg.NewPtrOffsetCommitRequest()
	r.Group, r.Generation, r.MemberID = group, generation, member
	t := kmsg.NewOffsetCommitRequestTopic()
	t.Topic = topic
	if topic == "t" {
		t.TopicID = s.tID
	}
	p := kmsg.NewOffsetCommitRequestTopicPartition()
	p.Partition, p.Offset, p.Metadata, p.LeaderEpoch = partition, 42+int64(partition), meta, 0
	t.Partitions = append(t.Partitions, p)
	r.Topics = append(r.Topics, t)
	s.do(fmt.Sprintf("commit %s generation %d member %t %s-%d", group, generation, member != "", topic, partition), r, v)
}

func text(s string) *string { return &s }

func (s *groupScript) offsets() {
	for _, v := range []int16{2, 8, 9, 10} {
		s.commit("nope", 5, "m", v, "t", 0, nil)
	}
	s.commit("simple", -1, "", 2, "t", 0, nil)
	s.commit("simple", -1, "", 8, "t", 1, text("meta"))
	s.commit("simple", -1, "", 10, "t", 1, text("meta10"))
	s.commit("simple", -1, "", 10, "missing", 1, nil)
	s.commit("simple", -1, "m", 8, "t", 0, nil)
	s.commit("simple", 3, "m", 8, "t", 1, nil)
	s.commit("", -1, "", 8, "t", 0, nil)
	s.commit("simple", -1, "", 8, "missing", 0, nil)
	s.commit("simple", -1, "", 8, "t", 9, nil)
	s.commit("simple", -1, "", 10, "t", 9, nil)
	s.commit("simple", -1, "", 8, "__consumer_offsets", 0, nil)
	s.commit("simple", -1, "", 8, "t", 0, text(strings.Repeat("a", 4096)))
	s.commit("simple", -1, "", 8, "t", 0, text(strings.Repeat("a", 4097)))
	s.commit("simple", -1, "", 8, "t", 0, text("short"))
	for _, v := range []int16{1, 2, 3, 5, 6, 7} {
		r := kmsg.NewPtrOffsetFetchRequest()
		r.Group = "simple"
		for _, topic := range []string{"t", "missing"} {
			t := kmsg.NewOffsetFetchRequestTopic()
			t.Topic, t.Partitions = topic, []int32{0, 1, 9}
			r.Topics = append(r.Topics, t)
		}
		s.do("fetch", r, v)
		if v >= 2 {
			r.Topics = nil
			s.do("fetch all", r, v)
		}
	}
	for _, v := range []int16{8, 9, 10} {
		r := kmsg.NewPtrOffsetFetchRequest()
		r.RequireStable = v == 9
		g := kmsg.NewOffsetFetchRequestGroup()
		g.Group = "simple"
		for _, topic := range []string{"t", "missing"} {
			t := kmsg.NewOffsetFetchRequestGroupTopic()
			t.Topic, t.TopicID, t.Partitions = topic, [16]byte{1}, []int32{0, 1, 9}
			if topic == "t" {
				t.TopicID = s.tID
			}
			g.Topics = append(g.Topics, t)
		}
		r.Groups = append(r.Groups, g)
		g.Topics = nil
		for _, id := range []string{"simple", "nope", ""} {
			g.Group = id
			r.Groups = append(r.Groups, g)
		}
		s.do("fetch groups", r, v)
	}
	s.offsetDelete("simple")
}

func (s *groupScript) members() {
	for _, v := range []int16{0, 4} {
		for _, g := range []string{"nope", "", "simple"} {
			r := kmsg.NewPtrHeartbeatRequest()
			r.Group, r.MemberID = g, "m"
			s.do("heartbeat "+g, r, v)
		}
	}
	for _, v := range []int16{0, 3, 5} {
		for _, g := range []string{"nope", "", "simple"} {
			r := kmsg.NewPtrLeaveGroupRequest()
			r.Group, r.MemberID = g, "m"
			a, b := kmsg.NewLeaveGroupRequestMember(), kmsg.NewLeaveGroupRequestMember()
			a.MemberID, b.InstanceID = "m", text("i")
			r.Members = append(r.Members, a, b)
			s.do("leave "+g, r, v)
			r.Members = nil
			s.do("leave nobody "+g, r, v)
		}
	}
	for _, v := range []int16{0, 3, 5} {
		for _, g := range []string{"nope", "", "simple"} {
			r := kmsg.NewPtrSyncGroupRequest()
			r.Group, r.MemberID = g, "m"
			s.do("sync without protocol "+g, r, v)
			r.ProtocolType, r.Protocol = text("consumer"), text("range")
			s.do("sync "+g, r, v)
		}
	}
	for _, v := range []int16{0, 4, 6, 7, 9} {
		s.join(s.c, "", "", nil, v, 10000, "consumer", "range")
		s.join(s.c, "j", "", nil, v, 5999, "consumer", "range")
		s.join(s.c, "j", "", nil, v, 1800001, "consumer", "range")
		s.join(s.c, "j", "ghost", nil, v, 10000, "consumer", "range")
		s.join(s.c, "none", "", nil, v, 10000, "consumer")
		s.join(s.c, "none", "", nil, v, 10000, "", "range")
	}
}

func (s *groupScript) joinRequest(group, member string, instance *string, session int32, typ string, protocols ...string) *kmsg.JoinGroupRequest {
	r := kmsg.NewPtrJoinGroupRequest()
	r.Group, r.MemberID, r.InstanceID, r.SessionTimeoutMillis, r.RebalanceTimeoutMillis, r.ProtocolType = group, member, instance, session, 10000, typ
	for _, p := range protocols {
		jp := kmsg.NewJoinGroupRequestProtocol()
		jp.Name, jp.Metadata = p, []byte("x")
		r.Protocols = append(r.Protocols, jp)
	}
	return r
}

func (s *groupScript) join(c *wireConn, group, member string, instance *string, v int16, session int32, typ string, protocols ...string) *kmsg.JoinGroupResponse {
	s.t.Helper()
	resp := c.do(s.joinRequest(group, member, instance, session, typ, protocols...), v)
	s.note(fmt.Sprintf("join %s as member %t v%d %d %s %v", group, member != "", v, session, typ, protocols), resp)
	return resp.(*kmsg.JoinGroupResponse)
}
