package fetchsession

import "github.com/gregorhq/gregor/internal/list"

// Cache has the sessions of one broker, or of one shard of it.
type Cache struct {
	maxSlots   int
	evictionMs int64
	sessions   map[int32]*Session
	byUse      list.List[Session, *Session] // the least recently used first
	// Invariant: partitions is the sum over all sessions, and at most partitionsMax.
	partitions, partitionsMax int
	evicted                   int64
}

// maxPartitions bounds the partitions of all sessions together. Each needs about 250 bytes. Kafka
// bounds the number of sessions only, although a client may list a million partitions in each, also
// ones that do not exist.
const maxPartitions = 1_000_000

// NewCache makes a cache of at most maxSlots sessions (max.incremental.fetch.session.cache.slots).
// A session that was not used for evictionMs may be evicted for any other session. A session that
// was may be evicted only for one of higher rank.
func NewCache(maxSlots int, evictionMs int64) *Cache {
	return &Cache{maxSlots: maxSlots, evictionMs: evictionMs, partitionsMax: maxPartitions, sessions: make(map[int32]*Session)}
}

// Len returns the number of sessions.
func (c *Cache) Len() int { return len(c.sessions) }

// Partitions returns the number of partitions of all sessions.
func (c *Cache) Partitions() int { return c.partitions }

// Evicted returns how many sessions were evicted.
func (c *Cache) Evicted() int64 { return c.evicted }

func (c *Cache) remove(s *Session) {
	delete(c.sessions, s.id)
	c.byUse.Remove(s)
	c.partitions -= len(s.parts)
	s.closed = true
}

func (c *Cache) touch(s *Session, nowMs int64) {
	s.lastUsedMs = nowMs
	c.byUse.MoveToBack(s)
}

// add puts a new session into the cache if there is room, or a session of lower rank to evict.
func (c *Cache) add(s *Session, nowMs int64, newID func() int32) bool {
	for c.partitions+len(s.parts) > c.partitionsMax {
		if !c.evictStale(nowMs) {
			return false
		}
	}
	if c.maxSlots <= 0 || (len(c.sessions) >= c.maxSlots && !c.evict(s.privileged, len(s.parts), nowMs)) {
		return false
	}
	for {
		if id := newID(); id > 0 && c.sessions[id] == nil {
			s.id = id
			break
		}
	}
	s.createdMs, s.lastUsedMs = nowMs, nowMs
	c.sessions[s.id] = s
	c.byUse.PushBack(s)
	c.partitions += len(s.parts)
	return true
}

// evict makes room for a session of the given kind and size. It evicts a stale session first.
// Otherwise it evicts the session of the lowest rank, if that is below the rank of the new one.
// Followers rank above consumers, then more partitions above fewer.
func (c *Cache) evict(privileged bool, size int, nowMs int64) bool {
	if c.evictStale(nowMs) {
		return true
	}
	var least *Session
	for s := c.byUse.First; s != nil; s = s.Next {
		settled := s.lastUsedMs-s.createdMs > c.evictionMs
		if (settled || (privileged && !s.privileged)) && (least == nil || s.rank().less(least.rank())) {
			least = s
		}
	}
	if least == nil || (rank{privileged, size, 0}).less(least.rank()) {
		return false
	}
	c.remove(least)
	c.evicted++
	return true
}

func (c *Cache) evictStale(nowMs int64) bool {
	s := c.byUse.First
	if s == nil || nowMs-s.lastUsedMs <= c.evictionMs {
		return false
	}
	c.remove(s)
	c.evicted++
	return true
}

// rank orders sessions for eviction, as Kafka's EvictableKey does.
type rank struct {
	privileged bool
	size       int
	id         int32
}

func (s *Session) rank() rank { return rank{s.privileged, len(s.parts), s.id} }

func (a rank) less(b rank) bool {
	if a.privileged != b.privileged {
		return b.privileged
	}
	if a.size != b.size {
		return a.size < b.size
	}
	return a.id < b.id
}
