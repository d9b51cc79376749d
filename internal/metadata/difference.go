package metadata

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Difference returns the delta that leads from one image to another, for publishers of an image
// that did not come record by record: a follower of the metadata quorum got a snapshot. It looks at
// everything in both images. The delta is applied: only its accessors may be used.
func Difference(from, to *Image) *Delta {
	d := &Delta{next: to, topics: map[wire.UUID]*TopicDelta{}, changedConfigs: map[Resource]struct{}{}, changedBrokers: map[int32]struct{}{}}
	for old := range from.topics.All() {
		if to.topics.ByID(old.ID) == nil {
			d.topics[old.ID] = &TopicDelta{ID: old.ID, Name: old.Name, Old: old}
		}
	}
	for t := range to.topics.All() {
		old := from.topics.ByID(t.ID)
		if changed := changedPartitions(old, t); old == nil || len(changed) > 0 || len(old.Partitions) != len(t.Partitions) {
			d.topics[t.ID] = &TopicDelta{ID: t.ID, Name: t.Name, Old: old, New: t, Changed: changed}
		}
	}
	for r, values := range from.configs.All() {
		if now, _ := to.configs.Get(r); !maps.Equal(values, now) {
			d.changedConfigs[r] = struct{}{}
		}
	}
	for r := range to.configs.All() {
		if _, known := from.configs.Get(r); !known {
			d.changedConfigs[r] = struct{}{}
		}
	}
	for b := range from.Brokers() {
		if b != to.Broker(b.ID) { // equal ones may be named, too
			d.changedBrokers[b.ID] = struct{}{}
		}
	}
	for b := range to.Brokers() {
		if from.Broker(b.ID) == nil {
			d.changedBrokers[b.ID] = struct{}{}
		}
	}
	return d
}

// changedPartitions returns the partitions of a topic that differ from an older state, which may be
// nil, in ascending order.
func changedPartitions(old, t *Topic) (changed []int32) {
	for i, p := range t.Partitions {
		if !p.equal(old.Partition(int32(i))) {
			changed = append(changed, int32(i))
		}
	}
	return changed
}

func (p *Partition) equal(o *Partition) bool {
	return o != nil && (p == o || p.Leader == o.Leader && p.LeaderRecovery == o.LeaderRecovery && p.LeaderEpoch == o.LeaderEpoch &&
		p.PartitionEpoch == o.PartitionEpoch && slices.Equal(p.Replicas, o.Replicas) && slices.Equal(p.Directories, o.Directories) &&
		slices.Equal(p.ISR, o.ISR) && slices.Equal(p.RemovingReplicas, o.RemovingReplicas) && slices.Equal(p.AddingReplicas, o.AddingReplicas) &&
		slices.Equal(p.ELR, o.ELR) && slices.Equal(p.LastKnownELR, o.LastKnownELR))
}
