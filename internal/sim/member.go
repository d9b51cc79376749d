package sim

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// member is a consumer of a group with the classic protocol: it joins, receives partitions, sends
// heartbeats and commits offsets. Sometimes it leaves or vanishes.
type member struct {
	client
	g          *group
	t          *topic
	id         string
	generation int32
	// life counts joins. The member ignores events of an earlier join.
	life  int
	owned []int32
}

const sessionTimeoutMs = 10_000

func (s *session) newMember(g *group, t *topic, i int) *member {
	return &member{client: s.newClient(fmt.Sprintf("member-%s-%d", g.name, i)), g: g, t: t}
}

func (c *member) loop() {
	c.begin()
	c.join()
}

func (c *member) rejoin(f func()) { c.again("join its group", f) }

func (c *member) join() {
	if c.s.calm {
		return
	}
	c.life++
	c.owned = nil
	find := &protocol.FindCoordinatorRequest{}
	find.SetDefaults()
	find.Key, find.CoordinatorKeys = c.g.name, []string{c.g.name}
	ask(&c.client, find, c.version(find, 0), func(r *protocol.FindCoordinatorResponse, lost bool) {
		if lost || r.ErrorCode != 0 || len(r.Coordinators) > 0 && r.Coordinators[0].ErrorCode != 0 {
			c.rejoin(c.join) // the first request creates the topic of the coordinator
			return
		}
		c.joinCoordinator()
	})
}

func (c *member) joinCoordinator() {
	req := &protocol.JoinGroupRequest{}
	req.SetDefaults()
	req.GroupID, req.MemberID, req.ProtocolType = c.g.name, c.id, "consumer"
	req.SessionTimeoutMs, req.RebalanceTimeoutMs = sessionTimeoutMs, 6000
	req.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range", Metadata: []byte(c.name)}}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.JoinGroupResponse, lost bool) {
		if lost {
			c.rejoin(c.join)
			return
		}
		switch e := protocol.Error(r.ErrorCode); e {
		case protocol.ErrNone:
			c.id, c.generation = r.MemberID, r.GenerationID
			c.joined(r)
		case protocol.ErrMemberIDRequired:
			c.id = r.MemberID
			c.joinCoordinator()
		case protocol.ErrUnknownMemberID:
			c.id = ""
			c.rejoin(c.join)
		default:
			if !e.Retriable() && e != protocol.ErrRebalanceInProgress {
				c.w.fail("groups: %s gets %s to its join", c.name, e.Name())
			}
			c.rejoin(c.join)
		}
	})
}

func (c *member) joined(r *protocol.JoinGroupResponse) {
	// A generation is in the log after its leader has synced. The number of an unsynced generation
	// may return after a crash.
	if r.GenerationID < c.g.synced {
		c.w.fail("groups: %s joins generation %d of %s, which had generation %d", c.name, r.GenerationID, c.g.name, c.g.synced)
	}
	if r.GenerationID != c.g.generation {
		c.g.generation, c.g.owners = r.GenerationID, map[int32]string{}
		c.s.stats.Rebalances++
	}
	req := &protocol.SyncGroupRequest{}
	req.SetDefaults()
	req.GroupID, req.MemberID, req.GenerationID = c.g.name, c.id, c.generation
	req.ProtocolType, req.ProtocolName = r.ProtocolType, r.ProtocolName
	if r.Leader == r.MemberID {
		for i, m := range r.Members {
			var mine []byte
			for p := range c.t.parts {
				if p%len(r.Members) == i {
					mine = binary.BigEndian.AppendUint32(mine, uint32(p))
				}
			}
			req.Assignments = append(req.Assignments, protocol.SyncGroupRequestRequestAssignment{MemberID: m.MemberID, Assignment: mine})
		}
	}
	version := c.version(req, 0)
	if r.ProtocolType == nil { // version 5 needs the type
		version = min(version, 4)
	}
	generation := c.generation
	ask(&c.client, req, version, func(r *protocol.SyncGroupResponse, lost bool) {
		if lost || r.ErrorCode != 0 {
			c.forget(lost, r)
			c.rejoin(c.join)
			return
		}
		c.g.synced = max(c.g.synced, generation)
		for b := r.Assignment; len(b) >= 4; b = b[4:] {
			p := int32(binary.BigEndian.Uint32(b))
			c.owned = append(c.owned, p)
			if generation == c.g.generation {
				if other := c.g.owners[p]; other != "" && other != c.id {
					c.w.fail("groups: generation %d of %s gives partition %d to %s and %s", generation, c.g.name, p, other, c.id)
				}
				c.g.owners[p] = c.id
			}
		}
		c.begin()
		c.fetchOffsets(func() { c.work(c.life) })
	})
}

// forget drops the member id when the coordinator does not know the member.
func (c *member) forget(lost bool, r *protocol.SyncGroupResponse) {
	if !lost && protocol.Error(r.ErrorCode) == protocol.ErrUnknownMemberID {
		c.id = ""
	}
}

// work sends heartbeats and commits until the group rebalances.
func (c *member) work(life int) {
	if life != c.life || c.s.calm {
		return
	}
	c.begin()
	switch n := c.w.rng.IntN(60); {
	case n == 0:
		c.leave()
		return
	case n == 1: // vanish: the session must time out
		c.id = ""
		c.w.after(c.w.between(time.Second, 30*time.Second), c.name+" comes back", c.loop)
		return
	case n < 4:
		// This commit arrives when the group has a newer generation, which must refuse it. While
		// the group prepares that generation, it may still accept the commit.
		late, generation := c.commit(), c.generation
		c.w.after(c.w.between(2*time.Second, 20*time.Second), c.name+" commits late", func() {
			if c.g.synced > generation {
				late()
			}
		})
	case n < 25:
		c.commit()()
	}
	c.heartbeat(life)
}

