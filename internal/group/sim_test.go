package group

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// sim drives one shard with random members of two groups, a clock that jumps, a
// log that is slow or fails, and moves of the coordinator. The checker looks at
// every answer and, now and then, at the state.
type sim struct {
	*driver
	rng     *rand.Rand
	clients []*client
	check   *checker
	bug     string // a planted bug, see TestCheckerFires
}

// client is one consumer process.
type client struct {
	name       string
	group      string
	instance   *string
	id         string
	generation int32
	leader     bool
	members    []string
	waiting    bool // a request is parked
	seq        int  // answers to an earlier life are ignored
	state      string
	offset     int64
}

func newSim(seed uint64, bug string) *sim {
	c := DefaultConfig()
	c.InitialRebalanceDelayMs, c.MaxSize, c.OffsetsRetentionMs, c.RetentionCheckMs = 500, 5, 120_000, 30_000
	s := &sim{driver: newDriver(c), rng: rand.New(rand.NewPCG(seed, 7)), bug: bug}
	s.quiet = true
	s.check = newChecker()
	for i := range 7 {
		cl := &client{name: fmt.Sprintf("c%d", i), group: "g", state: "out"}
		if i >= 5 {
			cl.group = "h"
		}
		if i%3 == 0 {
			cl.instance = strPtrOrNil(fmt.Sprintf("i%d", i))
		}
		s.clients = append(s.clients, cl)
	}
	s.onReply = s.answered
	s.onDeleted = s.check.deleted
	return s
}

// run takes steps until one breaks a rule.
func (s *sim) run(steps int) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	for step := range steps {
		s.step()
		if s.check.err == nil && step%16 == 0 {
			s.check.state(s)
		}
		if s.check.err != nil {
			return fmt.Errorf("step %d: %w", step, s.check.err)
		}
	}
	s.release(protocol.ErrNone)
	s.check.state(s)
	s.answer(s.s.Unloaded().Replies)
	if s.check.err == nil && s.replies != s.waiting {
		return fmt.Errorf("%d requests, %d answers", s.waiting, s.replies)
	}
	return s.check.err
}

func (s *sim) step() {
	switch n := s.rng.IntN(100); {
	case n < 60:
		s.act(s.clients[s.rng.IntN(len(s.clients))])
	case n < 75:
		s.advance(s.now + s.rng.Int64N(2500))
	case n < 78 && !s.holding:
		s.holding = true
	case n < 90:
		err := protocol.ErrNone
		if s.rng.IntN(8) == 0 {
			err = protocol.ErrCoordinatorNotAvailable
		}
		s.release(err)
	case n < 98 || s.rng.IntN(6) > 0:
		// nothing: members get on
	case n == 98:
		s.release(protocol.ErrNotCoordinator)
		s.reload()
		for _, c := range s.clients {
			c.waiting = false
		}
	case s.rng.IntN(2) == 0:
		s.do(s.s.Delete("h", s.driver.waiter("admin")))
	default:
		s.advance(s.now + 200_000)
	}
}

// act lets a client do what its state asks for, or something rash.
func (s *sim) act(c *client) {
	if s.rng.IntN(80) == 0 { // the process dies and starts again
		c.seq++
		c.state, c.waiting, c.id = "out", false, ""
		return
	}
	if c.waiting {
		return
	}
	w := fmt.Sprintf("%s/%d", c.name, c.seq)
	s.ids[w] = c.id
	a := args{"group": c.group, "session": "6000", "rebalance": "9000", "gen": fmt.Sprint(c.generation), "id": w}
	if c.instance != nil {
		a["instance"] = *c.instance
	}
	switch c.state {
	case "out":
		if c.id == "" {
			delete(a, "id")
		}
		a["protocols"] = []string{"range:t,rr:t", "rr:t,range:t", "range:t"}[s.rng.IntN(3)]
		c.waiting = true
		s.join(w, c.group, a)
	case "joined":
		if c.leader {
			a["assign"] = s.assignment(c, w)
		}
		c.waiting = true
		s.sync(w, c.group, a)
	case "stable":
		s.inGroup(c, w, a)
	}
}

