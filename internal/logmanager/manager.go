package logmanager

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// Manager owns all logs. Its methods are safe for concurrent use.
type Manager struct {
	opts   Options
	host   host.Host
	log    *slog.Logger
	pool   *storage.FilePool
	config atomic.Pointer[Config]

	// mu guards the fields below and the state of dirs. It is never held during IO on logs.
	mu   sync.RWMutex
	dirs []*Dir
	logs map[storage.TopicPartition]*Log
	// broken are partitions whose logs are damaged and out of service.
	broken map[storage.TopicPartition]broken
	// aside has the stray folders of partitions. Load adds them, and they leave with the partition.
	// No empty log is made in the place of a partition that has some.
	aside map[storage.TopicPartition]string
	// begun are the partitions whose creation has made a folder but no log yet, for want of file
	// descriptors, with the directory. The next try goes on there: a second folder in another
	// directory would make the next start refuse the partition.
	begun map[storage.TopicPartition]*Dir
	// sorted are the logs by topic and partition, nil after a change of logs. Its content never
	// changes.
	sorted []*Log
	// serial is the serial of the newest log.
	serial uint64
	closed bool

	// loaded is set when every log is open. Before that no checkpoint may be written, because it
	// would lack the logs that are not open yet.
	loaded atomic.Bool
	// flushTimed is set once a log had flush.ms. It stays set.
	flushTimed atomic.Bool

	cleaner cleaner
	idle    idleWork
	// running is set between Run and Stop, stopping from Stop on.
	running, stopping atomic.Bool
	// damagedIDs counts the damaged partition.metadata files of the start.
	damagedIDs atomic.Int64
	// warned is the time of the last line of warnRetry.
	warned atomic.Int64
}

// Dir is one log directory.
type Dir struct {
	path string
	// fs is the file system of everything in the directory. It makes no name when the directory is
	// not the formatted one any more (Manager.present).
	fs vfs.FS
	// id is the directory's id in meta.properties, zero when unknown.
	id [16]byte
	// formatted is set when meta.properties was there at the start or after SetDirID.
	formatted bool
	place     *place
	lock      interface{ Close() error }
	// failed is the reason why the directory is offline, nil while it is online. It never becomes
	// nil again.
	failed atomic.Pointer[error]

	// mount is the directory's file system, opened before the first write: the kernel reports lost
	// writes to descriptors that were open then. It is nil where a file system cannot be synced as
	// a whole, and for a directory that is offline.
	mount vfs.Mount

	// Each directory has its own committer, flusher and periodic work. So a disk that hangs holds
	// up its own directory only.
	commit committer
	flush  flusher
	tick   dirWork

	// logs is the number of logs that the directory has or is about to have. Manager.mu guards it.
	logs int
	// unrecorded is set while a log of the directory has no entry that proves its existence, see
	// RecordNew.
	unrecorded atomic.Bool
	// newFolders is set while the names of new partition folders may not be on disk.
	newFolders atomic.Bool
	// unsettled is set when a clean stop could not close a log of the directory.
	unsettled atomic.Bool

	// New reads the following, Load uses it.
	clean      bool
	foreign    bool  // another broker than gregor has written the marker of the clean stop
	cleanEpoch int64 // broker epoch in the marker of the clean stop, -1 without one

	checkpoints checkpoints
	// damaged are the names of checkpoint files that were damaged at the start. Manager.mu guards
	// changes; nothing changes it while logs are opened.
	damaged []string
	// deleting are the folders that wait for their removal. Manager.mu guards it.
	deleting []deletion
	// naming is held while folders of deleting are renamed.
	naming sync.Mutex
}

// Path is the directory's path as configured.
func (d *Dir) Path() string { return d.path }

// Err returns the reason why the directory is offline, nil while it is online.
func (d *Dir) Err() error {
	if p := d.failed.Load(); p != nil {
		return *p
	}
	return nil
}

