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

// One directory of two lacks a descriptor while New opens it. That says nothing about the disk, so
// the start is refused, and the directories are free for the next one.
func TestDirectoryThatLacksADescriptorRefusesTheStart(t *testing.T) {
	for _, cause := range []error{syscall.EMFILE, syscall.ENFILE} {
		for n := 0; ; n++ {
			mem := vfs.NewMem()
			m := open(t, mem, "/a", "/b")
			create(t, m, "x", 0, storage.DefaultConfig())
			create(t, m, "y", 0, storage.DefaultConfig())
			recordAll(m)
			m.Stop(false, 1)
			left, what := n, ""
			m, err := New(Options{FS: hooked(mem, func(op vfs.Op) error {
				if strings.HasPrefix(op.Path, "/b") && opens(op) {
					if left--; left < 0 {
						what = fmt.Sprint(op.Kind, " ", op.Path)
						return cause
					}
				}
				return nil
			}), Dirs: []string{"/a", "/b"}, Config: defaultConfig(), Logger: quiet})
			if what == "" {
				m.Stop(false, 1)
				if n < 7 {
					t.Errorf("only %d operations", n)
				}
				break
			}
			if !errors.Is(err, cause) || errors.Is(err, ErrOffline) {
				t.Errorf("%s: %v", what, err)
			}
			open(t, mem, "/a", "/b").Stop(false, 1)
		}
	}
}
