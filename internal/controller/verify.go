package controller

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Verify checks the partitions that the records of a decision change, in the image after them: a
// partition has no leader, or its leader is in the ISR. The engine writes no decision that Verify
// refuses, because a leader outside the ISR makes acknowledged records unreadable.
func Verify(after *metadata.Image, records []Record) error {
	for _, r := range records {
		var topic wire.UUID
		var index int32
		switch r := r.(type) {
		case *mr.PartitionRecord:
			topic, index = r.TopicID, r.PartitionID
		case *mr.PartitionChangeRecord:
			topic, index = r.TopicID, r.PartitionID
		default:
			continue
		}
		t := after.Topics().ByID(topic)
		p := t.Partition(index)
		if p != nil && leadsOutsideISR(p) {
			return fmt.Errorf("controller: the leader %d of %s-%d is not in the ISR %v", p.Leader, t.Name, index, p.ISR)
		}
	}
	return nil
}

func leadsOutsideISR(p *metadata.Partition) bool {
	return p.Leader != metadata.NoLeader && !slices.Contains(p.ISR, p.Leader)
}
