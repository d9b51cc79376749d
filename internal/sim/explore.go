package sim

import (
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// explorer calls every API of the node at all versions, except those that the other clients call.
// It checks the invariants of every answer. An API without a case of its own in request and change
// gets a request with the protocol's defaults.
type explorer struct {
	client
	// quorumEpoch, highWatermark and epochs never decrease.
	quorumEpoch   int32
	highWatermark int64
}

func (s *session) newExplorer(name string) *explorer { return &explorer{client: s.newClient(name)} }

func (c *explorer) loop() {
	if c.s.calm {
		return
	}
	c.w.after(c.w.between(100*time.Millisecond, time.Second), c.name+" works", func() {
		served := c.s.m.node.Registry().Served()
		a := served[c.w.rng.IntN(len(served))]
		version := a.MinVersion + int16(c.w.rng.IntN(int(a.MaxVersion-a.MinVersion)+1))
		req := c.request(a.Key)
		if req == nil {
			c.loop()
			return
		}
		c.conn.send(req, version, false, func(m protocol.Message, err error) {
			if err == nil {
				c.s.stats.Answers++
				c.s.checkAnswer(c.name, m)
				c.look(m)
			}
			c.loop()
		})
	})
}

// request makes a harmless request of an API. It returns nil for an API that the other clients
// call.
func (c *explorer) request(key int16) protocol.Message {
	var name string
	var part int32
	if alive := c.s.alive(); len(alive) > 0 {
		t := alive[c.w.rng.IntN(len(alive))]
		name, part = t.name, int32(c.w.rng.IntN(len(t.parts)))
	}
	var req protocol.Message = protocol.NewRequest(key)
	req.SetDefaults()
	switch r := req.(type) {
	case *protocol.MetadataRequest:
		r.Topics, r.AllowAutoTopicCreation = nil, false
	case *protocol.ListOffsetsRequest:
		r.ReplicaID = -1
		r.Topics = []protocol.ListOffsetsRequestTopic{{Name: name, Partitions: []protocol.ListOffsetsRequestPartition{
			{PartitionIndex: part, CurrentLeaderEpoch: -1, Timestamp: pick[int64](c.w, -1, -2, -3, c.w.wall().UnixMilli()-10_000)}}}}
	case *protocol.OffsetForLeaderEpochRequest:
		r.ReplicaID = -1
		r.Topics = []protocol.OffsetForLeaderEpochRequestOffsetForLeaderTopic{{Topic: name,
			Partitions: []protocol.OffsetForLeaderEpochRequestOffsetForLeaderPartition{{Partition: part, CurrentLeaderEpoch: -1, LeaderEpoch: int32(c.w.rng.IntN(5))}}}}
	case *protocol.DescribeProducersRequest:
		r.Topics = []protocol.DescribeProducersRequestTopicRequest{{Name: name, PartitionIndexes: []int32{part}}}
	case *protocol.FindCoordinatorRequest:
		r.Key, r.CoordinatorKeys = "group0", []string{"group0", "group1"}
	case *protocol.DescribeGroupsRequest:
		r.Groups = []string{"group0", "group1", "none"}
	case *protocol.DeleteGroupsRequest:
		r.GroupsNames = []string{"none"}
	case *protocol.OffsetDeleteRequest:
		r.GroupID = "none"
	case *protocol.DescribeConfigsRequest:
		r.Resources = []protocol.DescribeConfigsRequestResource{{ResourceType: 4, ResourceName: "1"}, {ResourceType: 2, ResourceName: name}}
	case *protocol.APIVersionsRequest:
		r.ClientSoftwareName, r.ClientSoftwareVersion = "explorer", "1"
	case *protocol.DescribeQuorumRequest:
		r.Topics = []protocol.DescribeQuorumRequestTopicData{{TopicName: "__cluster_metadata", Partitions: []protocol.DescribeQuorumRequestPartitionData{{}}}}
	case *protocol.DescribeTopicPartitionsRequest:
		r.Topics, r.ResponsePartitionLimit = []protocol.DescribeTopicPartitionsRequestTopicRequest{{Name: name}}, 10
	default:
		return c.change(req, name, part)
	}
	return req
}

// change completes a request that could change something, so that it changes nothing. It returns
// nil for an API that the other clients call, because it needs the state of a member or a producer.
func (c *explorer) change(req protocol.Message, name string, part int32) protocol.Message {
	none := "none"
	switch r := req.(type) {
	case *protocol.CreateTopicsRequest:
		r.ValidateOnly, r.TimeoutMs = true, 5000
		r.Topics = []protocol.CreateTopicsRequestCreatableTopic{{Name: "none", NumPartitions: 2, ReplicationFactor: 1}}
	case *protocol.CreatePartitionsRequest:
		r.ValidateOnly, r.TimeoutMs = true, 5000
		r.Topics = []protocol.CreatePartitionsRequestTopic{{Name: name, Count: partitionsMax + 1}}
	case *protocol.DeleteTopicsRequest:
		r.TopicNames, r.Topics, r.TimeoutMs = []string{"none"}, []protocol.DeleteTopicsRequestDeleteTopicState{{Name: &none}}, 5000
	case *protocol.DeleteRecordsRequest:
		r.TimeoutMs = 5000 // offset 0 deletes nothing
		r.Topics = []protocol.DeleteRecordsRequestTopic{{Name: name, Partitions: []protocol.DeleteRecordsRequestPartition{{PartitionIndex: part}}}}
	case *protocol.AlterConfigsRequest:
		r.ValidateOnly = true
		r.Resources = []protocol.AlterConfigsRequestResource{{ResourceType: 2, ResourceName: name}}
	case *protocol.IncrementalAlterConfigsRequest:
		r.ValidateOnly = true
		r.Resources = []protocol.IncrementalAlterConfigsRequestAlterConfigsResource{{ResourceType: 2, ResourceName: name}}
	case *protocol.ElectLeadersRequest:
		r.TimeoutMs = 5000
		r.TopicPartitions = []protocol.ElectLeadersRequestTopicPartitions{{Topic: name, Partitions: []int32{part}}}
	case *protocol.ConsumerGroupHeartbeatRequest:
		r.GroupID, r.MemberID = "consumers", "one"
	case *protocol.SaslHandshakeRequest:
		r.Mechanism = "PLAIN"
	case *protocol.SaslAuthenticateRequest:
		r.AuthBytes = []byte("x")
	case *protocol.InitProducerIDRequest:
		r.TransactionalID, r.TransactionTimeoutMs = nil, 60_000
	case *protocol.ProduceRequest, *protocol.FetchRequest, *protocol.OffsetCommitRequest, *protocol.OffsetFetchRequest,
		*protocol.JoinGroupRequest, *protocol.SyncGroupRequest, *protocol.HeartbeatRequest, *protocol.LeaveGroupRequest:
		return nil
	}
	return req
}

// look checks the statements of an answer about the cluster.
func (c *explorer) look(m protocol.Message) {
	switch r := m.(type) {
	case *protocol.DescribeQuorumResponse:
		if len(r.Topics) == 0 || len(r.Topics[0].Partitions) == 0 || r.Topics[0].Partitions[0].ErrorCode != 0 {
			return
		}
		p := r.Topics[0].Partitions[0]
		if p.LeaderEpoch < c.quorumEpoch || p.HighWatermark < c.highWatermark {
			c.w.fail("quorum: epoch %d and high watermark %d after %d and %d", p.LeaderEpoch, p.HighWatermark, c.quorumEpoch, c.highWatermark)
		}
		c.quorumEpoch, c.highWatermark = p.LeaderEpoch, p.HighWatermark
	case *protocol.MetadataResponse:
		c.lookAtTopics(r)
	case *protocol.InitProducerIDResponse:
		if r.ErrorCode == 0 && c.s.ids[r.ProducerID] {
			c.w.fail("producer ids: %d was handed out twice", r.ProducerID)
		}
		c.s.ids[r.ProducerID] = true
	case *protocol.ConsumerGroupHeartbeatResponse:
		c.expect(m, r.ErrorCode, protocol.ErrUnsupportedVersion)
	case *protocol.SaslHandshakeResponse:
		c.expect(m, r.ErrorCode, protocol.ErrIllegalSaslState)
	case *protocol.SaslAuthenticateResponse:
		c.expect(m, r.ErrorCode, protocol.ErrIllegalSaslState)
	case *protocol.ElectLeadersResponse:
		for _, t := range r.ReplicaElectionResults {
			for _, p := range t.PartitionResult {
				c.expect(m, p.ErrorCode, protocol.ErrElectionNotNeeded, protocol.ErrUnknownTopicOrPartition)
			}
		}
	case *protocol.DescribeLogDirsResponse:
		for _, d := range r.Results {
			if d.ErrorCode != 0 && !(d.LogDir == secondDir && c.s.m.failing()) {
				c.w.fail("log directories: %s is offline: %s", d.LogDir, protocol.Error(d.ErrorCode).Name())
			}
		}
	}
}

// expect checks the error of an answer. An error that the client may retry is always possible.
func (c *explorer) expect(m protocol.Message, code int16, want ...protocol.Error) {
	if e := protocol.Error(code); !slices.Contains(want, e) && !c.mayRetry(e) {
		c.w.fail("errors: %s gets %s in %s, expected %s", c.name, e.Name(), m.MessageName(), want[0].Name())
	}
}

// lookAtTopics compares all topics with the topics that certainly exist.
func (c *explorer) lookAtTopics(r *protocol.MetadataResponse) {
	seen := map[string]*protocol.MetadataResponseResponseTopic{}
	for i := range r.Topics {
		if n := r.Topics[i].Name; n != nil {
			seen[*n] = &r.Topics[i]
		}
	}
	for _, t := range c.s.topics {
		m := seen[t.name]
		switch {
		case t.unsure || t.changed > c.w.now-5*time.Second:
		case t.exists && m == nil:
			c.w.fail("topics: %s exists, metadata does not show it", t.name)
		case !t.exists && m != nil:
			c.w.fail("topics: %s was deleted, metadata shows it", t.name)
		case m != nil:
			for _, p := range m.Partitions {
				if int(p.PartitionIndex) < len(t.parts) {
					c.lookAtEpoch(t.parts[p.PartitionIndex], p)
				}
			}
		}
	}
}

func (c *explorer) lookAtEpoch(p *part, m protocol.MetadataResponseResponsePartition) {
	if m.LeaderEpoch < 0 {
		return // this version does not return the epoch
	}
	if m.LeaderEpoch < p.epoch {
		c.w.fail("leader epoch: %v falls from %d to %d", p, p.epoch, m.LeaderEpoch)
	}
	p.epoch = m.LeaderEpoch
}

// finalAudit reads all partitions once more after the last fault.
func (s *session) finalAudit() {
	a := s.newAuditor("last auditor")
	a.audit(func() { s.audited = true })
}
