package replication

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
)

// explain returns the message that Kafka sends with a refusal.
func (p *Partition) explain(err protocol.Error) string {
	if err == protocol.ErrNotEnoughReplicas {
		return fmt.Sprintf("The size of the current ISR : %d is insufficient to satisfy the min.isr requirement of %d for partition %s-%d",
			len(p.core.ISR().Committed()), p.core.EffectiveMinISR(), p.topic, p.index)
	}
	return ""
}

func (a *AppendPart) fail(err protocol.Error, text string) {
	a.Err, a.Message = err, text
	a.BaseOffset, a.LastOffset, a.LogAppendTimeMs = -1, -1, -1
	a.syncing, a.replicating = false, false
}

// refused notes why the log refused the records.
func (p *Partition) refused(a *AppendPart, failure error) {
	code := protocol.ErrUnknownServerError
	var refusal *storage.AppendError
	switch {
	case errors.As(failure, &refusal):
		code = appendCode(refusal)
		a.RecordErrors = refusal.RecordErrors
		p.m.stats.NoKey.Add(int64(refusal.NoKey))
	default:
		code = p.logCode(failure)
	}
	a.fail(code, failure.Error())
	switch code {
	case protocol.ErrCorruptMessage, protocol.ErrMessageTooLarge, protocol.ErrRecordListTooLarge, protocol.ErrKafkaStorageError, protocol.ErrNotLeaderOrFollower,
		protocol.ErrUnknownTopicOrPartition:
		// Kafka sends the log start offset with other refusals only.
		a.LogStartOffset = -1
	}
	p.countRefusal(code, len(a.Records))
}

// appendCode returns Kafka's error code for a refusal of the log.
func appendCode(e *storage.AppendError) protocol.Error {
	switch e.Kind {
	case storage.CorruptMessage:
		return protocol.ErrCorruptMessage
	case storage.RecordTooLarge:
		return protocol.ErrMessageTooLarge
	case storage.RecordListTooLarge:
		return protocol.ErrRecordListTooLarge
	case storage.InvalidRecord:
		return protocol.ErrInvalidRecord
	case storage.InvalidTimestamp:
		return protocol.ErrInvalidTimestamp
	case storage.UnsupportedCompression:
		return protocol.ErrUnsupportedCompressionType
	case storage.UnsupportedFormat:
		return protocol.ErrUnsupportedForMessageFormat
	case storage.ProducerRefused:
		return producerCode(e)
	}
	return protocol.ErrUnknownServerError
}

func producerCode(e *storage.AppendError) protocol.Error {
	var refusal *storage.ProducerError
	if !errors.As(e.Err, &refusal) {
		return protocol.ErrUnknownServerError
	}
	switch refusal.Kind {
	case storage.OutOfOrderSequence:
		return protocol.ErrOutOfOrderSequenceNumber
	case storage.InvalidProducerEpoch:
		return protocol.ErrInvalidProducerEpoch
	case storage.InvalidTxnState:
		return protocol.ErrInvalidTxnState
	case storage.CoordinatorFenced:
		return protocol.ErrTransactionCoordinatorFenced
	case storage.CorruptControlBatch:
		return protocol.ErrCorruptMessage
	}
	return protocol.ErrUnknownServerError
}
