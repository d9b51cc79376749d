package storage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

// crashOps is how many operations the script of TestPowerCut has; GREGOR_CRASH_OPS sets it.
func crashOps() int {
	if n, err := strconv.Atoi(os.Getenv("GREGOR_CRASH_OPS")); err == nil {
		return n
	}
	return 300
}

// TestPowerCut runs a random script on a log and cuts the power before every single change that the
// log makes to the disk. It repeats each cut in several ways: no unsynced write survives, all
// survive, or any part. The log must then open, be a prefix of the written records, hold every
// record that a Sync had covered, and know its producers and epochs.
func TestPowerCut(t *testing.T) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed", seed), func(t *testing.T) {
			t.Parallel()
			newCrashRun(t, seed).script(crashOps() / 4)
		})
	}
}

// written is one batch that the model knows.
type written struct {
	bytes      record.Batch
	base, last int64
}

type crashRun struct {
	t    *testing.T
	rng  *rand.Rand
	mem  *vfs.Mem
	fs   vfs.FS
	cfg  *Config
	log  *Log
	op   string
	cuts int

	history []written // everything written and not truncated, retention or not
	pending []written // being appended
	begin   int64     // where history begins
	next    int64     // model of the log end
	synced  int64     // what a Sync has covered
	// restart is the other legal beginning while TruncateFullyAndStartAt runs, -1 otherwise.
	restart int64
	// owner has the checkpoint files. Only the log lowers them.
	owner
	epoch int32
}

func newCrashRun(t *testing.T, seed uint64) *crashRun {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes, c.RetentionMs, c.RetentionBytes, c.FileDeleteDelayMs = 1500, 300, -1, 4000, 0
	r := &crashRun{t: t, rng: rand.New(rand.NewPCG(seed, 1)), mem: vfs.NewCrashableMem(), cfg: c, restart: -1}
	if err := r.mem.MkdirAll(filepath.Dir(testDir), vfs.DirPerm); err != nil {
		t.Fatal(err)
	}
	if err := syncMount(r.mem, ""); err != nil { // the log directory itself is the owner's
		t.Fatal(err)
	}
	r.watch()
	return r
}

func (r *crashRun) watch() {
	r.fs = vfs.WithHook(r.mem, func(op vfs.Op) error {
		if op.Mutates() {
			r.cut(op)
		}
		return nil
	})
}

func (r *crashRun) options(fsys vfs.FS, clean bool) Options {
	checkpoints := r.owner
	o := checkpoints.options(fsys, r.cfg) // what checks an image of the disk does not change the owner's files
	if fsys == r.fs {
		o.LowerCheckpoints = r.lower
	}
	o.CleanShutdown = clean
	return o
}

func (r *crashRun) script(ops int) {
	r.open(false)
	for i := range ops {
		r.step()
		if r.log.LogEndOffset() != r.next {
			r.t.Fatalf("op %d %s: end %d, want %d", i, r.op, r.log.LogEndOffset(), r.next)
		}
	}
	if r.cuts < ops {
		r.t.Fatalf("only %d cuts in %d operations", r.cuts, ops)
	}
}

func (r *crashRun) step() {
	switch n := r.rng.IntN(100); {
	case n < 45:
		r.append()
	case n < 60:
		r.sync(n < 53)
	case n < 64:
		r.op = "roll"
		r.must(r.log.Roll(1))
	case n < 70:
		r.truncate()
	case n < 72:
		r.truncateFully()
	case n < 82:
		r.retention()
	case n < 86:
		r.op = "delete files"
		_, err := r.log.DeleteFiles(1 << 40)
		r.must(err)
	case n < 90:
		r.op = "sweep"
		r.log.pool.Sweep()
	case n < 95:
		r.op = "checkpoint"
		r.checkpoint(r.log)
	case n < 98:
		r.open(n < 96)
	default:
		r.powerCut()
	}
}

// powerCut continues with the disk after the cut. So the test also covers the recovery's own
// changes to the disk, and a second cut soon after the first.
func (r *crashRun) powerCut() {
	r.op = "power cut, open"
	r.mem = r.mem.CrashClone(vfs.CrashOptions{Rand: r.rng, Keep: 0.7, Block: 512})
	r.watch()
	l, err := Open(r.options(r.fs, false))
	r.must(err)
	r.log, r.next = l, l.LogEndOffset()
	for n := len(r.history); n > 0 && r.history[n-1].last >= r.next; n-- {
		r.history = r.history[:n-1]
	}
	r.must(r.matches(l, r.history, int64(len(r.history))))
}

func (r *crashRun) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%s: %v", r.op, err)
	}
}

func (r *crashRun) open(clean bool) {
	if r.log != nil {
		r.op = fmt.Sprint("close ", clean)
		r.must(r.log.Close(clean))
		if clean {
			r.synced = r.next
			r.checkpoint(r.log)
		}
	}
	r.op = fmt.Sprint("open ", clean)
	l, err := Open(r.options(r.fs, clean))
	r.must(err)
	r.log = l
	r.must(r.matches(l, r.history, int64(len(r.history))))
}