func (s *sim) inGroup(c *client, w string, a args) {
	switch n := s.rng.IntN(20); {
	case n == 0:
		c.state = "out" // rejoin
	case n == 1 && c.instance == nil:
		s.leave(w, c.group, a)
		c.state, c.id = "out", ""
	case n < 10:
		req := protocol.New[protocol.HeartbeatRequest]()
		req.GroupID, req.MemberID, req.GenerationID, req.GroupInstanceID = c.group, c.id, c.generation, c.instance
		s.do(s.s.Heartbeat(s.now, req, s.driver.waiter(w)))
	default:
		c.offset++
		req := protocol.New[protocol.OffsetCommitRequest]()
		req.GroupID, req.MemberID, req.GenerationIDOrMemberEpoch, req.GroupInstanceID = c.group, c.id, c.generation, c.instance
		req.Topics = []protocol.OffsetCommitRequestRequestTopic{{Name: "t", Partitions: []protocol.OffsetCommitRequestRequestPartition{
			{PartitionIndex: int32(s.rng.IntN(3)), CommittedOffset: c.offset}}}}
		s.do(s.s.CommitOffsets(s.now, 8, req, s.driver.waiter(w)))
	}
}

// assignment gives each member of the generation something of its own.
func (s *sim) assignment(c *client, w string) string {
	out := ""
	for i, m := range c.members {
		name := fmt.Sprintf("%s#%d", w, i)
		s.ids[name] = m
		owned := fmt.Sprintf("%d/%d", c.generation, i)
		if s.bug == "double-assign" {
			owned = fmt.Sprintf("%d/0", c.generation)
		}
		if i > 0 {
			out += ","
		}
		out += name + ":" + owned
	}
	return out
}

// answered takes an answer to the client that waits for it.
func (s *sim) answered(waiter string, r any) {
	var c *client
	for _, o := range s.clients {
		if waiter == fmt.Sprintf("%s/%d", o.name, o.seq) {
			c = o
		}
	}
	if c == nil {
		return
	}
	switch r := r.(type) {
	case protocol.Error:
		c.waiting = false
	case *protocol.JoinGroupResponse:
		s.joined(c, r)
	case *protocol.SyncGroupResponse:
		c.waiting = false
		c.state = "out"
		if r.ErrorCode == 0 {
			c.state = "stable"
			s.check.assigned(c, string(r.Assignment))
		}
		s.mayBeUnknown(c, r.ErrorCode)
	case *protocol.HeartbeatResponse:
		if r.ErrorCode != 0 {
			c.state = "out"
			s.mayBeUnknown(c, r.ErrorCode)
		}
	}
}

func (s *sim) joined(c *client, r *protocol.JoinGroupResponse) {
	c.waiting = false
	if protocol.Error(r.ErrorCode) == protocol.ErrMemberIDRequired {
		c.id = r.MemberID
		return
	}
	s.mayBeUnknown(c, r.ErrorCode)
	if r.ErrorCode != 0 {
		return
	}
	c.id, c.generation, c.leader, c.state = r.MemberID, r.GenerationID, r.Leader == r.MemberID && !r.SkipAssignment, "joined"
	c.members = nil
	for _, m := range r.Members {
		c.members = append(c.members, m.MemberID)
	}
	s.check.joined(c, r)
}

func (s *sim) mayBeUnknown(c *client, code int16) {
	switch protocol.Error(code) {
	case protocol.ErrUnknownMemberID, protocol.ErrFencedInstanceID, protocol.ErrIllegalGeneration:
		c.id = ""
	}
}

var seeds = flag.Int("seeds", 20, "how many random runs")

// TestRandomMembers. Found by it: a simple group whose offsets were deleted
// outlived them in a replay of the whole log, not of the compacted one (in
// testdata/offsets.txt now).
func TestRandomMembers(t *testing.T) {
	for seed := range uint64(*seeds) {
		if err := newSim(seed, "").run(4000); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// TestCheckerFires plants bugs; the checker must see each.
func TestCheckerFires(t *testing.T) {
	for _, bug := range []string{"double-assign", "lost-answer", "early-answer", "lost-replay", "generation-back", "counts"} {
		found := false
		for seed := range uint64(10) {
			s := newSim(seed, bug)
			s.driver.bug = bug
			if s.run(3000) != nil {
				found = true
				break
			}
		}
		if !found {
			t.Errorf("%s: not seen", bug)
		}
	}
}
