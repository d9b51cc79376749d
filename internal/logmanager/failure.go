package logmanager

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/gregorhq/gregor/storage"
)

// broken is a partition whose log is damaged. Other partitions of its directory stay in service.
type broken struct {
	dir     *Dir
	path    string
	topicID [16]byte
	err     error
}

// Damaged returns the error of a partition whose log is damaged, nil for any other one.
func (m *Manager) Damaged(tp storage.TopicPartition, topicID [16]byte) error {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if b, ok := m.broken[tp]; ok && b.topicID == topicID {
		return b.err
	}
	return nil
}

// setDamaged puts a partition out of service. Its checkpoint entries stay.
func (m *Manager) setDamaged(tp storage.TopicPartition, b broken) {
	c := &b.dir.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.broken[tp], c.keep[tp] = b, true
	delete(m.begun, tp)
}

// takeOut takes a damaged log out of service. Its checkpoint entries stay: from one moment to the
// next they are those of a damaged log, so that no checkpoint file is written without them. It
// returns false when the log is out of service already.
func (m *Manager) takeOut(l *Log, err error) bool {
	c := &l.dir.checkpoints
	c.mu.Lock()
	defer c.mu.Unlock()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.logs[l.TP] != l {
		return false
	}
	m.leave(l)
	m.broken[l.TP], c.keep[l.TP] = broken{l.dir, l.Dir(), l.TopicID, err}, true
	return true
}

// LogError is the error of a partition whose log is damaged: its own bytes are corrupt or missing.
type LogError struct {
	Partition storage.TopicPartition
	Err       error
}

func (e *LogError) Error() string {
	text := fmt.Sprintf("the log of %s-%d is damaged: %v", e.Partition.Topic, e.Partition.Partition, e.Err)
	if errors.Is(e.Err, storage.ErrMissingFile) {
		text += ": put its files back and start again, or delete the topic"
	}
	return text
}

// Unwrap returns the cause.
func (e *LogError) Unwrap() error { return e.Err }

// Fail handles an error of an operation on l by its class (storage.Classify): a damaged log is
// taken out of service, an error of the disk takes the directory offline, and any other error
// changes nothing.
func (m *Manager) Fail(l *Log, err error) { m.logError(l, "operation", err) }

func (m *Manager) logError(l *Log, op string, err error) {
	switch storage.Classify(err) {
	case storage.ClassNone, storage.ClassRefused:
	case storage.ClassPartition:
		if gone := m.unmounted(l.dir); gone != nil {
			m.failDir(l.dir, fmt.Errorf("%w: %w", gone, err))
			return
		}
		m.failLog(l, err)
	case storage.ClassDisk:
		m.failDir(l.dir, err)
	default:
		m.warnRetry(op, l.dir, err)
	}
}

// dirError handles an error of an operation on the files in the root of d.
func (m *Manager) dirError(d *Dir, op string, err error) {
	switch storage.Classify(err) {
	case storage.ClassNone, storage.ClassRefused:
	case storage.ClassRetry:
		m.warnRetry(op, d, err)
	default:
		m.failDir(d, err)
	}
}

// retryWarnEvery is the pause between two lines about operations that are tried again.
const retryWarnEvery = 10 * time.Second

// warnRetry reports an operation that failed for want of file descriptors and is tried again.
func (m *Manager) warnRetry(op string, d *Dir, err error) {
	now := int64(m.host.Elapsed())
	last := m.warned.Load()
	if last != 0 && now-last < int64(retryWarnEvery) || !m.warned.CompareAndSwap(last, now) {
		return
	}
	m.log.Warn("operation is tried again later", "operation", op, "dir", d.path, "error", err)
}

// failLog takes a damaged log out of service, once. Its files stay as they are.
func (m *Manager) failLog(l *Log, err error) {
	err = &LogError{l.TP, err}
	if !m.takeOut(l, err) {
		return
	}
	m.log.Error("log is damaged, and its partition is offline", "topic", l.TP.Topic, "partition", l.TP.Partition, "dir", l.dir.path, "error", err)
	l.gone.Store(true)
	l.Log.Fail(err)
	if m.opts.OnOffline != nil {
		m.opts.OnOffline(l.dir.path, []*Log{l}, err)
	}
}

// failDir takes d offline, once, with every log in it. No operation uses its files from then on.
// Dir.failed is set before the first log leaves: see checkpoints.replace.
func (m *Manager) failDir(d *Dir, err error) {
	err = fmt.Errorf("%w: %s: %w", ErrOffline, d.path, err)
	if !d.failed.CompareAndSwap(nil, &err) {
		return
	}
	var gone []*Log
	for _, l := range m.Logs() {
		if l.dir == d {
			gone = append(gone, l)
		}
	}
	m.mu.Lock()
	for _, l := range gone {
		m.leave(l)
	}
	left := m.onlineDirs()
	m.mu.Unlock()
	m.log.Error("log directory is offline", "dir", d.path, "partitions", len(gone), "names", some(gone), "online_dirs", left, "error", err)
	for _, l := range gone {
		l.gone.Store(true)
		l.Log.Fail(err)
	}
	if m.opts.OnOffline != nil {
		m.opts.OnOffline(d.path, gone, err)
	}
}

// maxNamed bounds the partitions that one log line names.
const maxNamed = 10

// some names the first of many logs.
func some(logs []*Log) string {
	var b strings.Builder
	for i, l := range logs {
		if i == maxNamed {
			fmt.Fprintf(&b, ", and %d more", len(logs)-i)
			break
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%s-%d", l.TP.Topic, l.TP.Partition)
	}
	return b.String()
}
