package record

import (
	"fmt"
	"math"
)

// Validate checks what holds for every stored batch: size, magic, CRC-32C, a codec that exists, and
// a record count that fits the offsets. It reads each byte once and no record. Errors: ErrCorrupt,
// or ErrUnsupportedCodec when the bytes are intact but the codec is unknown (Kafka:
// DefaultRecordBatch.ensureValid).
func (b Batch) Validate() error {
	if err := b.checkBytes(); err != nil {
		return err
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

// checkBytes checks what does not depend on offsets.
func (b Batch) checkBytes() error {
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
	return nil
}

// ValidateProduced checks the header of a batch from a client: Validate, and base offset 0, as many
// records as offsets and at least one, no control records, a sequence where there is a producer id
// (Kafka: LogValidator.validateBatch, UnifiedLog.analyzeAndValidateRecords). It also refuses a
// count of records for which the payload has no room however well it is compressed;
// [Limits.MaxRecords] is a further bound. [ValidateRecords] checks the records. Violations are
// ErrInvalid.
func (b Batch) ValidateProduced() error {
	if err := b.checkBytes(); err != nil {
		return err
	}
	switch delta, count := b.LastOffsetDelta(), b.Count(); {
	case b.BaseOffset() != 0:
		return fmt.Errorf("the baseOffset of the record batch should be 0, but it is %d: %w", b.BaseOffset(), ErrInvalid)
	case delta < 0:
		return fmt.Errorf("batch has an invalid offset range: [%d, %d]: %w", b.BaseOffset(), b.LastOffset(), ErrInvalid)
	case count <= 0:
		return fmt.Errorf("invalid reported count for record batch: %d: %w", count, ErrInvalid)
	case int64(count) != int64(delta)+1:
		return fmt.Errorf("inconsistent batch offset range [%d, %d] and count of records %d: %w", b.BaseOffset(), b.LastOffset(), count, ErrInvalid)
	case b.IsControl():
		return fmt.Errorf("clients are not allowed to write control records: %w", ErrInvalid)
	case b.HasProducerID() && b.BaseSequence() < 0:
		return fmt.Errorf("invalid sequence number %d in record batch with producerId %d: %w", b.BaseSequence(), b.ProducerID(), ErrInvalid)
	}
	return b.checkCount()
}
