package handlers

import (
	"flag"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/kraftwire"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/vfs"
)

var raftKafka = flag.Bool("kafka-raft", false, "record the answers of the Apache Kafka controllers that internal/handlers/testdata/raft.sh has started")

const (
	raftAnswers     = "testdata/raft_apis_kafka-4.4.0.txt"
	raftDifferences = "testdata/raft_apis_differences.txt"
)

// TestRaftAPIsAnswerAsKafka sends the requests to our controllers that were sent to controllers of
// Apache Kafka 4.4.0, and compares the answers.
func TestRaftAPIsAnswerAsKafka(t *testing.T) {
	var nodes raftNodes = raftSockets{t}
	if !*raftKafka {
		nodes = newRaftCluster(t)
	}
	var got strings.Builder
	raftScenario(&raftProbe{t: t, nodes: nodes, out: &got})
	if *raftKafka {
		compareRecorded(t, raftAnswers, true, got.String())
		return
	}
	compareLines(t, strings.Split(got.String(), "\n"), withDifferences(t))
}

// withDifferences returns Apache Kafka's answers. Where it fails to encode its answer, ours is in
// the place: the file has our lines.
func withDifferences(t *testing.T) []string {
	t.Helper()
	read := func(name string) []string {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Split(string(b), "\n")
	}
	ours := map[string]string{}
	for _, line := range read(raftDifferences) {
		title, _, _ := strings.Cut(line, ": ")
		ours[title] = line
	}
	lines := read(raftAnswers)
	for i, line := range lines {
		if title, answer, _ := strings.Cut(line, ": "); ours[title] != "" && answer == "{ErrorCode:-1 Topics:[]}" {
			lines[i] = ours[title]
		}
	}
	return lines
}

// raftHost is a host that runs everything in the goroutine of the test. The test moves its clock.
type raftHost struct {
	now    time.Duration
	rng    *rand.ChaCha8
	ready  []func()
	timers []*raftTimer
}

type raftTimer struct {
	at      time.Duration
	f       func()
	stopped bool
}

func (t *raftTimer) Stop() bool {
	pending := !t.stopped
	t.stopped = true
	return pending
}

func (h *raftHost) Now() time.Time         { return time.UnixMilli(1_800_000_000_000).Add(h.now) }
func (h *raftHost) Elapsed() time.Duration { return h.now + 1 }
func (h *raftHost) Uint64() uint64         { return h.rng.Uint64() }
func (h *raftHost) Go(f func())            { h.ready = append(h.ready, f) }

func (h *raftHost) AfterFunc(d time.Duration, f func()) host.Timer {
	t := &raftTimer{at: h.now + d, f: f}
	h.timers = append(h.timers, t)
	slices.SortStableFunc(h.timers, func(a, b *raftTimer) int { return int(a.at - b.at) })
	return t
}

func (h *raftHost) Each(n, _ int, f func(int)) {
	for i := range n {
		f(i)
	}
}

// settle runs the functions that are ready.
func (h *raftHost) settle() {
	for len(h.ready) > 0 {
		f := h.ready[0]
		h.ready = h.ready[1:]
		f()
	}
}

// step moves the clock to the next timer, at most to end. It returns false at end.
func (h *raftHost) step(end time.Duration) bool {
	h.settle()
	if len(h.timers) == 0 || h.timers[0].at > end {
		h.now = end
		return false
	}
	t := h.timers[0]
	h.timers = h.timers[1:]
	h.now = max(h.now, t.at)
	if !t.stopped {
		t.stopped = true
		t.f()
	}
	h.settle()
	return true
}

// raftCluster are three of our controllers. Their messages pass through the codec.
type raftQuorum struct {
	t          *testing.T
	h          *raftHost
	registries map[int32]*Registry
	nodes      map[int32]*quorum.Controller
	// down are nodes that refuse connections.
	down map[int32]bool
}

func raftVoter(id int32) quorum.Voter {
	return quorum.Voter{ID: id, DirectoryID: raftDirectory(id), MaxVersion: 1,
		Endpoints: []metadata.Endpoint{{Name: "CONTROLLER", Host: "127.0.0.1", Port: raftPort(id)}}}
}

