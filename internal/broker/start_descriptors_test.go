package broker

import (
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// One directory is absent, and a look at another one lacks a descriptor. The start is refused for
// that reason: no directory counts as missing, and none is made.
func TestStartThatLacksADescriptorSaysSo(t *testing.T) {
	for _, path := range []string{"/b", "/b/meta.properties", "/a/meta.properties"} {
		mem := vfs.NewMem()
		if err := starts(t, mem, "/a,/b"); err != "" {
			t.Fatal(err)
		}
		looks := 0
		fsys := vfs.WithHook(mem, func(op vfs.Op) error {
			if op.Path == path && (op.Kind == vfs.OpOpen || op.Kind == vfs.OpReadDir) {
				if looks++; looks == 1 {
					return syscall.EMFILE
				}
			}
			return nil
		})
		if err := starts(t, fsys, "/a,/b,/c"); !strings.Contains(err, "limit of open files") {
			t.Errorf("%s: %q", path, err)
		}
		if vfs.Exists(mem, "/c") {
			t.Errorf("%s: the absent directory was made", path)
		}
	}
}
