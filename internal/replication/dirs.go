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

// ReplicaDir returns the log directory of a replica of this broker, also when that directory is
// offline. The controller knows the offline directories, but the metadata may not have the
// directory of this replica yet. The
// result is metadata.DirectoryLost when the log is damaged or gone. ok is false when there is
// nothing to report.
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
		return p.absent, p.absent != wire.UUID{}
	case m.logs.Damaged(storage.TopicPartition{Topic: p.topic, Partition: p.index}, p.id) != nil:
		return metadata.DirectoryLost, true
	}
	dir = m.logs.DirID(p.log.LogDir())
	return dir, dir != wire.UUID{}
}

// absentDir returns the directory to report for a replica whose log could not be opened or made.
// named is its directory in the metadata. Without a report the partition would keep a leader.
func absentDir(err error, named wire.UUID) wire.UUID {
	var damaged *logmanager.LogError
	var offline *logmanager.DirError
	switch {
	case errors.Is(err, logmanager.ErrLost), errors.As(err, &damaged):
		return metadata.DirectoryLost
	case !errors.As(err, &offline):
		return wire.UUID{} // it is tried again
	case named != metadata.DirectoryUnassigned && named != metadata.DirectoryMigrating:
		return wire.UUID{} // the controller knows that the directory is offline
	case offline.ID != [16]byte{}:
		// Not DirectoryLost: if nothing is in the directory when it is back, the log is created.
		return offline.ID
	}
	return metadata.DirectoryLost
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
		m.logger.Error("partitions are offline", "partitions", len(names), "names", someOf(names), "error", first[dir])
	}
}

// someOf lists the first names in order, and says how many more there are.
func someOf(names []string) string {
	slices.Sort(names)
	text := strings.Join(names[:min(len(names), maxNamed)], ", ")
	if more := len(names) - maxNamed; more > 0 {
		text += fmt.Sprintf(", and %d more", more)
	}
	return text
}

// reportTransactions warns of transactions that Apache Kafka has left open. Nothing ends them, as
// long as the APIs of transactions are not served, and no consumer of committed records passes
// them.
func (m *Manager) reportTransactions() {
	var names []string
	for _, p := range m.partitions() {
		if p.log != nil && p.log.LastStableOffset() < p.log.HighWatermark() {
			names = append(names, fmt.Sprintf("%s-%d", p.log.Topic(), p.log.Partition()))
		}
	}
	if len(names) > 0 {
		m.logger.Warn("transactions are open, and consumers with isolation.level=read_committed stop before them: start Apache Kafka on this directory until they have ended",
			"partitions", len(names), "names", someOf(names))
	}
}
