package load

import (
	"math/rand/v2"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

// ProduceVersion is a version with topic names, so that no broker needs a lookup of ids.
const ProduceVersion = 9

// Batch returns a record batch of about size bytes before compression and the number of its
// records. Each record has a value of recordSize bytes. With a codec, values are letters and digits
// that compress to about two thirds. Without one they are random bytes.
func Batch(recordSize, size int, codec record.Codec) ([]byte, int, error) {
	rng := rand.NewChaCha8([32]byte{1})
	value := make([]byte, recordSize)
	b := record.NewBuilder(record.BuilderOptions{Codec: codec, LeaderEpoch: record.NoPartitionLeaderEpoch})
	for b.Count() == 0 || b.Size()+recordSize+16 <= size {
		_, _ = rng.Read(value)
		if codec != record.None {
			for i := range value {
				value[i] = "0123456789abcdefghijklmnopqrstuv"[value[i]&31]
			}
		}
		if err := b.Append(b.NextOffset(), time.Now().UnixMilli(), nil, value, nil); err != nil {
			return nil, 0, err
		}
	}
	n := b.Count()
	out, err := b.Bytes()
	return out, n, err
}

// ProduceFrame encodes a produce request of one batch to one partition.
func ProduceFrame(topic string, partition int, acks int16, batch []byte) []byte {
	req := protocol.New[protocol.ProduceRequest]()
	req.Acks, req.TimeoutMs = acks, 30000
	req.TopicData = []protocol.ProduceRequestTopicProduceData{{Name: topic, PartitionData: []protocol.ProduceRequestPartitionProduceData{
		{Index: int32(partition), Records: wire.Records{Bytes: batch}},
	}}}
	return Frame(req, ProduceVersion)
}
