package controller

import (
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// AssignReplicasToDirs records in which log directories a broker keeps its replicas (KIP-858).
var AssignReplicasToDirs = declare(API[*protocol.AssignReplicasToDirsRequest, *protocol.AssignReplicasToDirsResponse]{
	decide: (*Core).assignReplicasToDirs,
	fail: func(_ *protocol.AssignReplicasToDirsRequest, err protocol.Error) *protocol.AssignReplicasToDirsResponse {
		resp := protocol.New[protocol.AssignReplicasToDirsResponse]()
		resp.ErrorCode = err.Code()
		return resp
	},
})

// assignReplicasToDirs answers AssignReplicasToDirs, version 0. A replica in a directory that its
// broker does not offer, such as the id LOST, leaves the ISR and does not lead.
func (c *Core) assignReplicasToDirs(e Env, _ Request, r *protocol.AssignReplicasToDirsRequest) ([]Record, *protocol.AssignReplicasToDirsResponse) {
	resp := protocol.New[protocol.AssignReplicasToDirsResponse]()
	if e.Image.Features().MetadataVersion() < metadata.DirectoriesFrom {
		resp.ErrorCode = protocol.ErrUnsupportedVersion.Code()
		return nil, resp
	}
	b, err := registered(e.Image, r.BrokerID, r.BrokerEpoch)
	if err != protocol.ErrNone {
		resp.ErrorCode = err.Code()
		return nil, resp
	}
	all := changes{e: e}
	for _, dir := range r.Directories {
		answer := protocol.AssignReplicasToDirsResponseDirectoryData{ID: dir.ID}
		for _, t := range dir.Topics {
			in := protocol.AssignReplicasToDirsResponseTopicData{TopicID: t.TopicID}
			for _, p := range t.Partitions {
				image := all.image(t.TopicID, p.PartitionIndex)
				topic := image.Topics().ByID(t.TopicID)
				err := checkReplica(topic, p.PartitionIndex, r.BrokerID)
				if err == protocol.ErrNone {
					all.add(c.assignDirectory(image, topic, p.PartitionIndex, b, dir.ID))
				}
				in.Partitions = append(in.Partitions, protocol.AssignReplicasToDirsResponsePartitionData{PartitionIndex: p.PartitionIndex, ErrorCode: err.Code()})
			}
			answer.Topics = append(answer.Topics, in)
		}
		resp.Directories = append(resp.Directories, answer)
	}
	return all.records, resp
}

func checkReplica(t *metadata.Topic, index, broker int32) protocol.Error {
	switch p := t.Partition(index); {
	case t == nil:
		return protocol.ErrUnknownTopicID
	case p == nil:
		return protocol.ErrUnknownTopicOrPartition
	case !p.HasReplica(broker):
		return protocol.ErrNotLeaderOrFollower
	}
	return protocol.ErrNone
}

// assignDirectory returns the change of a replica's directory, and of leader and ISR with it. It is
// nil when nothing changes.
func (c *Core) assignDirectory(image *metadata.Image, t *metadata.Topic, index int32, b *metadata.Broker, dir wire.UUID) Record {
	p := t.Partitions[index]
	online := offers(b, dir)
	ch := c.change(image, t, index, func(id int32) bool { return isActive(image, id) })
	others := ch.acceptable
	ch.acceptable = func(id int32) bool {
		if id == b.ID {
			return online && isActive(image, id)
		}
		return others(id)
	}
	ch.directories = make([]wire.UUID, len(p.Replicas))
	for i, id := range p.Replicas {
		ch.directories[i] = p.DirectoryOf(id)
		if id == b.ID {
			ch.directories[i] = dir
		}
	}
	if !online && slices.Contains(p.ISR, b.ID) {
		ch.isr = without(p.ISR, b.ID)
		if c.uncleanElection(image, t.Name) {
			ch.election = electUnclean
		}
	}
	if r := ch.build(); r != nil {
		return r
	}
	return nil
}
