package logmanager

import (
	"io/fs"
	"path/filepath"
	"slices"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/storage"
)

// Spec is the cluster's metadata of a partition on disk.
type Spec struct {
	// Stray means that the folder belongs to no partition of this broker: the topic does not exist,
	// or has another id, or has no replica here. The folder is renamed and stays for an operator.
	Stray  bool
	Config *storage.Config
	// TopicID is the id of the topic, for a folder whose partition.metadata is missing or damaged.
	// It is set for a stray folder, too, when a partition of this name is to be on this broker.
	TopicID [16]byte
	// DirID is the directory of the partition in the metadata.
	DirID [16]byte
}

// LoadOptions describes a start.
type LoadOptions struct {
	NowMs int64
	// Describe returns the partition of a folder. topicID is zero when partition.metadata is
	// missing or damaged.
	Describe func(topic string, partition int32, topicID [16]byte) Spec
	// TopicName, if set, returns the name of the topic with an id, "" without one.
	TopicName func(id [16]byte) string
	// Skip, if set, is true for topics whose logs another engine owns, such as the metadata log.
	Skip func(topic string) bool
	// Progress, if set, is called after each log with the number of open logs and of all logs.
	// Several goroutines call it.
	Progress func(done, total int)
}

// found is one partition folder to open.
type found struct {
	dir  *Dir
	path string
	tp   storage.TopicPartition
	// topicID is the id in partition.metadata, or else in the cluster's metadata.
	topicID [16]byte
	// stray is true for a folder that belongs to no partition of this broker.
	stray bool
	// at are the offsets with which the log was opened. back is true when they are those of a
	// folder that was a stray one, see asideFile.
	at   logOffsets
	back bool
	log  *Log
	err  error
}

// sayEvery is the pause between two log lines about the progress of Load.
const sayEvery = 2 * time.Second

// Load opens every log of every directory, in parallel. It returns an error when no directory is
// left, when one partition is in two directories, and when there are not enough file descriptors.
func (m *Manager) Load(o LoadOptions) error {
	began := m.host.Elapsed()
	since := func() time.Duration { return m.host.Elapsed() - began }
	var all, strays []*found
	for _, d := range m.dirs {
		if d.Err() != nil {
			continue
		}
		in, aside, err := m.scan(d, o)
		if err != nil {
			if err = m.startError(d, err); err != nil {
				return err
			}
			continue
		}
		if len(in) > 0 {
			m.checkBlank(d)
		}
		all, strays = append(all, in...), append(strays, aside...)
	}
	all, err := m.checkTwice(all, o)
	if err != nil {
		return err
	}
	all, err = m.takeBack(all, strays, o)
	if err != nil {
		return err
	}
	m.sayUnclean(all)
	if err := m.prepare(); err != nil {
		return err
	}
	var done, said atomic.Int64
	m.openAll(all, func(f *found) {
		m.openFound(f, o)
		n := int(done.Add(1))
		if o.Progress != nil {
			o.Progress(n, len(all))
		}
		// Recovery may take long.
		if at, last := since(), said.Load(); at-time.Duration(last) > sayEvery && said.CompareAndSwap(last, int64(at)) {
			m.log.Info("opening logs", "open", n, "of", len(all))
		}
	})
	if err := m.takeIn(all); err != nil {
		return err
	}
	if err := m.recordReturned(all); err != nil { // before any other write of their entries
		return err
	}
	m.loaded.Store(true)
	if len(all) > 0 {
		m.log.Info("logs are open", "logs", len(all), "took", since().Round(time.Millisecond))
	}
	return nil
}

// takeIn adds the logs that were opened, and handles the errors of the others by their class.
func (m *Manager) takeIn(all []*found) error {
	var damaged []*found
	for _, f := range all {
		switch storage.Classify(f.err) {
		case storage.ClassNone:
			m.adopt(f.log)
		case storage.ClassRetry:
			return tooManyFiles(f.path, f.err)
		case storage.ClassPartition:
			damaged = append(damaged, f)
		default:
			m.failDir(f.dir, f.err)
		}
	}
	for i, f := range damaged {
		err := &LogError{f.tp, f.err}
		m.setDamaged(f.tp, broken{f.dir, f.path, f.topicID, err})
		if i < maxNamed {
			m.log.Error("log is damaged, and its partition is offline", "topic", f.tp.Topic, "partition", f.tp.Partition, "dir", f.dir.path, "error", err)
		}
	}
	if n := len(damaged) - maxNamed; n > 0 {
		m.log.Error("more logs are damaged, and their partitions are offline", "partitions", n)
	}
	for _, d := range m.dirs {
		if d.Err() != nil {
			continue
		}
		err := m.lowerAll(d, m.Logs())
		if err == nil {
			err = m.setStraysAside(d, all)
		}
		if err = m.startError(d, err); err != nil {
			return err
		}
	}
	if m.onlineDirs() == 0 {
		return m.noDirs()
	}
	return nil
}

// startError handles an error in the root of d during a start. A lack of file descriptors refuses
// the start: nothing would try the step again, and it has to be complete before the first
// checkpoint is written.
func (m *Manager) startError(d *Dir, err error) error {
	switch storage.Classify(err) {
	case storage.ClassNone:
	case storage.ClassRetry:
		return tooManyFiles(d.path, err)
	default:
		m.failDir(d, err)
	}
	return nil
}

