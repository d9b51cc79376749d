package controller

import (
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// AlterPartition changes the ISR of partitions on behalf of their leader.
var AlterPartition = declare(API[*protocol.AlterPartitionRequest, *protocol.AlterPartitionResponse]{
	decide: (*Core).alterPartition,
	fail: func(_ *protocol.AlterPartitionRequest, err protocol.Error) *protocol.AlterPartitionResponse {
		resp := protocol.New[protocol.AlterPartitionResponse]()
		resp.ErrorCode = err.Code()
		return resp
	},
})

// alterPartition answers AlterPartition, versions 2-3 (KIP-497, KIP-704, KIP-841, KIP-903): the
// leader of a partition asks for another ISR. A leader with older metadata than this controller is
// refused, so that it first applies the newer metadata.
func (c *Core) alterPartition(e Env, ctx Request, r *protocol.AlterPartitionRequest) ([]Record, *protocol.AlterPartitionResponse) {
	resp := protocol.New[protocol.AlterPartitionResponse]()
	if _, err := registered(e.Image, r.BrokerID, r.BrokerEpoch); err != protocol.ErrNone {
		resp.ErrorCode = err.Code()
		return nil, resp
	}
	all := changes{e: e}
	for _, t := range r.Topics {
		out := protocol.AlterPartitionResponseTopicData{TopicID: t.TopicID}
		for i := range t.Partitions {
			p := &t.Partitions[i]
			result := protocol.AlterPartitionResponsePartitionData{PartitionIndex: p.PartitionIndex}
			image := all.image(t.TopicID, p.PartitionIndex)
			if topic := image.Topics().ByID(t.TopicID); topic == nil {
				result.ErrorCode = protocol.ErrUnknownTopicID.Code()
			} else {
				var record Record
				record, result = c.alterOne(image, ctx, r.BrokerID, topic, p)
				all.add(record)
			}
			out.Partitions = append(out.Partitions, result)
		}
		resp.Topics = append(resp.Topics, out)
	}
	return all.records, resp
}

func (c *Core) alterOne(image *metadata.Image, ctx Request, leader int32, topic *metadata.Topic, p *protocol.AlterPartitionRequestPartitionData) (Record, protocol.AlterPartitionResponsePartitionData) {
	out := protocol.AlterPartitionResponsePartitionData{PartitionIndex: p.PartitionIndex}
	isr := p.NewISR
	if ctx.Version >= 3 {
		isr = make([]int32, len(p.NewISRWithEpochs))
		for i, b := range p.NewISRWithEpochs {
			isr[i] = b.BrokerID
		}
	}
	if err := checkAlter(image, ctx, leader, topic.Partition(p.PartitionIndex), p, isr); err != protocol.ErrNone {
		out.ErrorCode = err.Code()
		return nil, out
	}
	ch := c.change(image, topic, p.PartitionIndex, func(id int32) bool { return isActive(image, id) })
	ch.isr, ch.recovery = isr, p.LeaderRecoveryState
	if c.uncleanElection(image, topic.Name) {
		ch.election = electUnclean
	}
	record := ch.build()
	next := topic.Partitions[p.PartitionIndex]
	if record != nil {
		next = next.Merge(record)
		if record.Leader != noLeaderChange && record.Leader != leader {
			// The change completes a reassignment and moves the leadership away. The old leader has
			// to wait until it applies this from the metadata log.
			out.ErrorCode = protocol.ErrNewLeaderElected.Code()
			return record, out
		}
	}
	out.LeaderID, out.LeaderEpoch, out.ISR = next.Leader, next.LeaderEpoch, next.ISR
	out.LeaderRecoveryState, out.PartitionEpoch = next.LeaderRecovery, next.PartitionEpoch
	if record == nil {
		return nil, out
	}
	return record, out
}

func checkAlter(image *metadata.Image, ctx Request, leader int32, old *metadata.Partition, p *protocol.AlterPartitionRequestPartitionData, isr []int32) protocol.Error {
	switch {
	case old == nil:
		return protocol.ErrUnknownTopicOrPartition
	case p.LeaderEpoch > old.LeaderEpoch || p.PartitionEpoch > old.PartitionEpoch:
		// The broker has newer metadata than this controller, so another controller is active.
		return protocol.ErrNotController
	case p.LeaderEpoch < old.LeaderEpoch:
		return protocol.ErrFencedLeaderEpoch
	case leader != old.Leader:
		return protocol.ErrInvalidRequest
	case p.PartitionEpoch < old.PartitionEpoch:
		return protocol.ErrInvalidUpdateVersion
	case !validISR(old, isr) || !slices.Contains(isr, leader):
		return protocol.ErrInvalidRequest
	case p.LeaderRecoveryState == metadata.LeaderRecovering && len(isr) > 1:
		return protocol.ErrInvalidRequest
	case p.LeaderRecoveryState == metadata.LeaderRecovering && old.LeaderRecovery == metadata.LeaderRecovered:
		return protocol.ErrInvalidRequest
	case p.LeaderRecoveryState != metadata.LeaderRecovering && p.LeaderRecoveryState != metadata.LeaderRecovered:
		return protocol.ErrInvalidRequest
	case !eligible(image, ctx, old, p, isr):
		return protocol.ErrIneligibleReplica
	}
	return protocol.ErrNone
}

func validISR(old *metadata.Partition, isr []int32) bool {
	if len(isr) == 0 || !containsAll(old.Replicas, isr) {
		return false
	}
	for i, id := range isr {
		if slices.Contains(isr[:i], id) {
			return false
		}
	}
	return true
}

// eligible reports whether every member of the new ISR is active and is the incarnation that caught
// up with the leader (KIP-903). It must be a replica that may lead, so its directory must be
// online. Apache Kafka does not look at the directory.
func eligible(image *metadata.Image, ctx Request, old *metadata.Partition, p *protocol.AlterPartitionRequestPartitionData, isr []int32) bool {
	for i, id := range isr {
		if !isActive(image, id) || !DirectoryOnline(image, old, id) {
			return false
		}
		if ctx.Version >= 3 && p.NewISRWithEpochs[i].BrokerEpoch >= 0 && p.NewISRWithEpochs[i].BrokerEpoch != image.Broker(id).Epoch {
			return false
		}
	}
	return true
}
