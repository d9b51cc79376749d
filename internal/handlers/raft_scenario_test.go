package handlers

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/topicname"
)

var (
	raftClusterID = raftCluster
	raftTopicID   = wire.UUID{15: 1}
	otherCluster  = "bm90LXRoaXMtY2x1c3Rlcg"
)

// raftScenario sends the requests of the quorum, right and wrong ones. The last ones disturb it.
func raftScenario(p *raftProbe) {
	for p.find(); p.epoch < 4; p.find() { // room for older epochs
		p.nodes.do(p.followers[0], p.vote(p.followers[0], func(d *protocol.VoteRequestPartitionData) { d.ReplicaEpoch, d.LastOffsetEpoch = 4, 3 }), 2)
	}
	p.listed()
	for v := int16(0); v <= 2; v++ {
		p.votes(v)
	}
	for v := int16(0); v <= 1; v++ {
		p.begins(v)
		p.ends(v)
	}
	for v := int16(12); v <= 18; v++ {
		p.fetches(v)
	}
	for v := int16(0); v <= 1; v++ {
		p.snapshots(v)
		p.adds(v)
	}
	p.removes()
	p.updates()
	for v := int16(0); v <= 2; v++ {
		p.describes(v)
	}
	p.disturb()
}

// listed writes the quorum's APIs as ApiVersions lists them.
func (p *raftProbe) listed() {
	req := protocol.New[protocol.APIVersionsRequest]()
	req.ClientSoftwareName, req.ClientSoftwareVersion = "probe", "1"
	m := p.nodes.do(p.leader, req, 4).(*protocol.APIVersionsResponse)
	for _, k := range m.APIKeys {
		switch k.APIKey {
		case 1, 52, 53, 54, 55, 59, 80, 81, 82:
			fmt.Fprintf(p.out, "ApiVersions lists %s %d-%d\n", protocol.Name(k.APIKey), k.MinVersion, k.MaxVersion)
		}
	}
	for _, f := range m.SupportedFeatures {
		if f.Name == "kraft.version" {
			fmt.Fprintf(p.out, "ApiVersions lists kraft.version %d-%d\n", f.MinVersion, f.MaxVersion)
		}
	}
}

func (p *raftProbe) vote(voter int32, change func(*protocol.VoteRequestPartitionData)) *protocol.VoteRequest {
	d := protocol.VoteRequestPartitionData{ReplicaEpoch: p.epoch, ReplicaID: p.followers[1], ReplicaDirectoryID: raftDirectory(p.followers[1]),
		VoterDirectoryID: raftDirectory(voter), LastOffsetEpoch: p.epoch - 1, LastOffset: 1 << 40}
	if change != nil {
		change(&d)
	}
	return &protocol.VoteRequest{ClusterID: &raftClusterID, VoterID: voter,
		Topics: []protocol.VoteRequestTopicData{{TopicName: topicname.ClusterMetadata, Partitions: []protocol.VoteRequestPartitionData{d}}}}
}

func (p *raftProbe) votes(v int16) {
	type data = protocol.VoteRequestPartitionData
	f := p.followers[0]
	r := p.vote(f, nil)
	r.ClusterID = &otherCluster
	p.ask("other cluster", f, r, v)
	r = p.vote(f, func(d *data) { d.ReplicaEpoch--; d.LastOffsetEpoch = 0 })
	r.ClusterID = nil
	p.ask("no cluster, older epoch", f, r, v)
	r = p.vote(f, nil)
	r.Topics[0].TopicName = "other"
	p.ask("other topic", f, r, v)
	r = p.vote(f, nil)
	r.Topics = nil
	p.ask("no topic", f, r, v)
	r = p.vote(f, nil)
	r.Topics[0].Partitions = nil
	p.ask("no partition", f, r, v)
	r = p.vote(f, nil)
	r.Topics = append(r.Topics, r.Topics[0])
	p.ask("two topics", f, r, v)
	r = p.vote(f, nil)
	r.Topics[0].Partitions = append(r.Topics[0].Partitions, r.Topics[0].Partitions[0])
	p.ask("two partitions", f, r, v)
	p.ask("other partition", f, p.vote(f, func(d *data) { d.PartitionIndex = 1 }), v)
	p.ask("candidate -1", f, p.vote(f, func(d *data) { d.ReplicaID = -1 }), v)
	p.ask("candidate -1, older epoch", f, p.vote(f, func(d *data) { d.ReplicaID = -1; d.ReplicaEpoch--; d.LastOffsetEpoch = 0 }), v)
	p.ask("offset -1", f, p.vote(f, func(d *data) { d.LastOffset = -1 }), v)
	p.ask("offset -1, older epoch", f, p.vote(f, func(d *data) { d.LastOffset = -1; d.ReplicaEpoch--; d.LastOffsetEpoch = 0 }), v)
	p.ask("last epoch -1", f, p.vote(f, func(d *data) { d.LastOffsetEpoch = -1 }), v)
	p.ask("last epoch as the epoch", f, p.vote(f, func(d *data) { d.LastOffsetEpoch = d.ReplicaEpoch }), v)
	p.ask("last epoch above the epoch", f, p.vote(f, func(d *data) { d.LastOffsetEpoch = d.ReplicaEpoch + 1 }), v)
	p.ask("to another voter", f, p.vote(p.leader, nil), v)
	p.ask("to another directory", f, p.vote(f, func(d *data) { d.VoterDirectoryID = wire.UUID{9} }), v)
	p.ask("to no voter", f, p.vote(-1, func(d *data) { d.VoterDirectoryID = wire.UUID{} }), v)
	p.ask("short log", f, p.vote(f, func(d *data) { d.LastOffset, d.LastOffsetEpoch = 0, 0 }), v)
	p.ask("from another follower", f, p.vote(f, nil), v)
	p.ask("from the leader", f, p.vote(f, func(d *data) { d.ReplicaID, d.ReplicaDirectoryID = p.leader, raftDirectory(p.leader) }), v)
	p.ask("from a follower", p.leader, p.vote(p.leader, nil), v)
	if v >= 2 {
		pre := func(d *data) { d.PreVote, d.LastOffsetEpoch = true, d.ReplicaEpoch }
		p.ask("pre-vote", f, p.vote(f, pre), v)
		p.ask("pre-vote", p.leader, p.vote(p.leader, pre), v)
		p.ask("pre-vote, last epoch above the epoch", f, p.vote(f, func(d *data) { pre(d); d.LastOffsetEpoch++ }), v)
		p.ask("pre-vote, older epoch", f, p.vote(f, func(d *data) { d.ReplicaEpoch--; pre(d) }), v)
	}
}

