package filepool

import (
	"bytes"
	"io"
	"os"
	"slices"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// owner is one file of a test. ops collects what the pool does to it.
type owner struct {
	File
	fs     vfs.FS
	name   string
	gone   error
	memory bool // SweepMemory keeps the memory
	ops    *[]string
}

func (o *owner) OpenFile(flag int) (vfs.File, error) {
	return o.fs.OpenFile(o.name, flag, vfs.FilePerm)
}
func (o *owner) Gone() error { return o.gone }
func (o *owner) SyncIdle(h *Handle) {
	*o.ops = append(*o.ops, "sync "+o.name)
	h.Unsynced.Store(false)
}
func (o *owner) SweepMemory() bool {
	*o.ops = append(*o.ops, "sweep "+o.name)
	return !o.memory
}

// owners makes a pool of maxOpen files, and files with the names "a", "b" and so on that hold their
// own name. ops returns what the pool has done since its last call.
func owners(t *testing.T, maxOpen, n int) (p *Pool, files []*owner, ops func() []string) {
	t.Helper()
	var seen []string
	fs := vfs.WithHook(vfs.NewMem(), func(op vfs.Op) error {
		if op.Kind == vfs.OpClose {
			seen = append(seen, "close "+op.Path)
		}
		return nil
	})
	p = New(maxOpen)
	for i := range n {
		o := &owner{fs: fs, name: string(rune('a' + i)), ops: &seen}
		if err := vfs.WriteFile(fs, o.name, []byte(o.name)); err != nil {
			t.Fatal(err)
		}
		o.Bind(p, o)
		files = append(files, o)
	}
	ops = func() []string {
		defer func() { seen = nil }()
		return seen
	}
	ops()
	return p, files, ops
}

func acquire(t *testing.T, o *owner) *Handle {
	t.Helper()
	h, err := o.Acquire()
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func expect(t *testing.T, got []string, want ...string) {
	t.Helper()
	if slices.Sort(got); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A file in use stays open above the bound, and a file with unsynced writes is the last to close.
func TestBound(t *testing.T) {
	p, files, ops := owners(t, 2, 4)
	used := acquire(t, files[0])
	unsynced := acquire(t, files[1])
	unsynced.Unsynced.Store(true)
	unsynced.Release()
	acquire(t, files[2]).Release() // nothing but the file with unsynced writes can close
	expect(t, ops(), "close b")
	if p.Full() || p.OpenFiles() != 2 {
		t.Errorf("%d files are open", p.OpenFiles())
	}
	held := acquire(t, files[3])
	expect(t, ops(), "close c")
	again := acquire(t, files[1])
	if !p.Full() || p.OpenFiles() != 3 {
		t.Errorf("%d files are open", p.OpenFiles())
	}
	for _, h := range []*Handle{used, held, again} {
		h.Release()
	}
	p.Shed()
	expect(t, ops(), "close a", "close b", "close d")
	if p.OpenFiles() != 0 {
		t.Errorf("%d files are open", p.OpenFiles())
	}
}

// Sweep closes the files without a use since the last Sweep, after a sync of unsynced writes.
func TestSweep(t *testing.T) {
	p, files, ops := owners(t, 10, 3)
	acquire(t, files[0]).Release()
	h := acquire(t, files[1])
	h.Unsynced.Store(true)
	h.Release()
	files[2].NoteMemory()
	files[2].memory = true
	p.Sweep()
	expect(t, ops(), "sweep c")
	p.Sweep()
	expect(t, ops(), "close a", "sweep c", "sync b")
	files[2].memory = false
	p.Sweep()
	expect(t, ops(), "close b", "sweep c")
	p.Sweep()
	expect(t, ops())
}

// Drop closes the file after its last user, and nothing opens the name of a file that is gone.
func TestDrop(t *testing.T) {
	p, files, ops := owners(t, 10, 1)
	f := files[0]
	f.NoteMemory()
	s := acquire(t, f).Slice(0, 1)
	f.gone = os.ErrClosed
	f.Drop()
	expect(t, ops())
	if b, err := s.ReadInto(nil); string(b) != "a" || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	s.Close()
	s.Close()
	expect(t, ops(), "close a")
	if _, err := f.Acquire(); err != os.ErrClosed {
		t.Error(err)
	}
	expect(t, ops(), "close a")
	p.Sweep()
	expect(t, ops())
	if p.OpenFiles() != 0 {
		t.Errorf("%d files are open", p.OpenFiles())
	}
}

// A file that Take holds belongs to the caller until Adopt gives it to the pool.
func TestTakeAndAdopt(t *testing.T) {
	p, files, ops := owners(t, 1, 2)
	raw, err := files[0].OpenFile(os.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	h := files[0].Take(raw)
	acquire(t, files[0]).Release()
	acquire(t, files[1]).Release()
	p.Shed()
	p.Sweep()
	expect(t, ops(), "close b")
	files[0].Adopt(h)
	p.Shed()
	expect(t, ops(), "close a")
}

func TestSliceReads(t *testing.T) {
	fs := vfs.NewMem()
	if err := vfs.WriteFile(fs, "f", []byte("0123456789")); err != nil {
		t.Fatal(err)
	}
	o := &owner{fs: fs, name: "f"}
	o.Bind(New(1), o)
	for name, s := range map[string]Slice{"file": acquire(t, o).Slice(2, 5), "copy": Copied([]byte("23456"))} {
		b := make([]byte, 3)
		if n, err := s.ReadAt(b, 1); string(b[:n]) != "345" || err != nil {
			t.Errorf("%s: %q, %v", name, b[:n], err)
		}
		if n, err := s.ReadAt(b, 3); string(b[:n]) != "56" || err != io.EOF {
			t.Errorf("%s: %q, %v", name, b[:n], err)
		}
		if n, err := s.ReadAt(b, 5); n != 0 || err != io.EOF {
			t.Errorf("%s: %d, %v", name, n, err)
		}
		var out bytes.Buffer
		if n, err := s.WriteTo(&out); n != 5 || err != nil || out.String() != "23456" {
			t.Errorf("%s: %q, %v", name, out.String(), err)
		}
		s.Close()
		if s.Size() != 0 {
			t.Errorf("%s: %d bytes after Close", name, s.Size())
		}
	}
	cut := acquire(t, o).Slice(8, 5)
	defer cut.Close()
	if _, err := cut.ReadInto(nil); err != io.ErrUnexpectedEOF {
		t.Errorf("a slice beyond the end of its file: %v", err)
	}
}

// A call that finds no descriptor left is made again after the pool has closed its idle files.
func TestWithDescriptors(t *testing.T) {
	p, files, ops := owners(t, 10, 2)
	acquire(t, files[0]).Release()
	open := acquire(t, files[1])
	defer open.Release()
	fs := p.WithDescriptors(vfs.WithHook(files[0].fs, func(op vfs.Op) error {
		if op.Kind == vfs.OpOpen && p.OpenFiles() > 1 {
			return &os.PathError{Op: "open", Path: op.Path, Err: syscall.EMFILE}
		}
		return nil
	}))
	if p.WithDescriptors(fs) != fs {
		t.Error("the file system is wrapped twice")
	}
	f, err := vfs.Open(fs, "a")
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	expect(t, ops(), "close a", "close a")
}
