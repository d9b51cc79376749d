package client

import (
	"errors"
	"fmt"
	"math/bits"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/protocol"
)

// bounds are the sizes in bytes above which Java's producer refuses a record.
type bounds struct{ request, memory int64 }

func boundsOf(p Props) bounds {
	return bounds{p.number("max.request.size", defaultRequest), p.number("buffer.memory", defaultMemory)}
}

// check returns RecordTooLargeException with the text of KafkaProducer.ensureValidRecordSize.
func (b bounds) check(rec *kgo.Record) error {
	switch size := javaSize(rec); {
	case size > b.request:
		return refuseRecord("The message is %d bytes when serialized which is larger than %d, which is the value of the max.request.size configuration.", size, b.request)
	case size > b.memory:
		return refuseRecord("The message is %d bytes when serialized which is larger than the total memory buffer you have configured with the buffer.memory configuration.", size)
	}
	return nil
}

func refuseRecord(format string, args ...any) error {
	return &Error{Code: protocol.ErrMessageTooLarge, Text: fmt.Sprintf(format, args...)}
}

// javaSize is the size of a record as Java's producer estimates it before it sends it: that of a
// batch with this record, with the largest header (AbstractRecords.estimateSizeInBytesUpperBound).
func javaSize(rec *kgo.Record) int64 {
	const batch, record = 61, 21
	n := batch + record + fieldSize(rec.Key) + fieldSize(rec.Value) + varintSize(len(rec.Headers))
	for _, h := range rec.Headers {
		n += varintSize(len(h.Key)) + len(h.Key) + fieldSize(h.Value)
	}
	return int64(n)
}

// fieldSize is the size of a field with its length; nil has the length -1.
func fieldSize(b []byte) int {
	if b == nil {
		return 1
	}
	return varintSize(len(b)) + len(b)
}

// varintSize is the size of a length as a zigzag varint.
func varintSize(n int) int { return (bits.Len64(uint64(n)<<1|1) + 6) / 7 }

// sizeOf is at least the size of a batch that holds the record alone, without compression.
func sizeOf(rec *kgo.Record) int {
	const batch, field = 96, 10
	n := batch + len(rec.Key) + len(rec.Value)
	for _, h := range rec.Headers {
		n += len(h.Key) + len(h.Value) + field
	}
	return n
}

// tooLarge reports whether a record failed since it, or a batch with it, is larger than the topic
// allows.
func tooLarge(err error) bool { return errors.Is(err, kerr.MessageTooLarge) }
