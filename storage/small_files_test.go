package storage

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/vfs"
)

// A power cut at any moment leaves each small file with its old or its new contents, never empty or
// torn: checkpoints, leader epochs, partition.metadata, meta.properties and the marker of a clean
// stop (KAFKA-16541).
func TestPowerCutLeavesSmallFilesWhole(t *testing.T) {
	tp := TopicPartition{"topic", 0}
	for name, f := range map[string]struct {
		write func(fs vfs.FS, n int64) error
		read  func(fs vfs.FS) (string, error)
	}{
		"checkpoint": {
			func(fs vfs.FS, n int64) error {
				return WriteOffsetCheckpoint(fs, "d/"+RecoveryPointCheckpoint, map[TopicPartition]int64{tp: n})
			},
			func(fs vfs.FS) (string, error) {
				m, err := ReadOffsetCheckpoint(fs, "d/"+RecoveryPointCheckpoint)
				return fmt.Sprint(m[tp]), err
			},
		},
		"leader epochs": {
			func(fs vfs.FS, n int64) error {
				c, err := checkpoint.OpenEpochs(fs, "d")
				if err != nil {
					return err
				}
				return assign(c, int32(n), n)
			},
			func(fs vfs.FS) (string, error) {
				c, err := checkpoint.OpenEpochs(fs, "d")
				if err != nil {
					return "", err
				}
				e, _ := c.LatestEpoch()
				return fmt.Sprint(e), nil
			},
		},
		"partition.metadata": {
			func(fs vfs.FS, n int64) error { return WritePartitionMetadata(fs, "d", [16]byte{byte(n)}) },
			func(fs vfs.FS) (string, error) {
				id, _, err := ReadPartitionMetadata(fs, "d")
				return fmt.Sprint(id[0]), err
			},
		},
		"meta.properties": {
			func(fs vfs.FS, n int64) error {
				return WriteMetaProperties(fs, "d", MetaProperties{ClusterID: "c", NodeID: int32(n)})
			},
			func(fs vfs.FS) (string, error) {
				p, _, err := ReadMetaProperties(fs, "d")
				return fmt.Sprint(p.NodeID), err
			},
		},
		"clean shutdown": {
			func(fs vfs.FS, n int64) error { return WriteCleanShutdown(fs, "d", n) },
			func(fs vfs.FS) (string, error) {
				epoch, _, err := ReadCleanShutdown(fs, "d")
				return fmt.Sprint(epoch), err
			},
		},
	} {
		t.Run(name, func(t *testing.T) { cutSmallFile(t, f.write, f.read) })
	}
}

func cutSmallFile(t *testing.T, write func(vfs.FS, int64) error, read func(vfs.FS) (string, error)) {
	disk := vfs.NewCrashableMem()
	check(t, disk.MkdirAll("d", vfs.DirPerm))
	check(t, syncMount(disk, ""))
	check(t, write(disk, 1))
	rng := rand.New(rand.NewPCG(1, 1))
	cuts := 0
	fs := vfs.WithHook(disk, func(op vfs.Op) error {
		if !op.Mutates() {
			return nil
		}
		cuts++
		for _, keep := range []float64{0, 0.5, 0.8, 1} {
			got, err := read(disk.CrashClone(vfs.CrashOptions{Rand: rng, Keep: keep, Block: 1}))
			if err != nil || got != "1" && got != "2" {
				t.Errorf("before %v, keeping %v: %q, %v", op, keep, got, err)
			}
		}
		return nil
	})
	check(t, write(fs, 2))
	if got, err := read(disk.CrashClone(vfs.CrashOptions{})); err != nil || got != "2" || cuts < 4 {
		t.Errorf("after the write: %q, %v, %d cuts", got, err, cuts)
	}
}

// assign notes an epoch and writes the file.
func assign(c *checkpoint.Epochs, epoch int32, startOffset int64) error {
	c.Assign(epoch, startOffset)
	return c.Flush()
}
