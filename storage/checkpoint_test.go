package storage

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/internal/uuid"
	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/vfs"
)

func TestOffsetCheckpointGolden(t *testing.T) {
	for name, want := range map[string]int{
		RecoveryPointCheckpoint: 158, ReplicationOffsetCheckpoint: 158, LogStartOffsetCheckpoint: 0, CleanerOffsetCheckpoint: 1,
	} {
		got, err := ReadOffsetCheckpoint(vfs.OS(), "testdata/kafka/"+name)
		if err != nil || len(got) != want {
			t.Fatalf("%s: %d entries, %v", name, len(got), err)
		}
	}
	got, _ := ReadOffsetCheckpoint(vfs.OS(), "testdata/kafka/"+CleanerOffsetCheckpoint)
	if got[TopicPartition{"compacted", 0}] != 70 {
		t.Fatal(got)
	}
}

func TestOffsetCheckpointWrite(t *testing.T) {
	fsys := vfs.NewMem()
	in := map[TopicPartition]int64{{"b", 10}: 3, {"b", 9}: 1 << 40, {"a", 0}: 0}
	if err := WriteOffsetCheckpoint(fsys, "/c", in); err != nil {
		t.Fatal(err)
	}
	if data, _ := vfs.ReadFile(fsys, "/c"); string(data) != "0\n3\na 0 0\nb 9 1099511627776\nb 10 3\n" {
		t.Fatalf("%q", data)
	}
	if out, err := ReadOffsetCheckpoint(fsys, "/c"); err != nil || !reflect.DeepEqual(out, in) {
		t.Fatal(out, err)
	}
	if out, err := ReadOffsetCheckpoint(fsys, "/none"); err != nil || len(out) != 0 {
		t.Fatal(out, err)
	}
}

