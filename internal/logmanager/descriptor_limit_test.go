package logmanager

import (
	"io/fs"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// limited is a file system with a bound of file descriptors.
type limited struct {
	vfs.FS
	most int64
	open *atomic.Int64
}

func (l *limited) take() error {
	if l.open.Add(1) > l.most {
		l.open.Add(-1)
		return syscall.EMFILE
	}
	return nil
}

func (l *limited) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	if err := l.take(); err != nil {
		return nil, err
	}
	f, err := l.FS.OpenFile(name, flag, perm)
	if err != nil {
		l.open.Add(-1)
		return nil, err
	}
	return &limitedFile{File: f, l: l}, nil
}

func (l *limited) ReadDir(name string) ([]fs.DirEntry, error) {
	if err := l.take(); err != nil {
		return nil, err
	}
	defer l.open.Add(-1)
	return l.FS.ReadDir(name)
}

func (l *limited) SyncDir(name string) error {
	if err := l.take(); err != nil {
		return err
	}
	defer l.open.Add(-1)
	return l.FS.SyncDir(name)
}

type limitedFile struct {
	vfs.File
	l      *limited
	closed atomic.Bool
}

func (f *limitedFile) Close() error {
	if f.closed.CompareAndSwap(false, true) {
		f.l.open.Add(-1)
	}
	return f.File.Close()
}

// The idle files of logs use up all descriptors. Every other file operation makes the logs close
// them: of a creation, of a checkpoint, and of a start after a kill.
func TestIdleFilesOfLogsKeepNoDescriptorFromAnotherFile(t *testing.T) {
	const logs = 120
	for most := int64(20); most < 60; most++ {
		mem := vfs.NewMem()
		fsys := &limited{FS: mem, most: most, open: new(atomic.Int64)}
		m := open(t, fsys, "/a")
		for i := range int32(logs) {
			create(t, m, "t", i, storage.DefaultConfig())
			fill(t, m.Log("t", i), "k", "v")
			if most%10 == 0 {
				must(t, m.Log("t", i).SetLogStartOffset(1))
			}
		}
		recordAll(m)
		checkpointAll(m)
		for k, want := range map[string]int{storage.RecoveryPointCheckpoint: logs, storage.ReplicationOffsetCheckpoint: logs} {
			if got := len(checkpointed(t, mem, "/a", k)); got != want {
				t.Errorf("limit %d: %d entries in %s", most, got, k)
			}
		}
		m.Stop(false, 1)
		fsys.open.Store(0)
		m, err := New(Options{FS: fsys, Dirs: []string{"/a"}, Config: defaultConfig(), Logger: quiet})
		must(t, err)
		if err := m.Load(topics{"t": {1}}.load()); err != nil || len(m.Logs()) != logs {
			t.Errorf("limit %d: %d logs, %v", most, len(m.Logs()), err)
		}
		m.Stop(false, 1)
	}
}
