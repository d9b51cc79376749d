package handlers

// DescribeQuorum (key 55), versions 0-2.
//
// KIP-595, KIP-836 (fetch times in v1), KIP-853 (directory ids and voters' listeners in v2). The
// leader of the metadata quorum answers; other nodes answer NOT_LEADER_OR_FOLLOWER. Brokers that
// are not voters are observers.

import (
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/internal/topicname"
)

// QuorumSource gives the state of the quorum.
type QuorumSource interface {
	ImageSource
	Status() quorum.Status
}

var _ = declare(func(e Engines) API { return DescribeQuorum(e.Quorum) })

// DescribeQuorum makes the API.
func DescribeQuorum(from QuorumSource) API {
	return NewAPI(0, 2, func(c *Ctx, req *protocol.DescribeQuorumRequest) {
		resp := protocol.New[protocol.DescribeQuorumResponse]()
		known := asksForQuorum(req)
		text := protocol.ErrUnknownTopicOrPartition.Message()
		for _, t := range req.Topics {
			out := protocol.DescribeQuorumResponseTopicData{TopicName: t.TopicName}
			for _, p := range t.Partitions {
				if known {
					out.Partitions = append(out.Partitions, describeQuorum(from, c.Now))
					continue
				}
				out.Partitions = append(out.Partitions, protocol.DescribeQuorumResponsePartitionData{
					PartitionIndex: p.PartitionIndex, ErrorCode: protocol.ErrUnknownTopicOrPartition.Code(), ErrorMessage: &text})
			}
			resp.Topics = append(resp.Topics, out)
		}
		if known {
			resp.Nodes = quorumNodes(from)
		}
		c.Respond(resp)
	})
}

// asksForQuorum reports whether a request names the one partition of the metadata topic and nothing
// else. As in Kafka, any other name makes the whole request unknown.
func asksForQuorum(req *protocol.DescribeQuorumRequest) bool {
	return len(req.Topics) == 1 && req.Topics[0].TopicName == topicname.ClusterMetadata &&
		len(req.Topics[0].Partitions) == 1 && req.Topics[0].Partitions[0].PartitionIndex == 0
}

func describeQuorum(from QuorumSource, now time.Time) protocol.DescribeQuorumResponsePartitionData {
	s := from.Status()
	out := protocol.DescribeQuorumResponsePartitionData{ErrorMessage: new(string), LeaderID: s.LeaderID, LeaderEpoch: s.Epoch}
	if !s.Active {
		text := protocol.ErrNotLeaderOrFollower.Message()
		out.ErrorCode, out.ErrorMessage = protocol.ErrNotLeaderOrFollower.Code(), &text
		return out
	}
	out.HighWatermark = s.HighWatermark
	voters := map[int32]bool{}
	for _, v := range s.Voters {
		voters[v.ID] = true
		r := *protocol.New[protocol.DescribeQuorumResponseReplicaState]()
		r.ReplicaID, r.ReplicaDirectoryID, r.LogEndOffset = v.ID, v.DirectoryID, -1
		if v.ID == s.LeaderID {
			r.LogEndOffset = s.LogEndOffset
			r.LastFetchTimestamp, r.LastCaughtUpTimestamp = now.UnixMilli(), now.UnixMilli()
		}
		out.CurrentVoters = append(out.CurrentVoters, r)
	}
	for b := range from.Image().Brokers() {
		if !voters[b.ID] {
			r := *protocol.New[protocol.DescribeQuorumResponseReplicaState]()
			r.ReplicaID, r.LogEndOffset = b.ID, -1
			out.Observers = append(out.Observers, r)
		}
	}
	return out
}

// quorumNodes returns the voters' listeners, from the voter set or from the controllers'
// registrations.
func quorumNodes(from QuorumSource) []protocol.DescribeQuorumResponseNode {
	var nodes []protocol.DescribeQuorumResponseNode
	for _, v := range from.Status().Voters {
		endpoints := v.Endpoints
		if registered := from.Image().Controller(v.ID); len(endpoints) == 0 && registered != nil {
			endpoints = registered.Endpoints
		}
		node := protocol.DescribeQuorumResponseNode{NodeID: v.ID}
		for _, e := range endpoints {
			node.Listeners = append(node.Listeners, protocol.DescribeQuorumResponseListener{Name: e.Name, Host: e.Host, Port: e.Port})
		}
		nodes = append(nodes, node)
	}
	return nodes
}
