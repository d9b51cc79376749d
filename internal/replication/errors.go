package replication

import (
	"errors"
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
)

// logCode returns the error code of a failed operation on a log. The log manager hears of an error
// of the disk and of a missing file: it takes the log directory, or the partition, offline. Damaged
// bytes concern the requests for them only.
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
			m.sayCorrupt(l, err)
			return protocol.ErrCorruptMessage
		}
		m.logFailed(l, err)
	case storage.ClassDisk:
		var disk *storage.StorageError
		if !errors.As(err, &disk) {
			return protocol.ErrUnknownServerError // not an error of a file
		}
		m.logFailed(l, err)
	}
	return protocol.ErrKafkaStorageError // clients try again
}

// corruptEvery is the pause between two log lines about the same partition. Clients that meet
// CORRUPT_MESSAGE often ask again at once.
const corruptEvery = time.Minute

// sayCorrupt logs why the broker answers CORRUPT_MESSAGE.
func (m *Manager) sayCorrupt(l *logmanager.Log, err error) {
	if ok, left := m.corrupt.Allow(fmt.Sprint(l.TP), time.UnixMilli(m.elapsedMs())); ok {
		m.logger.Error("request for damaged records is answered with CORRUPT_MESSAGE", "topic", l.TP.Topic, "partition", l.TP.Partition, "suppressed", left, "error", err)
	}
}