func newRaftCluster(t *testing.T) *raftQuorum {
	c := &raftQuorum{t: t, h: &raftHost{rng: rand.NewChaCha8([32]byte{3})}, registries: map[int32]*Registry{}, nodes: map[int32]*quorum.Controller{}, down: map[int32]bool{}}
	for id := int32(1); id <= 3; id++ {
		c.open(id, raftVoter(1), raftVoter(2), raftVoter(3))
	}
	t.Cleanup(func() {
		for id := int32(1); id <= 9; id++ {
			if n := c.nodes[id]; n != nil {
				if err := n.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	})
	return c
}

// open formats and starts a node.
func (c *raftQuorum) open(id int32, voters ...quorum.Voter) *quorum.Controller {
	c.t.Helper()
	fsys := vfs.NewMem()
	_, err := quorum.Format(quorum.FormatOptions{FS: fsys, MetadataDir: "/data", LogDirs: []string{"/data"}, NodeID: id, ClusterID: raftClusterID,
		Voters: voters, NowMs: 1000, NewUUID: func() wire.UUID { return raftDirectory(id) }})
	if err != nil {
		c.t.Fatal(err)
	}
	cfg, _, err := config.ParseMap(map[string]string{"log.dirs": "/data", "listeners": "PLAINTEXT://127.0.0.1:0",
		"metadata.log.max.record.bytes.between.snapshots": "2000", "metadata.max.retention.ms": "20000"})
	if err != nil {
		c.t.Fatal(err)
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	q, err := quorum.Open(quorum.Options{FS: fsys, Dir: "/data", NodeID: id, ClusterID: raftClusterID, DirectoryID: raftDirectory(id), Broker: cfg, Logger: log, Host: c.h,
		Endpoints: raftVoter(id).Endpoints, Transport: &kraftwire.Transport{ClusterID: raftClusterID, Listener: "CONTROLLER", Timeout: 2 * time.Second, To: c.send}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.nodes[id] = q
	r := NewRegistry(append(RaftAPIs(Raft{Quorum: q, ClusterID: raftClusterID}), DescribeQuorum(q))...)
	r.Add(APIVersions(r, raftVersions{}))
	c.registries[id] = r
	q.Start()
	c.h.settle()
	return q
}

// raftVersions has the features of a node.
type raftVersions struct{}

func (raftVersions) Features() ([]Feature, int64) {
	return []Feature{{Name: "kraft.version", MaxLevel: 1}}, 1
}
func (raftVersions) ClusterID() string { return raftClusterID }
func (raftVersions) NodeID() int32     { return 1 }

// send implements kraftwire.Send.
func (c *raftQuorum) send(to kraftwire.Peer, m protocol.Message, _, version int16, _ time.Duration, done func(protocol.Message, int16, kraft.Failure)) {
	c.h.Go(func() {
		c.call(int32(to.Port-31083)/10, m.(protocol.Request), version, func(answer protocol.Message) {
			c.h.Go(func() {
				if answer == nil {
					done(nil, 0, kraft.Unreachable)
					return
				}
				done(answer, version, kraft.NotFailed)
			})
		})
	})
}

// call sends a request through the codec. done gets nil when the node does not answer.
func (c *raftQuorum) call(node int32, req protocol.Request, version int16, done func(protocol.Message)) {
	r := c.registries[node]
	if r == nil || c.down[node] {
		done(nil)
		return
	}
	from := Request{ClientHost: "127.0.0.1", Listener: "CONTROLLER", Received: c.h.Now()}
	r.Call(raftFrame(req, version)[4:], from, func(a Answer) {
		if a.Closed != "" {
			done(nil)
			return
		}
		done(raftAnswer(c.t, a.Frame, req, version))
	})
}

// do implements raftNodes.
func (c *raftQuorum) do(node int32, req protocol.Request, version int16) (answer protocol.Message) {
	c.t.Helper()
	answered := false
	c.call(node, req, version, func(m protocol.Message) { answer, answered = m, true })
	for end := c.h.now + time.Minute; !answered; {
		if !c.h.step(end) && !answered {
			c.t.Fatalf("no answer to %T", req)
		}
	}
	return answer
}

// pass implements raftNodes.
func (c *raftQuorum) pass() {
	for end := c.h.now + 100*time.Millisecond; c.h.step(end); {
	}
}
