package metadata

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Delta is a sequence of records on top of an image. [Delta.Replay] adds one record, and
// [Delta.Apply] returns the resulting image. After Apply the accessors return the changes for
// publishers. The delta is then read-only and safe for concurrent use.
//
// Records between BeginTransactionRecord and EndTransactionRecord (KIP-868) take effect when the
// end is replayed, also in a later delta. AbortTransactionRecord drops them.
type Delta struct {
	next *Image // the image under construction, which Apply returns

	topicsByName *editor[string, *Topic]
	topicsByID   *editor[wire.UUID, *Topic]
	brokers      *editor[int32, *Broker]
	controllers  *editor[int32, *ControllerNode]
	configs      *editor[Resource, map[string]string]
	features     *editor[string, int16]
	security     *editor[keptKey, Record]

	topics         map[wire.UUID]*TopicDelta
	changedConfigs map[Resource]struct{}
	changedBrokers map[int32]struct{}
}

// TopicDelta is the change of one topic in a delta.
type TopicDelta struct {
	ID   wire.UUID
	Name string
	// Old is the topic before the delta. It is nil when the delta creates the topic.
	Old *Topic
	// New is the topic after the delta. It is nil when the delta deletes the topic.
	New *Topic
	// Changed are the partitions that the delta creates or changes, in ascending order. It is empty
	// when New is nil.
	Changed []int32

	changed map[int32]struct{}
	own     bool // New and its Partitions slice belong to this delta and may be written to
}

// NewDelta starts a delta on top of an image.
func NewDelta(base *Image) *Delta {
	next := *base
	next.txn = slices.Clone(base.txn)
	return &Delta{
		next:         &next,
		topicsByName: base.topics.byName.edit(), topicsByID: base.topics.byID.edit(),
		brokers: base.brokers.edit(), controllers: base.controllers.edit(),
		configs: base.configs.edit(), features: base.features.levels.edit(), security: base.security.edit(),
		topics:         map[wire.UUID]*TopicDelta{},
		changedConfigs: map[Resource]struct{}{},
		changedBrokers: map[int32]struct{}{},
	}
}

// Replay adds one record. An error means that the record does not fit the image. Records of a
// correct controller always fit. A record that does not fit changes nothing. In a transaction, the
// records that fit take effect.
func (d *Delta) Replay(record Record) error {
	switch r := record.(type) {
	case *mr.BeginTransactionRecord:
		if d.next.inTxn {
			return fmt.Errorf("metadata: a transaction begins inside a transaction")
		}
		d.next.inTxn = true
		return nil
	case *mr.EndTransactionRecord:
		return d.endTransaction()
	case *mr.AbortTransactionRecord:
		if !d.next.inTxn {
			return fmt.Errorf("metadata: a transaction is aborted that has not begun")
		}
		d.next.inTxn, d.next.txn = false, nil
		return nil
	default:
		if d.next.inTxn {
			d.next.txn = append(d.next.txn, r)
			return nil
		}
		return d.replay(r)
	}
}

func (d *Delta) endTransaction() error {
	if !d.next.inTxn {
		return fmt.Errorf("metadata: a transaction ends that has not begun")
	}
	records := d.next.txn
	d.next.inTxn, d.next.txn = false, nil
	var failed error
	for _, r := range records {
		failed = errors.Join(failed, d.replay(r))
	}
	return failed
}

// Apply returns the image after the replayed records. offset and epoch are the last record's. It is
// called once, and Replay must not be called afterwards. An error names topics that lack a
// partition. The image then has those topics without the partitions above the gap.
func (d *Delta) Apply(offset int64, epoch int32) (*Image, error) {
	var failed error
	for _, t := range d.sorted() {
		if t.New != nil {
			if gap := slices.Index(t.New.Partitions, nil); gap >= 0 {
				failed = errors.Join(failed, fmt.Errorf("metadata: topic %s lacks partition %d", t.Name, gap))
				t.cut(gap)
			}
		}
		t.Changed = slices.Sorted(maps.Keys(t.changed))
	}
	m := d.next
	m.offset, m.epoch = offset, epoch
	m.topics = Topics{byName: d.topicsByName.done(), byID: d.topicsByID.done()}
	d.stampBrokers(offset)
	m.brokers, m.controllers = d.brokers.done(), d.controllers.done()
	m.configs, m.features = d.configs.done(), Features{levels: d.features.done()}
	m.security = d.security.done()
	return m, failed
}

// cut drops the partitions from index on. The topic belongs to this delta: only a new partition
// leaves a gap.
func (t *TopicDelta) cut(index int) {
	t.New.Partitions = t.New.Partitions[:index]
	maps.DeleteFunc(t.changed, func(id int32, _ struct{}) bool { return int(id) >= index })
}

// stampBrokers sets the offset of the changed registrations. The changed registrations belong to
// this delta.
func (d *Delta) stampBrokers(offset int64) {
	for _, id := range d.Brokers() {
		if b, ok := d.brokers.get(id); ok {
			b.ChangedAt = offset
			if b.RegisteredAt == notApplied {
				b.RegisteredAt = offset
			}
		}
	}
}

// Topics returns the topics created, changed or deleted, in ascending order of id. Deleted topics
// come first. A topic that was deleted and created again under its name appears twice, with two
// ids.
func (d *Delta) Topics() []*TopicDelta {
	out := make([]*TopicDelta, 0, len(d.topics))
	all := d.sorted()
	for _, t := range all {
		if t.Old != nil && t.New == nil {
			out = append(out, t)
		}
	}
	for _, t := range all {
		if t.New != nil {
			out = append(out, t)
		}
	}
	return out
}

// sorted returns the topics of the delta in ascending order of id.
func (d *Delta) sorted() []*TopicDelta {
	return slices.SortedFunc(maps.Values(d.topics), func(a, b *TopicDelta) int { return compareUUID(a.ID, b.ID) })
}

// Configs returns the resources whose configs changed, in ascending order of type and name.
func (d *Delta) Configs() []Resource {
	return slices.SortedFunc(maps.Keys(d.changedConfigs), compareResource)
}

// Brokers returns the ids of the registered, changed and removed brokers, in ascending order.
func (d *Delta) Brokers() []int32 { return slices.Sorted(maps.Keys(d.changedBrokers)) }
