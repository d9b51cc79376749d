package metadata

import (
	"fmt"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

func apply(t testing.TB, base *Image, records ...Record) (*Image, *Delta) {
	t.Helper()
	d := NewDelta(base)
	for _, r := range records {
		if err := d.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	image, err := d.Apply(base.Offset()+int64(len(records)), 1)
	if err != nil {
		t.Fatal(err)
	}
	return image, d
}

func topicID(i int) wire.UUID { return wire.UUID{0: byte(i), 1: byte(i >> 8), 2: 1} }

func topicRecords(i, partitions int) []Record {
	records := []Record{&mr.TopicRecord{Name: fmt.Sprintf("t%05d", i), TopicID: topicID(i)}}
	for p := range partitions {
		records = append(records, &mr.PartitionRecord{TopicID: topicID(i), PartitionID: int32(p), Replicas: []int32{1}, ISR: []int32{1}, Leader: 1})
	}
	return records
}

func change(i int, p int32) *mr.PartitionChangeRecord {
	r := protocol.New[mr.PartitionChangeRecord]()
	r.TopicID, r.PartitionID, r.Leader = topicID(i), p, 2
	return r
}

func TestDeltaListsTheChanges(t *testing.T) {
	value := "1"
	base, _ := apply(t, Empty(), append(topicRecords(1, 3), topicRecords(2, 1)...)...)
	base, _ = apply(t, base, &mr.ConfigRecord{ResourceType: ResourceTopic, ResourceName: "t00002", Name: "x", Value: &value})
	image, d := apply(t, base, append([]Record{change(1, 2), &mr.RemoveTopicRecord{TopicID: topicID(2)}}, topicRecords(3, 2)...)...)
	got := ""
	for _, td := range d.Topics() {
		got += fmt.Sprintf("%s old=%v new=%v changed=%v; ", td.Name, td.Old != nil, td.New != nil, td.Changed)
	}
	want := "t00002 old=true new=false changed=[]; t00001 old=true new=true changed=[2]; t00003 old=false new=true changed=[0 1]; "
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if c := d.Configs(); !slices.Equal(c, []Resource{{ResourceTopic, "t00002"}}) || image.Configs(ResourceTopic, "t00002") != nil {
		t.Errorf("configs of a deleted topic: %v", c)
	}
	p := image.Topics().ByName("t00001").Partitions[2]
	if p.Leader != 2 || p.LeaderEpoch != 1 || p.PartitionEpoch != 1 {
		t.Errorf("changed partition %+v", p)
	}
	if base.Topics().ByName("t00001").Partitions[2].Leader != 1 || base.Topics().ByName("t00002") == nil {
		t.Error("the base image changed")
	}
}

// TestTransactions checks that the records between Begin and End take effect when End is replayed,
// also in a later delta, and never after Abort.
func TestTransactions(t *testing.T) {
	records := topicRecords(1, 1)
	image, _ := apply(t, Empty(), append([]Record{&mr.BeginTransactionRecord{}}, records[0])...)
	if image.Topics().Len() != 0 || !image.InTransaction() {
		t.Fatalf("%d topics, in transaction: %v", image.Topics().Len(), image.InTransaction())
	}
	ended, _ := apply(t, image, records[1], &mr.EndTransactionRecord{})
	if ended.Topics().ByName("t00001").Partition(0) == nil || ended.InTransaction() {
		t.Error("the transaction has ended and left nothing")
	}
	aborted, _ := apply(t, image, records[1], &mr.AbortTransactionRecord{})
	if aborted.Topics().Len() != 0 || aborted.InTransaction() {
		t.Error("the aborted transaction has left something")
	}
}

func TestRecordsThatDoNotFit(t *testing.T) {
	base, _ := apply(t, Empty(), topicRecords(1, 1)...)
	for _, r := range []Record{
		topicRecords(1, 0)[0],
		&mr.PartitionRecord{TopicID: topicID(9)},
		&mr.PartitionRecord{TopicID: topicID(1), PartitionID: 1 << 30},
		&mr.PartitionRecord{TopicID: topicID(1), PartitionID: -1},
		change(1, 7), change(9, 0),
		&mr.RemoveTopicRecord{TopicID: topicID(9)},
		&mr.EndTransactionRecord{}, &mr.AbortTransactionRecord{},
		&mr.FenceBrokerRecord{ID: 1}, &mr.UnregisterBrokerRecord{BrokerID: 1},
		&mr.RemoveAccessControlEntryRecord{}, &mr.RemoveUserScramCredentialRecord{},
		&mr.ClearELRRecord{TopicName: "none"},
	} {
		if NewDelta(base).Replay(r) == nil {
			t.Errorf("%s %+v fits", r.MessageName(), r)
		}
	}
	d := NewDelta(base)
	if err := d.Replay(&mr.PartitionRecord{TopicID: topicID(1), PartitionID: 5}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Apply(0, 0); err == nil {
		t.Error("a topic with a gap in its partitions")
	}
}

// TestSnapshotRecordsMakeTheImage checks that the records of an image replay into an equal one.
func TestSnapshotRecordsMakeTheImage(t *testing.T) {
	var records []Record
	for i := range 200 {
		records = append(records, topicRecords(i, 1+i%4)...)
	}
	image, _ := apply(t, Empty(), records...)
	back, _ := apply(t, Empty(), slices.Collect(image.Records())...)
	for topic := range image.Topics().All() {
		other := back.Topics().ByID(topic.ID)
		if other == nil || fmt.Sprintf("%+v", *other.Partitions[0]) != fmt.Sprintf("%+v", *topic.Partitions[0]) || len(other.Partitions) != len(topic.Partitions) {
			t.Fatalf("%s came back as %+v", topic.Name, other)
		}
	}
	if back.Topics().Len() != image.Topics().Len() {
		t.Fatal(back.Topics().Len())
	}
}

// TestChangeOfOneTopicIsCheap checks that one change among many topics copies little.
func TestChangeOfOneTopicIsCheap(t *testing.T) {
	cost := func(topics int) float64 {
		var records []Record
		for i := range topics {
			records = append(records, topicRecords(i, 1)...)
		}
		image, _ := apply(t, Empty(), records...)
		r := change(topics/2, 0)
		return testing.AllocsPerRun(20, func() { apply(t, image, r) })
	}
	few, many := cost(10), cost(10_000)
	if many > few+10 {
		t.Errorf("%v allocations with 10 topics, %v with 10,000", few, many)
	}
}

func BenchmarkChangeAmong10000Topics(b *testing.B) {
	var records []Record
	for i := range 10_000 {
		records = append(records, topicRecords(i, 1)...)
	}
	image, _ := apply(b, Empty(), records...)
	r := change(5000, 0)
	b.ReportAllocs()
	for b.Loop() {
		apply(b, image, r)
	}
}

func BenchmarkLookup(b *testing.B) {
	var records []Record
	for i := range 10_000 {
		records = append(records, topicRecords(i, 1)...)
	}
	image, _ := apply(b, Empty(), records...)
	i := 0
	for b.Loop() {
		i = (i + 7919) % 10_000
		if image.Topics().ByID(topicID(i)) == nil {
			b.Fatal(i)
		}
	}
}
