package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
)

// logTopic is a topic with all its records in ledgers.
type logTopic struct {
	name       string
	partitions int32
	configs    map[string]string
	compacted  bool // written by key
	retained   bool // retention deletes its oldest segments
}

var logTopics = []logTopic{
	{name: "plain", partitions: 3, configs: map[string]string{"segment.bytes": "1048576", "segment.ms": "1500"}},
	{name: "small", partitions: 2, configs: map[string]string{"internal.segment.bytes": "40000", "segment.index.bytes": "512", "index.interval.bytes": "500"}},
	{name: "retained", partitions: 2, retained: true, configs: map[string]string{"internal.segment.bytes": "100000", "retention.bytes": "400000"}},
	{name: "keyed", partitions: 2, compacted: true, configs: map[string]string{"cleanup.policy": "compact", "internal.segment.bytes": "60000",
		"min.cleanable.dirty.ratio": "0.02", "delete.retention.ms": "150", "segment.ms": "900"}},
}

// harness is one run.
type harness struct {
	o      options
	server *server
	story  *story
	rng    *rand.Rand // of the run's own goroutine

	ctx  context.Context // ends the load
	stop context.CancelFunc
	load sync.WaitGroup
	// failed receives the first violation.
	failed chan error

	admin   *kadm.Client
	ledgers map[part]*ledger
	keyed   *keyed
	// gate is held for reading by writers of the compacted topic while records are in flight, and
	// for writing by a reader that compares each key's last value.
	gate    sync.RWMutex
	members []*commits
	groups  []*register[groupState]
	topics  []*adminTopic

	sessions  atomic.Int32 // numbers of producers
	idMu      sync.Mutex
	ids       map[int64]int32 // producer id -> session
	producers []*kgo.Client   // that exist for the whole run
	count     counters
	phase     map[string]int // kills by moment
}

type counters struct {
	acked, unknown, commits, groupOps, topicOps, read, passes, deletedRecords atomic.Int64
}

func newHarness(o options) (*harness, error) {
	h := &harness{o: o, rng: rand.New(rand.NewPCG(uint64(o.seed), 0)), failed: make(chan error, 1),
		ledgers: map[part]*ledger{}, keyed: newKeyed(), ids: map[int64]int32{}, phase: map[string]int{}}
	h.ctx, h.stop = context.WithCancel(context.Background())
	for _, t := range logTopics {
		for p := range t.partitions {
			h.ledgers[part{t.name, p}] = newLedger(part{t.name, p}, t.compacted)
		}
	}
	var err error
	if h.story, err = newStory(o.dir); err != nil {
		return nil, err
	}
	if h.server, err = newServer(o.bin, o.dir); err != nil {
		return nil, err
	}
	// Use topic names in OffsetFetch: from version 10 on the client itself translates topic ids,
	// from a cache that may be stale.
	versions := kversion.Stable()
	versions.SetMaxKeyVersion(int16(kmsg.OffsetFetch), 9)
	cl, err := h.client(kgo.MaxVersions(versions))
	if err != nil {
		return nil, err
	}
	h.admin = kadm.NewClient(cl)
	h.admin.SetTimeoutMillis(20_000)
	return h, nil
}

// client returns a client that finds the broker again soon after a kill.
func (h *harness) client(opts ...kgo.Opt) (*kgo.Client, error) {
	base := []kgo.Opt{
		kgo.SeedBrokers(h.server.addr), kgo.DialTimeout(5 * time.Second), kgo.MetadataMinAge(20 * time.Millisecond),
		kgo.RetryBackoffFn(func(tries int) time.Duration { return min(time.Duration(tries)*10, 60) * time.Millisecond }),
		kgo.RequestTimeoutOverhead(20 * time.Second), kgo.RetryTimeout(20 * time.Second),
		// A broker that starts or dies closes a connection at once. The client must retry then.
		kgo.AlwaysRetryEOF(), kgo.DisableClientMetrics(),
	}
	return kgo.NewClient(append(base, opts...)...)
}

// fail reports a violation. Only the first one counts.
func (h *harness) fail(err error) {
	if err == nil {
		return
	}
	select {
	case h.failed <- err:
		h.story.add("VIOLATION %v", err)
	default:
	}
}

// violated returns the reported violation, or nil.
func (h *harness) violated() error {
	select {
	case err := <-h.failed:
		return err
	default:
		return nil
	}
}

// goLoad runs a part of the load until the load ends. Each part has its own random numbers, from
// the seed.
func (h *harness) goLoad(stream uint64, fn func(rng *rand.Rand)) {
	h.load.Add(1)
	go func() {
		defer h.load.Done()
		fn(rand.New(rand.NewPCG(uint64(h.o.seed), stream)))
	}()
}

// pause waits, and reports whether the load continues.
func (h *harness) pause(d time.Duration) bool {
	select {
	case <-h.ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

func (h *harness) summary() string {
	c := &h.count
	back := 0
	for _, m := range h.members {
		back += m.back
	}
	return fmt.Sprintf("crash: %d acknowledged, %d without an answer, %d commits of members (%d moved back), %d group operations, %d topic operations, "+
		"%d records deleted, %d records read in %d passes, %d producers, kills %v", c.acked.Load(), c.unknown.Load(), c.commits.Load(), back,
		c.groupOps.Load(), c.topicOps.Load(), c.deletedRecords.Load(), c.read.Load(), c.passes.Load(), h.sessions.Load(), h.phase)
}
