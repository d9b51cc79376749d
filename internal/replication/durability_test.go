package replication

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// TestAcknowledgedSurvivesPowerCut produces with acks=all from a seed, cuts the power at a random
// moment, opens the disk again, and looks for every record that was acknowledged by then.
func TestAcknowledgedSurvivesPowerCut(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			fs := vfs.NewCrashableMem()
			for _, lost := range cutPower(t, seed, fs, fs) {
				t.Error(lost)
			}
		})
	}
}

// TestPowerCutCheckerFires shows that the check above finds losses on a disk that does not sync.
func TestPowerCutCheckerFires(t *testing.T) {
	lost := 0
	for seed := range uint64(10) {
		mem := vfs.NewCrashableMem()
		lost += len(cutPower(t, seed, lyingFS{mem}, mem))
	}
	if lost == 0 {
		t.Fatal("nothing was lost on a disk that lies: the checker proves nothing")
	}
}

// lyingFS acknowledges syncs of files without doing them.
type lyingFS struct{ *vfs.Mem }

type lyingFile struct{ vfs.File }

func (f lyingFS) OpenFile(name string, flag int, perm fs.FileMode) (vfs.File, error) {
	file, err := f.Mem.OpenFile(name, flag, perm)
	return lyingFile{file}, err
}

type lyingMount struct{ vfs.Mount }

func (lyingFS) OpenMount(string) (vfs.Mount, error) { return lyingMount{}, nil }
func (lyingMount) SyncFS() error                    { return nil }
func (lyingMount) Holds(string) (bool, error)       { return true, nil }
func (lyingMount) Close() error                     { return nil }
func (lyingFile) Sync() error                       { return nil }

// cutPower runs a seed on disk, cuts the power of mem below it, and returns the records that were
// acknowledged and are lost.
func cutPower(t *testing.T, seed uint64, disk vfs.FS, mem *vfs.Mem) (lost []string) {
	rng := rand.New(rand.NewPCG(seed, 1))
	n := newNode(t, disk, nil)
	const partitions = 20
	n.createTopic("t", partitions, "internal.segment.bytes", "700")
	acked := make([]map[string]bool, partitions)
	for i := range acked {
		acked[i] = map[string]bool{}
	}
	type sent struct {
		partition int
		value     string
		result    interface{ Load() *AppendPart }
	}
	var open []sent
	for i := range 30 + rng.IntN(200) {
		switch rng.IntN(6) {
		case 0:
			n.logs.Commit()
		case 1:
			n.logs.Flush()
		default:
			p, v := rng.IntN(partitions), fmt.Sprintf("value %d", i)
			acks := AcksAll
			if rng.IntN(4) == 0 {
				acks = AcksLeader
			}
			res := n.send("t", int32(p), acks, batch(t, v))
			if acks == AcksAll {
				open = append(open, sent{p, v, res})
			}
		}
		for _, s := range open {
			if r := s.result.Load(); r != nil && r.Err == 0 {
				acked[s.partition][fmt.Sprintf("%d:%s", r.BaseOffset, s.value)] = true
			}
		}
	}
	clone := mem.CrashClone(vfs.CrashOptions{Rand: rng, Keep: rng.Float64(), Block: 512})
	again := newNode(t, clone, n.image)
	for p := range partitions {
		got := again.values("t", int32(p))
		for v := range acked[p] {
			if !slices.Contains(got, v) {
				lost = append(lost, fmt.Sprintf("partition %d lost %q; it has %v", p, v, got))
			}
		}
		again.produce("t", int32(p), "after")
	}
	return lost
}

// After a failed fsync nothing is acknowledged, the directory goes offline and stays offline, and
// the other directory continues.
func TestFailedFsync(t *testing.T) {
	for _, partitions := range []int{1, 40} {
		t.Run(fmt.Sprint(partitions), func(t *testing.T) { failFsync(t, partitions) })
	}
}

