package storage

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// damagedLogs are logs whose open makes files: a new segment, and copies of bytes that it cuts off.
func damagedLogs(t *testing.T) map[string]func() (*vfs.Mem, Options) {
	t.Helper()
	made := func(change func(disk *vfs.Mem, segments []string, o *Options)) func() (*vfs.Mem, Options) {
		return func() (*vfs.Mem, Options) {
			c := testConfig()
			c.SegmentBytes = 400
			l, disk := newTestLog(t, c)
			for i := range 12 {
				mustAppend(t, l, batchOf(t, 1, 100, int64(i)))
			}
			check(t, l.Sync(12))
			check(t, l.Close(true))
			names, err := disk.ReadDir(testDir)
			check(t, err)
			var segments []string
			for _, e := range names {
				if strings.HasSuffix(e.Name(), ".log") {
					segments = append(segments, filepath.Join(testDir, e.Name()))
				}
			}
			o := testOptions(disk, c)
			o.RecoveryPoint = 12
			change(disk, segments, &o)
			check(t, syncMount(disk, ""))
			return disk, o
		}
	}
	return map[string]func() (*vfs.Mem, Options){
		"the last segment is missing": made(func(disk *vfs.Mem, segments []string, _ *Options) {
			check(t, disk.Remove(segments[len(segments)-1]))
		}),
		"the log ends below its start": made(func(_ *vfs.Mem, _ []string, o *Options) { o.LogStartOffset, o.RecoveryPoint = 20, 20 }),
		"damage at the end": made(func(disk *vfs.Mem, segments []string, _ *Options) {
			f, err := disk.OpenFile(segments[len(segments)-1], os.O_RDWR, 0)
			check(t, err)
			size, err := f.Size()
			check(t, err)
			_, err = f.WriteAt([]byte{0xff}, size-10)
			check(t, err)
			check(t, f.Close())
		}),
		"a new log": func() (*vfs.Mem, Options) {
			disk := memDisk(t)
			o := testOptions(disk, testConfig())
			o.TopicID = [16]byte{1}
			return disk, o
		},
	}
}

// summary is the log that an open has found and what it lacks above its start, or the error.
func summary(o Options, fsys vfs.FS) (string, error) {
	o.FS, o.Pool = fsys, NewFilePool(8)
	l, err := Open(o)
	if err != nil {
		return "", err
	}
	defer l.Close(false)
	var holes []string
	for _, d := range l.Damage() {
		if d.To > l.LogStartOffset() {
			holes = append(holes, fmt.Sprint(d.From, "-", d.To))
		}
	}
	slices.Sort(holes)
	return fmt.Sprint(l.LogStartOffset(), "-", l.LogEndOffset(), " ", slices.Compact(holes)), nil
}

// The open of a log ends at any operation, for want of a descriptor or of space. The next open
// finds what an open without an error finds, also after a power cut.
func TestOpenThatEndsHalfway(t *testing.T) {
	for name, make := range damagedLogs(t) {
		disk, o := make()
		want, err := summary(o, disk)
		check(t, err)
		for _, cause := range []error{syscall.EMFILE, syscall.ENOSPC} {
			for n, failed := 0, true; failed; n++ {
				disk, o := make()
				left := n
				failed = false
				_, err := summary(o, vfs.WithHook(disk, func(op vfs.Op) error {
					needs := op.Kind == vfs.OpCreate || op.Kind == vfs.OpMkdir
					if cause == syscall.EMFILE {
						needs = needs && op.Kind == vfs.OpCreate || op.Kind == vfs.OpOpen || op.Kind == vfs.OpSyncDir || op.Kind == vfs.OpReadDir
					} else {
						needs = needs || op.Kind == vfs.OpWrite || op.Kind == vfs.OpRename
					}
					if !needs {
						return nil
					}
					if left--; left < 0 {
						failed = true
						return &os.PathError{Op: "open", Path: op.Path, Err: cause}
					}
					return nil
				}))
				if failed && err == nil {
					continue // it did without
				}
				cut := disk.CrashClone(vfs.CrashOptions{})
				for what, disk := range map[string]*vfs.Mem{"kill": disk, "power cut": cut} {
					if got, err := summary(o, disk); err != nil || got != want {
						t.Errorf("%s, %v at operation %d, then a %s: the log is %s, %v, want %s", name, cause, n, what, got, err, want)
					}
				}
			}
		}
	}
}
