package metadata

import (
	"fmt"
	"slices"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// partitionGapMax bounds the distance of a record's partition from the topic's last one. Snapshots
// of Apache Kafka list partitions in any order, and one record must not cause an allocation without
// bound.
const partitionGapMax = 200_000

// topicDelta returns the delta's change of a topic, or nil for an unknown id.
func (d *Delta) topicDelta(id wire.UUID) *TopicDelta {
	if t := d.topics[id]; t != nil {
		if t.New == nil {
			return nil
		}
		return t
	}
	old, ok := d.topicsByID.get(id)
	if !ok {
		return nil
	}
	t := &TopicDelta{ID: id, Name: old.Name, Old: old, New: old, changed: map[int32]struct{}{}}
	d.topics[id] = t
	return t
}

// own makes the topic writable for the rest of this delta.
func (d *Delta) own(t *TopicDelta) *Topic {
	if !t.own {
		c := &Topic{Name: t.Name, ID: t.ID}
		if t.New != nil {
			c.Partitions = slices.Clone(t.New.Partitions)
		}
		t.New, t.own = c, true
		d.topicsByName.set(c.Name, c)
		d.topicsByID.set(c.ID, c)
	}
	return t.New
}

func (d *Delta) replayTopic(r *mr.TopicRecord) error {
	if _, ok := d.topicsByID.get(r.TopicID); ok {
		return fmt.Errorf("metadata: topic id of %s exists already", r.Name)
	}
	if _, ok := d.topicsByName.get(r.Name); ok {
		return fmt.Errorf("metadata: topic %s exists already", r.Name)
	}
	t := &TopicDelta{ID: r.TopicID, Name: r.Name, changed: map[int32]struct{}{}}
	d.topics[r.TopicID] = t
	d.own(t)
	return nil
}

func (d *Delta) replayRemoveTopic(r *mr.RemoveTopicRecord) error {
	t := d.topicDelta(r.TopicID)
	if t == nil {
		return fmt.Errorf("metadata: an unknown topic is removed")
	}
	d.topicsByID.remove(t.ID)
	d.topicsByName.remove(t.Name)
	t.New, t.own, t.changed = nil, false, nil
	// The configs of a topic are deleted with it, without a record of their own (as in Kafka's
	// ReplicationControlManager and TopicsImage).
	key := Resource{ResourceTopic, t.Name}
	if _, ok := d.configs.get(key); ok {
		d.configs.remove(key)
		d.changedConfigs[key] = struct{}{}
	}
	return nil
}

func (d *Delta) replayPartition(r *mr.PartitionRecord) error {
	t := d.topicDelta(r.TopicID)
	if t == nil {
		return fmt.Errorf("metadata: partition %d of an unknown topic", r.PartitionID)
	}
	id := int(r.PartitionID)
	if id < 0 || id > len(t.New.Partitions)+partitionGapMax {
		return fmt.Errorf("metadata: topic %s has no place for partition %d", t.Name, id)
	}
	topic := d.own(t)
	for len(topic.Partitions) <= id {
		topic.Partitions = append(topic.Partitions, nil)
	}
	topic.Partitions[id] = &Partition{
		Replicas: r.Replicas, Directories: directoriesFor(r.Directories, len(r.Replicas)), ISR: r.ISR,
		RemovingReplicas: r.RemovingReplicas, AddingReplicas: r.AddingReplicas,
		ELR: r.EligibleLeaderReplicas, LastKnownELR: r.LastKnownELR,
		Leader: r.Leader, LeaderRecovery: r.LeaderRecoveryState,
		LeaderEpoch: r.LeaderEpoch, PartitionEpoch: r.PartitionEpoch,
	}
	t.changed[r.PartitionID] = struct{}{}
	return nil
}

// directoriesFor completes records below metadata.version 3.7-IV2, which have no directories.
func directoriesFor(given []wire.UUID, replicas int) []wire.UUID {
	if len(given) == replicas {
		return given
	}
	out := make([]wire.UUID, replicas)
	for i := range out {
		out[i] = DirectoryMigrating
	}
	return out
}

func (d *Delta) replayPartitionChange(r *mr.PartitionChangeRecord) error {
	t := d.topicDelta(r.TopicID)
	if t == nil {
		return fmt.Errorf("metadata: change of partition %d of an unknown topic", r.PartitionID)
	}
	if t.New.Partition(r.PartitionID) == nil {
		return fmt.Errorf("metadata: change of unknown partition %s-%d", t.Name, r.PartitionID)
	}
	topic := d.own(t)
	topic.Partitions[r.PartitionID] = topic.Partitions[r.PartitionID].Merge(r)
	t.changed[r.PartitionID] = struct{}{}
	return nil
}

// Merge returns the partition after a change. Fields that the record leaves out keep their values.
// Every change raises the partition epoch. A record with a leader raises the leader epoch, even if
// the leader is the same or none (PartitionRegistration.merge).
func (p *Partition) Merge(r *mr.PartitionChangeRecord) *Partition {
	c := p.clone()
	if r.Replicas != nil {
		c.Replicas = r.Replicas
		c.Directories = moveDirectories(p, r.Replicas)
	}
	if r.Directories != nil {
		c.Directories = directoriesFor(r.Directories, len(c.Replicas))
	}
	setIf(&c.ISR, r.ISR)
	setIf(&c.RemovingReplicas, r.RemovingReplicas)
	setIf(&c.AddingReplicas, r.AddingReplicas)
	setIf(&c.ELR, r.EligibleLeaderReplicas)
	setIf(&c.LastKnownELR, r.LastKnownELR)
	if r.Leader != noLeaderChange {
		c.Leader = r.Leader
		c.LeaderEpoch++
	}
	if r.LeaderRecoveryState != noRecoveryChange {
		c.LeaderRecovery = r.LeaderRecoveryState
	}
	c.PartitionEpoch++
	return c
}

const (
	noLeaderChange   int32 = -2
	noRecoveryChange int8  = -1
)

func setIf(to *[]int32, from []int32) {
	if from != nil {
		*to = from
	}
}

// moveDirectories keeps the directory of every remaining replica. A new replica has no directory
// yet.
func moveDirectories(old *Partition, replicas []int32) []wire.UUID {
	out := make([]wire.UUID, len(replicas))
	for i, broker := range replicas {
		if old.HasReplica(broker) {
			out[i] = old.DirectoryOf(broker)
		}
	}
	return out
}

func (d *Delta) replayClearELR(r *mr.ClearELRRecord) error {
	if r.TopicName != "" {
		topic, ok := d.topicsByName.get(r.TopicName)
		if !ok {
			return fmt.Errorf("metadata: ELR of unknown topic %s is cleared", r.TopicName)
		}
		d.clearELR(d.topicDelta(topic.ID))
		return nil
	}
	var ids []wire.UUID
	for id := range d.topicsByID.m.All() {
		ids = append(ids, id)
	}
	for _, id := range ids {
		d.clearELR(d.topicDelta(id))
	}
	return nil
}

// clearELR drops the ELR of a topic's partitions. As in Kafka (TopicDelta.maybeClearElr), it is a
// change of the partition and raises its epoch.
func (d *Delta) clearELR(t *TopicDelta) {
	for i, p := range t.New.Partitions {
		if p == nil || len(p.ELR)+len(p.LastKnownELR) == 0 {
			continue
		}
		r := &mr.PartitionChangeRecord{}
		r.SetDefaults()
		r.EligibleLeaderReplicas, r.LastKnownELR = []int32{}, []int32{}
		d.own(t).Partitions[i] = p.Merge(r)
		t.changed[int32(i)] = struct{}{}
	}
}