func failFsync(t *testing.T, partitions int) {
	var broken atomic.Bool
	var syncs atomic.Int32
	fs := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if broken.Load() && strings.HasPrefix(op.Path, "/bad") && (op.Kind == vfs.OpSync || op.Kind == vfs.OpSyncFS) {
			syncs.Add(1)
			return errors.New("input/output error")
		}
		return nil
	})
	n := newNode(t, fs, nil, "/bad", "/good")
	n.createTopic("t", 2*partitions)
	broken.Store(true)
	var results []interface{ Load() *AppendPart }
	for i := range 2 * partitions {
		results = append(results, n.send("t", int32(i), AcksAll, batch(t, "x")))
	}
	n.logs.Commit()
	failed := 0
	for i, r := range results {
		p := r.Load()
		if p == nil {
			t.Fatalf("partition %d is not answered", i)
		}
		online := n.m.Partition("t", int32(i)).Log().LogDir().Err() == nil
		switch {
		case online && p.Err != 0:
			t.Errorf("partition %d of the good directory: %v", i, p.Err)
		case !online && p.Err != protocol.ErrKafkaStorageError:
			t.Errorf("partition %d was acknowledged although its fsync failed: %v", i, p.Err)
		case !online:
			failed++
		}
	}
	if failed != partitions {
		t.Fatalf("%d partitions failed, want %d", failed, partitions)
	}
	// The disk works again, but the directory is not tried again.
	broken.Store(false)
	before := syncs.Load()
	for i := range 2 * partitions {
		online := n.m.Partition("t", int32(i)).Log().LogDir().Err() == nil
		res := n.send("t", int32(i), AcksAll, batch(t, "y"))
		n.logs.Commit()
		if p := res.Load(); p == nil || (p.Err == 0) != online {
			t.Errorf("partition %d after the failure: %+v", i, p)
		}
		g := n.fetchNow("t", int32(i), 0, fetchOptions{})
		if want := map[bool]protocol.Error{true: 0, false: protocol.ErrKafkaStorageError}[online]; g.Err != want {
			t.Errorf("fetch of partition %d: %v, want %v", i, g.Err, want)
		}
	}
	if syncs.Load() != before {
		t.Error("the failed directory was synced again")
	}
	if c := n.m.Counts(); c.Offline != partitions || c.Leaders != partitions {
		t.Errorf("%+v", c)
	}
	dirs := n.m.LogDirs(func(string, int32) bool { return true })
	if dirs[0].Err != protocol.ErrKafkaStorageError || dirs[1].Err != 0 || len(dirs[1].Replicas) != partitions {
		t.Errorf("%+v", dirs)
	}
}

func TestFailedWrite(t *testing.T) {
	var broken atomic.Bool
	fs := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if broken.Load() && op.Kind == vfs.OpWrite {
			return errors.New("no space left on device")
		}
		return nil
	})
	n := newNode(t, fs, nil)
	n.createTopic("t", 2)
	n.produce("t", 0, "a")
	broken.Store(true)
	if p := n.send("t", 0, AcksLeader, batch(t, "b")).Load(); p == nil || p.Err != protocol.ErrKafkaStorageError {
		t.Fatalf("%+v", p)
	}
	n.m.jobs.Wait()
	if g := n.fetchNow("t", 1, 0, fetchOptions{}); g.Err != protocol.ErrKafkaStorageError {
		t.Fatalf("the other partition of the directory: %v", g.Err)
	}
}

func TestRestart(t *testing.T) {
	for _, clean := range []bool{true, false} {
		mem := vfs.NewMem()
		n := newNode(t, mem, nil)
		n.createTopic("t", 3)
		n.createTopic("gone", 1)
		for i := range 5 {
			n.produce("t", int32(i%3), fmt.Sprint(i))
		}
		n.m.DeleteRecords([]DeletePart{{Topic: "t", Partition: 0, Offset: 1}}, 1000, func(parts []DeletePart) {
			if parts[0].Err != 0 || parts[0].LowWatermark != 1 {
				t.Errorf("%+v", parts[0])
			}
		})
		n.logs.Stop(clean, 9)
		again := newNode(t, mem, n.image)
		if got := again.values("t", 0); !slices.Equal(got, []string{"1:3"}) {
			t.Errorf("clean %v: partition 0 has %v", clean, got)
		}
		if got := again.values("t", 1); !slices.Equal(got, []string{"0:1", "1:4"}) {
			t.Errorf("clean %v: partition 1 has %v", clean, got)
		}
	}
}
