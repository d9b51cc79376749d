package sim

import "github.com/gregorhq/gregor/internal/protocol"

// simple commits offsets for a group without members, deletes them, and deletes the group. It keeps
// one operation in flight, so the committed offset is known whenever it asks.
type simple struct {
	client
	group string
	// offset is the committed offset, -1 for none. last is the largest offset of all commits.
	offset, last int64
}

func (s *session) newSimple(name string) *simple {
	return &simple{client: s.newClient(name), group: "simple", offset: -1}
}

func (c *simple) loop() {
	t := c.s.topics[0]
	if c.s.calm {
		return
	}
	c.w.after(c.s.pace(), c.name+" works", func() {
		c.begin()
		switch {
		case !t.exists:
			c.loop()
		case c.last == 0:
			c.find(func() { c.commit(t) })
		default:
			pick(c.w, c.commit, c.check, c.check, c.deleteOffset, c.deleteGroup)(t)
		}
	})
}

// find asks for the coordinator. The first request creates its topic.
func (c *simple) find(done func()) {
	req := &protocol.FindCoordinatorRequest{}
	req.SetDefaults()
	req.Key, req.CoordinatorKeys = c.group, []string{c.group}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.FindCoordinatorResponse, lost bool) {
		if lost || r.ErrorCode != 0 || len(r.Coordinators) > 0 && r.Coordinators[0].ErrorCode != 0 {
			c.again("find its coordinator", func() { c.find(done) })
			return
		}
		done()
	})
}

// decided reports whether an error ends an operation. Otherwise it schedules the operation again.
func (c *simple) decided(what string, e protocol.Error, retry func(), ends ...protocol.Error) bool {
	for _, x := range append(ends, protocol.ErrNone) {
		if e == x {
			return true
		}
	}
	if !e.Retriable() {
		c.w.fail("groups: %s gets %s to %s", c.name, e.Name(), what)
	}
	c.again(what, retry)
	return false
}

func (c *simple) commit(t *topic) {
	c.last++
	c.put(t, c.last)
}

func (c *simple) put(t *topic, offset int64) {
	req := &protocol.OffsetCommitRequest{}
	req.SetDefaults()
	req.GroupID, req.GenerationIDOrMemberEpoch = c.group, -1
	req.Topics = []protocol.OffsetCommitRequestRequestTopic{{Name: t.name, TopicID: t.id, Partitions: []protocol.OffsetCommitRequestRequestPartition{
		{CommittedOffset: offset, CommittedLeaderEpoch: -1}}}}
	again := func() { c.put(t, offset) }
	ask(&c.client, req, c.version(req, 0), func(r *protocol.OffsetCommitResponse, _ bool) {
		if r == nil {
			c.again("commit", again)
			return
		}
		if c.decided("commit", protocol.Error(r.Topics[0].Partitions[0].ErrorCode), again) {
			c.offset = offset
			c.s.stats.Commits++
			c.loop()
		}
	})
}

// check compares the committed offset with the last acknowledged operation.
func (c *simple) check(t *topic) {
	req := &protocol.OffsetFetchRequest{}
	req.SetDefaults()
	req.GroupID = c.group
	req.Topics = []protocol.OffsetFetchRequestRequestTopic{{Name: t.name, PartitionIndexes: []int32{0}}}
	req.Groups = []protocol.OffsetFetchRequestRequestGroup{{GroupID: c.group, MemberEpoch: -1,
		Topics: []protocol.OffsetFetchRequestRequestTopics{{Name: t.name, TopicID: t.id, PartitionIndexes: []int32{0}}}}}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.OffsetFetchResponse, lost bool) {
		if lost {
			c.again("fetch an offset", func() { c.check(t) })
			return
		}
		code, offset := r.ErrorCode, int64(-2)
		if len(r.Topics) > 0 {
			code, offset = max(code, r.Topics[0].Partitions[0].ErrorCode), r.Topics[0].Partitions[0].CommittedOffset
		}
		if len(r.Groups) > 0 {
			g := &r.Groups[0]
			if code = g.ErrorCode; len(g.Topics) > 0 {
				code, offset = max(code, g.Topics[0].Partitions[0].ErrorCode), g.Topics[0].Partitions[0].CommittedOffset
			}
		}
		if !c.decided("fetch an offset", protocol.Error(code), func() { c.check(t) }) {
			return
		}
		if offset != c.offset {
			c.w.fail("commits: %s has offset %d, the last acknowledged operation left %d", c.group, offset, c.offset)
		}
		c.loop()
	})
}

func (c *simple) deleteOffset(t *topic) {
	req := &protocol.OffsetDeleteRequest{}
	req.SetDefaults()
	req.GroupID = c.group
	req.Topics = []protocol.OffsetDeleteRequestRequestTopic{{Name: t.name,
		Partitions: []protocol.OffsetDeleteRequestRequestPartition{{}}}}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.OffsetDeleteResponse, _ bool) {
		again := func() { c.deleteOffset(t) }
		if r == nil {
			c.again("delete an offset", again)
			return
		}
		code := r.ErrorCode
		if len(r.Topics) > 0 {
			code = max(code, r.Topics[0].Partitions[0].ErrorCode)
		}
		c.deleted("delete an offset", protocol.Error(code), again)
	})
}

func (c *simple) deleteGroup(t *topic) {
	req := &protocol.DeleteGroupsRequest{}
	req.SetDefaults()
	req.GroupsNames = []string{c.group}
	ask(&c.client, req, c.version(req, 0), func(r *protocol.DeleteGroupsResponse, _ bool) {
		again := func() { c.deleteGroup(t) }
		if r == nil {
			c.again("delete a group", again)
			return
		}
		c.deleted("delete a group", protocol.Error(r.Results[0].ErrorCode), again)
	})
}

// deleted ends a deletion. A group without offsets does not exist.
func (c *simple) deleted(what string, e protocol.Error, again func()) {
	if c.decided(what, e, again, protocol.ErrGroupIDNotFound) {
		c.offset = -1
		c.loop()
	}
}
