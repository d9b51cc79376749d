package replication

import (
	"errors"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
)

// logCode returns the error code of a failed operation on a log. An error of the disk takes the log
// directory offline; any other one concerns the request or the partition only.
func (m *Manager) logCode(l *logmanager.Log, err error) protocol.Error {
	switch storage.Classify(err) {
	case storage.ClassNone:
		return protocol.ErrNone
	case storage.ClassRefused:
		switch {
		case errors.Is(err, storage.ErrOffsetOutOfRange):
			return protocol.ErrOffsetOutOfRange
		case errors.Is(err, storage.ErrClosed) && l.LogDir().Err() == nil:
			return protocol.ErrNotLeaderOrFollower
		case errors.Is(err, storage.ErrClosed):
			return protocol.ErrKafkaStorageError
		}
		return protocol.ErrUnknownServerError
	case storage.ClassPartition:
		if errors.Is(err, storage.ErrCorruptLog) {
			return protocol.ErrCorruptMessage
		}
	case storage.ClassDisk:
		var disk *storage.StorageError
		if !errors.As(err, &disk) {
			return protocol.ErrUnknownServerError // not an error of a file
		}
		m.diskFailed(l, err)
	}
	return protocol.ErrKafkaStorageError // clients try again
}
