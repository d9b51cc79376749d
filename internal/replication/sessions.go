package replication

import (
	"sync"

	"github.com/gregorhq/gregor/internal/fetchsession"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// sessionEvictionMs is the time for which a fetch session is safe from eviction (Kafka's
// MIN_INCREMENTAL_FETCH_SESSION_EVICTION_MS).
const sessionEvictionMs = 120_000

// Sessions is the broker's fetch sessions: the core of internal/fetchsession behind a lock. Its
// methods are safe for concurrent use.
type Sessions struct {
	mu    sync.Mutex
	cache *fetchsession.Cache
	// newID draws the id of a session, 0 or more.
	newID func() int32
	// polls are the fetches of followers that may wait for records, by session. An entry is there
	// until its fetch is done and before it is released.
	polls map[int32]*FetchRequest
}

// NewSessions makes room for slots sessions (max.incremental.fetch.session.cache.slots). It draws
// their ids from r.
func NewSessions(slots int, r host.Random) *Sessions {
	return &Sessions{polls: map[int32]*FetchRequest{}, cache: fetchsession.NewCache(slots, sessionEvictionMs), newID: func() int32 { return int32(r.Uint64() >> 33) }}
}

// Begin finds the session of a request. See [fetchsession.Cache.Begin]. A follower that sends
// another fetch of a session while one waits for records ends the wait: it has partitions that
// cannot wait.
func (s *Sessions) Begin(nowMs int64, r fetchsession.Request, x *fetchsession.Context) protocol.Error {
	if r.Privileged && r.SessionID != fetchsession.InvalidSessionID {
		s.endPoll(r.SessionID)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return sessionError(s.cache.Begin(nowMs, r, x))
}

// endPoll ends the wait of a session's fetch, which is then answered before endPoll returns.
func (s *Sessions) endPoll(id int32) {
	s.mu.Lock()
	var finish func()
	if f := s.polls[id]; f != nil {
		finish = f.Abandon()
	}
	s.mu.Unlock()
	if finish != nil {
		finish()
	}
}

// Poll notes a follower's fetch that may wait. Polled follows when it is done.
func (s *Sessions) Poll(id int32, f *FetchRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.polls[id] = f
}

// Polled ends Poll.
func (s *Sessions) Polled(id int32, f *FetchRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.polls[id] == f {
		delete(s.polls, id)
	}
}

// Finish finds the parts that belong in the answer. See [fetchsession.Cache.Finish].
func (s *Sessions) Finish(nowMs int64, x *fetchsession.Context) (sessionID int32, err protocol.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, o := s.cache.Finish(nowMs, x, s.newID)
	return id, sessionError(o)
}

// Counts returns the number of sessions, of their partitions, and of evictions so far.
func (s *Sessions) Counts() (sessions, partitions int, evicted int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cache.Len(), s.cache.Partitions(), s.cache.Evicted()
}

func sessionError(o fetchsession.Outcome) protocol.Error {
	switch o {
	case fetchsession.SessionNotFound:
		return protocol.ErrFetchSessionIDNotFound
	case fetchsession.InvalidEpoch:
		return protocol.ErrInvalidFetchSessionEpoch
	case fetchsession.TopicIDMismatch:
		return protocol.ErrFetchSessionTopicIDError
	}
	return protocol.ErrNone
}
