package vfs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

// TestSameAnswers runs one script on every file system: memory must behave like the disk.
func TestSameAnswers(t *testing.T) {
	play := func(fsys FS, root string) (out []string) {
		say := func(format string, args ...any) { out = append(out, fmt.Sprintf(format, args...)) }
		path := func(p string) string { return filepath.Join(root, p) }
		say("mkdir %v", fsys.MkdirAll(path("a/b"), DirPerm))
		_, err := Open(fsys, path("a/none"))
		say("missing %v", errors.Is(err, fs.ErrNotExist))
		say("write %v", WriteFileAtomic(fsys, path("a/b/f"), []byte("hello")))
		f, err := fsys.OpenFile(path("a/b/f"), os.O_RDWR, 0)
		say("open %v", err)
		n, err := f.WriteAt([]byte("XY"), 8)
		say("writeat %d %v", n, err)
		size, err := f.Size()
		say("size %d %v", size, err)
		buf := make([]byte, 20)
		n, err = f.ReadAt(buf, 0)
		say("readat %q %v", buf[:n], err == io.EOF)
		say("truncate %v %v", f.Truncate(3), f.Truncate(6))
		n, _ = f.ReadAt(buf, 0)
		say("after %q", buf[:n])
		say("sync %v", f.Sync())
		say("rename %v", fsys.Rename(path("a/b"), path("a/c")))
		n, _ = f.ReadAt(buf, 0)
		say("handle still reads %q", buf[:n])
		say("close %v, again %v", f.Close(), f.Close() != nil)
		a, err := fsys.OpenFile(path("a/c/f"), os.O_RDWR|os.O_APPEND, 0)
		say("append %v", err)
		n, err = a.Write([]byte("end"))
		say("write %d %v", n, err)
		a.Close()
		b, err := ReadFile(fsys, path("a/c/f"))
		say("read %q %v", b, err)
		_, err = fsys.OpenFile(path("a/c/f"), os.O_CREATE|os.O_EXCL|os.O_RDWR, FilePerm)
		say("exclusive %v", errors.Is(err, fs.ErrExist))
		say("exists %v %v", Exists(fsys, path("a/c/f")), Exists(fsys, path("a/b")))
		es, err := fsys.ReadDir(path("a/c"))
		say("readdir %d %v", len(es), err)
		info, err := fsys.Stat(path("a"))
		say("stat %v %v", info.IsDir(), err)
		say("syncdir %v", fsys.SyncDir(path("a")))
		lock, err := fsys.Lock(path("a/.lock"))
		say("lock %v", err)
		_, err = fsys.Lock(path("a/.lock"))
		say("second %v", err == ErrLocked)
		say("unlock %v", lock.Close())
		lock, err = fsys.Lock(path("a/.lock"))
		say("third %v %v", err, lock.Close())
		say("remove full dir %v", fsys.Remove(path("a/c")) != nil)
		say("remove %v %v", fsys.Remove(path("a/c/f")), errors.Is(fsys.Remove(path("a/c/f")), fs.ErrNotExist))
		say("all %v %v", fsys.RemoveAll(path("a")), fsys.RemoveAll(path("a")))
		_, err = fsys.ReadDir(path("a"))
		say("gone %v", errors.Is(err, fs.ErrNotExist))
		return out
	}
	want := play(OS(), t.TempDir())
	for name, fsys := range map[string]FS{"mem": NewMem(), "crashable": NewCrashableMem(), "hooked": NewLogged(NewMem(), func(Op) {})} {
		if err := fsys.MkdirAll("/x", DirPerm); err != nil {
			t.Fatal(err)
		}
		got := play(fsys, "/x")
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%s: %q, the disk says %q", name, got[i], want[i])
			}
		}
	}
}

func TestOSSync(t *testing.T) {
	dir := t.TempDir()
	if err := WriteFile(OS(), dir+"/f", []byte("x")); err != nil {
		t.Fatal(err)
	}
	if err := syncMount(OS(), dir); err != nil && err != ErrNotSupported {
		t.Fatal(err)
	}
	if err := OS().SyncDir(dir + "/none"); err == nil && os.PathSeparator == '/' {
		t.Fatal("synced a missing folder")
	}
}

func clones(m *Mem, keep float64, n int) []*Mem {
	rng := rand.New(rand.NewPCG(1, 1))
	out := make([]*Mem, n)
	for i := range out {
		out[i] = m.CrashClone(CrashOptions{Rand: rng, Keep: keep, Block: 512})
	}
	return out
}

func TestCrashCloneKeepsWhatIsSynced(t *testing.T) {
	m := NewCrashableMem()
	must(t, m.MkdirAll("d", DirPerm))
	must(t, WriteFile(m, "d/unsynced", []byte("u")))
	f, err := Create(m, "d/f")
	must(t, err)
	synced := bytes.Repeat([]byte("s"), 3072)
	_, err = f.WriteAt(synced, 0)
	must(t, err)
	must(t, f.Sync())
	must(t, m.SyncDir("d"))
	must(t, m.SyncDir(""))
	_, err = f.WriteAt(bytes.Repeat([]byte("n"), 3072), 1536)
	must(t, err)

	none := m.CrashClone(CrashOptions{})
	b, err := ReadFile(none, "d/f")
	if err != nil || !bytes.Equal(b, synced) {
		t.Fatalf("%d bytes, %v", len(b), err)
	}
	if b, err := ReadFile(none, "d/unsynced"); err != nil || len(b) != 0 {
		t.Fatalf("the name was synced, the contents were not: %q %v", b, err)
	}
	torn := map[string]bool{}
	for _, c := range clones(m, 0.5, 200) {
		b, err := ReadFile(c, "d/f")
		if err != nil || !bytes.Equal(b[:1536], synced[:1536]) {
			t.Fatalf("synced bytes are gone: %v", err)
		}
		for at := 1536; at+512 <= len(b) && at+512 <= 4096; at += 512 {
			if bytes.Count(b[at:at+512], b[at:at+1]) != 512 {
				t.Fatalf("block at %d is torn inside", at)
			}
		}
		torn[string(b)] = true
	}
	if len(torn) < 20 {
		t.Fatalf("only %d different images", len(torn))
	}
}

