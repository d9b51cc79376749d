package logmanager

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// opens reports whether op needs a file descriptor.
func opens(op vfs.Op) bool {
	return op.Kind == vfs.OpCreate || op.Kind == vfs.OpOpen || op.Kind == vfs.OpReadDir || op.Kind == vfs.OpSyncDir || op.Kind == vfs.OpLock
}

// lacking is a file system with descriptors for the first n operations on the folders of a
// partition, while armed.
func lacking(fsys vfs.FS, folder string, n int, armed *bool) vfs.FS {
	return hooked(fsys, func(op vfs.Op) error {
		if *armed && strings.Contains(op.Path, folder) && opens(op) {
			if n--; n < 0 {
				return syscall.EMFILE
			}
		}
		return nil
	})
}

var newU = CreateOptions{Topic: "u", TopicID: [16]byte{1}, Config: storage.DefaultConfig(), NowMs: nowMs}

// The creation of a partition lacks a descriptor after it has made the folder, and other logs come
// into the directory meanwhile. The next try goes on with that folder, and the partition is in one
// directory at the next start.
func TestCreationGoesOnInItsDirectory(t *testing.T) {
	for n := range 8 {
		fsys, armed := vfs.NewMem(), true
		m := open(t, lacking(fsys, "/u-0", n, &armed), "/a", "/b")
		_, failed := m.Create(newU)
		armed = false
		create(t, m, "v", 0, storage.DefaultConfig())
		l, err := m.Create(newU)
		must(t, err)
		recordAll(m)
		fill(t, l, "k", "v")
		m.Stop(true, 1)
		m = topics{"u": {1}, "v": {1}}.start(t, fsys, "/a", "/b")
		if l := m.Log("u", 0); l == nil || l.LogEndOffset() != 1 {
			t.Errorf("%d files (creation: %v): log %v", n, failed, l)
		}
		m.Stop(false, 1)
	}
}

// The topic is deleted before its creation could be completed. Its folder goes, and a new topic of
// the name may be in any directory.
func TestTopicIsDeletedBeforeItsCreationEnds(t *testing.T) {
	for n := range 5 {
		fsys, armed := vfs.NewMem(), true
		m := open(t, lacking(fsys, "/u-0", n, &armed), "/a", "/b")
		_, failed := m.Create(newU)
		armed = false
		must(t, m.Discard("u", 0, nowMs))
		create(t, m, "v", 0, storage.DefaultConfig())
		again := newU
		again.TopicID = otherID
		l, err := m.Create(again)
		must(t, err)
		recordAll(m)
		fill(t, l, "k", "v")
		for _, d := range m.dirs {
			m.removeDeleted(d, nowMs+1<<40)
		}
		if got := names(t, fsys, "/a") + names(t, fsys, "/b"); strings.Count(got, "/u-0 ") != 1 || strings.Contains(got, "delete") {
			t.Errorf("%d files (creation: %v): %s", n, failed, got)
		}
		m.Stop(true, 1)
		m = topics{"u": otherID, "v": {1}}.start(t, fsys, "/a", "/b")
		if l := m.Log("u", 0); l == nil || l.LogEndOffset() != 1 {
			t.Errorf("%d files (creation: %v): log %v", n, failed, l)
		}
		m.Stop(false, 1)
	}
}

// A creation in one directory was killed or lacked a descriptor, and the partition was made in the
// other one. The start removes what the creation has left, and serves the partition.
func TestLeftoverOfACreationIsNoSecondLog(t *testing.T) {
	for n := range 9 {
		for _, dirs := range [][]string{{"/a", "/b"}, {"/b", "/a"}} {
			for _, recorded := range []bool{false, true} {
				fsys, armed := vfs.NewMem(), true
				m := open(t, lacking(fsys, "/a/u-0", n, &armed), "/a")
				_, failed := m.Create(newU)
				m.Stop(false, 1)
				m = open(t, fsys, "/b")
				l := create(t, m, "u", 0, storage.DefaultConfig())
				if recorded {
					recordAll(m)
					fill(t, l, "k", "v")
				}
				end := l.LogEndOffset()
				m.Stop(true, 1)
				m = topics{"u": {1}}.start(t, fsys, dirs...)
				if l := m.Log("u", 0); l == nil || l.LogEndOffset() != end {
					t.Fatalf("%v: %d files (creation: %v): log %v", dirs, n, failed, l)
				}
				for _, d := range m.dirs {
					m.removeDeleted(d, nowMs)
				}
				if got := names(t, fsys, "/a") + names(t, fsys, "/b"); strings.Count(got, "/u-0 ") != 1 {
					t.Errorf("%v: %d files (creation: %v): %s", dirs, n, failed, got)
				}
				m.Stop(true, 1)
			}
		}
	}
}

// A folder is no leftover of a creation when it holds records, or when something says that it may
// have held some.
func TestTwoLogsOfAPartitionRefuseTheStart(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, fsys vfs.FS, m *Manager, l *Log){
		"records":  func(t *testing.T, fsys vfs.FS, m *Manager, l *Log) { fill(t, l, "k", "v") },
		"an entry": func(t *testing.T, fsys vfs.FS, m *Manager, l *Log) { recordAll(m) },
		"a damaged checkpoint": func(t *testing.T, fsys vfs.FS, m *Manager, l *Log) {
			f, err := vfs.Create(fsys, "/a/"+storage.RecoveryPointCheckpoint)
			must(t, err)
			_, err = f.Write([]byte("0\nx"))
			must(t, err)
		},
		"another file": func(t *testing.T, fsys vfs.FS, m *Manager, l *Log) {
			_, err := vfs.Create(fsys, filepath.Join(l.Dir(), "notes"))
			must(t, err)
		},
		"a later segment": func(t *testing.T, fsys vfs.FS, m *Manager, l *Log) {
			_, err := vfs.Create(fsys, filepath.Join(l.Dir(), "00000000000000000007.log"))
			must(t, err)
		},
	} {
		fsys := vfs.NewMem()
		for _, dir := range []string{"/a", "/b"} {
			m := open(t, fsys, dir)
			l := create(t, m, "u", 0, storage.DefaultConfig())
			if dir == "/a" {
				change(t, fsys, m, l)
			} else {
				recordAll(m)
				fill(t, l, "k", "v")
			}
			m.loaded.Store(dir == "/b") // the stop of the first one writes no checkpoint
			m.Stop(false, 1)
		}
		m, err := New(Options{FS: fsys, Dirs: []string{"/a", "/b"}, Config: defaultConfig(), Logger: quiet})
		must(t, err)
		if err := m.Load(topics{"u": {1}}.load()); err == nil || !strings.Contains(err.Error(), "two log directories") {
			t.Errorf("%s: %v", name, err)
		}
		m.Stop(false, 1)
	}
}
