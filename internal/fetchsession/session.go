package fetchsession

import (
	"github.com/gregorhq/gregor/internal/list"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Special session ids and epochs.
const (
	// InvalidSessionID is the id of a request or an answer without a session.
	InvalidSessionID = int32(0)
	// InitialEpoch asks for a new session. The request lists all partitions.
	InitialEpoch = int32(0)
	// FinalEpoch asks for no session, and ends the one that the request names.
	FinalEpoch = int32(-1)
)

// NextEpoch returns the epoch that a session expects after epoch e. It skips 0, which asks for a
// new session.
func NextEpoch(e int32) int32 {
	switch {
	case e < 0:
		return FinalEpoch
	case e == 1<<31-1:
		return 1
	}
	return e + 1
}

// Key names a partition in a session: by topic id since Fetch version 13, by name before.
type Key struct {
	// Topic is empty in a session that uses topic ids.
	Topic     string
	TopicID   wire.UUID
	Partition int32
}

// Fetch is a request for one partition.
type Fetch struct {
	CurrentLeaderEpoch int32
	LastFetchedEpoch   int32
	Offset             int64
	// LogStartOffset is that of the follower, -1 from a consumer.
	LogStartOffset int64
	// MaxBytes bounds the bytes of this partition in the answer.
	MaxBytes int32
	// HighWatermark is the one that a follower knows (KIP-1166), MaxInt64 otherwise.
	HighWatermark int64
	// DurableOffset is that of a follower's log, -1 when the follower does not say.
	DurableOffset int64
}

// cached is one partition of a session.
type cached struct {
	key   Key
	fetch Fetch

	// The values in the last answer. -1 forces the partition into the next answer.
	highWatermark  int64
	logStartOffset int64

	list.Links[cached]
	// removed is set when the partition has left the session. A fetch that has begun may still
	// use it.
	removed bool
}

// Session is one incremental fetch session.
type Session struct {
	id           int32
	privileged   bool
	usesTopicIDs bool
	createdMs    int64
	// lastUsedMs orders Cache.byUse.
	lastUsedMs int64
	// epoch is that of the next request.
	epoch int32

	parts map[Key]*cached
	// order has the partitions in the order in which they are read. A partition that had data
	// moves to the end, so that all partitions get their turn with a small max_bytes.
	order list.List[cached, *cached]

	closed bool

	list.Links[Session] // in Cache.byUse
}

func (s *Session) put(key Key, f Fetch) {
	if c := s.parts[key]; c != nil {
		c.fetch = f
		return
	}
	c := &cached{key: key, fetch: f, highWatermark: -1, logStartOffset: -1}
	s.parts[key] = c
	s.order.PushBack(c)
}

func (s *Session) forget(key Key) {
	if c := s.parts[key]; c != nil {
		s.order.Remove(c)
		c.removed = true
		delete(s.parts, key)
	}
}

// changed reports whether the partition belongs in the answer, and notes the values in the answer.
func (s *Session) changed(c *cached, p *Part) bool {
	include := p.Size > 0 || p.Force
	if c.highWatermark != p.HighWatermark {
		c.highWatermark, include = p.HighWatermark, true
	}
	if c.logStartOffset != p.LogStartOffset {
		c.logStartOffset, include = p.LogStartOffset, true
	}
	if p.Failed {
		// The next answer must have the values after the error.
		c.highWatermark, include = -1, true
	}
	if include && p.Size > 0 {
		s.order.MoveToBack(c)
	}
	return include
}
