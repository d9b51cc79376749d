package logmanager

import (
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/storage"
)

// Spec is what the cluster's metadata says about a partition found on disk.
type Spec struct {
	// Stray: the partition belongs to no topic, or its topic id is another's, or this broker holds no replica of it. Its folder
	// is renamed and left for a person to look at.
	Stray  bool
	Config *storage.Config
	// TopicID is the topic's, for a folder that has lost its own.
	TopicID [16]byte
}

// LoadOptions describes a start.
type LoadOptions struct {
	NowMs int64
	// Describe tells what to do with a partition folder; topicID is zero when partition.metadata is missing.
	Describe func(topic string, partition int32, topicID [16]byte) Spec
	// Skip, if set, names partitions that somebody else owns, such as the metadata log.
	Skip func(topic string) bool
	// Progress, if set, is called from several goroutines after each log: how many are open, and of how many.
	Progress func(done, total int)
}

// found is one partition folder to open.
type found struct {
	dir  *Dir
	path string
	tp   storage.TopicPartition
	log  *Log
	err  error
}

// sayEvery is how often Load logs its progress.
const sayEvery = 2 * time.Second

// Load opens every log of every directory, in parallel. A log that the disk refuses takes its directory offline; the error
// is ErrNoDirs when none is left, or that one partition is in two directories.
func (m *Manager) Load(o LoadOptions) error {
	began := m.host.Elapsed()
	since := func() time.Duration { return m.host.Elapsed() - began }
	var all []*found
	for _, d := range m.dirs {
		if d.Err() != nil {
			continue
		}
		in, err := m.scan(d, o)
		if err != nil {
			m.failDir(d, err)
			continue
		}
		all = append(all, in...)
	}
	if err := twice(all); err != nil {
		return err
	}
	m.sayUnclean(all)
	m.prepare()
	var done, said atomic.Int64
	m.openAll(all, func(f *found) {
		m.openFound(f, o)
		n := int(done.Add(1))
		if o.Progress != nil {
			o.Progress(n, len(all))
		}
		// Recovery may take long; say every few seconds how far it is.
		if at, last := since(), said.Load(); at-time.Duration(last) > sayEvery && said.CompareAndSwap(last, int64(at)) {
			m.log.Info("opening logs", "open", n, "of", len(all))
		}
	})
	for _, f := range all {
		if f.err != nil {
			m.failDir(f.dir, f.err)
			continue
		}
		m.adopt(f.log)
	}
	if m.onlineDirs() == 0 {
		return ErrNoDirs
	}
	m.loaded.Store(true)
	if len(all) > 0 {
		m.log.Info("logs are open", "logs", len(all), "took", since().Round(time.Millisecond))
	}
	return nil
}

// sayUnclean tells which directories were not closed by a clean stop: their logs are recovered as they are opened.
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

// prepare removes the clean-shutdown markers: from here on a crash must be seen as one.
func (m *Manager) prepare() {
	for _, d := range m.dirs {
		if d.Err() != nil || !d.clean {
			continue
		}
		if err := storage.RemoveCleanShutdown(m.opts.FS, d.path); err != nil {
			m.failDir(d, err)
		}
	}
}

// scan lists the partition folders of d. Folders that are to be deleted are entered for that, stray ones are renamed.
func (m *Manager) scan(d *Dir, o LoadOptions) ([]*found, error) {
	entries, err := m.opts.FS.ReadDir(d.path)
	if err != nil {
		return nil, err
	}
	var out []*found
	for _, e := range entries {
		topic, partition, kind, ok := storage.ParsePartitionDir(e.Name())
		if !ok || !e.IsDir() || (o.Skip != nil && o.Skip(topic)) {
			continue
		}
		path := filepath.Join(d.path, e.Name())
		switch kind {
		case storage.DirDelete:
			m.mu.Lock()
			d.deleting = append(d.deleting, deletion{path: path, dueMs: o.NowMs})
			m.mu.Unlock()
		case storage.DirCurrent:
			out = append(out, &found{dir: d, path: path, tp: storage.TopicPartition{Topic: topic, Partition: partition}})
		default:
			m.log.Warn("partition folder is left alone", "folder", path)
		}
	}
	return out, nil
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

func twice(all []*found) error {
	at := make(map[storage.TopicPartition]string, len(all))
	for _, f := range all {
		if other, ok := at[f.tp]; ok {
			return fmt.Errorf("partition %s-%d is in two log directories: %s and %s: move one of them away", f.tp.Topic, f.tp.Partition, other, f.path)
		}
		at[f.tp] = f.path
	}
	return nil
}

// openFound opens one log, or sets a stray one aside.
func (m *Manager) openFound(f *found, o LoadOptions) {
	if f.dir.Err() != nil {
		return
	}
	id, err := m.topicID(f)
	if err != nil {
		f.err = err
		return
	}
	spec := o.Describe(f.tp.Topic, f.tp.Partition, id)
	if spec.Stray {
		f.err = m.setAside(f)
		return
	}
	if id == ([16]byte{}) {
		id = spec.TopicID
	}
	log, err := storage.Open(storage.Options{
		FS: m.opts.FS, Dir: f.path, Topic: f.tp.Topic, Partition: f.tp.Partition, TopicID: id,
		Config: spec.Config, Pool: m.pool,
		RecoveryPoint: f.dir.recoveryPoints[f.tp], LogStartOffset: f.dir.startOffsets[f.tp],
		CleanShutdown: f.dir.clean, NowMs: o.NowMs, ProducerExpirationMs: m.config.Load().ProducerExpirationMs,
		Logger: m.log,
	})
	if err != nil {
		f.err = err
		return
	}
	// At once, so that no checkpoint says less than the one before.
	log.SetHighWatermark(f.dir.highWatermarks[f.tp])
	f.log = &Log{Log: log, m: m, TP: f.tp, TopicID: log.TopicID(), dir: f.dir, InitialHighWatermark: f.dir.highWatermarks[f.tp]}
}

// topicID reads the folder's partition.metadata, zero without one. A damaged file, which a disk that loses writes may leave, is
// removed: the cluster's metadata knows the topic's id, and the log is worth more than this file.
func (m *Manager) topicID(f *found) ([16]byte, error) {
	id, _, err := storage.ReadPartitionMetadata(m.opts.FS, f.path)
	var damaged *storage.CheckpointError
	if !errors.As(err, &damaged) {
		return id, err
	}
	m.log.Warn("partition.metadata is damaged and made anew", "folder", f.path, "error", err)
	return [16]byte{}, m.opts.FS.Remove(filepath.Join(f.path, storage.PartitionMetadataFile))
}

func (m *Manager) setAside(f *found) error {
	to := filepath.Join(f.dir.path, storage.MarkedDirName(f.tp.Topic, f.tp.Partition, host.UUID(m.host), storage.DirStray))
	m.log.Warn("partition belongs to no topic of the cluster and is set aside", "folder", f.path, "to", to)
	if err := m.opts.FS.Rename(f.path, to); err != nil {
		return err
	}
	return m.opts.FS.SyncDir(f.dir.path)
}

func (m *Manager) adopt(l *Log) {
	if l == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if l.dir.Err() == nil {
		m.enter(l)
		l.dir.logs++
	}
}
