package logmanager

import (
	"math/rand/v2"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// The creation of a partition ends at some file for want of a descriptor. After a clean stop, to
// raise the limit, after a kill, after a power cut behind the clean stop, and at a second try of
// the same process the partition is served: it never had a record.
func TestCreationThatLackedADescriptor(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for n := range 12 { // the file that lacks a descriptor, and all later ones
		for _, next := range []string{"clean stop", "kill", "power cut", "second try"} {
			mem := vfs.NewCrashableMem()
			armed, opened := false, 0
			hooked := hooked(mem, func(op vfs.Op) error {
				if !armed || !strings.Contains(op.Path, "new-0") || op.Kind != vfs.OpCreate && op.Kind != vfs.OpOpen && op.Kind != vfs.OpReadDir && op.Kind != vfs.OpSyncDir {
					return nil
				}
				if opened++; opened > n {
					return syscall.EMFILE
				}
				return nil
			})
			m := open(t, hooked, "/a")
			create(t, m, "old", 0, storage.DefaultConfig())
			recordAll(m)
			armed = true
			_, failed := m.Create(CreateOptions{Topic: "new", TopicID: [16]byte{1}, Config: storage.DefaultConfig(), NowMs: nowMs})
			armed = false
			disks := []*vfs.Mem{mem}
			switch next {
			case "second try":
				recordAll(m)
				fill(t, create(t, m, "new", 0, storage.DefaultConfig()), "k", "v")
				recordAll(m)
				m.Stop(true, 1)
			case "power cut":
				m.Stop(true, 1)
				disks = nil
				for range 20 {
					disks = append(disks, mem.CrashClone(vfs.CrashOptions{Keep: 0.5, Rand: r}))
				}
			default:
				m.Stop(next == "clean stop", 1)
			}
			for _, disk := range disks {
				m = topics{"old": {1}, "new": {1}}.start(t, disk, "/a")
				if err := again(m, "new", [16]byte{}); err != nil {
					t.Errorf("%d files could be opened (creation: %v), then %s: %v", n, failed, next, err)
				}
				m.Stop(true, 1)
			}
		}
	}
}
