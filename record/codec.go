package record

import "fmt"

// Codec is a compression type as stored in the low three bits of the attributes (Kafka:
// CompressionType).
type Codec int8

// The compression types of Kafka. Zstd exists in format 2 only (KIP-110).
const (
	None Codec = iota
	Gzip
	Snappy
	LZ4
	Zstd
)

var codecNames = [...]string{"none", "gzip", "snappy", "lz4", "zstd"}

// String returns Kafka's name of the codec, as in compression.type.
func (c Codec) String() string {
	if c.Valid() {
		return codecNames[c]
	}
	return fmt.Sprintf("unknown(%d)", int8(c))
}

// Valid reports whether the codec is one of the five that exist.
func (c Codec) Valid() bool { return c >= None && c <= Zstd }

// TimestampType is the origin of the timestamps of a batch (Kafka: TimestampType).
type TimestampType int8

// The timestamp types. Format 0 has NoTimestampType, a batch of format 2 has one of the other two.
const (
	NoTimestampType TimestampType = iota - 1
	CreateTime
	LogAppendTime
)

// String returns Kafka's name of the type, as in message.timestamp.type.
func (t TimestampType) String() string {
	switch t {
	case CreateTime:
		return "CreateTime"
	case LogAppendTime:
		return "LogAppendTime"
	}
	return "NoTimestampType"
}

// Values that mean "none" in a batch (Kafka: RecordBatch).
const (
	NoTimestamp            int64 = -1
	NoProducerID           int64 = -1
	NoProducerEpoch        int16 = -1
	NoSequence             int32 = -1
	NoPartitionLeaderEpoch int32 = -1
)

// DefaultMaxDecompressed bounds the decompressed size of one batch when [Limits.MaxDecompressed] is
// 0: 128 MiB.
const DefaultMaxDecompressed = 128 << 20

// Limits bound the cost of reading one batch.
type Limits struct {
	// MaxDecompressed is the most bytes to which the payload of one batch may decompress. 0
	// means [DefaultMaxDecompressed]. Memory grows with the actual output, never with the claim
	// of a frame header.
	MaxDecompressed int
	// MaxRecord is the most bytes of one record after decompression
	// (max.decompressed.message.bytes). 0 means no bound.
	MaxRecord int
}

func (l Limits) max() int {
	if l.MaxDecompressed <= 0 {
		return DefaultMaxDecompressed
	}
	return l.MaxDecompressed
}
