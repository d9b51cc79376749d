package logmanager

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// The first start is killed while it makes its log directory. The next one goes on with what is
// there, and a power cut takes no directory away from synced records.
func TestDirectoryOfAKilledFirstStartSurvivesAPowerCut(t *testing.T) {
	const dir = "/x/y/a"
	for n := 0; ; n++ {
		mem, left, dead := vfs.NewCrashableMem(), n, false
		m, err := New(Options{FS: hooked(mem, func(op vfs.Op) error {
			if op.Mutates() || op.Kind == vfs.OpSyncDir {
				if left--; left < 0 {
					dead = true
					return errors.New("the process is dead")
				}
			}
			return nil
		}), Dirs: []string{dir}, Config: defaultConfig(), Logger: quiet})
		if err == nil {
			m.Stop(false, 1)
		}
		m = open(t, mem, dir)
		l := create(t, m, "t", 0, storage.DefaultConfig())
		recordAll(m)
		fill(t, l, "k", "v")
		must(t, l.Sync(1))
		m.Stop(false, 1)
		for seed := range uint64(8) {
			disk := mem.CrashClone(vfs.CrashOptions{Rand: rand.New(rand.NewPCG(seed, 1))})
			m = topics{"t": {1}}.start(t, disk, dir)
			if l := m.Log("t", 0); l == nil || l.LogEndOffset() != 1 {
				t.Errorf("killed after %d changes: log %v", n, l)
			}
			m.Stop(false, 1)
		}
		if !dead {
			if n < 6 {
				t.Errorf("the start makes only %d changes", n)
			}
			return
		}
	}
}
