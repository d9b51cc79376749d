package replication

import (
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// One wrong byte in partition.metadata does not make the broker serve the partition empty: the
// folder stays, and the file is repaired, reported and counted.
func TestDamagedTopicIDKeepsTheFolder(t *testing.T) {
	disk := vfs.NewMem()
	if err := disk.MkdirAll("/data", vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	if err := storage.WriteMetaProperties(disk, "/data", storage.MetaProperties{ClusterID: "c", NodeID: 1, DirectoryID: wire.UUID{0: 9, 15: 200}}); err != nil {
		t.Fatal(err)
	}
	n := newNode(t, disk, nil)
	n.createTopic("orders", 1)
	for range 5 {
		n.produce("orders", 0, "acknowledged")
	}
	n.logs.Stop(true, 1)
	path := filepath.Join("/data/orders-0", storage.PartitionMetadataFile)
	whole, err := vfs.ReadFile(disk, path)
	if err != nil {
		t.Fatal(err)
	}
	for at := range whole {
		for _, change := range []byte{1, 2, 4, 8, 16, 32, 64, 128, 255} {
			data := append([]byte(nil), whole...)
			data[at] ^= change
			if err := vfs.WriteFile(disk, path, data); err != nil {
				t.Fatal(err)
			}
			x := newNode(t, disk, n.image)
			if p := x.m.Partition("orders", 0); p == nil || p.Log() == nil || p.Log().LogEndOffset() != 5 {
				t.Fatalf("byte %d ^ %d: the partition is offline or empty: %v", at, change, p)
			}
			id, _, err := storage.ReadPartitionMetadata(disk, "/data/orders-0")
			if err != nil || wire.UUID(id) != topicID("orders") {
				t.Errorf("byte %d ^ %d: id %v, %v", at, change, id, err)
			}
			if got, _ := vfs.ReadFile(disk, path); string(got) == string(whole) && x.logs.DamagedCheckpoints() != 1 && harmful(data, topicID("orders")) {
				t.Errorf("byte %d ^ %d: %d damaged files are counted", at, change, x.logs.DamagedCheckpoints())
			}
			x.logs.Stop(true, 1)
		}
	}
}

// harmful reports whether a partition.metadata does not have the topic id.
func harmful(data []byte, id wire.UUID) bool {
	got, err := storage.ParsePartitionMetadata("", data)
	return err != nil || wire.UUID(got) != id
}

// A folder of another topic of the same name stays a stray: its id differs in more than one byte.
func TestFolderOfAnEarlierTopicIsAStray(t *testing.T) {
	disk := vfs.NewMem()
	n := newNode(t, disk, nil)
	n.createTopic("orders", 1)
	n.produce("orders", 0, "of the new topic")
	n.logs.Stop(true, 1)
	other := topicID("orders")
	other[2], other[9] = other[2]^0x55, other[9]^0x55
	if err := storage.WritePartitionMetadata(disk, "/data/orders-0", other); err != nil {
		t.Fatal(err)
	}
	x := newNode(t, disk, n.image)
	defer x.logs.Stop(true, 1)
	if p := x.m.Partition("orders", 0); p == nil || p.Log() == nil || p.Log().LogEndOffset() != 0 {
		t.Errorf("the partition is not a new one: %+v", p)
	}
}