func (c *member) heartbeat(life int) {
	req := &protocol.HeartbeatRequest{}
	req.SetDefaults()
	req.GroupID, req.MemberID, req.GenerationID = c.g.name, c.id, c.generation
	ask(&c.client, req, c.version(req, 0), func(r *protocol.HeartbeatResponse, lost bool) {
		if life != c.life {
			return
		}
		switch {
		case lost:
			c.again("send a heartbeat", func() { c.work(life) })
		case r.ErrorCode == 0:
			c.w.after(c.w.between(500*time.Millisecond, 2*time.Second), c.name+" works", func() { c.work(life) })
		default:
			switch e := protocol.Error(r.ErrorCode); e {
			case protocol.ErrUnknownMemberID:
				c.id = ""
			case protocol.ErrRebalanceInProgress, protocol.ErrIllegalGeneration:
			default:
				if e.Retriable() {
					c.again("send a heartbeat", func() { c.work(life) })
					return
				}
				c.w.fail("groups: %s gets %s to its heartbeat", c.name, e.Name())
			}
			c.rejoin(c.join)
		}
	})
}

// commit prepares a commit for one of the owned partitions, with a larger offset than all earlier
// commits. The returned function sends it.
func (c *member) commit() (send func()) {
	if len(c.owned) == 0 {
		return func() {}
	}
	p := c.owned[c.w.rng.IntN(len(c.owned))]
	m := &c.g.commits[p]
	m.next++
	offset := m.next
	m.sent = offset
	req := &protocol.OffsetCommitRequest{}
	req.SetDefaults()
	req.GroupID, req.MemberID, req.GenerationIDOrMemberEpoch = c.g.name, c.id, c.generation
	meta := fmt.Sprint("m", offset)
	req.Topics = []protocol.OffsetCommitRequestRequestTopic{{Name: c.t.name, TopicID: c.t.id, Partitions: []protocol.OffsetCommitRequestRequestPartition{
		{PartitionIndex: p, CommittedOffset: offset, CommittedLeaderEpoch: -1, CommittedMetadata: &meta}}}}
	return func() {
		ask(&c.client, req, c.version(req, 0), func(r *protocol.OffsetCommitResponse, _ bool) { c.committed(m, offset, r) })
	}
}

// committed handles the answer to a commit.
func (c *member) committed(m *commits, offset int64, r *protocol.OffsetCommitResponse) {
	if r == nil {
		return
	}
	switch e := protocol.Error(r.Topics[0].Partitions[0].ErrorCode); e {
	case protocol.ErrNone:
		m.acked = max(m.acked, offset)
		c.s.stats.Commits++
	case protocol.ErrIllegalGeneration, protocol.ErrUnknownMemberID, protocol.ErrRebalanceInProgress:
	default:
		if !e.Retriable() {
			c.w.fail("groups: %s gets %s to its commit", c.name, e.Name())
		}
	}
}

// fetchOffsets compares the committed offsets with the acknowledged commits.
func (c *member) fetchOffsets(done func()) {
	var want []int64
	for _, m := range c.g.commits {
		want = append(want, m.acked)
	}
	req := &protocol.OffsetFetchRequest{}
	req.SetDefaults()
	var all []int32
	for p := range c.t.parts {
		all = append(all, int32(p))
	}
	version := c.version(req, 0)
	req.GroupID = c.g.name
	req.Topics = []protocol.OffsetFetchRequestRequestTopic{{Name: c.t.name, PartitionIndexes: all}}
	req.Groups = []protocol.OffsetFetchRequestRequestGroup{{GroupID: c.g.name, MemberEpoch: -1,
		Topics: []protocol.OffsetFetchRequestRequestTopics{{Name: c.t.name, TopicID: c.t.id, PartitionIndexes: all}}}}
	ask(&c.client, req, version, func(r *protocol.OffsetFetchResponse, lost bool) {
		if lost {
			done()
			return
		}
		if len(r.Topics) > 0 {
			for _, p := range r.Topics[0].Partitions {
				c.checkCommitted(p.PartitionIndex, p.CommittedOffset, p.ErrorCode, want)
			}
		}
		if len(r.Groups) > 0 && len(r.Groups[0].Topics) > 0 {
			for _, p := range r.Groups[0].Topics[0].Partitions {
				c.checkCommitted(p.PartitionIndex, p.CommittedOffset, p.ErrorCode, want)
			}
		}
		done()
	})
}

func (c *member) checkCommitted(p int32, offset int64, code int16, want []int64) {
	if code != 0 || int(p) >= len(want) {
		return
	}
	if w := want[p]; w > 0 && offset < w || offset > c.g.commits[p].sent {
		c.w.fail("commits: %s has offset %d of partition %d, %d was acknowledged, %d was sent last", c.g.name, offset, p, w, c.g.commits[p].sent)
	}
}

func (c *member) leave() {
	req := &protocol.LeaveGroupRequest{}
	req.SetDefaults()
	req.GroupID = c.g.name
	req.MemberID = c.id // before version 3
	req.Members = []protocol.LeaveGroupRequestMemberIdentity{{MemberID: c.id}}
	c.life++
	c.id = ""
	ask(&c.client, req, c.version(req, 0), func(*protocol.LeaveGroupResponse, bool) {
		c.w.after(c.w.between(time.Second, 20*time.Second), c.name+" comes back", c.loop)
	})
}
