package fetchsession

import "github.com/gregorhq/gregor/internal/protocol/wire"

// Session ids and epochs with a meaning of their own.
const (
	// InvalidSessionID is the id of a request or an answer without a session.
	InvalidSessionID = int32(0)
	// InitialEpoch asks for a new session; the request lists all partitions.
	InitialEpoch = int32(0)
	// FinalEpoch asks for no session, and ends the one it names.
	FinalEpoch = int32(-1)
)

// NextEpoch is the epoch a session expects after one with epoch e. It skips 0, which would ask for a new session.
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

// Fetch is what a request wants of one partition.
type Fetch struct {
	CurrentLeaderEpoch int32
	LastFetchedEpoch   int32
	Offset             int64
	// LogStartOffset is the follower's; -1 from a consumer.
	LogStartOffset int64
	// MaxBytes bounds what is returned for this partition.
	MaxBytes int32
	// HighWatermark is what a follower knows (KIP-1166); MaxInt64 otherwise.
	HighWatermark int64
}

// cached is one partition of a session.
type cached struct {
	key   Key
	fetch Fetch

	// What the last answer told the client. -1 forces the partition into the next answer.
	highWatermark  int64
	logStartOffset int64

	prev, next *cached
	// removed is set when the partition left the session: a fetch under way may still point here.
	removed bool
}

// Session is one incremental fetch session.
type Session struct {
	id           int32
	privileged   bool
	usesTopicIDs bool
	createdMs    int64
	// lastUsedMs orders the cache's list; it is set by touch only.
	lastUsedMs int64
	// epoch is what the next request must carry.
	epoch int32

	parts map[Key]*cached
	// first and last are the ends of the partitions in the order in which they are served: one that had data goes to the
	// end, so that a small max_bytes starves nobody.
	first, last *cached

	// older and newer link the cache's list by last use.
	older, newer *Session
	closed       bool
}

func (s *Session) put(key Key, f Fetch) {
	if c := s.parts[key]; c != nil {
		c.fetch = f
		return
	}
	c := &cached{key: key, fetch: f, highWatermark: -1, logStartOffset: -1}
	s.parts[key] = c
	s.pushBack(c)
}

func (s *Session) forget(key Key) {
	if c := s.parts[key]; c != nil {
		s.unlink(c)
		c.removed = true
		delete(s.parts, key)
	}
}

func (s *Session) pushBack(c *cached) {
	c.prev, c.next = s.last, nil
	if s.last != nil {
		s.last.next = c
	} else {
		s.first = c
	}
	s.last = c
}

func (s *Session) unlink(c *cached) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		s.first = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	} else {
		s.last = c.prev
	}
}

// news reports whether the client must hear of this partition, and remembers what it will have been told.
func (s *Session) news(c *cached, p *Part) bool {
	tell := p.Size > 0 || p.Force
	if c.highWatermark != p.HighWatermark {
		c.highWatermark, tell = p.HighWatermark, true
	}
	if c.logStartOffset != p.LogStartOffset {
		c.logStartOffset, tell = p.LogStartOffset, true
	}
	if p.Failed {
		// The next answer must say how it stands after the error, whatever was said before it.
		c.highWatermark, tell = -1, true
	}
	if tell && p.Size > 0 {
		s.unlink(c)
		s.pushBack(c)
	}
	return tell
}
