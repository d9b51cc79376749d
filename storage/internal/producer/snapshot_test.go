package producer

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

func TestSnapshotGolden(t *testing.T) {
	files, err := filepath.Glob("../../testdata/kafka/*/*.snapshot*")
	if err != nil || len(files) < 5 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := DecodeSnapshot(data)
		if err != nil || len(entries) == 0 {
			t.Fatalf("%s: %d entries, %v", name, len(entries), err)
		}
		if again := EncodeSnapshot(entries); !bytes.Equal(again, data) {
			t.Errorf("%s is written differently:\n%x\n%x", name, again, data)
		}
	}
}

func TestReload(t *testing.T) {
	fsys := vfs.NewMem()
	m := newProducers(t, fsys)
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 5, id: 1, ts: 10}))
	mustPut(t, m, dataBatch(t, batchSpec{offset: 5, n: 5, id: 2, ts: 20, txn: true}))
	take := func(m *Manager) {
		t.Helper()
		if err := m.WriteSnapshot(); err != nil {
			t.Fatal(err)
		}
	}
	take(m)
	want := m.Capture().States()
	mustPut(t, m, dataBatch(t, batchSpec{offset: 10, n: 1, id: 1, seq: 5, ts: 30}))
	take(m)
	if o, ok := m.LatestSnapshotOffset(); !ok || o != 11 {
		t.Fatal(o, ok)
	}
	reload := func(end int64) *Manager {
		t.Helper()
		m := newProducers(t, fsys)
		if err := m.TruncateAndReload(0, end, 1000); err != nil {
			t.Fatal(err)
		}
		return m
	}
	if again := reload(11); !reflect.DeepEqual(again.Capture().States(), m.Capture().States()) || again.MapEndOffset() != 11 {
		t.Fatalf("%+v", again.Capture().States())
	}
	// A torn file is deleted, the one before it used.
	if err := vfs.WriteFile(fsys, m.snapshotPath(11), []byte{0, 1, 2}); err != nil {
		t.Fatal(err)
	}
	again := reload(11)
	if !reflect.DeepEqual(again.Capture().States(), want) || again.MapEndOffset() != 10 || vfs.Exists(fsys, m.snapshotPath(11)) {
		t.Fatalf("%+v at %d", again.Capture().States(), again.MapEndOffset())
	}
	if o, ok := again.FirstUnstableOffset(); !ok || o != 5 {
		t.Fatal(o, ok)
	}
	// Truncation below it forgets it.
	again = reload(7)
	if again.Len() != 0 || again.MapEndOffset() != 0 || vfs.Exists(fsys, m.snapshotPath(10)) {
		t.Fatal(again.Capture().States())
	}
}

func TestReloadSkipsExpired(t *testing.T) {
	fsys := vfs.NewMem()
	m := newProducers(t, fsys)
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 1, id: 1, ts: 0}))
	mustPut(t, m, dataBatch(t, batchSpec{offset: 1, n: 1, id: 2, ts: dayMs}))
	if err := m.WriteSnapshot(); err != nil {
		t.Fatal(err)
	}
	m = newProducers(t, fsys)
	if err := m.TruncateAndReload(0, 2, dayMs); err != nil {
		t.Fatal(err)
	}
	if p := m.Capture().States(); len(p) != 1 || p[0].ProducerID != 2 {
		t.Fatalf("%+v", p)
	}
}

func TestSnapshotFiles(t *testing.T) {
	fsys := vfs.NewMem()
	m := newProducers(t, fsys)
	for i := range int64(5) {
		mustPut(t, m, dataBatch(t, batchSpec{offset: 10 * i, n: 10, id: 1, seq: int32(10 * i)}))
		if err := m.WriteSnapshot(); err != nil {
			t.Fatal(err)
		}
	}
	m = newProducers(t, fsys)
	if err := m.RemoveStraySnapshots([]int64{0, 20}); err != nil {
		t.Fatal(err)
	}
	expect := func(want ...int64) {
		t.Helper()
		if !slices.Equal(m.snapshots, want) {
			t.Fatalf("snapshots %v, want %v", m.snapshots, want)
		}
	}
	expect(20, 50)
	if err := m.deleteSnapshots(false, func(o int64) bool { return o < 21 }); err != nil {
		t.Fatal(err)
	}
	expect(50)
	path, ok := m.ForgetSnapshot(50)
	if !ok || path != m.snapshotPath(50) {
		t.Fatal(path, ok)
	}
	if err := fsys.Remove(path); err != nil {
		t.Fatal(err)
	}
	expect()
	if err := m.TruncateFully(7); err != nil || m.MapEndOffset() != 7 {
		t.Fatal(err)
	}
	entries, _ := fsys.ReadDir("/d/t-0")
	if len(entries) != 0 {
		t.Fatal(entries)
	}
}

// A truncation's deletions are durable: a snapshot that came back after a power cut would lie.
func TestTruncationSyncsDirectory(t *testing.T) {
	fsys := vfs.NewCrashableMem()
	m := newProducers(t, fsys)
	mustPut(t, m, dataBatch(t, batchSpec{offset: 0, n: 10, id: 1}))
	if err := m.WriteSnapshot(); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"/d/t-0", "/d", "/"} {
		if err := fsys.SyncDir(dir); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.TruncateAndReload(0, 5, 0); err != nil {
		t.Fatal(err)
	}
	if crashed := fsys.CrashClone(vfs.CrashOptions{}); vfs.Exists(crashed, m.snapshotPath(10)) {
		t.Fatal("the snapshot is back")
	}
}

func FuzzSnapshot(f *testing.F) {
	f.Add(EncodeSnapshot(nil))
	f.Add(EncodeSnapshot([]SnapshotEntry{{ProducerID: 1, LastOffset: 9, CurrentTxnFirstOffset: -1}}))
	f.Add([]byte{0, 1, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		testkit.Bounded(t)
		var entries []SnapshotEntry
		var err error
		testkit.Cost(t, len(data), 4<<10, func() { entries, err = DecodeSnapshot(data) })
		if err != nil {
			if !errors.Is(err, ErrCorruptSnapshot) {
				t.Fatal(err)
			}
			return
		}
		if again, err := DecodeSnapshot(EncodeSnapshot(entries)); err != nil || len(again) != len(entries) {
			t.Fatal(err)
		}
		m := newProducers(t, vfs.NewMem())
		m.load(entries, 0)
		for _, e := range entries[:min(len(entries), 3)] {
			b := dataBatch(t, batchSpec{offset: 1 << 40, n: 1, id: max(e.ProducerID, 0), epoch: e.Epoch, seq: 0})
			_, _, err := put(m, Client, record.Batch(b))
			if err != nil && kind(err) == 0 {
				t.Fatal(err)
			}
		}
	})
}