func (p *raftProbe) begin(voter int32, change func(*protocol.BeginQuorumEpochRequestPartitionData)) *protocol.BeginQuorumEpochRequest {
	d := protocol.BeginQuorumEpochRequestPartitionData{VoterDirectoryID: raftDirectory(voter), LeaderID: p.leader, LeaderEpoch: p.epoch}
	if change != nil {
		change(&d)
	}
	return &protocol.BeginQuorumEpochRequest{ClusterID: &raftClusterID, VoterID: voter,
		Topics:          []protocol.BeginQuorumEpochRequestTopicData{{TopicName: topicname.ClusterMetadata, Partitions: []protocol.BeginQuorumEpochRequestPartitionData{d}}},
		LeaderEndpoints: []protocol.BeginQuorumEpochRequestLeaderEndpoint{{Name: "CONTROLLER", Host: "127.0.0.1", Port: raftPort(p.leader)}}}
}

func (p *raftProbe) begins(v int16) {
	type data = protocol.BeginQuorumEpochRequestPartitionData
	f := p.followers[0]
	r := p.begin(f, nil)
	r.ClusterID = &otherCluster
	p.ask("other cluster", f, r, v)
	r = p.begin(f, nil)
	r.Topics[0].TopicName = "other"
	p.ask("other topic", f, r, v)
	r = p.begin(f, nil)
	r.Topics = nil
	p.ask("no topic", f, r, v)
	r = p.begin(f, nil)
	r.Topics[0].Partitions = append(r.Topics[0].Partitions, r.Topics[0].Partitions[0])
	p.ask("two partitions", f, r, v)
	p.ask("older epoch", f, p.begin(f, func(d *data) { d.LeaderEpoch-- }), v)
	p.ask("leader -1", f, p.begin(f, func(d *data) { d.LeaderID = -1 }), v)
	p.ask("leader -1, older epoch", f, p.begin(f, func(d *data) { d.LeaderID = -1; d.LeaderEpoch-- }), v)
	p.ask("to another voter", f, p.begin(p.followers[1], nil), v)
	p.ask("to another voter, older epoch", f, p.begin(p.followers[1], func(d *data) { d.LeaderEpoch-- }), v)
	p.ask("to another directory", f, p.begin(f, func(d *data) { d.VoterDirectoryID = wire.UUID{9} }), v)
	p.ask("right", f, p.begin(f, nil), v)
	r = p.begin(f, nil)
	r.LeaderEndpoints = nil
	p.ask("without endpoints", f, r, v)
	p.ask("itself", p.leader, p.begin(p.leader, nil), v)
	p.ask("itself, older epoch", p.leader, p.begin(p.leader, func(d *data) { d.LeaderEpoch-- }), v)
	p.ask("itself, older epoch", f, p.begin(f, func(d *data) { d.LeaderID = f; d.LeaderEpoch-- }), v)
}

func (p *raftProbe) endEpoch(change func(*protocol.EndQuorumEpochRequestPartitionData)) *protocol.EndQuorumEpochRequest {
	d := protocol.EndQuorumEpochRequestPartitionData{LeaderID: p.leader, LeaderEpoch: p.epoch}
	if change != nil {
		change(&d)
	}
	return &protocol.EndQuorumEpochRequest{ClusterID: &raftClusterID,
		Topics:          []protocol.EndQuorumEpochRequestTopicData{{TopicName: topicname.ClusterMetadata, Partitions: []protocol.EndQuorumEpochRequestPartitionData{d}}},
		LeaderEndpoints: []protocol.EndQuorumEpochRequestLeaderEndpoint{{Name: "CONTROLLER", Host: "127.0.0.1", Port: raftPort(p.leader)}}}
}

func (p *raftProbe) ends(v int16) {
	type data = protocol.EndQuorumEpochRequestPartitionData
	f := p.followers[0]
	r := p.endEpoch(nil)
	r.ClusterID = &otherCluster
	p.ask("other cluster", f, r, v)
	r = p.endEpoch(nil)
	r.Topics[0].TopicName = "other"
	p.ask("other topic", f, r, v)
	r = p.endEpoch(nil)
	r.Topics = nil
	p.ask("no topic", f, r, v)
	p.ask("older epoch", f, p.endEpoch(func(d *data) { d.LeaderEpoch-- }), v)
	p.ask("leader -1", f, p.endEpoch(func(d *data) { d.LeaderID = -1 }), v)
	p.ask("leader -1, older epoch", f, p.endEpoch(func(d *data) { d.LeaderID = -1; d.LeaderEpoch-- }), v)
	p.ask("itself", p.leader, p.endEpoch(nil), v)
	p.ask("itself, older epoch", p.leader, p.endEpoch(func(d *data) { d.LeaderEpoch-- }), v)
}
