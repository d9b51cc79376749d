package quorum

import (
	"bytes"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// aFolder returns a disk with four topics and a snapshot of two of them. With bootstrap the voters
// are in the bootstrap checkpoint.
func aFolder(t *testing.T, bootstrap bool) (d disk, now time.Time) {
	t.Helper()
	fsys := vfs.NewMem()
	formatTest(t, fsys, bootstrap)
	n := openNode(t, fsys, testOptions(fsys, bootstrap), time.UnixMilli(1_800_000_000_000))
	n.register()
	for i, name := range []string{"a", "b", "c", "d"} {
		n.now = n.now.Add(2 * time.Second)
		n.create(name, 1)
		if i == 1 {
			n.snapshot()
		}
	}
	n.close()
	return readDisk(t, fsys), n.now
}

// A bit that flips in a file beside the segments stops no start of a single voter, and loses
// nothing: the log has the content of all of these files.
func TestFlippedBitInASmallFileOfTheMetadataFolder(t *testing.T) {
	for _, bootstrap := range []bool{true, false} {
		d, now := aFolder(t, bootstrap)
		for path, data := range d { // any order
			if filepath.Dir(path) == testDir || path == firstSegment {
				continue
			}
			step := 1 + len(data)/150
			for at := 0; at < len(data); at += step {
				for bit := range 8 {
					clean := (at+bit)%2 == 0
					o := testOptions(d.with(t, path, flipped(data, at, bit)), bootstrap)
					o.Host, o.CleanStop = newManual(now), clean
					q, err := Open(o)
					if err != nil {
						t.Fatalf("clean %v, %s, byte %d, bit %d: %v", clean, path, at, bit, err)
					}
					q.engine.begin()
					if n := q.Image().Topics().Len(); n != 4 || !q.Status().Active {
						t.Fatalf("clean %v, %s, byte %d, bit %d: %d topics, %+v", clean, path, at, bit, n, q.Status())
					}
					_ = q.Close()
				}
			}
		}
	}
}

// A start over a damaged small file reports it and writes the file again.
func TestDamagedSmallFilesAreRepaired(t *testing.T) {
	d, now := aFolder(t, false)
	for name, says := range map[string]string{
		storage.PartitionMetadataFile: "partition.metadata of the metadata log is damaged",
		quorumStateFile:               "quorum-state is damaged",
		"snapshot":                    "a metadata snapshot cannot be read",
		bootstrapID.fileName():        "the bootstrap checkpoint cannot be read",
	} {
		path := filepath.Join(testDir, Folder, name)
		for p := range d { // any order
			if name == "snapshot" && strings.HasSuffix(p, checkpointSuffix) && filepath.Base(p) != bootstrapID.fileName() {
				path = p
			}
		}
		fsys := d.with(t, path, flipped(d[path], 25, 0))
		if known, err := KnownDirectories(fsys, testDir, 1); err != nil || len(known) != 1 {
			t.Errorf("%s: known directories %v, %v", name, known, err)
		}
		var lines bytes.Buffer
		o := testOptions(fsys, false)
		o.Logger = slog.New(slog.NewTextHandler(&lines, nil))
		n := openNode(t, fsys, o, now)
		n.register()
		n.wait("ticks", func() bool { n.c.engine.tick(); return !n.c.engine.snapshots.busy })
		n.close()
		if !strings.Contains(lines.String(), says) {
			t.Errorf("%s: nothing is reported:\n%s", name, lines.String())
		}
		if name == bootstrapID.fileName() {
			continue // its records are in the log, and no start needs it
		}
		lines.Reset()
		n = openNode(t, fsys, o, n.now)
		n.close()
		if strings.Contains(lines.String(), says) {
			t.Errorf("%s: still damaged:\n%s", name, lines.String())
		}
	}
}

// A bootstrap checkpoint is needed as long as the log does not have its records.
func TestDamagedBootstrapOfANewCluster(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, false)
	d := readDisk(t, fsys)
	path := filepath.Join(testDir, Folder, bootstrapID.fileName())
	if _, err := start(t, d.with(t, path, flipped(d[path], len(d[path])/2, 0)), time.UnixMilli(1_800_000_000_000), false); err == nil || !strings.Contains(err.Error(), "format") {
		t.Errorf("open: %v", err)
	}
}

// A node that has lost its vote does not take part in a quorum of several voters.
func TestDamagedQuorumStateOfOneOfSeveralVoters(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	n := v.leader()
	path := filepath.Join(testDir, Folder, quorumStateFile)
	data, err := vfs.ReadFile(n.fs, path)
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range [][]byte{data[:len(data)/2], bytes.Replace(data, []byte(`"leaderEpoch":`), []byte(`"leaderepocj":`), 1)} {
		if err := vfs.WriteFile(n.fs, path, bad); err != nil {
			t.Fatal(err)
		}
		_, err := Open(n.c.engine.o)
		if !errors.Is(err, errQuorumState) || !strings.Contains(err.Error(), "put "+path+" back") {
			t.Errorf("open: %v", err)
		}
	}
	if !slices.Contains(voterIDs(n.c.engine.node.Status().Voters), 2) {
		t.Error("the quorum has one voter only")
	}
}

// Apache Kafka before 4.2 formats a dynamic quorum with the voters in 0-0.checkpoint and the first
// records in bootstrap.checkpoint. Both files count.
func TestRecordsOfAnOldFormatBesideItsVoters(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	folder := filepath.Join(testDir, Folder)
	c, _, err := readCheckpoint(fsys, filepath.Join(folder, bootstrapID.fileName()), bootstrapID, func(metadata.Record) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writeCheckpoint(fsys, folder, c, slices.Values([]metadata.Record(nil)), 21, 1000); err != nil {
		t.Fatal(err)
	}
	old := "/old"
	if err := fsys.MkdirAll(old, vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	records := defaultBootstrap(map[string]int16{metadata.FeatureMetadataVersion: 21})
	if _, err := writeCheckpoint(fsys, old, checkpoint{id: bootstrapID, lastContainedMs: 1}, slices.Values(records), 21, 1000); err != nil {
		t.Fatal(err)
	}
	data, err := vfs.ReadFile(fsys, filepath.Join(old, bootstrapID.fileName()))
	if err == nil {
		err = vfs.WriteFile(fsys, filepath.Join(testDir, oldBootstrapFile), data)
	}
	if err != nil {
		t.Fatal(err)
	}
	n := openNode(t, fsys, testOptions(fsys, true), time.UnixMilli(1_800_000_000_000))
	defer n.close()
	if v := n.c.Image().Features().MetadataVersion(); v != 21 {
		t.Errorf("metadata.version %d, the format says 21", v)
	}
	if v := n.c.Status().KRaftVersion; v != 1 {
		t.Errorf("kraft.version %d", v)
	}
}

// The only voter has another directory id: meta.properties was made again. The node would wait for
// ever for a voter that is itself.
func TestAnotherDirectoryIDOfTheOnlyVoter(t *testing.T) {
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	o := testOptions(fsys, true)
	o.DirectoryID[3]++
	_, err := tryNode(t, fsys, o, time.UnixMilli(1_800_000_000_000))
	if err == nil || !strings.Contains(err.Error(), "directory.id="+o.DirectoryID.String()) {
		t.Errorf("open: %v", err)
	}
}
