package replication

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/storage"
)

// ReplicaDir returns the log directory of a replica of this broker, metadata.DirectoryLost when its
// log is damaged or gone. ok is false when the directory is not known, or is offline.
func (m *Manager) ReplicaDir(topic wire.UUID, index int32) (dir wire.UUID, ok bool) {
	m.mu.RLock()
	var p *Partition
	if h := m.byID[topic]; h != nil && int(index) < len(h.parts) {
		p = h.parts[index]
	}
	m.mu.RUnlock()
	switch {
	case p == nil:
		return dir, false
	case p.log == nil:
		return metadata.DirectoryLost, p.lost
	case p.log.LogDir().Err() != nil:
		return dir, false
	case m.logs.Damaged(storage.TopicPartition{Topic: p.topic, Partition: p.index}, p.id) != nil:
		return metadata.DirectoryLost, true
	}
	dir = m.logs.DirID(p.log.LogDir())
	return dir, dir != wire.UUID{}
}

// offlineReport collects partitions that cannot be served, so that one line names them all.
type offlineReport struct {
	mu    sync.Mutex
	which map[bool][]string // by whether the directory is offline
	first map[bool]error
}

// maxNamed bounds the partitions that one line names.
const maxNamed = 10

// add notes a partition without a log.
func (r *offlineReport) add(topic string, index int32, err error) {
	var damaged *logmanager.LogError
	if errors.As(err, &damaged) {
		return // the log manager has reported it
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.which == nil {
		r.which, r.first = map[bool][]string{}, map[bool]error{}
	}
	dir := errors.Is(err, logmanager.ErrOffline)
	if r.first[dir] == nil {
		r.first[dir] = err
	}
	r.which[dir] = append(r.which[dir], fmt.Sprintf("%s-%d", topic, index))
}

// reportOffline writes one line for each kind of cause.
func (m *Manager) reportOffline() {
	r := &m.offline
	r.mu.Lock()
	which, first := r.which, r.first
	r.which, r.first = nil, nil
	r.mu.Unlock()
	for _, dir := range []bool{true, false} {
		names := which[dir]
		if len(names) == 0 {
			continue
		}
		slices.Sort(names)
		text := strings.Join(names[:min(len(names), maxNamed)], ", ")
		if more := len(names) - maxNamed; more > 0 {
			text += fmt.Sprintf(", and %d more", more)
		}
		m.logger.Error("partitions are offline", "partitions", len(names), "which", text, "error", first[dir])
	}
}
