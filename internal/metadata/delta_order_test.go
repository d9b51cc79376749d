package metadata

import (
	"testing"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
)

// The error of Apply goes to an ERROR line, so it must not depend on the order of a map.
func TestApplyNamesTopicsInOneOrder(t *testing.T) {
	texts := map[string]bool{}
	for range 100 {
		d := NewDelta(Empty())
		for i := range 5 {
			for _, r := range []Record{topicRecords(i+1, 0)[0],
				&mr.PartitionRecord{TopicID: topicID(i + 1), PartitionID: 1, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1}} {
				if err := d.Replay(r); err != nil {
					t.Fatal(err)
				}
			}
		}
		_, err := d.Apply(1, 1)
		texts[err.Error()] = true
	}
	if len(texts) != 1 {
		t.Errorf("%d different texts for the same records", len(texts))
	}
}
