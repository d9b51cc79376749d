package logmanager

import (
	"errors"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// A creation lacks a descriptor for the sync of the folder (or is killed there), the next try (or
// start) completes the log and records it, and the power fails before the first append. The log has
// lost nothing.
func TestACompletedCreationIsNotEmptiedByAPowerCut(t *testing.T) {
	for _, killed := range []bool{false, true} {
		fsys, armed := vfs.NewCrashableMem(), true
		hooked := vfs.WithHook(fsys, func(op vfs.Op) error {
			if armed && op.Kind == vfs.OpSyncDir && strings.Contains(op.Path, "u-0") {
				if killed {
					return errors.New("the process is dead")
				}
				return syscall.EMFILE
			}
			return nil
		})
		m := open(t, hooked, "/a")
		_, failed := m.Create(newU)
		armed = false
		if killed {
			m.Stop(false, 1)
			m = topics{"u": {1}}.start(t, fsys, "/a") // a start after kill -9
			if m.Log("u", 0) == nil {
				t.Fatal("not completed")
			}
		} else if _, err := m.Create(newU); err != nil {
			t.Fatal(err)
		}
		recordAll(m)
		m.Stop(false, 1)
		m = topics{"u": {1}}.start(t, fsys.CrashClone(vfs.CrashOptions{}), "/a")
		again := newU
		again.MayExist = true
		again.Config = storage.DefaultConfig()
		if _, err := m.Create(again); err != nil {
			t.Errorf("killed %v: creation %v, after the power cut: %v; names %s", killed, failed, err, names(t, m.opts.FS, "/a"))
		}
		m.Stop(false, 1)
	}
}
