package handlers

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/topicname"
)

// fetch makes a fetch of a replica at an offset, which the leader answers at once.
func (p *raftProbe) fetch(replica int32, offset int64, epoch int32) *protocol.FetchRequest {
	r := protocol.New[protocol.FetchRequest]()
	d := *protocol.New[protocol.FetchRequestPartition]()
	d.CurrentLeaderEpoch, d.FetchOffset, d.LastFetchedEpoch = p.epoch, offset, epoch
	if replica >= 0 {
		d.ReplicaDirectoryID = raftDirectory(replica)
	}
	r.ClusterID, r.ReplicaID, r.ReplicaState.ReplicaID = &raftClusterID, replica, replica
	r.MaxBytes = 8 << 20
	r.Topics = []protocol.FetchRequestTopic{{Topic: topicname.ClusterMetadata, TopicID: raftTopicID, Partitions: []protocol.FetchRequestPartition{d}}}
	return r
}

// fetched is fetch with a change.
func (p *raftProbe) fetched(offset int64, epoch int32, change func(*protocol.FetchRequest, *protocol.FetchRequestPartition)) *protocol.FetchRequest {
	r := p.fetch(9, offset, epoch)
	change(r, &r.Topics[0].Partitions[0])
	return r
}

func (p *raftProbe) fetches(v int16) {
	type req = protocol.FetchRequest
	type data = protocol.FetchRequestPartition
	at, epoch := p.snapshot.EndOffset, p.snapshot.Epoch
	p.ask("at the snapshot", p.leader, p.fetch(9, at, epoch), v)
	if v == 12 {
		return
	}
	change := func(title string, f func(*req, *data)) { p.ask(title, p.leader, p.fetched(at, epoch, f), v) }
	change("of another cluster", func(r *req, _ *data) { r.ClusterID = &otherCluster })
	change("of no cluster", func(r *req, _ *data) { r.ClusterID = nil })
	change("of another topic", func(r *req, _ *data) { r.Topics[0].TopicID = wire.UUID{1} })
	change("of another partition", func(_ *req, d *data) { d.Partition = 1 })
	change("of no topic", func(r *req, _ *data) { r.Topics = nil })
	change("of no partition", func(r *req, _ *data) { r.Topics[0].Partitions = nil })
	change("of two topics", func(r *req, _ *data) { r.Topics = append(r.Topics, r.Topics[0]) })
	change("of two partitions", func(r *req, d *data) { r.Topics[0].Partitions = append(r.Topics[0].Partitions, *d) })
	change("older epoch", func(_ *req, d *data) { d.CurrentLeaderEpoch-- })
	change("newer epoch", func(_ *req, d *data) { d.CurrentLeaderEpoch++ })
	change("epoch -1", func(_ *req, d *data) { d.CurrentLeaderEpoch = -1 })
	change("offset -1", func(_ *req, d *data) { d.FetchOffset = -1 })
	change("last epoch -1", func(_ *req, d *data) { d.LastFetchedEpoch = -1 })
	change("last epoch above the epoch", func(_ *req, d *data) { d.LastFetchedEpoch = d.CurrentLeaderEpoch + 1 })
	change("last epoch and epoch above the epoch", func(_ *req, d *data) { d.CurrentLeaderEpoch++; d.LastFetchedEpoch = d.CurrentLeaderEpoch })
	change("wait -1", func(r *req, _ *data) { r.MaxWaitMs = -1 })
	change("offset -1, older epoch", func(_ *req, d *data) { d.FetchOffset = -1; d.CurrentLeaderEpoch-- })
	change("of a consumer", func(r *req, d *data) {
		r.ReplicaID, r.ReplicaState.ReplicaID, d.ReplicaDirectoryID = -1, -1, wire.UUID{}
	})
	change("without a directory", func(_ *req, d *data) { d.ReplicaDirectoryID = wire.UUID{} })
	change("with a high watermark", func(_ *req, d *data) { d.HighWatermark = at })
	p.ask("at the snapshot", p.followers[0], p.fetch(9, at, epoch), v)
	p.ask("at the snapshot, older epoch", p.followers[0], p.fetched(at, epoch, func(_ *req, d *data) { d.CurrentLeaderEpoch-- }), v)
	p.ask("at 0", p.leader, p.fetch(9, 0, 0), v)
	p.ask("at 0 of the epoch", p.leader, p.fetch(9, 0, p.epoch), v)
	p.ask("at 1", p.leader, p.fetch(9, 1, 1), v)
	p.ask("behind the end", p.leader, p.fetch(9, 1<<40, p.epoch), v)
	p.ask("at the snapshot with epoch 0", p.leader, p.fetch(9, at, 0), v)
}

