package quorum

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/vfs"
)

// oneGoroutine is a host that runs everything in the goroutine of the test: functions in the order
// of their Go calls, timers in the order of their times.
type oneGoroutine struct {
	manual
	ready  []func()
	timers []*timer
}

type timer struct {
	at      time.Time
	f       func()
	stopped bool
}

func (t *timer) Stop() bool {
	pending := !t.stopped
	t.stopped = true
	return pending
}

func (h *oneGoroutine) Go(f func()) { h.ready = append(h.ready, f) }

func (h *oneGoroutine) AfterFunc(d time.Duration, f func()) host.Timer {
	t := &timer{at: h.now.Add(d), f: f}
	h.timers = append(h.timers, t)
	slices.SortStableFunc(h.timers, func(a, b *timer) int { return a.at.Compare(b.at) })
	return t
}

func (h *oneGoroutine) Each(n, _ int, f func(int)) {
	for i := range n {
		f(i)
	}
}

// run runs the ready functions, and the timers of a span of time.
func (h *oneGoroutine) run(span time.Duration) {
	for end := h.now.Add(span); ; {
		for len(h.ready) > 0 {
			f := h.ready[0]
			h.ready = h.ready[1:]
			f()
		}
		if len(h.timers) == 0 || h.timers[0].at.After(end) {
			h.now = end
			return
		}
		t := h.timers[0]
		h.timers = h.timers[1:]
		h.now = t.at
		if !t.stopped {
			t.stopped = true
			t.f()
		}
	}
}

// session opens a controller, makes topics, writes snapshots and closes it, all in one goroutine.
// It returns the image as text, with its random topic ids.
func session(t *testing.T, seed byte) []string {
	t.Helper()
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	h := &oneGoroutine{manual: *newManual(time.UnixMilli(1_800_000_000_000))}
	h.rng.Seed([32]byte{seed})
	o := testOptions(fsys, true)
	o.Host = h
	c, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	c.engine.set.snapshotBytes = 2000
	published := 0
	c.Subscribe(func(*metadata.Image, *metadata.Delta) { published++ })
	answered := 0
	register := &protocol.BrokerRegistrationRequest{BrokerID: 1, ClusterID: testCluster, IncarnationID: wire.UUID{1}, Features: supported(),
		LogDirs: []wire.UUID{o.DirectoryID}, PreviousBrokerEpoch: -1}
	controller.BrokerRegistration.Call(c, Request{Version: 4}, register, func(r *protocol.BrokerRegistrationResponse) {
		answered++
		controller.BrokerHeartbeat.Call(c, Request{Version: 2}, &protocol.BrokerHeartbeatRequest{BrokerID: 1, BrokerEpoch: r.BrokerEpoch,
			CurrentMetadataOffset: r.BrokerEpoch + 1}, func(*protocol.BrokerHeartbeatResponse) { answered++ })
	})
	if h.run(time.Second); answered != 0 || len(h.ready)+len(h.timers) != 0 {
		t.Fatal("the controller runs before Start")
	}
	c.Start()
	h.run(0)
	for i := range 20 {
		controller.CreateTopics.Call(c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 1000,
			Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: fmt.Sprint("t", i), NumPartitions: 3, ReplicationFactor: 1}}},
			func(r *protocol.CreateTopicsResponse) {
				if r.Topics[0].ErrorCode == 0 {
					answered++
				}
			})
		h.run(100 * time.Millisecond)
	}
	if answered != 22 || published < 20 || c.Stats().SnapshotBytes.Load() == 0 {
		t.Errorf("%d answers, %d images, a snapshot of %d bytes", answered, published, c.Stats().SnapshotBytes.Load())
	}
	out := dump(c.Image())
	late := protocol.ErrNone
	controller.CreateTopics.Call(c, Request{Version: 7}, &protocol.CreateTopicsRequest{Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: "late"}}},
		func(r *protocol.CreateTopicsResponse) { late = protocol.Error(r.Topics[0].ErrorCode) })
	if err := c.Close(); err != nil { // inside a simulator nothing else can run meanwhile
		t.Fatal(err)
	}
	if late != protocol.ErrNotController {
		t.Errorf("a request beside Close got %v", late)
	}
	h.run(time.Minute)
	return out
}

// A controller lives in one goroutine over a simulated clock, from Open to Close. The same seed
// gives the same image, with its topic ids; another seed gives other ids.
func TestControllerInOneGoroutine(t *testing.T) {
	a, again, b := session(t, 1), session(t, 1), session(t, 2)
	if !slices.Equal(a, again) {
		t.Error("two sessions of one seed differ")
	}
	if slices.Equal(a, b) {
		t.Error("sessions of two seeds have the same topic ids")
	}
}

// A request that waits for a leader times out, and a request that arrives after its time-out is not
// decided.
func TestRequestsTimeOut(t *testing.T) {
	v := openVoters(t)
	n := v.nodes[1]
	got := protocol.ErrNone
	create := func() {
		controller.CreateTopics.Call(n.c, Request{Version: 7}, &protocol.CreateTopicsRequest{TimeoutMs: 500,
			Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: "t", NumPartitions: 1, ReplicationFactor: 1}}},
			func(r *protocol.CreateTopicsResponse) { got = protocol.Error(r.Topics[0].ErrorCode) })
	}
	create()
	n.c.process()
	n.now = n.now.Add(400 * time.Millisecond)
	n.c.engine.tick()
	if got != protocol.ErrNone {
		t.Fatalf("answered %v before the time-out", got)
	}
	n.now = n.now.Add(200 * time.Millisecond)
	n.c.engine.tick()
	if got != protocol.ErrRequestTimedOut || n.c.Stats().TimedOut.Load() != 1 {
		t.Errorf("answered %v", got)
	}
	alone := openAlone(t)
	defer alone.close()
	n, got = alone, protocol.ErrNone
	create()
	n.now = n.now.Add(time.Second)
	if n.c.process(); got != protocol.ErrRequestTimedOut || n.c.Image().Topics().Len() != 0 {
		t.Errorf("answered %v, %d topics", got, n.c.Image().Topics().Len())
	}
}

// Without a leader nothing is decided, and a node that knows another leader refuses at once.
func TestFollowersRefuse(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.run("followers know it", func() bool {
		for _, n := range v.nodes { // any order
			if n.c.Status().LeaderID < 0 {
				return false
			}
		}
		return true
	})
	for id := int32(1); id <= 3; id++ {
		n := v.nodes[id]
		if n == v.leader() {
			continue
		}
		got := protocol.ErrNone
		controller.AllocateProducerIDs.Call(n.c, Request{}, &protocol.AllocateProducerIDsRequest{}, func(r *protocol.AllocateProducerIDsResponse) {
			got = protocol.Error(r.ErrorCode)
		})
		if n.c.process(); got != protocol.ErrNotController {
			t.Errorf("node %d answered %v", id, got)
		}
	}
}