// sayUnclean logs which directories have no marker of a clean stop. Their logs are recovered.
func (m *Manager) sayUnclean(all []*found) {
	for _, d := range m.dirs {
		n := 0
		for _, f := range all {
			if f.dir == d {
				n++
			}
		}
		if n > 0 && !d.clean && d.Err() == nil {
			m.log.Info("the last stop was not a clean one: recovering logs", "dir", d.path, "logs", n)
		}
	}
}

// prepare removes the clean-shutdown markers, so that a crash from now on counts as one.
func (m *Manager) prepare() error {
	for _, d := range m.dirs {
		if d.Err() != nil || !d.clean {
			continue
		}
		if err := m.startError(d, storage.RemoveCleanShutdown(m.opts.FS, d.path)); err != nil {
			return err
		}
	}
	return nil
}

// scan lists the partition folders of d, and the stray ones. Folders of deleted partitions are
// noted for their removal.
func (m *Manager) scan(d *Dir, o LoadOptions) (out, strays []*found, err error) {
	entries, err := m.opts.FS.ReadDir(d.path)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		topic, partition, kind, ok := storage.ParsePartitionDir(e.Name())
		path := filepath.Join(d.path, e.Name())
		if !ok || !m.isDir(path, e) || (o.Skip != nil && o.Skip(topic)) {
			continue
		}
		tp := storage.TopicPartition{Topic: topic, Partition: partition}
		switch kind {
		case storage.DirDelete:
			m.deleteLater(d, deletion{tp: tp, path: path, dueMs: o.NowMs, moved: true, named: true})
		case storage.DirCurrent:
			out = append(out, &found{dir: d, path: path, tp: tp})
		case storage.DirStray:
			strays = append(strays, &found{dir: d, path: path, tp: tp})
		default:
			m.log.Warn("partition folder is left alone", "folder", path)
		}
	}
	return out, strays, nil
}

// isDir is true for a folder and for a symbolic link to one, as in Apache Kafka.
func (m *Manager) isDir(path string, e fs.DirEntry) bool {
	if e.Type()&fs.ModeSymlink == 0 {
		return e.IsDir()
	}
	st, err := m.opts.FS.Stat(path)
	return err == nil && st.IsDir()
}

// openAll calls open for every folder found. Each directory has its own workers.
func (m *Manager) openAll(all []*found, open func(*found)) {
	m.host.Each(len(m.dirs), len(m.dirs), func(i int) {
		var mine []*found
		for _, f := range all {
			if f.dir == m.dirs[i] {
				mine = append(mine, f)
			}
		}
		m.host.Each(len(mine), m.config.Load().workers(), func(j int) { open(mine[j]) })
	})
}

// openFound opens one log, unless it is a stray one.
func (m *Manager) openFound(f *found, o LoadOptions) {
	if f.dir.Err() != nil {
		return
	}
	spec, err := m.identify(f, o)
	if err != nil {
		f.err = err
		return
	}
	if f.stray {
		return
	}
	if f.at, err = m.startingPoint(f); err != nil {
		f.err = err
		return
	}
	opts := storage.Options{
		Dir: f.path, Topic: f.tp.Topic, Partition: f.tp.Partition, TopicID: f.topicID, Config: spec.Config,
		CleanShutdown: f.dir.clean && !f.back, StoppedElsewhere: f.dir.foreign, NowMs: o.NowMs,
	}
	f.at.open(&opts)
	l, err := m.openLog(f.dir, opts)
	if err != nil {
		f.err = err
		return
	}
	// Before the next checkpoint, so that it says no less than the last one.
	l.SetHighWatermark(opts.HighWatermark)
	l.InitialHighWatermark = opts.HighWatermark
	f.log = l
}

// openLog opens or creates a log in d. o names the folder, the partition and its offsets.
func (m *Manager) openLog(d *Dir, o storage.Options) (*Log, error) {
	l := &Log{m: m, TP: storage.TopicPartition{Topic: o.Topic, Partition: o.Partition}, dir: d}
	o.FS, o.Pool, o.Logger, o.LowerCheckpoints, o.Rand = d.fs, m.pool, m.log, l.lowerCheckpoints, m.host.Uint64
	c := m.config.Load()
	o.ProducerExpirationMs, o.MaxProducerIDs = c.ProducerExpirationMs, c.MaxProducerIDs
	var err error
	if l.Log, err = storage.Open(o); err != nil {
		return nil, err
	}
	l.TopicID = l.Log.TopicID()
	l.apart = d.mount != nil && slices.ContainsFunc(append(l.Linked(), o.Dir), func(path string) bool {
		in, err := d.mount.Holds(path)
		return err != nil || !in
	})
	return l, nil
}

func (m *Manager) adopt(l *Log) {
	if l == nil {
		return
	}
	_, recorded := l.dir.checkpoints.entry(recoveryPoints, l.TP)
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.dir.Err() == nil {
		m.enter(l)
		l.dir.logs++
		if !recorded && len(l.dir.damaged) == 0 {
			l.dir.unrecorded.Store(true)
		}
	}
}
