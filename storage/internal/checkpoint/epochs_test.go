package checkpoint

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// crashOptions are power cuts that lose all, none, or a random part of the unsynced writes.
func crashOptions(seed int64) []vfs.CrashOptions {
	out := []vfs.CrashOptions{{}, {Keep: 1, Rand: rand.New(rand.NewPCG(uint64(seed), 0))}}
	for i := range uint64(4) {
		out = append(out, vfs.CrashOptions{Keep: 0.5, Rand: rand.New(rand.NewPCG(uint64(seed), i+1))})
	}
	return out
}

func openEpochs(t *testing.T, fsys vfs.FS) *Epochs {
	t.Helper()
	c, err := OpenEpochs(fsys, "/")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func epochs(t *testing.T, c *Epochs, want ...EpochEntry) {
	t.Helper()
	if got := c.Entries(); len(got) != len(want) || len(want) > 0 && !reflect.DeepEqual(got, want) {
		t.Fatalf("entries %v, want %v", got, want)
	}
}

func TestEpochCacheAssign(t *testing.T) {
	fsys := vfs.NewMem()
	c := openEpochs(t, fsys)
	for _, e := range []EpochEntry{{0, 0}, {0, 5}, {2, 10}, {2, 12}, {-1, 3}, {3, -1}, {4, 20}} {
		if err := assign(c, e.Epoch, e.StartOffset); err != nil {
			t.Fatal(err)
		}
	}
	epochs(t, c, EpochEntry{0, 0}, EpochEntry{2, 10}, EpochEntry{4, 20})
	epochs(t, openEpochs(t, fsys), EpochEntry{0, 0}, EpochEntry{2, 10}, EpochEntry{4, 20})
	if data, _ := vfs.ReadFile(fsys, "/"+LeaderEpochFile); string(data) != "0\n3\n0 0\n2 10\n4 20\n" {
		t.Fatalf("%q", data)
	}
	// An entry that contradicts later ones replaces them.
	if err := assign(c, 3, 10); err != nil {
		t.Fatal(err)
	}
	epochs(t, c, EpochEntry{0, 0}, EpochEntry{3, 10})
	if err := assign(c, 3, 9); err != nil { // began earlier than known
		t.Fatal(err)
	}
	epochs(t, c, EpochEntry{0, 0}, EpochEntry{3, 9})
	if n := testing.AllocsPerRun(100, func() { c.Assign(3, 50) }); n != 0 {
		t.Fatalf("%v allocations", n)
	}
}

func TestEpochCacheEndOffset(t *testing.T) {
	c := openEpochs(t, vfs.NewMem())
	lookup := func(requested, epoch int32, end int64) {
		t.Helper()
		if e, o := c.EndOffsetFor(requested, 100); e != epoch || o != end {
			t.Errorf("epoch %d: %d at %d, want %d at %d", requested, e, o, epoch, end)
		}
	}
	lookup(0, UndefinedEpoch, UndefinedEpochOffset)
	for _, e := range []EpochEntry{{2, 10}, {4, 20}, {7, 40}} {
		c.Assign(e.Epoch, e.StartOffset)
	}
	lookup(-1, UndefinedEpoch, UndefinedEpochOffset)
	lookup(0, 0, 10) // older than all: the log begins later
	lookup(2, 2, 20)
	lookup(3, 2, 20)
	lookup(4, 4, 40)
	lookup(6, 4, 40)
	lookup(7, 7, 100)
	lookup(8, UndefinedEpoch, UndefinedEpochOffset)
	for offset, want := range map[int64]int32{9: -1, 10: 2, 19: 2, 20: 4, 99: 7} {
		if got, ok := c.EpochForOffset(offset); got != want || ok != (want >= 0) {
			t.Errorf("offset %d: %d", offset, got)
		}
	}
}

func TestEpochCacheTruncate(t *testing.T) {
	fsys := vfs.NewMem()
	c := openEpochs(t, fsys)
	for _, e := range []EpochEntry{{2, 6}, {3, 8}, {4, 11}} {
		c.Assign(e.Epoch, e.StartOffset)
	}
	if err := c.Flush(); err != nil || c.Dirty() {
		t.Fatal(err)
	}
	c.TruncateFromEnd(12)
	c.TruncateFromStart(5)
	c.TruncateFromStart(6)
	if c.Dirty() {
		t.Fatal("nothing has changed")
	}
	c.TruncateFromStart(9)
	epochs(t, c, EpochEntry{3, 9}, EpochEntry{4, 11})
	c.TruncateFromEnd(11)
	epochs(t, c, EpochEntry{3, 9})
	if err := c.Flush(); err != nil {
		t.Fatal(err)
	}
	epochs(t, openEpochs(t, fsys), EpochEntry{3, 9})
	c.TruncateFromStart(70) // the only entry moves, it never goes
	epochs(t, c, EpochEntry{3, 70})
	c.Clear()
	if _, ok := c.LatestEpoch(); ok {
		t.Fatal("not empty")
	}
}

func TestEpochCacheCorruptFile(t *testing.T) {
	fsys := vfs.NewMem()
	if err := vfs.WriteFile(fsys, "/"+LeaderEpochFile, []byte("0\n1\nx\n")); err != nil {
		t.Fatal(err)
	}
	c, err := OpenEpochs(fsys, "/")
	var bad *Error
	if !errors.As(err, &bad) || c == nil {
		t.Fatal(c, err)
	}
	if err := assign(c, 1, 2); err != nil {
		t.Fatal(err)
	}
	epochs(t, openEpochs(t, fsys), EpochEntry{1, 2})
}

func TestEpochCacheGolden(t *testing.T) {
	c, err := OpenEpochs(vfs.OS(), "../../testdata/kafka/orders-0")
	if err != nil {
		t.Fatal(err)
	}
	epochs(t, c, EpochEntry{0, 0})
}

// An epoch that Assign has returned for is there after a power cut.
func TestEpochCacheSurvivesPowerCut(t *testing.T) {
	mem := vfs.NewCrashableMem()
	c := openEpochs(t, mem)
	for e := range int32(3) {
		if err := assign(c, e, int64(e)*10); err != nil {
			t.Fatal(err)
		}
		for _, o := range crashOptions(int64(e)) {
			if got, _ := openEpochs(t, mem.CrashClone(o)).LatestEpoch(); got != e {
				t.Fatalf("epoch %d, want %d", got, e)
			}
		}
	}
}

// assign is Assign and Flush.
func assign(c *Epochs, epoch int32, startOffset int64) error {
	c.Assign(epoch, startOffset)
	return c.Flush()
}

// A write with an error leaves the old entries or the new ones. The file follows the log start also
// when memory knows of no file.
func TestEpochsAfterAWriteWithAnError(t *testing.T) {
	fail := true
	mem := vfs.NewMem()
	c := openEpochs(t, vfs.WithHook(mem, func(op vfs.Op) error {
		if fail && op.Kind == vfs.OpSyncDir {
			return syscall.EMFILE
		}
		return nil
	}))
	c.Assign(0, 0)
	if err := c.Flush(); err == nil {
		t.Fatal("no error")
	}
	fail = false
	c.TruncateFromStart(5)
	if !c.Lacks(5) {
		t.Error("a sync leaves the file as it may be")
	}
	if err := c.Flush(); err != nil || c.Lacks(5) {
		t.Error(err)
	}
	epochs(t, openEpochs(t, mem), EpochEntry{0, 5})
}
