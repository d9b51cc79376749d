package metadata

import (
	"cmp"
	"encoding/binary"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Image is the cluster's metadata after every record up to Offset. It never changes; [Delta.Apply]
// makes the next one. The zero value is not usable: see [Empty].
type Image struct {
	offset int64
	epoch  int32

	features    Features
	brokers     Map[int32, *Broker]
	controllers Map[int32, *ControllerNode]
	topics      Topics
	configs     Map[Resource, map[string]string]
	security    Map[keptKey, Record]

	nextProducerID int64
	producerIDs    *producerIDBlock

	// txn holds the records of a metadata transaction (KIP-868) that has begun and not ended. None
	// of them is part of the image. It is nil when no transaction is open.
	txn   []Record
	inTxn bool
}

// Empty returns the image before the first record.
func Empty() *Image {
	return &Image{
		offset:      -1,
		epoch:       -1,
		features:    Features{levels: newOrderedMap[string, int16]()},
		brokers:     newOrderedMap[int32, *Broker](),
		controllers: newOrderedMap[int32, *ControllerNode](),
		topics: Topics{
			byName: newOrderedMap[string, *Topic](),
			byID:   newMap[wire.UUID, *Topic](compareUUID),
		},
		configs:  newMap[Resource, map[string]string](compareResource),
		security: newMap[keptKey, Record](compareKept),
	}
}

func compareUUID(a, b wire.UUID) int {
	if c := cmp.Compare(binary.BigEndian.Uint64(a[:8]), binary.BigEndian.Uint64(b[:8])); c != 0 {
		return c
	}
	return cmp.Compare(binary.BigEndian.Uint64(a[8:]), binary.BigEndian.Uint64(b[8:]))
}

// Offset returns the offset of the last record in the image, or -1 when there is none.
func (m *Image) Offset() int64 { return m.offset }

// Epoch returns the controller epoch of the last record in the image, or -1 when there is none.
func (m *Image) Epoch() int32 { return m.epoch }

// Features returns the finalized feature levels.
func (m *Image) Features() Features { return m.features }

// Topics returns all topics.
func (m *Image) Topics() Topics { return m.topics }

// NextProducerID returns the first producer id above all allocated blocks.
func (m *Image) NextProducerID() int64 { return m.nextProducerID }

// InTransaction reports whether a metadata transaction (KIP-868) has begun and not ended.
func (m *Image) InTransaction() bool { return m.inTxn }
