package metadata

import (
	"fmt"
	"maps"
	"slices"

	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Delta is a run of records on top of an image. [Delta.Replay] takes them one by one and [Delta.Apply] yields the
// image that results. After Apply the accessors tell what has changed, for publishers; the delta is then read-only
// and safe to read from any goroutine.
//
// Records between BeginTransactionRecord and EndTransactionRecord (KIP-868) change nothing until the end is replayed,
// also when that is in a later delta; AbortTransactionRecord drops them.
type Delta struct {
	next *Image // what is being built; becomes the result of Apply

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

// TopicDelta is what a delta does to one topic.
type TopicDelta struct {
	ID   wire.UUID
	Name string
	// Old is the topic before the delta, nil when the delta creates it.
	Old *Topic
	// New is the topic after the delta, nil when the delta deletes it.
	New *Topic
	// Changed are the partitions that were created or changed, ascending; empty when New is nil.
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

// Replay takes one record. An error means that the record does not fit the image, so that the log is not one that
// a correct controller wrote; the delta must then be dropped.
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
	for _, r := range records {
		if err := d.replay(r); err != nil {
			return err
		}
	}
	return nil
}

// Apply yields the image after the replayed records. offset and epoch are those of the last record. It is called
// once; Replay must not be called afterwards.
func (d *Delta) Apply(offset int64, epoch int32) (*Image, error) {
	for _, t := range d.topics {
		if t.New != nil {
			if gap := slices.Index(t.New.Partitions, nil); gap >= 0 {
				return nil, fmt.Errorf("metadata: topic %s lacks partition %d", t.Name, gap)
			}
		}
		t.Changed = slices.Sorted(maps.Keys(t.changed))
	}
	m := d.next
	m.offset, m.epoch = offset, epoch
	m.topics = Topics{byName: d.topicsByName.done(), byID: d.topicsByID.done()}
	m.brokers, m.controllers = d.brokers.done(), d.controllers.done()
	m.configs, m.features = d.configs.done(), Features{levels: d.features.done()}
	m.security = d.security.done()
	return m, nil
}

// Topics are the topics created, changed or deleted, in ascending order of id. A topic deleted and created anew
// under its name appears twice, with two ids; deleted ones come first.
func (d *Delta) Topics() []*TopicDelta {
	out := make([]*TopicDelta, 0, len(d.topics))
	for _, t := range d.topics {
		if t.Old != nil || t.New != nil {
			out = append(out, t)
		}
	}
	slices.SortFunc(out, func(a, b *TopicDelta) int {
		if (a.New == nil) != (b.New == nil) {
			if a.New == nil {
				return -1
			}
			return 1
		}
		return compareUUID(a.ID, b.ID)
	})
	return out
}

// Configs are the resources whose configs changed, in ascending order of type and name.
func (d *Delta) Configs() []Resource {
	return slices.SortedFunc(maps.Keys(d.changedConfigs), compareResource)
}

// Brokers are the ids of brokers that were registered, changed or removed, ascending.
func (d *Delta) Brokers() []int32 { return slices.Sorted(maps.Keys(d.changedBrokers)) }