func (p *raftProbe) snapshots(v int16) {
	type data = protocol.FetchSnapshotRequestPartitionSnapshot
	ask := func(title string, node int32, change func(*protocol.FetchSnapshotRequest, *data)) {
		r := &protocol.FetchSnapshotRequest{ClusterID: &raftClusterID, ReplicaID: 9, MaxBytes: 100, Topics: []protocol.FetchSnapshotRequestTopicSnapshot{{
			Name: topicname.ClusterMetadata, Partitions: []data{{CurrentLeaderEpoch: p.epoch, ReplicaDirectoryID: raftDirectory(9),
				SnapshotID: protocol.FetchSnapshotRequestSnapshotID{EndOffset: p.snapshot.EndOffset, Epoch: p.snapshot.Epoch}}}}}}
		change(r, &r.Topics[0].Partitions[0])
		p.ask(title, node, r, v)
	}
	type req = protocol.FetchSnapshotRequest
	p.find() // an old snapshot disappears
	ask("from its begin", p.leader, func(*req, *data) {})
	ask("from its middle", p.leader, func(_ *req, d *data) { d.Position = 50 })
	ask("from its begin", p.followers[0], func(*req, *data) {})
	ask("of another cluster", p.leader, func(r *req, _ *data) { r.ClusterID = &otherCluster })
	ask("of no cluster", p.leader, func(r *req, _ *data) { r.ClusterID = nil })
	ask("of another topic", p.leader, func(r *req, _ *data) { r.Topics[0].Name = "other" })
	ask("of another partition", p.leader, func(_ *req, d *data) { d.Partition = 1 })
	ask("of another topic", p.followers[0], func(r *req, _ *data) { r.Topics[0].Name = "other" })
	ask("older epoch", p.leader, func(_ *req, d *data) { d.CurrentLeaderEpoch-- })
	ask("newer epoch", p.leader, func(_ *req, d *data) { d.CurrentLeaderEpoch++ })
	ask("unknown", p.leader, func(_ *req, d *data) { d.SnapshotID.EndOffset = 1 << 40 })
	ask("of the bootstrap", p.leader, func(_ *req, d *data) { d.SnapshotID = protocol.FetchSnapshotRequestSnapshotID{} })
	ask("position -1", p.leader, func(_ *req, d *data) { d.Position = -1 })
	ask("position behind the end", p.leader, func(_ *req, d *data) { d.Position = 1 << 30 })
}

func (p *raftProbe) adds(v int16) {
	type req = protocol.AddRaftVoterRequest
	ask := func(title string, node int32, change func(*req)) {
		r := &req{ClusterID: &raftClusterID, TimeoutMs: 1000, VoterID: 9, VoterDirectoryID: raftDirectory(9), AckWhenCommitted: true,
			Listeners: []protocol.AddRaftVoterRequestListener{{Name: "CONTROLLER", Host: "127.0.0.1", Port: raftPort(9)}}}
		change(r)
		p.ask(title, node, r, v)
	}
	ask("9", p.followers[0], func(*req) {})
	ask("of another cluster", p.leader, func(r *req) { r.ClusterID = &otherCluster })
	ask("of another cluster", p.followers[0], func(r *req) { r.ClusterID = &otherCluster })
	ask("-1", p.leader, func(r *req) { r.VoterID = -1 })
	ask("without a directory", p.leader, func(r *req) { r.VoterDirectoryID = wire.UUID{} })
	ask("without listeners", p.leader, func(r *req) { r.Listeners = nil })
	ask("with another listener", p.leader, func(r *req) { r.Listeners[0].Name = "OTHER" })
	ask("a voter", p.leader, func(r *req) { r.VoterID, r.VoterDirectoryID = p.followers[0], raftDirectory(p.followers[0]) })
	ask("a voter with another directory", p.leader, func(r *req) { r.VoterID = p.followers[0] })
	if v == 1 {
		ask("that refuses connections", p.leader, func(*req) {})
		ask("that has just refused a connection", p.leader, func(*req) {})
		ask("that does not fetch", p.leader, func(r *req) {
			r.VoterID, r.VoterDirectoryID, r.Listeners[0].Port = 8, raftDirectory(8), raftPort(p.followers[0])
		})
	}
}

func (p *raftProbe) removes() {
	type req = protocol.RemoveRaftVoterRequest
	ask := func(title string, node int32, change func(*req)) {
		r := &req{ClusterID: &raftClusterID, VoterID: 9, VoterDirectoryID: raftDirectory(9)}
		change(r)
		p.ask(title, node, r, 0)
	}
	ask("9", p.leader, func(*req) {})
	ask("9", p.followers[0], func(*req) {})
	ask("of another cluster", p.leader, func(r *req) { r.ClusterID = &otherCluster })
	ask("-1", p.leader, func(r *req) { r.VoterID = -1 })
	ask("without a directory", p.leader, func(r *req) { r.VoterDirectoryID = wire.UUID{} })
	ask("a voter with another directory", p.leader, func(r *req) { r.VoterID = p.followers[0] })
}

