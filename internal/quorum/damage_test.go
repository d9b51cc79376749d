package quorum

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// disk is the content of a metadata directory, by path.
type disk map[string][]byte

func readDisk(t *testing.T, fsys vfs.FS) disk {
	t.Helper()
	d := disk{}
	for _, dir := range []string{testDir, filepath.Join(testDir, Folder)} {
		entries, err := fsys.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if path := filepath.Join(dir, e.Name()); !e.IsDir() {
				if d[path], err = vfs.ReadFile(fsys, path); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	return d
}

// killed returns the disk without the files that a stop of the quorum writes.
func (d disk) killed() disk {
	out := disk{}
	for path, data := range d { // any order
		if !strings.HasSuffix(path, ".snapshot") {
			out[path] = data
		}
	}
	return out
}

// with returns a file system with the content of d, in which the file at path has other content.
func (d disk) with(t *testing.T, path string, data []byte) *vfs.Mem {
	t.Helper()
	fsys := vfs.NewMem()
	if err := fsys.MkdirAll(filepath.Join(testDir, Folder), vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	for p, b := range d { // any order
		if p == path {
			b = data
		}
		if err := vfs.WriteFile(fsys, p, b); err != nil {
			t.Fatal(err)
		}
	}
	return fsys
}

func flipped(data []byte, at, bit int) []byte {
	data = bytes.Clone(data)
	data[at] ^= 1 << bit
	return data
}

var firstSegment = filepath.Join(testDir, Folder, "00000000000000000000.log")

// written returns the disk after topics were created at times ms apart, and the positions at which
// their batches begin, with the end of the last one.
func written(t *testing.T, apart time.Duration, topics ...string) (d disk, now time.Time, borders []int) {
	t.Helper()
	fsys := vfs.NewMem()
	formatTest(t, fsys, false)
	n := openNode(t, fsys, testOptions(fsys, false), time.UnixMilli(1_800_000_000_000))
	n.register()
	from := n.c.Status().LogEndOffset
	for _, name := range topics {
		n.now = n.now.Add(apart)
		n.create(name, 1)
	}
	n.close()
	d = readDisk(t, fsys)
	whole := d[firstSegment]
	for rest := whole; len(rest) > 0; {
		b, tail, err := record.Next(rest)
		if err != nil {
			t.Fatal(err)
		}
		if b.BaseOffset() >= from {
			borders = append(borders, len(whole)-len(rest))
		}
		rest = tail
	}
	return d, n.now, append(borders, len(whole))
}

// start opens the metadata log and returns its number of topics.
func start(t *testing.T, fsys vfs.FS, now time.Time, clean bool) (topics int, err error) {
	t.Helper()
	o := testOptions(fsys, false)
	o.Host, o.CleanStop = newManual(now), clean
	q, err := Open(o)
	if err != nil {
		return 0, err
	}
	q.engine.begin()
	if !q.Status().Active {
		t.Errorf("not active: %+v", q.Status())
	}
	topics = q.Image().Topics().Len()
	return topics, q.Close()
}

// A bit that flips in a batch of the metadata log never removes the topics behind it, whichever
// field it hits: the start refuses, or has them all. Without a clean stop, a byte of the last write
// that has become zero may be a part of a block that was not written.
func TestFlippedBitOfTheMetadataLog(t *testing.T) {
	names := []string{"a", "b", "c"}
	d, now, borders := written(t, 2*time.Second, names...)
	for _, clean := range []bool{true, false} {
		d := d
		if !clean {
			d = d.killed()
		}
		for i := range names {
			last := i == len(names)-1 && !clean
			for at := borders[i]; at < borders[i+1]; at++ {
				for bit := range 8 {
					topics, err := start(t, d.with(t, firstSegment, flipped(d[firstSegment], at, bit)), now, clean)
					in := at - borders[i]
					switch {
					case errors.Is(err, ErrDamaged):
					case err != nil:
						t.Errorf("clean %v, batch %d, byte %d, bit %d: %v", clean, i, in, bit, err)
					case topics == len(names), last && d[firstSegment][at] == 1<<bit && topics == i:
					default:
						t.Errorf("clean %v, batch %d, byte %d, bit %d: %d topics", clean, i, in, bit, topics)
					}
				}
			}
		}
	}
}

// A torn write at the end of the log is cut off, whichever blocks of it are on disk.
func TestTornMetadataWriteIsCutOff(t *testing.T) {
	d, now, borders := written(t, 2*time.Second, "a", "b", "c")
	d = d.killed()
	whole := d[firstSegment]
	from, end := borders[2], borders[3]
	for cut := from; cut < end; cut++ {
		for name, zero := range map[string][2]int{"the beginning": {from, cut}, "the end": {cut, end}} {
			data := bytes.Clone(whole)
			clear(data[zero[0]:zero[1]])
			if topics, err := start(t, d.with(t, firstSegment, data), now, false); err != nil || topics < 2 {
				t.Errorf("%s of %d bytes is missing: %d topics, %v", name, zero[1]-zero[0], topics, err)
			}
		}
		if topics, err := start(t, d.with(t, firstSegment, whole[:cut]), now, false); err != nil || topics != 2 {
			t.Errorf("%d bytes are left: %d topics, %v", cut-from, topics, err)
		}
	}
}

// Damage to a batch between others is a torn write when all of them may be one write, and damage
// when a file beside the log shows that it was synced.
func TestProofOfTheSyncedEnd(t *testing.T) {
	d, now, borders := written(t, 0, "a", "b", "c")
	bad := bytes.Clone(d[firstSegment])
	clear(bad[borders[0]+30 : borders[1]])
	if _, err := start(t, d.with(t, firstSegment, bad), now, true); !errors.Is(err, ErrDamaged) {
		t.Errorf("after a clean stop: %v", err)
	}
	if topics, err := start(t, d.killed().with(t, firstSegment, bad), now, false); err != nil || topics != 0 {
		t.Errorf("it may be the torn last write: %d topics, %v", topics, err)
	}
	if _, err := start(t, d.with(t, firstSegment, bad), now, false); !errors.Is(err, ErrDamaged) {
		t.Errorf("with a producer snapshot at the end: %v", err)
	}
	d = d.killed()
	d[filepath.Join(testDir, Folder, "00000000000000000500.index")] = nil
	if _, err := start(t, d.with(t, firstSegment, bad), now, false); !errors.Is(err, ErrDamaged) {
		t.Errorf("with the index of a later segment: %v", err)
	}
}

// A log that has lost its end at a border of batches, or all of it, is refused when a file beside
// it shows how far it reached.
func TestShortMetadataLogIsRefused(t *testing.T) {
	d, now, borders := written(t, 2*time.Second, "a", "b")
	for _, clean := range []bool{true, false} {
		for _, size := range []int{0, borders[0], borders[1]} {
			if topics, err := start(t, d.with(t, firstSegment, d[firstSegment][:size]), now, clean); !errors.Is(err, ErrDamaged) {
				t.Errorf("clean %v, %d bytes are left: %d topics, %v", clean, size, topics, err)
			}
		}
	}
	// The start of a second life proves the records of the first one.
	fsys := d.with(t, "", nil)
	n := openNode(t, fsys, testOptions(fsys, false), now)
	n.close()
	d = readDisk(t, fsys).killed()
	if topics, err := start(t, d.with(t, firstSegment, d[firstSegment][:borders[1]]), now, false); !errors.Is(err, ErrDamaged) {
		t.Errorf("the epoch of the second life begins later: %d topics, %v", topics, err)
	}
	// Nothing shows more than the epoch at offset 0.
	if err := fsys.Remove(filepath.Join(testDir, Folder, storage.LeaderEpochCheckpoint)); err != nil {
		t.Fatal(err)
	}
	delete(d, filepath.Join(testDir, Folder, storage.LeaderEpochCheckpoint))
	if topics, err := start(t, d.with(t, firstSegment, d[firstSegment][:borders[1]]), now, false); err != nil || topics != 1 {
		t.Errorf("without a proof: %d topics, %v", topics, err)
	}
}

// A snapshot shows that the log reached its end. The records behind it may be lost, too.
func TestMetadataLogBelowItsSnapshotIsRefused(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, false)
	n := openNode(t, fsys, testOptions(fsys, false), time.UnixMilli(1_800_000_000_000))
	n.register()
	n.create("a", 1)
	n.snapshot()
	n.create("b", 1)
	n.close()
	d := readDisk(t, fsys).killed()
	if topics, err := start(t, d.with(t, firstSegment, nil), n.now, false); !errors.Is(err, ErrDamaged) {
		t.Errorf("%d topics, %v", topics, err)
	}
	// Damage that the snapshot covers is no loss.
	for at := range record.HeaderSize {
		topics, err := start(t, d.with(t, firstSegment, flipped(d[firstSegment], at, 3)), n.now, false)
		if err != nil || topics != 2 {
			t.Errorf("byte %d of the first batch: %d topics, %v", at, topics, err)
		}
	}
}

func (n *node) snapshot() {
	n.t.Helper()
	n.c.engine.snapshots.begin(n.c.engine)
	n.wait("a snapshot", func() bool { return !n.c.engine.snapshots.busy })
}
