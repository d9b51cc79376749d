package logmanager

import (
	"sync"

	"github.com/gregorhq/gregor/vfs"
)

// hooked is vfs.WithHook for a hook that counts: one call at a time. A start opens logs in
// parallel.
func hooked(fsys vfs.FS, hook func(vfs.Op) error) vfs.FS {
	var mu sync.Mutex
	return vfs.WithHook(fsys, func(op vfs.Op) error {
		mu.Lock()
		defer mu.Unlock()
		return hook(op)
	})
}