func TestCrashCloneOfNames(t *testing.T) {
	m := NewCrashableMem()
	must(t, m.MkdirAll("d", DirPerm))
	must(t, WriteFile(m, "d/old", []byte("1")))
	must(t, syncMount(m, ""))
	must(t, m.Rename("d/old", "d/new"))
	must(t, WriteFile(m, "d/made", nil))
	seen := map[string]int{}
	for _, c := range clones(m, 0.5, 300) {
		es, err := c.ReadDir("d")
		must(t, err)
		key := ""
		for _, e := range es {
			key += e.Name() + " "
		}
		seen[key]++
	}
	for _, want := range []string{"old ", "new ", "made old ", "made new "} {
		if seen[want] == 0 {
			t.Errorf("never found %q: %v", want, seen)
		}
	}
	if len(seen) != 4 {
		t.Errorf("found %v", seen)
	}
	must(t, m.SyncDir("d"))
	for _, c := range clones(m, 0, 1) {
		if Exists(c, "d/old") || !Exists(c, "d/new") || !Exists(c, "d/made") {
			t.Error("names are not durable after SyncDir")
		}
	}
}

func TestTornWrite(t *testing.T) {
	boom := errors.New("boom")
	m := NewMem()
	var log []string
	e := NewErrorFS(m, func(op Op) error {
		log = append(log, op.String())
		if op.Kind == OpWrite && op.Index == 1 {
			return &TornWrite{N: 2, Err: boom}
		}
		return nil
	})
	f, err := Create(e, "f")
	must(t, err)
	if n, err := f.WriteAt([]byte("hello"), 0); n != 2 || !errors.Is(err, boom) {
		t.Fatal(n, err)
	}
	if b, _ := ReadFile(m, "f"); string(b) != "he" {
		t.Fatalf("%q", b)
	}
	if fmt.Sprint(log) != "[create f write f 0+5]" {
		t.Fatal(log)
	}
}

func TestSendFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "f")
	data := make([]byte, 3<<20)
	for i := range data {
		data[i] = byte(i * 7 >> 3)
	}
	must(t, WriteFile(OS(), name, data))
	f, err := Open(OS(), name)
	must(t, err)
	defer f.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	defer ln.Close()
	out, err := net.Dial("tcp", ln.Addr().String())
	must(t, err)
	defer out.Close()
	in, err := ln.Accept()
	must(t, err)
	defer in.Close()
	raw, err := out.(syscall.Conn).SyscallConn()
	must(t, err)
	sent := make(chan error, 1)
	go func() {
		n, err := SendFile(raw, f, 100, int64(len(data)-200))
		if err == ErrNotSupported {
			_, err = out.Write(data[100 : len(data)-100])
		} else if err == nil && n != int64(len(data)-200) {
			err = fmt.Errorf("%d bytes sent", n)
		}
		sent <- err
	}()
	got := make([]byte, len(data)-200)
	_, err = io.ReadFull(in, got)
	must(t, err)
	must(t, <-sent)
	if !bytes.Equal(got, data[100:len(data)-100]) {
		t.Fatal("bytes differ")
	}
	if _, err := SendFile(raw, f, int64(len(data))-5, 10); err == nil {
		t.Fatal("sent more than the file has")
	}
	mf, err := Create(NewMem(), "x")
	must(t, err)
	if _, err := SendFile(raw, mf, 0, 1); err != ErrNotSupported {
		t.Fatal(err)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestUsage(t *testing.T) {
	u, ok := OS().(interface {
		Usage(dir string) (total, usable int64, err error)
	})
	if !ok {
		t.Skip("this system does not report disk usage")
	}
	total, usable, err := u.Usage(t.TempDir())
	if err != nil || total <= 0 || usable < 0 || usable > total {
		t.Fatalf("%d of %d bytes usable, %v", usable, total, err)
	}
}

// syncMount makes everything below the mount of dir durable.
func syncMount(fsys FS, dir string) error {
	m, err := fsys.OpenMount(dir)
	if err != nil {
		return err
	}
	err = m.SyncFS()
	if cerr := m.Close(); err == nil {
		err = cerr
	}
	return err
}

// The same seed leaves the same files, however many there are.
func TestCrashCloneFollowsItsSeed(t *testing.T) {
	m := NewCrashableMem()
	for i := range 50 {
		if err := WriteFile(m, fmt.Sprintf("/f%02d", i), bytes.Repeat([]byte{byte(i)}, 5000)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.SyncDir("/"); err != nil {
		t.Fatal(err)
	}
	left := func() (out []string) {
		c := m.CrashClone(CrashOptions{Rand: rand.New(rand.NewPCG(1, 2)), Keep: 0.5})
		for i := range 50 {
			b, err := ReadFile(c, fmt.Sprintf("/f%02d", i))
			out = append(out, fmt.Sprint(len(b), bytes.Count(b, []byte{byte(i)}), err))
		}
		return out
	}
	if first := left(); !slices.Equal(first, left()) {
		t.Error("two crash clones of one seed differ")
	}
}