func TestOffsetCheckpointMalformed(t *testing.T) {
	for text, want := range map[string]string{
		"1\n0\n":                            `unrecognized version "1"`,
		"0\nx\n":                            `malformed number of entries "x"`,
		"0\n2\nt 0 1\n":                     "expected 2 entries, found only 1",
		"0\n1\nt 0\n":                       `malformed line "t 0"`,
		"0\n1\nt 0 1\nt 1 1\n":              `malformed line "t 1 1"`,
		"0\n1\nt -1 1\n":                    `malformed line`,
		"0\n1\nt 0 999999999999999999999\n": `malformed line`,
	} {
		_, err := ParseOffsetCheckpoint("/d/file", []byte(text))
		var bad *checkpoint.Error
		if !errors.As(err, &bad) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "/d/file") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestCheckpointSurvivesPowerCut(t *testing.T) {
	for at := range int64(8) {
		mem := vfs.NewCrashableMem()
		one, two := map[TopicPartition]int64{{"t", 0}: 1}, map[TopicPartition]int64{{"t", 0}: 2}
		if err := WriteOffsetCheckpoint(mem, "/c", one); err != nil {
			t.Fatal(err)
		}
		cut := errors.New("cut")
		err := WriteOffsetCheckpoint(vfs.NewErrorFS(mem, func(op vfs.Op) error {
			if op.Index >= at {
				return cut
			}
			return nil
		}), "/c", two)
		for _, o := range crashOptions(at) {
			got, rerr := ReadOffsetCheckpoint(mem.CrashClone(o), "/c")
			if rerr != nil || len(got) != 1 || err == nil && got[TopicPartition{"t", 0}] != 2 {
				t.Fatalf("cut at %d: %v %v", at, got, rerr)
			}
		}
	}
}

func TestPartitionMetadata(t *testing.T) {
	golden, err := os.ReadFile("testdata/kafka/orders-0/partition.metadata")
	if err != nil {
		t.Fatal(err)
	}
	id, ok, err := ReadPartitionMetadata(vfs.OS(), "testdata/kafka/orders-0")
	if err != nil || !ok || uuid.Format(id) != "VDSCsHAaSB6ra8QQpCcoVQ" {
		t.Fatal(id, ok, err)
	}
	fsys := vfs.NewMem()
	if _, ok, err := ReadPartitionMetadata(fsys, "/"); ok || err != nil {
		t.Fatal(ok, err)
	}
	if err := WritePartitionMetadata(fsys, "/", id); err != nil {
		t.Fatal(err)
	}
	if data, _ := vfs.ReadFile(fsys, "/"+PartitionMetadataFile); string(data) != string(golden) {
		t.Fatalf("%q, want %q", data, golden)
	}
	for _, text := range []string{"", "version: 1\ntopic_id: " + uuid.Format(id), "version: 0\n", "version: 0\ntopic_id: AAAAAAAAAAAAAAAAAAAAAA", "version: 0\ntopic_id: *"} {
		if err := vfs.WriteFile(fsys, "/"+PartitionMetadataFile, []byte(text+"\n")); err != nil {
			t.Fatal(err)
		}
		var bad *checkpoint.Error
		if _, ok, err := ReadPartitionMetadata(fsys, "/"); ok || !errors.As(err, &bad) {
			t.Errorf("%q: %v %v", text, ok, err)
		}
	}
}

// Apache Kafka 4.4's kafka-storage writes the same lines for these cluster ids, and reads them
// back.
func TestMetaPropertiesEscapesClusterIDsLikeJava(t *testing.T) {
	for id, line := range map[string]string{
		"prod:eu=1":                `cluster.id=prod\:eu\=1`,
		"4L6g3nShT-eMCtK--X86sw\n": `cluster.id=4L6g3nShT-eMCtK--X86sw\n`,
		" a\\b ":                   `cluster.id=\ a\\b `,
		"Zürich":                   `cluster.id=Z\u00FCrich`,
	} {
		fsys := vfs.NewMem()
		want := MetaProperties{ClusterID: id, NodeID: 1, DirectoryID: [16]byte{1}}
		if err := WriteMetaProperties(fsys, "/", want); err != nil {
			t.Fatal(err)
		}
		data, err := vfs.ReadFile(fsys, "/"+MetaPropertiesFile)
		if err != nil || !strings.HasPrefix(string(data), line+"\n") {
			t.Errorf("%q: %v", data, err)
		}
		if got, ok, err := ReadMetaProperties(fsys, "/"); err != nil || !ok || got != want {
			t.Errorf("%+v %v %v", got, ok, err)
		}
	}
}

func TestMetaProperties(t *testing.T) {
	p, ok, err := ReadMetaProperties(vfs.OS(), "testdata/kafka")
	if err != nil || !ok || p.ClusterID != "Z3JlZ29yLXBlZXItMDAwMA" || p.NodeID != 1 || uuid.Format(p.DirectoryID) != "sc2iGc4u95dgwe6vtxFG1Q" {
		t.Fatalf("%+v %v %v", p, ok, err)
	}
	fsys := vfs.NewMem()
	if err := WriteMetaProperties(fsys, "/", p); err != nil {
		t.Fatal(err)
	}
	if again, ok, err := ReadMetaProperties(fsys, "/"); err != nil || !ok || again != p {
		t.Fatalf("%+v %v %v", again, ok, err)
	}
	if p, err := ParseMetaProperties("f", []byte("version=0\nbroker.id: 7\ncluster.id=x\n")); err != nil || p.NodeID != 7 || p.ClusterID != "x" {
		t.Fatalf("%+v %v", p, err)
	}
	for _, text := range []string{"version=2\n", "version=1\nnode.id=x\n", "version=1\ndirectory.id=x\n"} {
		if _, err := ParseMetaProperties("f", []byte(text)); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func TestCleanShutdown(t *testing.T) {
	if epoch, ok, err := ReadCleanShutdown(vfs.OS(), "testdata/kafka"); err != nil || !ok || epoch != 11 {
		t.Fatal(epoch, ok, err)
	}
	golden, _ := os.ReadFile("testdata/kafka/" + CleanShutdownFile)
	fsys := vfs.NewMem()
	if epoch, ok, err := ReadCleanShutdown(fsys, "/"); err != nil || ok || epoch != -1 {
		t.Fatal(epoch, ok, err)
	}
	if err := WriteCleanShutdown(fsys, "/", 11); err != nil {
		t.Fatal(err)
	}
	if data, _ := vfs.ReadFile(fsys, "/"+CleanShutdownFile); strings.ReplaceAll(string(data), " ", "") != string(golden) {
		t.Fatalf("%q, want %q but for blanks", data, golden)
	}
	if own, err := OwnCleanShutdown(fsys, "/"); !own || err != nil {
		t.Error("the marker is not known again:", err)
	}
	if own, err := OwnCleanShutdown(vfs.OS(), "testdata/kafka"); own || err != nil {
		t.Error("the marker of Apache Kafka counts as gregor's:", err)
	}
	for range 2 {
		if err := RemoveCleanShutdown(fsys, "/"); err != nil {
			t.Fatal(err)
		}
	}
	if err := vfs.WriteFile(fsys, "/"+CleanShutdownFile, nil); err != nil { // as before Kafka 3.7
		t.Fatal(err)
	}
	if epoch, ok, err := ReadCleanShutdown(fsys, "/"); err != nil || !ok || epoch != -1 {
		t.Fatal(epoch, ok, err)
	}
}

func FuzzCheckpoint(f *testing.F) {
	f.Add([]byte("0\n1\nt 0 1\n"))
	f.Add([]byte("0\n2147483647\n"))
	f.Add([]byte("0\r\n1\r\n1 2\r\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		testkit.Bounded(t)
		var bad *checkpoint.Error
		testkit.Cost(t, len(data), 4<<10, func() { _, _ = ParseOffsetCheckpoint("f", data) })
		testkit.Cost(t, len(data), 4<<10, func() { _, _ = checkpoint.ParseEpochCheckpoint("f", data) })
		if offsets, err := ParseOffsetCheckpoint("f", data); err == nil {
			fsys := vfs.NewMem()
			if err := WriteOffsetCheckpoint(fsys, "/f", offsets); err != nil {
				t.Fatal(err)
			}
			if again, err := ReadOffsetCheckpoint(fsys, "/f"); err != nil || !reflect.DeepEqual(again, offsets) {
				t.Fatalf("%v %v, want %v", again, err, offsets)
			}
		} else if !errors.As(err, &bad) {
			t.Fatal(err)
		}
		if _, err := checkpoint.ParseEpochCheckpoint("f", data); err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
		if _, err := ParseMetaProperties("f", data); err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
	})
}

func FuzzPartitionMetadata(f *testing.F) {
	f.Add([]byte("version: 0\ntopic_id: VDSCsHAaSB6ra8QQpCcoVQ"))
	f.Fuzz(func(t *testing.T, data []byte) {
		testkit.Bounded(t)
		var id [16]byte
		var err error
		testkit.Cost(t, len(data), 4<<10, func() { id, err = ParsePartitionMetadata("f", data) })
		var bad *checkpoint.Error
		if err != nil && !errors.As(err, &bad) || err == nil && id == [16]byte{} {
			t.Fatal(id, err)
		}
	})
}
