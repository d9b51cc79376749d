package load

import (
	"encoding/binary"
	"hash/crc32"
	"math/rand/v2"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// ProduceVersion names topics, so that both brokers need no look-up of ids.
const ProduceVersion = 9

// Batch makes a record batch (v2, uncompressed) of about size bytes with records of recordSize bytes of value.
func Batch(recordSize, size int) ([]byte, int) {
	rng := rand.NewChaCha8([32]byte{1})
	value := make([]byte, recordSize)
	b := make([]byte, 61)
	n := 0
	for n == 0 || len(b)+recordSize+16 <= size {
		_, _ = rng.Read(value)
		var r []byte
		r = append(r, 0, 0)
		r = binary.AppendVarint(r, int64(n))
		r = binary.AppendVarint(r, -1)
		r = binary.AppendVarint(r, int64(recordSize))
		r = append(r, value...)
		r = binary.AppendVarint(r, 0)
		b = binary.AppendVarint(b, int64(len(r)))
		b = append(b, r...)
		n++
	}
	now := uint64(time.Now().UnixMilli())
	binary.BigEndian.PutUint32(b[8:], uint32(len(b)-12))
	binary.BigEndian.PutUint32(b[12:], 0xffffffff)
	b[16] = 2
	binary.BigEndian.PutUint32(b[23:], uint32(n-1))
	binary.BigEndian.PutUint64(b[27:], now)
	binary.BigEndian.PutUint64(b[35:], now)
	for i := 43; i < 57; i++ {
		b[i] = 0xff
	}
	binary.BigEndian.PutUint32(b[57:], uint32(n))
	binary.BigEndian.PutUint32(b[17:], crc32.Checksum(b[21:], crc32.MakeTable(crc32.Castagnoli)))
	return b, n
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
