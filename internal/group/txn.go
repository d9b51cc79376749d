package group

import (
	"maps"
	"slices"
)

// pendingTxn are the offsets that one producer's open transaction has sent here.
// They count for nothing until the transaction commits, but OffsetFetch with
// requireStable waits for them (KIP-447).
type pendingTxn struct {
	groups map[string]topicOffsets
}

func (s *Shard) addPending(producerID int64, groupID, topic string, partition int32, c committed) {
	t := s.pending[producerID]
	if t == nil {
		t = &pendingTxn{groups: map[string]topicOffsets{}}
		s.pending[producerID] = t
	}
	if t.groups[groupID] == nil {
		t.groups[groupID] = topicOffsets{}
	}
	if t.groups[groupID][topic] == nil {
		t.groups[groupID][topic] = map[int32]committed{}
	}
	t.groups[groupID][topic][partition] = c
	if s.groups[groupID] == nil && s.foreign[groupID] == nil {
		s.group(groupID, true, -1)
	}
}

// removePending drops pending offsets that a tombstone overtook.
func (s *Shard) removePending(groupID, topic string, partition int32) {
	for id, t := range s.pending { // any order
		byTopic := t.groups[groupID]
		if _, ok := byTopic[topic][partition]; !ok {
			continue
		}
		delete(byTopic[topic], partition)
		if len(byTopic[topic]) == 0 {
			delete(byTopic, topic)
		}
		if len(byTopic) == 0 {
			delete(t.groups, groupID)
		}
		if len(t.groups) == 0 {
			delete(s.pending, id)
		}
	}
}

// ReplayEndTxn ends a producer's transaction: on commit its offsets become the
// committed ones, unless a later commit has overtaken them.
func (s *Shard) ReplayEndTxn(producerID int64, _ int16, commit bool) {
	t := s.pending[producerID]
	delete(s.pending, producerID)
	if t == nil || !commit {
		return
	}
	for _, groupID := range slices.Sorted(maps.Keys(t.groups)) {
		for topic, partitions := range t.groups[groupID] { // any order: each sets an entry of its own
			for partition, c := range partitions { // any order
				if cur, ok := s.offsets[groupID][topic][partition]; !ok || cur.recordOffset < c.recordOffset {
					s.setOffset(groupID, topic, partition, c)
				}
			}
		}
	}
}

// unstable: an open transaction has an offset for this partition.
func (s *Shard) unstable(groupID, topic string, partition int32) bool {
	for _, t := range s.pending { // any order
		if _, ok := t.groups[groupID][topic][partition]; ok {
			return true
		}
	}
	return false
}

// inTransaction: an open transaction has offsets of this group.
func (s *Shard) inTransaction(groupID string) bool {
	for _, t := range s.pending { // any order
		if len(t.groups[groupID]) > 0 {
			return true
		}
	}
	return false
}
