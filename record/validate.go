package record

import (
	"fmt"
	"math"
)

// Validate checks what holds for every stored batch: size, magic, CRC-32C, a codec that exists, and a record count that fits the offsets.
// It reads each byte once and opens no payload. Errors: ErrCorrupt, or ErrUnsupportedCodec when the bytes are intact but the codec
// is unknown (Kafka: DefaultRecordBatch.ensureValid).
func (b Batch) Validate() error {
	if len(b) < HeaderSize || b.Size() != len(b) {
		return fmt.Errorf("batch of %d bytes has a wrong length field: %w", len(b), ErrCorrupt)
	}
	if b.Magic() != currentMagic {
		return fmt.Errorf("magic %d: %w", b.Magic(), ErrCorrupt)
	}
	if crc := b.ComputeCRC(); crc != b.CRC() {
		return fmt.Errorf("record is corrupt (stored crc = %d, computed crc = %d): %w", b.CRC(), crc, ErrCorrupt)
	}
	if !b.Codec().Valid() {
		return fmt.Errorf("unknown compression type id: %d: %w", b.Codec(), ErrUnsupportedCodec)
	}
	delta, count := b.LastOffsetDelta(), b.Count()
	if delta < 0 || b.BaseOffset() < 0 || b.BaseOffset() > math.MaxInt64-int64(delta)-1 {
		return fmt.Errorf("batch has an invalid offset range: [%d, +%d]: %w", b.BaseOffset(), delta, ErrCorrupt)
	}
	if count < 0 || int64(count) > int64(delta)+1 {
		return fmt.Errorf("count of records %d does not fit last offset delta %d: %w", count, delta, ErrCorrupt)
	}
	return nil
}

// ValidateProduced is Validate and what Kafka demands of a batch from a client besides: base offset 0, as many records as offsets and at
// least one, no control records, a sequence where there is a producer id, no LogAppendTime, and no larger count than the payload has room
// for, were it compressed as well as its codec can be (Kafka counts; [Limits.MaxRecords] is a further bound). It is all that the hot path
// of a broker needs. Violations are ErrInvalid, or ErrInvalidTimestamp for the timestamp type (Kafka: LogValidator.validateBatch and
// UnifiedLog.analyzeAndValidateRecords; Kafka looks at the timestamp type per record).
func (b Batch) ValidateProduced() error {
	if err := b.Validate(); err != nil {
		return err
	}
	switch delta, count := b.LastOffsetDelta(), b.Count(); {
	case b.BaseOffset() != 0:
		return fmt.Errorf("the baseOffset of the record batch should be 0, but it is %d: %w", b.BaseOffset(), ErrInvalid)
	case count <= 0:
		return fmt.Errorf("invalid reported count for record batch: %d: %w", count, ErrInvalid)
	case count != delta+1:
		return fmt.Errorf("inconsistent batch offset range [%d, %d] and count of records %d: %w", b.BaseOffset(), b.LastOffset(), count, ErrInvalid)
	case b.IsControl():
		return fmt.Errorf("clients are not allowed to write control records: %w", ErrInvalid)
	case b.HasProducerID() && b.BaseSequence() < 0:
		return fmt.Errorf("invalid sequence number %d in record batch with producerId %d: %w", b.BaseSequence(), b.ProducerID(), ErrInvalid)
	case b.TimestampType() == LogAppendTime:
		return fmt.Errorf("producer should not set timestamp type to LogAppendTime: %w", ErrInvalidTimestamp)
	}
	return b.checkCount()
}
