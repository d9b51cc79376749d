package handlers

// DescribeQuorum (key 55), versions 0-2.
//
// KIP-595, KIP-836 (fetch times in v1), KIP-853 (directory ids and voters' listeners in v2). The
// leader of the metadata quorum answers; other nodes answer NOT_LEADER_OR_FOLLOWER. Observers are
// the replicas that fetch the metadata log and are no voters.

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/internal/topicname"
)

// QuorumSource gives the state of the quorum.
type QuorumSource interface {
	ImageSource
	// Describe calls done once.
	Describe(done func(quorum.Description))
}

var _ = declare(func(e Engines) API { return DescribeQuorum(e.Quorum) })

// DescribeQuorum makes the API.
func DescribeQuorum(from QuorumSource) API {
	return NewAPI(0, 2, func(c *Ctx, req *protocol.DescribeQuorumRequest) {
		if !asksForQuorum(req) {
			c.Respond(unknownQuorum(req))
			return
		}
		from.Describe(func(d quorum.Description) {
			resp := protocol.New[protocol.DescribeQuorumResponse]()
			resp.Topics = []protocol.DescribeQuorumResponseTopicData{{TopicName: topicname.ClusterMetadata,
				Partitions: []protocol.DescribeQuorumResponsePartitionData{describeQuorum(d)}}}
			if d.Leads {
				resp.Nodes = quorumNodes(from, d.Set)
			}
			c.Respond(resp)
		})
	})
}

// asksForQuorum reports whether a request names the one partition of the metadata topic and nothing
// else. As in Kafka, any other name makes the whole request unknown.
func asksForQuorum(req *protocol.DescribeQuorumRequest) bool {
	return len(req.Topics) == 1 && req.Topics[0].TopicName == topicname.ClusterMetadata &&
		len(req.Topics[0].Partitions) == 1 && req.Topics[0].Partitions[0].PartitionIndex == 0
}

func unknownQuorum(req *protocol.DescribeQuorumRequest) *protocol.DescribeQuorumResponse {
	resp := protocol.New[protocol.DescribeQuorumResponse]()
	text := protocol.ErrUnknownTopicOrPartition.Message()
	for _, t := range req.Topics {
		out := protocol.DescribeQuorumResponseTopicData{TopicName: t.TopicName}
		for _, p := range t.Partitions {
			out.Partitions = append(out.Partitions, protocol.DescribeQuorumResponsePartitionData{
				PartitionIndex: p.PartitionIndex, ErrorCode: protocol.ErrUnknownTopicOrPartition.Code(), ErrorMessage: &text})
		}
		resp.Topics = append(resp.Topics, out)
	}
	return resp
}

func describeQuorum(d quorum.Description) protocol.DescribeQuorumResponsePartitionData {
	if !d.Leads {
		text := protocol.ErrNotLeaderOrFollower.Message()
		return protocol.DescribeQuorumResponsePartitionData{ErrorCode: protocol.ErrNotLeaderOrFollower.Code(), ErrorMessage: &text}
	}
	states := func(rs []quorum.Replica) (out []protocol.DescribeQuorumResponseReplicaState) {
		for _, r := range rs {
			out = append(out, protocol.DescribeQuorumResponseReplicaState{ReplicaID: r.ID, ReplicaDirectoryID: r.DirectoryID,
				LogEndOffset: r.End, LastFetchTimestamp: r.LastFetchMs, LastCaughtUpTimestamp: r.LastCaughtUpMs})
		}
		return out
	}
	return protocol.DescribeQuorumResponsePartitionData{ErrorMessage: new(string), LeaderID: d.LeaderID, LeaderEpoch: d.Epoch,
		HighWatermark: d.HighWatermark, CurrentVoters: states(d.Voters), Observers: states(d.Observers)}
}

// quorumNodes returns the voters' listeners, from the voter set or from the controllers'
// registrations.
func quorumNodes(from ImageSource, voters []quorum.Voter) []protocol.DescribeQuorumResponseNode {
	var nodes []protocol.DescribeQuorumResponseNode
	for _, v := range voters {
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
