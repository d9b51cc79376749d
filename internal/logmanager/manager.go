package logmanager

import (
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// Manager owns all logs. Its methods are safe for concurrent use.
type Manager struct {
	opts   Options
	log    *slog.Logger
	pool   *storage.FilePool
	config atomic.Pointer[Config]

	// mu guards dirs' state and logs. It is never held over disk operations on logs.
	mu   sync.RWMutex
	dirs []*Dir
	logs map[storage.TopicPartition]*Log
	// Invariant: every log in strays or logs is in exactly one Dir.
	closed bool
	// loaded is set when every log is open. Before that checkpoints must not be written: they would forget the logs to come.
	loaded atomic.Bool
	// flushTimed is set once a log had flush.ms. It stays set.
	flushTimed atomic.Bool
	files      offsetFiles

	commit   committer
	flush    flusher
	cleaner  cleaner
	schedule schedule
	drivers  drivers
}

// Dir is one log directory.
type Dir struct {
	path string
	// id is the directory's id in meta.properties, zero when unknown.
	id   [16]byte
	lock interface{ Close() error }
	// failed is why the directory is offline, nil while it serves. It never becomes nil again.
	failed atomic.Pointer[error]

	// mount is the file system, open since before anything was written; nil where it cannot be synced as a whole, and offline.
	mount vfs.Mount

	// logs is how many logs the directory has, or is about to have; guarded by Manager.mu.
	logs int

	// Read at New, used by Load.
	clean          bool
	cleanEpoch     int64 // broker epoch in the marker of the clean stop, -1 without one
	recoveryPoints map[storage.TopicPartition]int64
	startOffsets   map[storage.TopicPartition]int64
	highWatermarks map[storage.TopicPartition]int64

	// checkpoints serializes the writing of this directory's checkpoint files.
	checkpoints sync.Mutex
	// cleanerOffsets is cleaner-offset-checkpoint; guarded by checkpoints.
	cleanerOffsets map[storage.TopicPartition]int64
	// deleting are logs whose folder is renamed and waits for its removal; guarded by Manager.mu.
	deleting []deletion
}

// Path is the directory's path as configured.
func (d *Dir) Path() string { return d.path }

// Err is why the directory is offline, nil while it serves.
func (d *Dir) Err() error {
	if p := d.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Log is a partition's log and its place. The embedded log's methods may be called directly, except Close, Delete and Rename.
type Log struct {
	*storage.Log
	m       *Manager
	TP      storage.TopicPartition
	TopicID [16]byte
	dir     *Dir

	// InitialHighWatermark is what replication-offset-checkpoint said when the log was opened, 0 without an entry.
	InitialHighWatermark int64

	// serial tells logs apart, also those of one name one after the other.
	serial uint64

	// round is the committer's mark: the last group in which this log was synced. Only the committer that holds
	// committer.syncing touches it.
	round  uint64
	needed int64
	// lastFlushMs is when flush.ms was last seen to.
	lastFlushMs atomic.Int64
	// cleaning is set while a cleaner thread works on the log. Guarded by cleaner.mu.
	cleaning bool
	// cuts is how often the log was cut short; guarded by Dir.checkpoints.
	cuts uint64
	// gone is set when the log is deleted or its directory failed: whoever works on it stops.
	gone atomic.Bool
}

// SetConfig changes the log's settings.
func (l *Log) SetConfig(c *storage.Config) {
	l.Log.SetConfig(c)
	l.noteFlushMs()
}

// noteFlushMs remembers that there is a log with flush.ms.
func (l *Log) noteFlushMs() {
	if l.Config().FlushMs < math.MaxInt64 {
		l.m.flushTimed.Store(true)
	}
}

// LogDir is the directory that the log is in.
func (l *Log) LogDir() *Dir { return l.dir }

// ErrNoDirs says that no log directory can be used: the broker must stop (Kafka halts).
var ErrNoDirs = errors.New("no log directory can be used")

// ErrOffline is in the chain of errors about logs in failed directories.
var ErrOffline = errors.New("log directory is offline")

// New locks the directories (making them if missing), reads their checkpoints and clean-shutdown markers. A directory that
// cannot be used is offline from the start; one that another process holds is an error, as is none that works.
func New(o Options) (*Manager, error) {
	m := &Manager{opts: o, log: o.Logger, logs: make(map[storage.TopicPartition]*Log), files: newOffsetFiles()}
	if m.log == nil {
		m.log = slog.Default()
	}
	if m.opts.Clock == nil {
		m.opts.Clock = func() int64 { return time.Now().UnixNano() }
	}
	m.config.Store(&o.Config)
	m.pool = storage.NewFilePool(max(o.Config.MaxOpenFiles, 16))
	m.commit.init()
	m.commit.costs.observe = o.OnSync
	m.cleaner.init()
	m.flush.pending, m.flush.wake = make(map[*Log]int64), make(chan struct{}, 1)
	for _, path := range o.Dirs {
		d, err := m.openDir(path)
		if err != nil {
			m.unlockAll()
			return nil, err
		}
		m.dirs = append(m.dirs, d)
	}
	if m.onlineDirs() == 0 {
		m.unlockAll()
		return nil, m.noDirs()
	}
	return m, nil
}

// noDirs is ErrNoDirs with every directory's reason.
func (m *Manager) noDirs() error {
	err := ErrNoDirs
	for _, d := range m.dirs {
		err = fmt.Errorf("%w; %w", err, d.Err())
	}
	return err
}

func (m *Manager) unlockAll() {
	for _, d := range m.dirs {
		if d.lock != nil {
			_ = d.lock.Close()
			d.lock = nil
		}
		if d.mount != nil {
			_ = d.mount.Close()
			d.mount = nil
		}
	}
}

func (m *Manager) onlineDirs() int {
	n := 0
	for _, d := range m.dirs {
		if d.Err() == nil {
			n++
		}
	}
	return n
}

// SetConfig puts a changed broker configuration into effect.
func (m *Manager) SetConfig(c Config) { m.config.Store(&c) }

// Dirs lists the log directories as configured, also those that are offline.
func (m *Manager) Dirs() []*Dir { return m.dirs }

// Log finds an open log, nil when there is none.
func (m *Manager) Log(topic string, partition int32) *Log {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.logs[storage.TopicPartition{Topic: topic, Partition: partition}]
}

// any tells whether yes holds for a log. yes must be short and call nothing of the Manager: it is asked under its lock.
func (m *Manager) any(yes func(*Log) bool) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, l := range m.logs {
		if yes(l) {
			return true
		}
	}
	return false
}

// digest changes, practically always, when offset changes for any log, or the set of logs does. It costs no memory, so that an
// idle broker with many partitions does next to nothing.
func (m *Manager) digest(offset func(*Log) (int64, bool)) (sum uint64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, l := range m.logs {
		if at, ok := offset(l); ok {
			x := (uint64(at)+1)*0x9e3779b97f4a7c15 ^ l.serial*0xbf58476d1ce4e5b9
			x ^= x >> 29
			sum += x * 0x94d049bb133111eb
		}
	}
	return sum
}

var serials atomic.Uint64

// Logs is a copy of all open logs, in no order.
func (m *Manager) Logs() []*Log {
	m.mu.RLock()
	defer m.mu.RUnlock()
	out := make([]*Log, 0, len(m.logs))
	for _, l := range m.logs {
		out = append(out, l)
	}
	return out
}
