package broker

import (
	"testing"

	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

func TestElectionsAreCounted(t *testing.T) {
	id := wire.UUID{1}
	replay := func(from *metadata.Image, records ...metadata.Record) (*metadata.Image, *metadata.Delta) {
		t.Helper()
		delta := metadata.NewDelta(from)
		for _, r := range records {
			if err := delta.Replay(r); err != nil {
				t.Fatal(err)
			}
		}
		image, err := delta.Apply(from.Offset()+int64(len(records)), 1)
		if err != nil {
			t.Fatal(err)
		}
		return image, delta
	}
	change := func(leader int32, isr, elr []int32, recovery int8) *mr.PartitionChangeRecord {
		r := &mr.PartitionChangeRecord{}
		r.SetDefaults()
		r.TopicID, r.PartitionID, r.Leader, r.ISR, r.EligibleLeaderReplicas, r.LeaderRecoveryState = id, 0, leader, isr, elr, recovery
		return r
	}
	part := &mr.PartitionRecord{}
	part.SetDefaults()
	part.TopicID, part.PartitionID, part.Replicas, part.ISR, part.Leader = id, 0, []int32{1, 2, 3}, []int32{1, 2}, 1
	image, delta := replay(metadata.Empty(), &mr.TopicRecord{Name: "t", TopicID: id}, part)
	var e elections
	e.count(delta)
	for i, step := range []struct {
		record            *mr.PartitionChangeRecord
		unclean, eligible int64
	}{
		{change(2, []int32{2}, []int32{1}, -1), 0, 0}, // from the ISR
		{change(1, []int32{1}, nil, -1), 0, 1},        // from the ELR
		{change(3, []int32{3}, nil, metadata.LeaderRecovering), 1, 1},
		{change(3, []int32{3, 1}, nil, 0), 1, 1}, // no election
	} {
		image, delta = replay(image, step.record)
		e.count(delta)
		if u, el := e.unclean.Load(), e.eligible.Load(); u != step.unclean || el != step.eligible {
			t.Errorf("step %d: %d unclean, %d eligible", i, u, el)
		}
	}
}
