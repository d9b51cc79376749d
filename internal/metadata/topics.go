package metadata

import (
	"iter"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// NoLeader is the leader of a partition without a leader (LeaderConstants.NO_LEADER).
const NoLeader int32 = -1

// Leader recovery states (org.apache.kafka.metadata.LeaderRecoveryState).
const (
	LeaderRecovered  int8 = 0
	LeaderRecovering int8 = 1
)

// Reserved directory ids (org.apache.kafka.common.DirectoryId).
var (
	DirectoryUnassigned = wire.UUID{}
	DirectoryMigrating  = wire.UUID{15: 2}
	DirectoryLost       = wire.UUID{15: 1}
)

// Topics is an immutable set of topics, found by name or by id.
type Topics struct {
	byName Map[string, *Topic]
	byID   Map[wire.UUID, *Topic]
}

// Topic is one topic. It never changes.
//
// Invariant: Partitions[i] is partition i and never nil.
type Topic struct {
	Name       string
	ID         wire.UUID
	Partitions []*Partition
}

// Partition is the controller's view of one partition. It never changes.
//
// Invariants: every member of ISR, ELR, RemovingReplicas and AddingReplicas is in Replicas (the ISR
// may name a replica until its removal is complete). Directories is as long as Replicas. Leader is
// NoLeader or in ISR; an unclean election makes it the only member of ISR. LeaderEpoch grows with
// every new leader, PartitionEpoch with every change.
type Partition struct {
	Replicas         []int32
	Directories      []wire.UUID
	ISR              []int32
	RemovingReplicas []int32
	AddingReplicas   []int32
	ELR              []int32
	LastKnownELR     []int32
	Leader           int32
	LeaderRecovery   int8
	LeaderEpoch      int32
	PartitionEpoch   int32
}

// Len returns the number of topics.
func (t Topics) Len() int { return t.byName.Len() }

// ByName returns a topic, or nil when it does not exist.
func (t Topics) ByName(name string) *Topic {
	topic, _ := t.byName.Get(name)
	return topic
}

// ByID returns a topic, or nil when it does not exist.
func (t Topics) ByID(id wire.UUID) *Topic {
	topic, _ := t.byID.Get(id)
	return topic
}

// All yields the topics in ascending order of name.
func (t Topics) All() iter.Seq[*Topic] { return valuesOf(t.byName.All()) }

// From yields the topics whose name is not below name, in ascending order of name.
func (t Topics) From(name string) iter.Seq[*Topic] { return valuesOf(t.byName.From(name)) }

func valuesOf[K, V any](all iter.Seq2[K, V]) iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, v := range all {
			if !yield(v) {
				return
			}
		}
	}
}

// Partition returns a partition of the topic, or nil when it does not exist.
func (t *Topic) Partition(index int32) *Partition {
	if t == nil || index < 0 || int(index) >= len(t.Partitions) {
		return nil
	}
	return t.Partitions[index]
}

// DirectoryOf returns the log directory of a replica, or DirectoryMigrating when the broker is not
// a replica.
func (p *Partition) DirectoryOf(broker int32) wire.UUID {
	if i := slices.Index(p.Replicas, broker); i >= 0 && i < len(p.Directories) {
		return p.Directories[i]
	}
	return DirectoryMigrating
}

// PreferredReplica returns the first replica, which leads when it can, or NoLeader when there are
// no replicas.
func (p *Partition) PreferredReplica() int32 {
	if len(p.Replicas) == 0 {
		return NoLeader
	}
	return p.Replicas[0]
}

// HasReplica reports whether the broker holds a replica.
func (p *Partition) HasReplica(broker int32) bool { return slices.Contains(p.Replicas, broker) }

// clone returns a shallow copy for a change of some fields. Callers replace the slices and never
// write into them.
func (p *Partition) clone() *Partition {
	c := *p
	return &c
}
