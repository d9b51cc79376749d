package coordinator

import (
	"errors"

	"github.com/gregorhq/gregor/internal/protocol"
)

// PartitionLog is the log of the coordinator partitions. Implementations are safe for concurrent
// use.
type PartitionLog interface {
	// Bounds returns the log start offset, the high watermark and the log end offset.
	Bounds(partition int32) (start, committed, end int64, err error)
	// Read returns whole batches up to the log end offset and about maxBytes, but at least one
	// batch if there is one. The first batch contains or follows offset from. Without batches and
	// without lost there is nothing at or after from. The records from there up to offset lost are
	// damaged or missing for good when it is above from, and file says in which file. The batches
	// follow behind lost then. An error may pass.
	Read(partition int32, from int64, maxBytes int) (batches []byte, lost int64, file string, err error)
	// AwaitCommitted calls done when the high watermark has reached offset upTo, or with an error
	// when this node no longer leads the partition.
	AwaitCommitted(partition int32, upTo int64, done func(err error))
	// Append appends one batch with acks=all. This node must have led the partition since
	// leaderEpoch; the present leader epoch may be higher. Append calls done once, from any
	// goroutine, possibly before it returns: with the batch's last offset when the batch is
	// committed, or with an error when the batch is not in the log or this node's leadership has
	// ended. A slow commit is no error.
	Append(partition int32, leaderEpoch int32, batch []byte, done func(lastOffset int64, err error))
	// Refuses returns the error that Append would give now because the ISR is too small, nil when
	// Append would write.
	Refuses(partition int32) error
	// MaxBatchBytes is the partition's max.message.bytes.
	MaxBatchBytes(partition int32) int
}

// appendError maps the error of an append to the coordinator's answer, as Kafka's
// CoordinatorOperationExceptionHelper does.
func appendError(err error) protocol.Error {
	var e protocol.Error
	if !errors.As(err, &e) {
		return protocol.ErrNotCoordinator
	}
	switch e {
	case protocol.ErrUnknownTopicOrPartition, protocol.ErrNotEnoughReplicas, protocol.ErrNotEnoughReplicasAfterAppend, protocol.ErrRequestTimedOut:
		return protocol.ErrCoordinatorNotAvailable
	case protocol.ErrNotLeaderOrFollower, protocol.ErrKafkaStorageError, protocol.ErrFencedLeaderEpoch, protocol.ErrUnknownLeaderEpoch:
		return protocol.ErrNotCoordinator
	case protocol.ErrMessageTooLarge, protocol.ErrRecordListTooLarge, protocol.ErrInvalidFetchSize:
		return protocol.ErrUnknownServerError
	default:
		return e
	}
}
