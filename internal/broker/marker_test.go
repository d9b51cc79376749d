package broker

import (
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// The clean-shutdown marker is gone before a start writes to the metadata log, so that a power cut
// that tears such a write is no damage after a clean stop: the next start cuts the write off.
func TestPowerCutDuringTheStartAfterACleanStop(t *testing.T) {
	for _, meta := range []string{"/meta", "/a"} {
		mem := vfs.NewCrashableMem()
		var lines logLines
		start := func(fsys vfs.FS) *Node {
			n, err := startNodeOn(t, fsys, &lines, "/a,/b", "metadata.log.dir="+meta)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		n := start(mem)
		createTopic(t, n, "t1")
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		var clones []*vfs.Mem
		loaded, marked := false, 0
		hook := vfs.WithHook(mem, func(op vfs.Op) error {
			mu.Lock()
			defer mu.Unlock()
			loaded = loaded || op.Mutates() && strings.Contains(op.Path, "t1-0")
			if loaded || !op.Mutates() || !strings.Contains(op.Path, "__cluster_metadata") {
				return nil
			}
			if vfs.Exists(mem, "/a/"+storage.CleanShutdownFile) && vfs.Exists(mem, "/b/"+storage.CleanShutdownFile) {
				marked++
			}
			if op.Kind == vfs.OpSync && strings.HasSuffix(op.Path, ".log") {
				for seed := range uint64(4) {
					clones = append(clones, mem.CrashClone(vfs.CrashOptions{Keep: 0.5, Block: 512, Rand: rand.New(rand.NewPCG(seed, uint64(len(clones))))}))
				}
			}
			return nil
		})
		if err := start(hook).Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		if marked > 0 || len(clones) == 0 {
			t.Errorf("metadata in %s: %d operations beside the marker, %d power cuts", meta, marked, len(clones))
		}
		for _, c := range clones {
			n := start(c)
			if n.quorum.Image().Topics().Len() != 1 {
				t.Errorf("metadata in %s: %d topics", meta, n.quorum.Image().Topics().Len())
			}
			_ = n.Stop(t.Context())
		}
	}
}

// A start that refuses a damaged metadata log leaves the marker of the clean stop: a second start
// refuses the log, too.
func TestRefusedStartKeepsTheMarker(t *testing.T) {
	mem := vfs.NewMem()
	var lines logLines
	n, err := startNodeOn(t, mem, &lines, "/a")
	if err != nil {
		t.Fatal(err)
	}
	createTopic(t, n, "t1")
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	path := "/meta/__cluster_metadata-0/00000000000000000000.log"
	data, err := vfs.ReadFile(mem, path)
	if err != nil {
		t.Fatal(err)
	}
	clear(data[len(data)-30:])
	if err := vfs.WriteFile(mem, path, data); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if !vfs.Exists(mem, "/a/"+storage.CleanShutdownFile) {
			t.Error("the marker is gone")
		}
		if _, err := startNodeOn(t, mem, &lines, "/a"); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Fatalf("the start over a damaged log: %v", err)
		}
	}
}
