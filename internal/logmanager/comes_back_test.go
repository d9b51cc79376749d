package logmanager

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// fiftyRecords leaves the partition t-0 with 50 records in one of the directories.
func fiftyRecords(t *testing.T, fsys vfs.FS, dirs ...string) {
	t.Helper()
	m := open(t, fsys, dirs...)
	fill(t, create(t, m, "t", 0, storage.DefaultConfig()), "k", make([]string, 50)...)
	recordAll(m)
	m.Stop(true, 1)
}

// newTopic is a topic of the same name as the one of fiftyRecords.
var newTopic = CreateOptions{Topic: "t", TopicID: otherID, Config: storage.DefaultConfig(), NowMs: nowMs}

// A partition is set aside, and the creation of a topic of its name ends early. When the right
// metadata is back, the partition has its records, not the empty folder.
func TestPartitionComesBackBesideAnUnfinishedFolder(t *testing.T) {
	for n := range 6 {
		fsys, armed := vfs.NewMem(), false
		fiftyRecords(t, fsys, "/a")
		m := topics{"t": otherID}.start(t, lacking(fsys, "/a/t-0", n, &armed), "/a")
		armed = true
		_, failed := m.Create(newTopic)
		armed = false
		m.Stop(true, 1)
		m = topics{"t": {1}}.start(t, fsys, "/a")
		if l := m.Log("t", 0); l == nil || l.LogEndOffset() != 50 {
			t.Errorf("%d files (creation: %v): log %v, set aside %v", n, failed, l, marked(t, fsys, "/a"))
		}
		m.Stop(true, 1)
	}
}

// A partition comes back beside the folder of another topic of its name, and one operation of the
// start lacks a descriptor, or the disk does not give one file. The start is refused, or the
// partition has its records, or it is offline. It is never served without them.
func TestPartitionComesBackWhenOneReadFails(t *testing.T) {
	for _, cause := range []error{syscall.EMFILE, syscall.EIO} {
		for _, dirs := range [][]string{{"/a"}, {"/a", "/b"}} {
			for n := range 25 {
				fsys := vfs.NewMem()
				fiftyRecords(t, fsys, dirs...)
				m := topics{"t": otherID}.start(t, fsys, dirs...)
				if len(dirs) > 1 {
					create(t, m, "x", 0, storage.DefaultConfig())
				}
				l, err := m.Create(newTopic)
				must(t, err)
				fill(t, l, "k", "w")
				recordAll(m)
				m.Stop(true, 1)
				left, what, armed := n, "", false
				m, err = New(Options{FS: hooked(fsys, func(op vfs.Op) error {
					if !armed || !opens(op) {
						return nil
					}
					if left--; left == -1 {
						what = fmt.Sprint(op.Kind, " ", op.Path)
					}
					// The second try of this operation fails, too.
					if left == -1 || left == -2 && what == fmt.Sprint(op.Kind, " ", op.Path) {
						return cause
					}
					return nil
				}), Dirs: dirs, Config: defaultConfig(), Logger: quiet})
				must(t, err)
				armed = true
				err = m.Load(topics{"t": {1}}.load())
				armed = false
				if err == nil {
					if err := again(m, "t", [16]byte{}); err == nil && m.Log("t", 0).LogEndOffset() != 50 {
						t.Errorf("%v, %v for %q: t-0 ends at %d, set aside %v", dirs, cause, what, m.Log("t", 0).LogEndOffset(), marked(t, fsys, dirs...))
					}
				} else if cause == syscall.EMFILE && storage.Classify(err) != storage.ClassRetry {
					t.Errorf("%v, %v for %q: the start is refused: %v", dirs, cause, what, err)
				}
				m.Stop(true, 1)
				m = topics{"t": {1}}.start(t, fsys, dirs...)
				if l := m.Log("t", 0); l != nil && l.LogEndOffset() != 50 {
					t.Errorf("%v, %v for %q: at the next start t-0 ends at %d", dirs, cause, what, l.LogEndOffset())
				}
				m.Stop(true, 1)
			}
		}
	}
}

// Two directories have a folder of one name, one of them of another topic, and the start cannot
// read its topic id for want of a descriptor. The error says so.
func TestTwoFoldersWithoutADescriptor(t *testing.T) {
	for _, starved := range []string{"/a/t-0", "/b/t-0"} {
		fsys := vfs.NewMem()
		fiftyRecords(t, fsys, "/a")
		m := open(t, fsys, "/b")
		_, err := m.Create(newTopic)
		must(t, err)
		recordAll(m)
		m.Stop(true, 1)
		armed := true
		m, err = New(Options{FS: lacking(fsys, starved, 0, &armed), Dirs: []string{"/a", "/b"}, Config: defaultConfig(), Logger: quiet})
		must(t, err)
		if err := m.Load(topics{"t": {1}}.load()); storage.Classify(err) != storage.ClassRetry {
			t.Errorf("%s: %v", starved, err)
		}
		m.Stop(true, 1)
	}
}

// The folder of a partition is beside one that was set aside, and the partition gets no log from it
// in the end. Its records may be in the other one, so no empty log is made.
func TestNoEmptyLogBesideAFolderThatWasSetAside(t *testing.T) {
	fsys := vfs.NewMem()
	fiftyRecords(t, fsys, "/a")
	topics{}.start(t, fsys, "/a").Stop(true, 1)
	stray := marked(t, fsys, "/a")[0]
	must(t, fsys.Mkdir("/a/t-0", vfs.DirPerm))
	must(t, storage.WritePartitionMetadata(fsys, "/a/t-0", [16]byte{1}))
	m, err := New(Options{FS: fsys, Dirs: []string{"/a"}, Config: defaultConfig(), Logger: quiet})
	must(t, err)
	o, reads := topics{"t": {1}}.load(), 0
	describe := o.Describe
	o.Describe = func(topic string, partition int32, id [16]byte) Spec {
		s := describe(topic, partition, id)
		if reads++; reads > 3 { // the file has another content when it is read for the second time
			s.Stray, s.TopicID = true, otherID
		}
		return s
	}
	must(t, m.Load(o))
	if err := again(m, "t", [16]byte{}); !errors.Is(err, ErrLost) || !strings.Contains(err.Error(), stray) {
		t.Errorf("%d looks, error %v, log %v", reads, err, m.Log("t", 0))
	}
	// A new topic of the name does not wait for the folder.
	must(t, m.Discard("t", 0, nowMs))
	if _, err := m.Create(newTopic); err != nil {
		t.Error(err)
	}
	m.Stop(true, 1)
}
