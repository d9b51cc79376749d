package sim

import (
	"io/fs"
	"syscall"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/vfs"
)

// life is one process of the node, from its start to its end. It is the host of the node's engines:
// every function that they schedule is an event of the world.
type life struct {
	w *World
	// began is the simulated time of the process's start.
	began time.Duration
	// pausedUntil delays all events of the life, as SIGSTOP does.
	pausedUntil time.Duration
	ended       bool
	// dying is set by a power cut in the middle of an event. Later effects of the event reach
	// neither the disk nor a client.
	dying bool
	onEnd func()
	// open is the number of open files. descriptors bounds it. 0 means no bound. With 1, the node
	// can open no file, because it always has one open.
	open, descriptors int
	// names are the open files.
	names map[string]int
}

// Now implements host.Clock.
func (l *life) Now() time.Time { return l.w.wall() }

// Elapsed implements host.Clock.
func (l *life) Elapsed() time.Duration { return l.w.now - l.began + 1 }

// Uint64 implements host.Random.
func (l *life) Uint64() uint64 { return l.w.rng.Uint64() }

// Go implements host.Executor. A scheduler may run other goroutines first, so the delay is random,
// and sometimes long.
func (l *life) Go(f func()) {
	longest := 100 * time.Microsecond
	if l.w.chance(20) {
		longest = 10 * time.Millisecond
	}
	l.w.schedule(l, l.w.between(0, longest), "go", f)
}

// AfterFunc implements host.Executor. A timer fires at its time or a little later.
func (l *life) AfterFunc(d time.Duration, f func()) host.Timer {
	return timer{l.w, l.w.schedule(l, d+l.w.between(0, time.Millisecond), "timer", f)}
}

// Each implements host.Executor: one call after the other, in random order.
func (l *life) Each(n, _ int, f func(i int)) {
	for _, i := range l.w.rng.Perm(n) {
		f(i)
	}
}

type timer struct {
	w *World
	e *event
}

// Stop implements host.Timer.
func (t timer) Stop() bool { return t.w.queue.Cancel(t.e) }

// end cancels all events of this life.
func (l *life) end() {
	if !l.ended {
		l.ended = true
		if l.onEnd != nil {
			l.onEnd()
		}
	}
}

// settle ends a life after the event in which its power was cut.
func (l *life) settle() {
	if l.dying {
		l.end()
	}
}

var _ host.Host = (*life)(nil)

// disk is the node's disk: it survives the lives of the node.
type disk struct {
	w   *World
	mem *vfs.Mem
	// cutAt is the number of changing operations until the power cut. 0 means no cut.
	cutAt int
	// keep is the probability that an unsynced write survives the pending cut.
	keep float64
	// scarceUntil is the time until which the node can open no more files than it had open at the
	// fault.
	scarceUntil time.Duration
	// dead is the failure of the second directory's disk, nil before the first one.
	dead *dead
	// powerLost runs at the cut.
	powerLost func()
}

func newDisk(w *World) *disk { return &disk{w: w, mem: vfs.NewCrashableMem()} }

// mount returns the file system for one life.
func (d *disk) mount(l *life) vfs.FS {
	return counting{l: l, FS: vfs.WithHook(d.mem, func(op vfs.Op) error {
		if l.dying || l.ended {
			return nil // the disk of an earlier life
		}
		d.w.trace.Add(d.w.now, "disk "+op.String())
		if op.Mutates() {
			if d.cutAt > 0 {
				if d.cutAt--; d.cutAt == 0 {
					d.cut()
					l.dying = true
					return nil
				}
			}
		}
		if err := d.fails(l, op); err != nil {
			return err
		}
		return d.openFails(l, op)
	})}
}

// cut replaces the disk by its state after a power cut.
func (d *disk) cut() {
	d.mem = d.mem.CrashClone(vfs.CrashOptions{Rand: d.w.rng, Keep: d.keep, Block: 512})
	d.cutAt = 0
	d.powerLost()
}

// openFails makes an operation that opens a file fail while all descriptors are in use.
func (d *disk) openFails(l *life, op vfs.Op) error {
	if l.descriptors == 0 || l.open < l.descriptors || op.Kind != vfs.OpOpen && op.Kind != vfs.OpCreate {
		return nil
	}
	d.w.trace.Add(d.w.now, "EMFILE")
	return &fs.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
}

// counting counts the open files of a life.
type counting struct {
	vfs.FS
	l *life
}

// OpenFile implements vfs.FS.
func (c counting) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	f, err := c.FS.OpenFile(name, flag, perm)
	if err != nil {
		return nil, err
	}
	c.l.open++
	c.l.names[name]++
	if c.l.open > openMax {
		c.l.w.fail("resources: %d files are open", c.l.open)
	}
	return &counted{File: f, l: c.l, name: name}, nil
}

// openMax bounds the open files of the node: those of its logs and its other ones, as the node
// reserves them in a process.
const openMax = 1024 + 512

type counted struct {
	vfs.File
	l      *life
	name   string
	closed bool
}

// Close implements vfs.File.
func (f *counted) Close() error {
	if !f.closed {
		f.closed = true
		f.l.open--
		if f.l.names[f.name]--; f.l.names[f.name] == 0 {
			delete(f.l.names, f.name)
		}
	}
	return f.File.Close()
}