func (p *raftProbe) updates() {
	type req = protocol.UpdateRaftVoterRequest
	ask := func(title string, node int32, change func(*req)) {
		f := p.followers[0]
		r := &req{ClusterID: &raftClusterID, CurrentLeaderEpoch: p.epoch, VoterID: f, VoterDirectoryID: raftDirectory(f),
			Listeners: []protocol.UpdateRaftVoterRequestListener{{Name: "CONTROLLER", Host: "127.0.0.1", Port: raftPort(f)}}}
		r.KraftVersionFeature.MaxSupportedVersion = 1
		change(r)
		p.ask(title, node, r, 0)
	}
	ask("unchanged", p.leader, func(*req) {})
	ask("unchanged", p.followers[0], func(*req) {})
	ask("of another cluster", p.leader, func(r *req) { r.ClusterID = &otherCluster })
	ask("older epoch", p.leader, func(r *req) { r.CurrentLeaderEpoch-- })
	ask("newer epoch", p.leader, func(r *req) { r.CurrentLeaderEpoch++ })
	ask("-1", p.leader, func(r *req) { r.VoterID = -1 })
	ask("9", p.leader, func(r *req) { r.VoterID = 9 })
	ask("without a directory", p.leader, func(r *req) { r.VoterDirectoryID = wire.UUID{} })
	ask("of another directory", p.leader, func(r *req) { r.VoterDirectoryID = raftDirectory(9) })
	ask("without listeners", p.leader, func(r *req) { r.Listeners = nil })
	ask("with another listener", p.leader, func(r *req) { r.Listeners[0].Name = "OTHER" })
	ask("of other versions", p.leader, func(r *req) {
		r.KraftVersionFeature.MinSupportedVersion, r.KraftVersionFeature.MaxSupportedVersion = 5, 6
	})
}

func (p *raftProbe) describes(v int16) {
	of := func(topics ...protocol.DescribeQuorumRequestTopicData) *protocol.DescribeQuorumRequest {
		return &protocol.DescribeQuorumRequest{Topics: topics}
	}
	topic := func(name string, partitions ...int32) protocol.DescribeQuorumRequestTopicData {
		t := protocol.DescribeQuorumRequestTopicData{TopicName: name}
		for _, n := range partitions {
			t.Partitions = append(t.Partitions, protocol.DescribeQuorumRequestPartitionData{PartitionIndex: n})
		}
		return t
	}
	p.ask("quorum", p.leader, of(topic(topicname.ClusterMetadata, 0)), v)
	p.ask("quorum", p.followers[0], of(topic(topicname.ClusterMetadata, 0)), v)
	p.ask("other topic", p.leader, of(topic("other", 0)), v)
	p.ask("other topic", p.followers[0], of(topic("other", 0)), v)
	p.ask("two partitions", p.leader, of(topic(topicname.ClusterMetadata, 0, 1)), v)
	p.ask("no partitions", p.leader, of(topic(topicname.ClusterMetadata)), v)
	p.ask("no topics", p.leader, of(), v)
}

// disturb sends requests that change the epoch or the leader.
func (p *raftProbe) disturb() {
	type begin = protocol.BeginQuorumEpochRequestPartitionData
	type vote = protocol.VoteRequestPartitionData
	p.find()
	f := p.followers[0]
	next := func(d *vote) {
		d.ReplicaID, d.ReplicaDirectoryID, d.ReplicaEpoch, d.LastOffsetEpoch = 9, raftDirectory(9), p.epoch+1, p.epoch
	}
	p.ask("of the next epoch to another voter", f, p.vote(p.leader, next), 2)
	p.ask("of the next epoch with a short log", f, p.vote(f, func(d *vote) { next(d); d.LastOffset = 1 }), 2)
	p.ask("of the next epoch", f, p.vote(f, next), 2)
	p.ask("of the next epoch again", f, p.vote(f, next), 2)
	p.ask("of the next epoch, another candidate", f, p.vote(f, func(d *vote) { next(d); d.ReplicaID = 8 }), 2)
	p.ask("of the next epoch, another directory", f, p.vote(f, func(d *vote) { next(d); d.ReplicaDirectoryID = raftDirectory(8) }), 2)
	p.ask("in the voter's epoch", f, p.vote(f, func(d *vote) { next(d); d.PreVote = true }), 2)
	p.find()
	f = p.followers[0]
	// A voter that hears that it leads, and does not, stops in Apache Kafka. So the leader is 9.
	next9 := func(d *begin) { d.LeaderEpoch, d.LeaderID = p.epoch+1, 9 }
	r := p.begin(f, func(d *begin) { next9(d); d.VoterDirectoryID = wire.UUID{9} })
	r.LeaderEndpoints[0].Port = raftPort(9)
	p.ask("of the next epoch to another directory", f, r, 1)
	r = p.begin(f, next9)
	r.LeaderEndpoints[0].Port = raftPort(9)
	p.ask("of the next epoch", f, r, 1)
	p.ask("of the present epoch", f, p.begin(f, nil), 1)
	p.find()
	p.ask("right", p.followers[0], p.endEpoch(nil), 1)
	p.ask("again", p.followers[0], p.endEpoch(nil), 0)
}
