package metadata

import (
	"testing"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// A topic that is deleted and created again has nothing of the old topic: not its id, leader,
// epochs or settings, by name or by id, in one delta and in two.
func TestRecreatedTopicShowsNothingOfTheOld(t *testing.T) {
	oldID, newID := wire.UUID{9}, wire.UUID{1}
	value := "1000"
	base, _ := apply(t, Empty(),
		&mr.TopicRecord{Name: "orders", TopicID: oldID},
		&mr.PartitionRecord{TopicID: oldID, Replicas: []int32{3, 2}, ISR: []int32{3, 2}, Leader: 3, LeaderEpoch: 17, PartitionEpoch: 30},
		&mr.PartitionRecord{TopicID: oldID, PartitionID: 1, Replicas: []int32{2}, ISR: []int32{2}, Leader: 2, LeaderEpoch: 9},
		&mr.ConfigRecord{ResourceType: ResourceTopic, ResourceName: "orders", Name: "retention.ms", Value: &value})
	remove := &mr.RemoveTopicRecord{TopicID: oldID}
	again := []Record{&mr.TopicRecord{Name: "orders", TopicID: newID},
		&mr.PartitionRecord{TopicID: newID, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1}}
	check := func(m *Image) {
		t.Helper()
		topic := m.Topics().ByName("orders")
		if topic == nil || topic.ID != newID || len(topic.Partitions) != 1 || m.Topics().ByID(newID) != topic {
			t.Fatalf("topic %+v", topic)
		}
		if p := topic.Partitions[0]; p.Leader != 1 || p.LeaderEpoch != 0 || p.PartitionEpoch != 0 || p.HasReplica(3) {
			t.Errorf("partition %+v", p)
		}
		if m.Topics().ByID(oldID) != nil || m.Configs(ResourceTopic, "orders") != nil || m.Topics().Len() != 1 {
			t.Error("the old topic or its settings are still there")
		}
	}
	one, delta := apply(t, base, append([]Record{remove}, again...)...)
	check(one)
	topics := delta.Topics()
	if len(topics) != 2 || topics[0].New != nil || topics[0].ID != oldID || topics[1].Old != nil || topics[1].ID != newID {
		t.Errorf("the delta has %+v", topics)
	}
	gone, _ := apply(t, base, remove)
	two, _ := apply(t, gone, again...)
	check(two)
}

// A registration has the offsets of the first image with it and of the first image with its current
// state.
func TestRegistrationsAreStamped(t *testing.T) {
	register := &mr.RegisterBrokerRecord{BrokerID: 1, BrokerEpoch: 10, Fenced: true}
	d := NewDelta(Empty())
	if err := d.Replay(register); err != nil {
		t.Fatal(err)
	}
	m, _ := d.Apply(12, 1)
	if b := m.Broker(1); b.RegisteredAt != 12 || b.ChangedAt != 12 {
		t.Errorf("%+v", b)
	}
	d = NewDelta(m)
	if err := d.Replay(&mr.BrokerRegistrationChangeRecord{BrokerID: 1, BrokerEpoch: 10, Fenced: ChangeUnfence}); err != nil {
		t.Fatal(err)
	}
	next, _ := d.Apply(20, 1)
	if b := next.Broker(1); b.RegisteredAt != 12 || b.ChangedAt != 20 || m.Broker(1).ChangedAt != 12 {
		t.Errorf("%+v, before %+v", b, m.Broker(1))
	}
}

// A record that does not fit changes nothing, and the delta continues.
func TestDeltaSurvivesBadRecords(t *testing.T) {
	id := wire.UUID{1}
	d := NewDelta(Empty())
	for i, r := range []Record{
		&mr.TopicRecord{Name: "orders", TopicID: id},
		&mr.PartitionRecord{TopicID: id, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1},
		&mr.TopicRecord{Name: "orders", TopicID: wire.UUID{2}},
		&mr.TopicRecord{Name: "other", TopicID: id},
		&mr.PartitionRecord{TopicID: wire.UUID{8}},
		&mr.PartitionRecord{TopicID: id, PartitionID: -1},
		&mr.PartitionRecord{TopicID: id, PartitionID: 1 << 30},
		&mr.PartitionChangeRecord{TopicID: id, PartitionID: 7},
		&mr.RemoveTopicRecord{TopicID: wire.UUID{8}},
		&mr.UnregisterBrokerRecord{BrokerID: 5},
		&mr.FenceBrokerRecord{ID: 5},
		&mr.EndTransactionRecord{},
		&mr.AbortTransactionRecord{},
		&mr.ClearELRRecord{TopicName: "none"},
	} {
		if err := d.Replay(r); (err != nil) != (i >= 2) {
			t.Errorf("%T: %v", r, err)
		}
	}
	m, err := d.Apply(1, 1)
	if err != nil || m.Topics().Len() != 1 || len(m.Topics().ByName("orders").Partitions) != 1 {
		t.Errorf("%v, %d topics", err, m.Topics().Len())
	}
}

// Apply drops partitions above a gap, and the error names the gap.
func TestDeltaCutsATopicAtAGap(t *testing.T) {
	id := wire.UUID{1}
	d := NewDelta(Empty())
	for _, r := range []Record{&mr.TopicRecord{Name: "orders", TopicID: id}, &mr.PartitionRecord{TopicID: id},
		&mr.PartitionRecord{TopicID: id, PartitionID: 3}, &mr.PartitionRecord{TopicID: id, PartitionID: 1}} {
		if err := d.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	m, err := d.Apply(1, 1)
	topic := m.Topics().ByName("orders")
	if err == nil || len(topic.Partitions) != 2 || len(d.Topics()[0].Changed) != 2 {
		t.Errorf("%v: %d partitions, changed %v", err, len(topic.Partitions), d.Topics()[0].Changed)
	}
}

// A transaction changes nothing before its end. A record in it that does not fit has no effect.
func TestTransactionWithABadRecord(t *testing.T) {
	d := NewDelta(Empty())
	for _, r := range []Record{&mr.BeginTransactionRecord{}, &mr.TopicRecord{Name: "a", TopicID: wire.UUID{1}},
		&mr.RemoveTopicRecord{TopicID: wire.UUID{7}}, &mr.TopicRecord{Name: "b", TopicID: wire.UUID{2}}} {
		if err := d.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	open, _ := d.Apply(1, 1)
	if !open.InTransaction() || open.Topics().Len() != 0 {
		t.Errorf("in transaction %v, %d topics", open.InTransaction(), open.Topics().Len())
	}
	d = NewDelta(open)
	if err := d.Replay(&mr.EndTransactionRecord{}); err == nil {
		t.Error("the bad record is not reported")
	}
	m, err := d.Apply(2, 1)
	if err != nil || m.InTransaction() || m.Topics().Len() != 2 {
		t.Errorf("%v: in transaction %v, %d topics", err, m.InTransaction(), m.Topics().Len())
	}
}
