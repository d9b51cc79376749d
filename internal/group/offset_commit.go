package group

import (
	"github.com/gregorhq/gregor/internal/java"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/shard"
)

// commitVersionGroupNotFound is the first version whose answer is GROUP_ID_NOT_FOUND. Older ones
// get ILLEGAL_GENERATION.
const commitVersionGroupNotFound = 9

// OffsetCommit stores offsets. Topics have names, and ids where there are any, in every version.
var OffsetCommit = API[*protocol.OffsetCommitRequest, *protocol.OffsetCommitResponse]{
	Key: func(q *protocol.OffsetCommitRequest) string { return q.GroupID },
	Decide: func(s *Shard, env shard.Env, r shard.Request, q *protocol.OffsetCommitRequest, to shard.Waiter) shard.Outcome {
		return s.CommitOffsets(env.Now, r.Version, q, to)
	},
	Fail: func(_ shard.Request, q *protocol.OffsetCommitRequest) func(protocol.Error) *protocol.OffsetCommitResponse {
		return func(err protocol.Error) *protocol.OffsetCommitResponse { return commitError(q, err) }
	},
}

// CommitOffsets runs OffsetCommit (versions 2-10). The caller has resolved topics: each has a name,
// and an id if the topic has one. A commit also counts as a heartbeat. Generation -1 without member
// is a simple consumer or an administrator. It may commit while the group has no members.
func (s *Shard) CommitOffsets(now int64, version int16, req *protocol.OffsetCommitRequest, to shard.Waiter) shard.Outcome {
	var out shard.Outcome
	if err := s.validateCommit(version, req); err != protocol.ErrNone {
		out.Reply(to, commitError(req, err))
		return out
	}
	if g := s.groups[req.GroupID]; g != nil && g.is(Stable, PreparingRebalance) {
		if m := g.member(req.MemberID); m != nil {
			s.keepAlive(now, g, m, int64(m.sessionTimeoutMs), &out)
		}
	}
	expireAt := int64(-1)
	if req.RetentionTimeMs >= 0 {
		expireAt = now + req.RetentionTimeMs
	}
	limit := s.config().OffsetMetadataMaxLength
	r := protocol.New[protocol.OffsetCommitResponse]()
	r.Topics = make([]protocol.OffsetCommitResponseResponseTopic, len(req.Topics))
	for i := range req.Topics {
		t, rt := &req.Topics[i], &r.Topics[i]
		rt.Name, rt.TopicID = t.Name, t.TopicID
		rt.Partitions = make([]protocol.OffsetCommitResponseResponsePartition, len(t.Partitions))
		for j := range t.Partitions {
			p := &t.Partitions[j]
			rt.Partitions[j].PartitionIndex = p.PartitionIndex
			metadata := strOrEmpty(p.CommittedMetadata)
			if java.Length(metadata) > limit {
				rt.Partitions[j].ErrorCode = int16(protocol.ErrOffsetMetadataTooLarge)
				continue
			}
			out.Records = append(out.Records, offsetRecord(req.GroupID, t.Name, p.PartitionIndex, committed{
				offset: p.CommittedOffset, leaderEpoch: p.CommittedLeaderEpoch, metadata: metadata, committedAt: now,
				expireAt: expireAt, topicID: t.TopicID,
			}))
		}
	}
	if !s.fits(out.Records...) {
		out.Records = nil
		out.Reply(to, commitError(req, protocol.ErrUnknownServerError))
		return out
	}
	s.counts.Commits += uint64(len(out.Records))
	out.Reply(to, r)
	return out
}

func (s *Shard) validateCommit(version int16, req *protocol.OffsetCommitRequest) protocol.Error {
	generation := req.GenerationIDOrMemberEpoch
	g := s.groups[req.GroupID]
	if g == nil {
		f := s.foreign[req.GroupID]
		switch {
		case f != nil && !f.convertible():
			return protocol.ErrGroupIDNotFound // a share group has no offsets (ShareGroup.validateOffsetCommit)
		case f != nil && (generation >= 0 || f.members > 0):
			return protocol.ErrUnknownMemberID
		case generation < 0:
			return protocol.ErrNone
		case version >= commitVersionGroupNotFound:
			return protocol.ErrGroupIDNotFound
		default:
			return protocol.ErrIllegalGeneration
		}
	}
	switch {
	case generation < 0 && g.state == Empty:
		return protocol.ErrNone
	case generation >= 0 || req.MemberID != "" || req.GroupInstanceID != nil:
		if err := g.validate(req.MemberID, req.GroupInstanceID); err != protocol.ErrNone {
			return err
		}
		if generation != g.generation {
			return protocol.ErrIllegalGeneration
		}
	case g.state != Empty:
		return protocol.ErrUnknownMemberID
	}
	if g.state == CompletingRebalance {
		// The member knows the new generation but not its partitions, so it must not commit now.
		return protocol.ErrRebalanceInProgress
	}
	return protocol.ErrNone
}

// commitError is the OffsetCommit answer with err for every partition.
func commitError(req *protocol.OffsetCommitRequest, err protocol.Error) *protocol.OffsetCommitResponse {
	r := protocol.New[protocol.OffsetCommitResponse]()
	r.Topics = make([]protocol.OffsetCommitResponseResponseTopic, len(req.Topics))
	for i := range req.Topics {
		t, rt := &req.Topics[i], &r.Topics[i]
		rt.Name, rt.TopicID = t.Name, t.TopicID
		rt.Partitions = make([]protocol.OffsetCommitResponseResponsePartition, len(t.Partitions))
		for j := range t.Partitions {
			rt.Partitions[j] = protocol.OffsetCommitResponseResponsePartition{
				PartitionIndex: t.Partitions[j].PartitionIndex, ErrorCode: int16(err),
			}
		}
	}
	return r
}
