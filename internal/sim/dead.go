package sim

import (
	"io/fs"
	"strings"
	"syscall"
	"time"

	"github.com/gregorhq/gregor/vfs"
)

// secondDir is the log directory whose disk may fail. The metadata log is in the first one.
const secondDir = "/data2"

// dead is a disk that has failed below secondDir. It works again in the next life of the node.
type dead struct {
	l     *life
	kinds []vfs.OpKind
	err   syscall.Errno
	// failed is the time of the first operation that failed, 0 before it.
	failed time.Duration
}

// inFirstDir reports whether the log of a partition is in the first log directory.
func (d *disk) inFirstDir(p *part) bool {
	_, err := d.mem.Stat("/data/" + p.String())
	return err == nil
}

// offlineLimit bounds the time from the first error of a disk until its directory takes no record.
const offlineLimit = time.Second

// mustRefuse reports whether the node may no longer acknowledge records of p in this life: the disk
// of its directory has failed.
func (m *machine) mustRefuse(p *part) bool {
	return m.failing() && m.disk.dead.failed > 0 && m.w.now > m.disk.dead.failed+offlineLimit && !m.disk.inFirstDir(p)
}

// fails returns the error of an operation on a failed disk.
func (d *disk) fails(l *life, op vfs.Op) error {
	x := d.dead
	if x == nil || x.l != l || op.Path != secondDir && !strings.HasPrefix(op.Path, secondDir+"/") {
		return nil
	}
	for _, k := range x.kinds {
		if op.Kind == k {
			if x.failed == 0 {
				x.failed = d.w.now
			}
			d.w.trace.Add(d.w.now, x.err.Error())
			return &fs.PathError{Op: string(op.Kind), Path: op.Path, Err: x.err}
		}
	}
	return nil
}

// failing reports whether the disk of the second directory has failed in this life.
func (m *machine) failing() bool { return m.disk.dead != nil && m.disk.dead.l == m.life }

// failDisk makes the disk of the second directory fail until the node is started again.
func (s *session) failDisk() {
	m := s.m
	x := &dead{l: m.life, err: syscall.EIO}
	switch s.w.rng.IntN(5) {
	case 0:
		x.kinds = []vfs.OpKind{vfs.OpWrite}
	case 1:
		x.kinds = []vfs.OpKind{vfs.OpSync, vfs.OpSyncFS, vfs.OpSyncDir}
	case 2:
		x.kinds = []vfs.OpKind{vfs.OpRead, vfs.OpOpen}
	case 3:
		x.kinds = []vfs.OpKind{vfs.OpRename, vfs.OpSync, vfs.OpSyncFS}
	default:
		x.kinds, x.err = []vfs.OpKind{vfs.OpWrite, vfs.OpCreate, vfs.OpMkdir}, syscall.ENOSPC
	}
	m.disk.dead = x
	d := s.w.between(5*time.Second, 20*time.Second)
	s.w.trace.Add(s.w.now, "fault: the second disk fails for "+d.String())
	s.stats.DeadDisks++
	s.w.schedule(m.life, d, "new disk", func() {
		if s.w.chance(2) {
			m.cutPower(0, 0)
			return
		}
		m.kill()
	})
}
