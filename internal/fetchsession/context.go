package fetchsession

// Outcome is the result for the session of a request. The engine turns it into an error code.
type Outcome uint8

// The outcomes of Begin and Finish.
const (
	OK Outcome = iota
	// SessionNotFound is FETCH_SESSION_ID_NOT_FOUND.
	SessionNotFound
	// InvalidEpoch is INVALID_FETCH_SESSION_EPOCH.
	InvalidEpoch
	// TopicIDMismatch is FETCH_SESSION_TOPIC_ID_ERROR: a request uses topic ids for a session
	// with topic names, or the reverse.
	TopicIDMismatch
)

// Request is the part of a fetch request that concerns its session.
type Request struct {
	SessionID int32
	Epoch     int32
	// UsesTopicIDs is true from Fetch version 13 on.
	UsesTopicIDs bool
	// Privileged is true for a follower.
	Privileged bool
	// Forgotten are the partitions to remove from the session.
	Forgotten []Key
}

// Part is one partition of a fetch. The caller of Begin sets Key and Fetch of the partitions that
// the request lists; Begin sets those of the session. The caller of Finish sets the results.
type Part struct {
	Key   Key
	Fetch Fetch

	// Size is the number of bytes of the records. HighWatermark and LogStartOffset are those
	// of the answer.
	Size           int
	HighWatermark  int64
	LogStartOffset int64
	// Failed says that the partition's answer is an error.
	Failed bool
	// Force puts the partition into the answer in any case: a preferred replica, a diverging
	// epoch.
	Force bool
	// Include is the result of Finish: the partition belongs in the answer.
	Include bool

	cached *cached
}

// Context is one fetch. Reset makes it ready for another one and keeps the memory of Parts.
type Context struct {
	// Parts has the partitions that the request lists. Begin replaces them with all partitions
	// to read, in order.
	Parts []Part
	// Incremental says that Finish leaves out partitions without changes.
	Incremental bool

	session *Session
	create  bool
	request Request
}

// Reset makes the context ready for another request.
func (x *Context) Reset() {
	clear(x.Parts)
	*x = Context{Parts: x.Parts[:0]}
}

// Begin finds the session of a request and sets x.Parts to the partitions to read. After an outcome
// other than OK the caller reads nothing. The answer is then the error, with session id 0.
func (c *Cache) Begin(nowMs int64, r Request, x *Context) Outcome {
	x.request, x.session, x.create, x.Incremental = r, nil, false, false
	if r.Epoch == InitialEpoch || r.Epoch == FinalEpoch {
		// A full request replaces the session that it names.
		if s := c.sessions[r.SessionID]; s != nil {
			c.remove(s)
		}
		x.create = r.Epoch == InitialEpoch
		return OK
	}
	s := c.sessions[r.SessionID]
	switch {
	case s == nil:
		return SessionNotFound
	case s.epoch != r.Epoch:
		return InvalidEpoch
	case s.usesTopicIDs != r.UsesTopicIDs:
		return TopicIDMismatch
	}
	before := len(s.parts)
	for i := range x.Parts {
		s.put(x.Parts[i].Key, x.Parts[i].Fetch)
	}
	for _, k := range r.Forgotten {
		s.forget(k)
	}
	c.partitions += len(s.parts) - before
	if c.partitions > c.partitionsMax {
		// The client sends a full request next, and gets an answer without a session.
		c.remove(s)
		return SessionNotFound
	}
	if len(s.parts) == 0 {
		// A session without partitions has no use. The answer has none.
		c.remove(s)
		return OK
	}
	c.touch(s, nowMs)
	s.epoch = NextEpoch(s.epoch)
	x.session, x.Incremental = s, true
	x.Parts = x.Parts[:0]
	for p := s.order.First; p != nil; p = p.Next {
		x.Parts = append(x.Parts, Part{Key: p.key, Fetch: p.fetch, cached: p})
	}
	return OK
}

// Finish marks the parts that belong in the answer, and returns the session id of the answer. newID
// proposes ids for a new session; Finish skips ids that are taken or not positive. After
// InvalidEpoch the answer is the error, with the id.
func (c *Cache) Finish(nowMs int64, x *Context, newID func() int32) (sessionID int32, o Outcome) {
	if x.session == nil {
		for i := range x.Parts {
			x.Parts[i].Include = true
		}
		if !x.create {
			return InvalidSessionID, OK
		}
		return c.create(nowMs, x, newID), OK
	}
	s := x.session
	if s.epoch != NextEpoch(x.request.Epoch) {
		return s.id, InvalidEpoch
	}
	for i := range x.Parts {
		p := &x.Parts[i]
		if !p.cached.removed {
			p.Include = s.changed(p.cached, p)
		}
	}
	return s.id, OK
}

func (c *Cache) create(nowMs int64, x *Context, newID func() int32) int32 {
	s := &Session{
		privileged: x.request.Privileged, usesTopicIDs: x.request.UsesTopicIDs,
		epoch: NextEpoch(InitialEpoch), parts: make(map[Key]*cached, len(x.Parts)),
	}
	for i := range x.Parts {
		p := &x.Parts[i]
		s.put(p.Key, p.Fetch)
		cp := s.parts[p.Key]
		cp.highWatermark, cp.logStartOffset = p.HighWatermark, p.LogStartOffset
		if p.Failed {
			cp.highWatermark = -1
		}
	}
	if !c.add(s, nowMs, newID) {
		return InvalidSessionID
	}
	return s.id
}