func (r *crashRun) append() {
	r.op = "append"
	if r.rng.IntN(10) == 0 {
		r.epoch++
	}
	n := 1 + r.rng.IntN(3)
	base, seq := r.next, r.lastSequence(r.history)+1
	r.pending = nil
	var all []byte
	for range n {
		count := 1 + r.rng.IntN(3)
		o := record.BuilderOptions{LeaderEpoch: -1}
		if r.rng.IntN(2) == 0 {
			o.Producer = &record.Producer{ID: 7, Epoch: 0, Sequence: seq}
			seq += int32(count)
		}
		b := record.NewBuilder(o)
		for i := range count {
			value := fmt.Appendf(nil, "%d-%d-%s", base, i, bytes.Repeat([]byte("x"), r.rng.IntN(120)))
			r.must(b.Append(int64(i), 1000+base+int64(i), nil, value, nil))
		}
		bytesOf, err := b.Bytes()
		r.must(err)
		w := append(record.Batch(nil), bytesOf...)
		all = append(all, w...)
		w.SetBaseOffset(base)
		w.SetPartitionLeaderEpoch(r.epoch)
		r.pending = append(r.pending, written{bytes: w, base: base, last: w.LastOffset()})
		base = w.NextOffset()
	}
	_, err := r.log.AppendAsLeader(all, AppendOptions{LeaderEpoch: r.epoch, NowMs: 1000})
	r.must(err)
	r.history, r.pending, r.next = append(r.history, r.pending...), nil, base
}

func (r *crashRun) lastSequence(h []written) int32 {
	for i := len(h) - 1; i >= 0; i-- {
		if h[i].bytes.HasProducerID() {
			return h[i].bytes.LastSequence()
		}
	}
	return -1
}

func (r *crashRun) sync(whole bool) {
	r.op = "sync"
	if whole {
		upTo, gen, err := r.log.PrepareSync()
		r.must(err)
		r.must(syncMount(r.fs, testDir))
		r.log.SyncDone(upTo, gen)
	} else {
		r.must(r.log.Sync(r.next))
	}
	r.synced = r.next
	if r.log.RecoveryPoint() != r.next {
		r.t.Fatalf("recovery point %d after a sync of %d", r.log.RecoveryPoint(), r.next)
	}
}

func (r *crashRun) truncate() {
	start := r.log.LogStartOffset()
	to := max(start, r.next-r.rng.Int64N(40))
	if r.rng.IntN(4) == 0 { // an unclean leader may end below the log start
		to = max(start-r.rng.Int64N(30), 0)
	}
	if to < r.log.Segments()[0].BaseOffset {
		r.restart = to
		r.op = fmt.Sprintf("truncate to %d, below all segments of [%d, %d)", to, start, r.next)
		r.synced = 0
		r.must(r.log.TruncateTo(to))
		r.restarted()
		return
	}
	kept := r.history
	for len(kept) > 0 && kept[len(kept)-1].last >= to {
		kept = kept[:len(kept)-1]
	}
	end := to
	if len(kept) < len(r.history) && r.history[len(kept)].base < to {
		end = r.history[len(kept)].base
	}
	r.op = fmt.Sprintf("truncate to %d of %d", to, r.next)
	r.synced = min(r.synced, end)
	r.must(r.log.TruncateTo(to))
	r.history, r.next = kept, end
}

func (r *crashRun) truncateFully() {
	r.restart = r.next + r.rng.Int64N(20) - 5
	r.restart = max(r.restart, 0)
	r.op = fmt.Sprint("truncate fully, start at ", r.restart)
	r.synced = 0
	r.must(r.log.TruncateFullyAndStartAt(r.restart))
	r.restarted()
}

// restarted notes that the log is empty and begins at restart.
func (r *crashRun) restarted() {
	r.history, r.begin, r.next, r.synced = nil, r.restart, r.restart, r.restart
	r.restart = -1
}

func (r *crashRun) retention() {
	r.op = "retention"
	start := r.log.LogStartOffset()
	hw := r.log.SetHighWatermark(start + r.rng.Int64N(r.next-start+1))
	if r.rng.IntN(2) == 0 && hw > start {
		r.must(r.log.SetLogStartOffset(start + r.rng.Int64N(hw-start)))
	}
	_, _, err := r.log.DeleteOldSegments(1)
	r.must(err)
}

// cut checks what a power cut just before op would leave.
func (r *crashRun) cut(op vfs.Op) {
	r.cuts++
	for _, keep := range []float64{0, 1, 0.5, 0.8} {
		block := int64(512)
		if r.rng.IntN(2) == 0 {
			block = 4096
		}
		img := r.mem.CrashClone(vfs.CrashOptions{Rand: r.rng, Keep: keep, Block: block})
		if err := r.checkImage(img); err != nil {
			r.t.Fatalf("power cut %d during %q before %q, keeping %v: %v; start %d, checkpoints %d %d", r.cuts, r.op, op, keep, err, r.log.LogStartOffset(), r.recoveryPoint, r.logStart)
		}
	}
}

func (r *crashRun) checkImage(img *vfs.Mem) error {
	l, err := Open(r.options(img, false))
	if err != nil {
		return err
	}
	h := append(r.history[:len(r.history):len(r.history)], r.pending...)
	end := l.LogEndOffset()
	if r.restart >= 0 && end == r.restart && l.LogStartOffset() == end {
		return nil // TruncateFullyAndStartAt had come so far
	}
	if end < r.synced {
		return fmt.Errorf("the log ends at %d, %d was synced", end, r.synced)
	}
	// The log may end between two batches only, unless it is empty.
	n := len(h)
	for n > 0 && h[n-1].last >= end {
		n--
	}
	if n > 0 && h[n-1].last+1 != end && end > max(r.logStart, r.begin) && l.Size() > 0 {
		return fmt.Errorf("the log ends at %d, which is no border of a batch", end)
	}
	return r.matches(l, h[:n], int64(n))
}