// Log is a partition's log in a directory. The methods of the embedded log may be called, except
// Close, Delete and Rename.
type Log struct {
	*storage.Log
	m       *Manager
	TP      storage.TopicPartition
	TopicID [16]byte
	dir     *Dir
	// apart is true when a file of the log may be on another file system than its directory. One
	// sync of the directory's file system does not cover the log then.
	apart bool

	// InitialHighWatermark is the entry of replication-offset-checkpoint when the log was opened, 0
	// without one.
	InitialHighWatermark int64

	// serial is unique, also among logs that had the same name one after the other.
	serial uint64

	// round is the number of the last group in which this log was synced, needed the offset that
	// the group needs. committer.syncing of the directory guards both.
	round  uint64
	needed int64
	// again is true when the sync of the last group has to be tried again. committer.syncing of the
	// directory guards it.
	again bool
	// flushTo is the offset up to which the flusher syncs the log, 0 for none. flusher.mu guards
	// it.
	flushTo int64
	// lastFlushMs is the time of the last check of flush.ms.
	lastFlushMs atomic.Int64
	// compaction is the run of the cleaner over this log, nil without one. cleaner.mu guards it.
	compaction *compaction
	// cuts counts the truncations of the log. Dir.checkpoints.mu guards it.
	cuts uint64
	// gone is set when the log is deleted or its directory failed. Work on the log ends then.
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

// ErrNoDirs means that no log directory can be used. The broker must stop; Apache Kafka halts.
var ErrNoDirs = errors.New("no log directory can be used")

// ErrOffline is in the chain of errors about logs in failed directories.
var ErrOffline = errors.New("log directory is offline")

// New locks the directories, and makes missing ones first. It reads their checkpoints and
// clean-shutdown markers. A directory that cannot be used is offline from the start. It is an error
// when another process holds a directory, when no directory can be used, and when there are not
// enough file descriptors.
func New(o Options) (*Manager, error) {
	m := &Manager{opts: o, host: o.Host, log: o.Logger, logs: make(map[storage.TopicPartition]*Log),
		broken: make(map[storage.TopicPartition]broken), aside: make(map[storage.TopicPartition]string),
		begun: make(map[storage.TopicPartition]*Dir)}
	if m.log == nil {
		m.log = slog.Default()
	}
	if m.host == nil {
		m.host = host.Real()
	}
	m.config.Store(&o.Config)
	m.pool = storage.NewFilePool(max(o.Config.MaxOpenFiles, 16))
	m.opts.FS = m.pool.WithDescriptors(o.FS) // all files, not only the files of logs
	m.cleaner.init()
	m.idle.init(m)
	for _, path := range o.Dirs {
		d, err := m.openDir(path)
		m.dirs = append(m.dirs, d)
		if err != nil {
			m.unlockAll()
			return nil, err
		}
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

// wakeUp wakes a loop of a manager that runs.
func (m *Manager) wakeUp(l *host.Loop) {
	if m.running.Load() {
		l.Wake()
	}
}

// SetConfig puts a changed broker configuration into effect.
func (m *Manager) SetConfig(c Config) {
	old := m.config.Swap(&c)
	m.cleaner.reconfigure(m, old.Cleaner, c.Cleaner)
	if c.ProducerExpirationMs == old.ProducerExpirationMs && c.MaxProducerIDs == old.MaxProducerIDs {
		return
	}
	for _, l := range m.Logs() {
		l.SetProducerLimits(c.ProducerExpirationMs, c.MaxProducerIDs)
	}
}

// Dirs lists the configured log directories, also offline ones.
func (m *Manager) Dirs() []*Dir { return m.dirs }

// Log finds an open log, nil when there is none.
func (m *Manager) Log(topic string, partition int32) *Log {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.logs[storage.TopicPartition{Topic: topic, Partition: partition}]
}

// any reports whether yes is true for a log of d. yes is called under the lock of the Manager, so
// it must be quick and must not call the Manager.
func (m *Manager) any(d *Dir, yes func(*Log) bool) bool {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, l := range m.logs { // any order
		if l.dir == d && yes(l) {
			return true
		}
	}
	return false
}

// digest returns a hash over the offsets of the logs of d. It changes when an offset changes or a
// log comes or goes, except for rare collisions. It allocates nothing, so that an idle broker with
// many partitions has next to no work.
func (m *Manager) digest(d *Dir, offset func(*Log) (int64, bool)) (sum uint64) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	for _, l := range m.logs { // any order: a sum
		if l.dir != d {
			continue
		}
		if at, ok := offset(l); ok {
			x := (uint64(at)+1)*0x9e3779b97f4a7c15 ^ l.serial*0xbf58476d1ce4e5b9
			x ^= x >> 29
			sum += x * 0x94d049bb133111eb
		}
	}
	return sum
}

// Logs returns all open logs, sorted by topic and partition. The caller must not change the slice.
func (m *Manager) Logs() []*Log {
	m.mu.RLock()
	sorted := m.sorted
	m.mu.RUnlock()
	if sorted != nil {
		return sorted
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.sorted == nil {
		m.sorted = make([]*Log, 0, len(m.logs))
		for _, l := range m.logs { // any order: sorted below
			m.sorted = append(m.sorted, l)
		}
		slices.SortFunc(m.sorted, func(a, b *Log) int { return compareTP(a.TP, b.TP) })
	}
	return m.sorted
}

// logsIn returns the open logs of d, sorted by topic and partition.
func (m *Manager) logsIn(d *Dir) iter.Seq[*Log] {
	return func(yield func(*Log) bool) {
		for _, l := range m.Logs() {
			if l.dir == d && !yield(l) {
				return
			}
		}
	}
}

func compareTP(a, b storage.TopicPartition) int {
	return cmp.Or(strings.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

// enter adds a log. m.mu is held.
func (m *Manager) enter(l *Log) {
	m.serial++
	l.serial = m.serial
	m.logs[l.TP], m.sorted = l, nil
	l.noteFlushMs()
}

// leave takes a log out. m.mu is held.
func (m *Manager) leave(l *Log) {
	if m.logs[l.TP] != l {
		return
	}
	delete(m.logs, l.TP)
	m.sorted = nil
	l.dir.logs--
}
