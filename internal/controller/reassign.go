package controller

import (
	"fmt"
	"slices"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
)

// AlterPartitionReassignments moves partitions to other brokers, changes their replication factor,
// and cancels moves.
var AlterPartitionReassignments = declare(API[*protocol.AlterPartitionReassignmentsRequest, *protocol.AlterPartitionReassignmentsResponse]{
	decide: (*Core).alterReassignments,
	fail: func(r *protocol.AlterPartitionReassignmentsRequest, err protocol.Error) *protocol.AlterPartitionReassignmentsResponse {
		return reassignmentsAnswer(r, fail(err, err.Message()))
	},
	timeout:   func(r *protocol.AlterPartitionReassignmentsRequest) time.Duration { return millis(r.TimeoutMs) },
	published: true,
})

func reassignmentsAnswer(r *protocol.AlterPartitionReassignmentsRequest, f failure) *protocol.AlterPartitionReassignmentsResponse {
	resp := protocol.New[protocol.AlterPartitionReassignmentsResponse]()
	resp.ErrorCode, resp.ErrorMessage = f.code.Code(), f.message()
	resp.AllowReplicationFactorChange = r.AllowReplicationFactorChange
	return resp
}

// alterReassignments answers AlterPartitionReassignments, versions 0-1 (KIP-455, KIP-860). Every
// partition succeeds or fails alone. A partition gets the new replicas beside the old ones. The
// change of the ISR that has all new replicas removes the old ones (partition_change.go). Without
// replicas a move is cancelled.
func (c *Core) alterReassignments(e Env, _ Request, r *protocol.AlterPartitionReassignmentsRequest) ([]Record, *protocol.AlterPartitionReassignmentsResponse) {
	resp := reassignmentsAnswer(r, failure{})
	all := changes{e: e}
	for _, t := range r.Topics {
		out := protocol.AlterPartitionReassignmentsResponseReassignableTopicResponse{Name: t.Name}
		for i := range t.Partitions {
			p := &t.Partitions[i]
			image := e.Image
			if topic := image.Topics().ByName(t.Name); topic != nil {
				image = all.image(topic.ID, p.PartitionIndex)
			}
			record, f := c.reassign(image, t.Name, p, r.AllowReplicationFactorChange)
			all.add(record)
			out.Partitions = append(out.Partitions, protocol.AlterPartitionReassignmentsResponseReassignablePartitionResponse{
				PartitionIndex: p.PartitionIndex, ErrorCode: f.code.Code(), ErrorMessage: f.message()})
		}
		resp.Responses = append(resp.Responses, out)
	}
	return all.records, resp
}

// reassign changes or cancels the move of one partition. The record is nil when nothing changes.
func (c *Core) reassign(image *metadata.Image, name string, r *protocol.AlterPartitionReassignmentsRequestReassignablePartition, anyFactor bool) (Record, failure) {
	t := image.Topics().ByName(name)
	if t == nil {
		return nil, fail(protocol.ErrUnknownTopicOrPartition, fmt.Sprintf("Unable to find a topic named %s.", name))
	}
	p := t.Partition(r.PartitionIndex)
	if p == nil {
		return nil, fail(protocol.ErrUnknownTopicOrPartition, fmt.Sprintf("Unable to find partition %s:%d.", name, r.PartitionIndex))
	}
	ch := c.change(image, t, r.PartitionIndex, func(id int32) bool { return isActive(image, id) })
	f := failure{}
	if r.Replicas == nil {
		f = c.cancelMove(image, ch, t, r.PartitionIndex)
	} else {
		f = move(image, ch, r.Replicas, anyFactor)
	}
	if f.failed() {
		return nil, f
	}
	if record := ch.build(); record != nil {
		return record, failure{}
	}
	return nil, failure{}
}

