package replica

import (
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Alteration is an AlterPartition request for this partition.
type Alteration struct {
	// ID is the number of the request. Its answer carries it back.
	ID             uint64
	LeaderEpoch    int32
	PartitionEpoch int32
	NewISR         []Member
	// Recovered says that the leader has finished the recovery after an unclean election.
	Recovered bool
}

// Member is a broker and the epoch of its registration. The controller does not check epoch -1.
type Member struct {
	ID    int32
	Epoch int64
}

// PartitionAltered is the answer to an AlterPartition request.
type PartitionAltered struct {
	// ID is that of the request.
	ID uint64
	// Err is the controller's error for the partition. An answer that did not arrive has a
	// retriable error, such as NETWORK_EXCEPTION.
	Err protocol.Error
	// The rest is the partition's state after a change without an error.
	LeaderEpoch    int32
	PartitionEpoch int32
	ISR            []int32
	Recovering     bool
}

// Retry reports whether the leader sends its change again after this answer. The other errors are
// final: the controller has refused the change, or an image will show the result.
func (e PartitionAltered) Retry() bool {
	switch e.Err {
	case protocol.ErrNone, protocol.ErrOperationNotAttempted, protocol.ErrIneligibleReplica,
		protocol.ErrUnknownTopicOrPartition, protocol.ErrUnknownTopicID, protocol.ErrFencedLeaderEpoch,
		protocol.ErrInvalidUpdateVersion, protocol.ErrInvalidRequest, protocol.ErrNewLeaderElected:
		return false
	}
	return true
}

// askInFlight reports whether the controller has yet to answer, or has answered in a way that
// leaves open whether it made the change. The leader asks for nothing else meanwhile.
func (r *Replica) askInFlight() bool { return r.asked != nil }

// ask makes the request for a new ISR.
func (r *Replica) ask(isr []int32) *Alteration {
	a := Alteration{LeaderEpoch: r.leaderEpoch, PartitionEpoch: r.partitionEpoch, Recovered: r.recovering}
	for _, id := range isr {
		m := Member{ID: id, Epoch: -1}
		for i := range r.followers {
			if r.followers[i].id == id {
				m.Epoch = r.followers[i].brokerEpoch
			}
		}
		a.NewISR = append(a.NewISR, m)
	}
	return r.send(a)
}

// send gives a request its number. A request that is repeated keeps everything else, above all the
// broker epochs of the moment at which the followers had caught up: a follower that has registered
// again since may have lost records, and the controller must refuse it (KIP-903).
func (r *Replica) send(a Alteration) *Alteration {
	r.requests++
	a.ID = r.requests
	r.asked = &a
	return &a
}

// commitISR takes what the controller has confirmed. It ends the request that is in flight.
func (r *Replica) commitISR(isr []int32) {
	r.isr, r.asked = CommittedISR{slices.Clone(isr)}, nil
}

// altered takes the controller's answer. An answer to another request than the last one is late: a
// newer image has replaced the state that the request was made from.
func (r *Replica) altered(nowMs int64, e PartitionAltered) Effects {
	if r.role != Leader || !r.askInFlight() || e.ID != r.asked.ID {
		return Effects{}
	}
	switch {
	case e.Retry():
		return Effects{Alter: r.send(*r.asked)}
	case e.Err == protocol.ErrNone:
		if e.LeaderEpoch != r.leaderEpoch || e.PartitionEpoch < r.partitionEpoch {
			return Effects{} // an image will follow
		}
		r.commitISR(e.ISR)
		r.partitionEpoch, r.recovering = e.PartitionEpoch, e.Recovering
		return r.advance(nowMs, Effects{})
	case e.Err == protocol.ErrOperationNotAttempted || e.Err == protocol.ErrIneligibleReplica:
		// Only these two say that this request was not applied and that none before it can
		// have been: the partition epoch was right.
		r.commitISR(r.isr.Committed())
		return r.advance(nowMs, Effects{})
	}
	// An attempt whose answer was lost may have been applied. The high watermark waits for the
	// larger ISR until an image shows the result.
	return Effects{}
}
