package handlers

// OffsetFetch (key 9), versions 1-10.
//
// v2: null topics ask for all; a top-level error. v3: throttle time. v5: leader epoch (KIP-320).
// v6: flexible.
// v7: requireStable waits for open transactions with UNSTABLE_OFFSET_COMMIT (KIP-447). v8: several
// groups (KIP-709).
// v9: member id and epoch (KIP-848). v10: topic ids instead of names; an unknown one is
// UNKNOWN_TOPIC_ID (KIP-848). An unknown group or partition is no error: offset -1. The empty group
// id is allowed, as in Apache Kafka. Version 1 has no top-level error, so an error stands at each
// partition.
//
// Deviation: an answer above about 100 MiB is INVALID_REQUEST. Only a request that repeats a
// partition reaches this size.

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

const (
	offsetFetchVersionGroups  = 8
	offsetFetchVersionTopicID = 10
)

var _ = addCoordinated(func(at GroupCoordination) API {
	return NewAPI(1, 10, func(c *Ctx, req *protocol.OffsetFetchRequest) {
		if c.Version() < offsetFetchVersionGroups {
			fetchOneGroup(c, req, at)
			return
		}
		resp := protocol.New[protocol.OffsetFetchResponse]()
		resp.Groups = make([]protocol.OffsetFetchResponseResponseGroup, len(req.Groups))
		left := newAllowance()
		part := gather(len(req.Groups), func() { c.Respond(resp) })
		for i := range req.Groups {
			g := &req.Groups[i]
			unknown := resolveFetch(c.Version(), g, at.Topics)
			ask := group.OffsetFetchGroup{RequireStable: req.RequireStable, OffsetFetchRequestRequestGroup: g}
			group.OffsetFetch.Call(at.Groups, coordinatorRequest(c), ask, func(r *protocol.OffsetFetchResponseResponseGroup) {
				finishFetch(c.Version(), r, unknown, at.Topics)
				part(func() { resp.Groups[i] = *withinAllowance(left, r) })
			})
		}
	})
})

// withinAllowance returns r, or an error in its place when the answer would be too large. One group
// that exceeds the bound far is refused as well: a request can name one partition any number of
// times, and its metadata is in the answer each time.
func withinAllowance(left *allowance, r *protocol.OffsetFetchResponseResponseGroup) *protocol.OffsetFetchResponseResponseGroup {
	n := 16 + len(r.GroupID)
	for i := range r.Topics {
		n += 16 + len(r.Topics[i].Name)
		for j := range r.Topics[i].Partitions {
			n += 24
			if m := r.Topics[i].Partitions[j].Metadata; m != nil {
				n += len(*m)
			}
		}
	}
	if n > maxAnswer || !left.take(n) {
		return &protocol.OffsetFetchResponseResponseGroup{GroupID: r.GroupID, ErrorCode: tooMuch.Code()}
	}
	return r
}

// resolveFetch fills in names (version 10) or ids, so that offsets of an earlier topic of the same
// name are not in the answer, and takes unknown ids out of the request.
func resolveFetch(version int16, g *protocol.OffsetFetchRequestRequestGroup, topics GroupTopics) (unknown []protocol.OffsetFetchRequestRequestTopics) {
	if g.Topics == nil {
		return nil
	}
	keep := g.Topics[:0]
	for _, t := range g.Topics {
		if version < offsetFetchVersionTopicID {
			t.TopicID = topics.TopicID(t.Name)
			keep = append(keep, t)
			continue
		}
		if t.Name = topics.TopicName(t.TopicID); t.Name == "" {
			unknown = append(unknown, t)
			continue
		}
		keep = append(keep, t)
	}
	g.Topics = keep
	return unknown
}

// finishFetch adds the answers for unknown ids. It fills in ids when the request asked for all
// topics.
func finishFetch(version int16, r *protocol.OffsetFetchResponseResponseGroup, unknown []protocol.OffsetFetchRequestRequestTopics, topics GroupTopics) {
	if version < offsetFetchVersionTopicID || r.ErrorCode != 0 {
		return
	}
	keep := r.Topics[:0]
	for _, t := range r.Topics {
		if t.TopicID.IsZero() {
			t.TopicID = topics.TopicID(t.Name)
		}
		// A deleted topic has no id.
		if t.TopicID != (wire.UUID{}) {
			keep = append(keep, t)
		}
	}
	r.Topics = keep
	for _, u := range unknown {
		t := protocol.OffsetFetchResponseResponseTopics{TopicID: u.TopicID}
		for _, p := range u.PartitionIndexes {
			t.Partitions = append(t.Partitions, protocol.OffsetFetchResponseResponsePartitions{
				PartitionIndex: p, CommittedOffset: -1, CommittedLeaderEpoch: -1, Metadata: new(string),
				ErrorCode: int16(protocol.ErrUnknownTopicID),
			})
		}
		r.Topics = append(r.Topics, t)
	}
}

// fetchOneGroup serves versions 1-7.
func fetchOneGroup(c *Ctx, req *protocol.OffsetFetchRequest, at GroupCoordination) {
	g := &protocol.OffsetFetchRequestRequestGroup{GroupID: req.GroupID, MemberEpoch: -1}
	if req.Topics != nil || c.Version() < 2 {
		g.Topics = make([]protocol.OffsetFetchRequestRequestTopics, len(req.Topics))
		for i, t := range req.Topics {
			g.Topics[i] = protocol.OffsetFetchRequestRequestTopics{Name: t.Name, PartitionIndexes: t.PartitionIndexes}
		}
		resolveFetch(c.Version(), g, at.Topics)
	}
	ask := group.OffsetFetchGroup{RequireStable: req.RequireStable, OffsetFetchRequestRequestGroup: g}
	group.OffsetFetch.Call(at.Groups, coordinatorRequest(c), ask, func(r *protocol.OffsetFetchResponseResponseGroup) {
		r = withinAllowance(newAllowance(), r)
		resp := protocol.New[protocol.OffsetFetchResponse]()
		resp.ErrorCode = r.ErrorCode
		if r.ErrorCode != 0 && c.Version() < 2 {
			r.Topics = fetchErrors(g, r.ErrorCode)
		}
		for _, t := range r.Topics {
			ot := protocol.OffsetFetchResponseResponseTopic{Name: t.Name}
			for _, p := range t.Partitions {
				ot.Partitions = append(ot.Partitions, protocol.OffsetFetchResponseResponsePartition(p))
			}
			resp.Topics = append(resp.Topics, ot)
		}
		c.Respond(resp)
	})
}

func fetchErrors(g *protocol.OffsetFetchRequestRequestGroup, code int16) []protocol.OffsetFetchResponseResponseTopics {
	var out []protocol.OffsetFetchResponseResponseTopics
	for _, t := range g.Topics {
		rt := protocol.OffsetFetchResponseResponseTopics{Name: t.Name}
		for _, p := range t.PartitionIndexes {
			rt.Partitions = append(rt.Partitions, protocol.OffsetFetchResponseResponsePartitions{
				PartitionIndex: p, CommittedOffset: -1, CommittedLeaderEpoch: -1, Metadata: new(string), ErrorCode: code,
			})
		}
		out = append(out, rt)
	}
	return out
}