// move sets the replicas of a partition (PartitionReassignmentReplicas). The target comes first, so
// that its first replica is the preferred one, and the replicas that leave come last.
func move(image *metadata.Image, ch *partitionChange, target []int32, anyFactor bool) failure {
	if f := checkManual(image, target, 0); f.failed() {
		return f
	}
	current := ch.old.Replicas
	if before := without(current, ch.old.AddingReplicas...); !anyFactor && len(before) != len(target) {
		return fail(protocol.ErrInvalidReplicationFactor, fmt.Sprintf("The replication factor is changed from %d to %d", len(before), len(target)))
	}
	ch.removing, ch.adding = without(current, target...), without(target, current...)
	slices.Sort(ch.removing)
	slices.Sort(ch.adding)
	ch.replicas = append(slices.Clone(target), ch.removing...)
	return failure{}
}

// cancelMove takes the replicas back that a move has added (PartitionReassignmentRevert). When only
// these are in the ISR, the first remaining replica leads, which is an unclean election.
func (c *Core) cancelMove(image *metadata.Image, ch *partitionChange, t *metadata.Topic, index int32) failure {
	p := ch.old
	if len(p.RemovingReplicas)+len(p.AddingReplicas) == 0 {
		return fail(protocol.ErrNoReassignmentInProgress, "") // Kafka sends null
	}
	ch.replicas, ch.isr = without(p.Replicas, p.AddingReplicas...), without(p.ISR, p.AddingReplicas...)
	ch.removing, ch.adding = nil, nil
	unclean := c.uncleanElection(image, t.Name)
	if len(ch.replicas) == 0 {
		return fail(protocol.ErrInvalidReplicaAssignment, "Invalid replica assignment: addingReplicas contains all replicas.")
	}
	if len(ch.isr) == 0 {
		if !unclean {
			return fail(protocol.ErrInvalidReplicaAssignment, fmt.Sprintf(
				"Unable to revert partition assignment for %s:%d because it would require an unclean leader election.", t.Name, index))
		}
		ch.isr = ch.replicas[:1]
	}
	if unclean {
		ch.election = electUnclean
	}
	return failure{}
}

// ListPartitionReassignments lists the partitions that move.
var ListPartitionReassignments = declare(API[*protocol.ListPartitionReassignmentsRequest, *protocol.ListPartitionReassignmentsResponse]{
	decide: (*Core).listReassignments,
	fail: func(_ *protocol.ListPartitionReassignmentsRequest, err protocol.Error) *protocol.ListPartitionReassignmentsResponse {
		return listReassignmentsAnswer(fail(err, err.Message()))
	},
	timeout: func(r *protocol.ListPartitionReassignmentsRequest) time.Duration { return millis(r.TimeoutMs) },
})

func listReassignmentsAnswer(f failure) *protocol.ListPartitionReassignmentsResponse {
	resp := protocol.New[protocol.ListPartitionReassignmentsResponse]()
	resp.ErrorCode, resp.ErrorMessage = f.code.Code(), f.message()
	return resp
}

// listReassignments answers ListPartitionReassignments, version 0 (KIP-455). Topics and partitions
// that do not exist, or that do not move, are not in the answer.
func (c *Core) listReassignments(e Env, _ Request, r *protocol.ListPartitionReassignmentsRequest) ([]Record, *protocol.ListPartitionReassignmentsResponse) {
	resp := listReassignmentsAnswer(failure{})
	list := func(t *metadata.Topic, partitions []int32) {
		out := protocol.ListPartitionReassignmentsResponseOngoingTopicReassignment{Name: t.Name}
		for _, index := range partitions {
			if p := t.Partition(index); p != nil && len(p.AddingReplicas)+len(p.RemovingReplicas) > 0 {
				out.Partitions = append(out.Partitions, protocol.ListPartitionReassignmentsResponseOngoingPartitionReassignment{
					PartitionIndex: index, Replicas: p.Replicas, AddingReplicas: p.AddingReplicas, RemovingReplicas: p.RemovingReplicas})
			}
		}
		if len(out.Partitions) > 0 {
			resp.Topics = append(resp.Topics, out)
		}
	}
	if r.Topics == nil {
		for t := range e.Image.Topics().All() {
			list(t, indexes(t))
		}
		return nil, resp
	}
	for _, asked := range r.Topics {
		if t := e.Image.Topics().ByName(asked.Name); t != nil {
			list(t, asked.PartitionIndexes)
		}
	}
	return nil, resp
}
