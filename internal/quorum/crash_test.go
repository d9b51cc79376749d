package quorum

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// crashPoint is the disk after a power cut at one moment, and the promises until then.
type crashPoint struct {
	fs      *vfs.Mem
	topics  map[string]bool // acknowledged: true created, false deleted
	epoch   int32
	nextPID int64
}

// crashRun creates and deletes topics, allocates producer ids, writes snapshots and restarts, and
// takes a crash clone before one in every so many file operations.
func crashRun(t *testing.T, seed uint64, oneIn int, plant bool) []crashPoint {
	rng := rand.New(rand.NewPCG(seed, 0))
	mem := vfs.NewCrashableMem()
	formatTest(t, mem, seed%2 == 0)
	var points []crashPoint
	acked := map[string]bool{}
	var n *node
	var nextPID int64
	hooked := vfs.WithHook(mem, func(op vfs.Op) error {
		if op.Mutates() && rng.IntN(oneIn) == 0 {
			p := crashPoint{fs: mem.CrashClone(vfs.CrashOptions{Rand: rng, Keep: 0.5, Block: 64}), topics: map[string]bool{}, nextPID: nextPID}
			for k, v := range acked {
				p.topics[k] = v
			}
			if n != nil && n.c != nil {
				p.epoch = n.c.Status().Epoch
			}
			points = append(points, p)
		}
		return nil
	})
	now := time.UnixMilli(1_800_000_000_000)
	for life := range 3 {
		o := testOptions(hooked, seed%2 == 0)
		n = openNode(t, hooked, o, now)
		if plant {
			n.c.engine.store.log = unsynced{n.c.engine.store.log}
		}
		n.register()
		for i := range 12 {
			name := fmt.Sprintf("t%d-%d", life, i)
			switch rng.IntN(4) {
			case 0:
				r := call(n, controller.AllocateProducerIDs, 0, &protocol.AllocateProducerIDsRequest{BrokerID: 1, BrokerEpoch: n.epoch})
				if r.ErrorCode != 0 || r.ProducerIDStart < nextPID {
					t.Fatalf("producer ids %+v after %d", r, nextPID)
				}
				nextPID = r.ProducerIDStart + int64(r.ProducerIDLen)
			case 1:
				n.c.engine.snapshots.begin(n.c.engine)
				n.wait("snapshot", func() bool { return !n.c.engine.snapshots.busy })
			default:
				if err := n.create(name, 1+rng.Int32N(3)); err != protocol.ErrNone {
					t.Fatal(err)
				}
				acked[name] = true
			}
			if rng.IntN(5) == 0 && acked[name] {
				delete(acked, name) // neither is promised until the answer
				r := call(n, controller.DeleteTopics, 5, &protocol.DeleteTopicsRequest{TopicNames: []string{name}, TimeoutMs: 5000})
				if r.Responses[0].ErrorCode != 0 {
					t.Fatal(r.Responses[0])
				}
				acked[name] = false
			}
		}
		now = n.now.Add(time.Second)
		n.close()
	}
	return points
}

// TestPowerCut: whatever was acknowledged before a power cut is there after it, the node starts
// every time, leads in a higher epoch, and never hands out a producer id twice.
func TestPowerCut(t *testing.T) {
	seeds, oneIn := uint64(6), 3
	if testing.Short() {
		seeds, oneIn = 2, 10
	}
	total := 0
	for seed := range seeds {
		points := crashRun(t, seed, oneIn, false)
		total += len(points)
		for _, problem := range checkPoints(t, seed, points) {
			t.Error(problem)
		}
	}
	t.Logf("%d power cuts", total)
}

// TestPowerCutCheckerFires: a node that does not sync its log is found out.
func TestPowerCutCheckerFires(t *testing.T) {
	if len(checkPoints(t, 0, crashRun(t, 0, 3, true))) == 0 {
		t.Error("a log that is never synced passes the checker")
	}
}

// unsynced is a planted bug: a log that forgets to sync.
type unsynced struct{ logStore }

func (unsynced) Sync(int64) error { return nil }

// checkPoints starts a node on the disk after each power cut and compares it with the promises.
func checkPoints(t *testing.T, seed uint64, points []crashPoint) (broken []string) {
	for i, p := range points {
		n, err := tryNode(t, p.fs, testOptions(p.fs, seed%2 == 0), time.UnixMilli(1_900_000_000_000))
		if err != nil {
			broken = append(broken, fmt.Sprintf("seed %d, point %d: the start is refused: %v", seed, i, err))
			continue
		}
		for name, there := range p.topics {
			if got := n.c.Image().Topics().ByName(name) != nil; got != there {
				broken = append(broken, fmt.Sprintf("seed %d, point %d: topic %s there: %v, promised: %v", seed, i, name, got, there))
			}
		}
		if n.c.Status().Epoch <= p.epoch {
			broken = append(broken, fmt.Sprintf("seed %d, point %d: epoch %d after %d", seed, i, n.c.Status().Epoch, p.epoch))
		}
		if pid := n.c.Image().NextProducerID(); pid < p.nextPID {
			broken = append(broken, fmt.Sprintf("seed %d, point %d: producer id %d again, %d were given", seed, i, pid, p.nextPID))
		}
		n.register()
		n.close()
	}
	return broken
}

// TestFailedSync: after a failed write nothing is acknowledged and nothing is tried again.
func TestFailedSync(t *testing.T) {
	mem := vfs.NewCrashableMem()
	formatTest(t, mem, false)
	broken := false
	fsys := vfs.NewErrorFS(mem, func(op vfs.Op) error {
		if broken && op.Kind == vfs.OpSync {
			return fmt.Errorf("no sync today")
		}
		return nil
	})
	o := testOptions(fsys, false)
	var failure error
	o.OnFailure = func(err error) { failure = err }
	n := openNode(t, fsys, o, time.UnixMilli(1_800_000_000_000))
	n.register()
	broken = true
	if err := n.create("lost", 1); err != protocol.ErrNotController {
		t.Fatalf("answered %v", err)
	}
	if failure == nil || n.c.Status().Active || n.c.Image().Topics().ByName("lost") != nil {
		t.Fatalf("failure %v, status %+v", failure, n.c.Status())
	}
	broken = false
	if err := n.create("later", 1); err != protocol.ErrNotController {
		t.Fatalf("answered %v", err)
	}
	n.c.Close()
}
