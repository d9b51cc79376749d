package fetchsession

// Outcome is how a request stands to its session; the engine turns it into an error code.
type Outcome uint8

// The outcomes of Begin and Finish.
const (
	OK Outcome = iota
	// SessionNotFound is FETCH_SESSION_ID_NOT_FOUND.
	SessionNotFound
	// InvalidEpoch is INVALID_FETCH_SESSION_EPOCH.
	InvalidEpoch
	// TopicIDMismatch is FETCH_SESSION_TOPIC_ID_ERROR: a session made with topic names is used with ids, or the reverse.
	TopicIDMismatch
)

// Request is what a fetch request says about its session.
type Request struct {
	SessionID int32
	Epoch     int32
	// UsesTopicIDs is true from Fetch version 13 on.
	UsesTopicIDs bool
	// Privileged is true for a follower.
	Privileged bool
	// Forgotten are partitions to take out of the session.
	Forgotten []Key
}

// Part is one partition of a fetch. The request's side is filled by the caller of Begin (listed partitions) or by Begin (those
// of the session), the answer's side by the caller of Finish.
type Part struct {
	Key   Key
	Fetch Fetch

	// Size is the record bytes found, HighWatermark and LogStartOffset as answered.
	Size           int
	HighWatermark  int64
	LogStartOffset int64
	// Failed says that the partition answers with an error.
	Failed bool
	// Force puts the partition into the answer whatever the session knows: a preferred replica, a diverging epoch.
	Force bool
	// Include is Finish's verdict: the partition belongs in the answer.
	Include bool

	cached *cached
}

// Context is one fetch on its way. Reuse it by Reset; Parts keeps its memory.
type Context struct {
	// Parts goes in with the partitions that the request lists and comes out with all to be read, in order.
	Parts []Part
	// Incremental says that Finish leaves out partitions without news.
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

// Begin finds the request's session and sets x.Parts to the partitions to read. On an outcome other than OK nothing is to be
// read and the answer is that error alone, with session id 0.
func (c *Cache) Begin(nowMs int64, r Request, x *Context) Outcome {
	x.request, x.session, x.create, x.Incremental = r, nil, false, false
	if r.Epoch == InitialEpoch || r.Epoch == FinalEpoch {
		// A full request replaces whatever session it names.
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
		// The client begins anew, and is answered without a session then.
		c.remove(s)
		return SessionNotFound
	}
	if len(s.parts) == 0 {
		// A session without partitions is of no use; the request is answered without one.
		c.remove(s)
		return OK
	}
	c.touch(s, nowMs)
	s.epoch = NextEpoch(s.epoch)
	x.session, x.Incremental = s, true
	x.Parts = x.Parts[:0]
	for p := s.first; p != nil; p = p.next {
		x.Parts = append(x.Parts, Part{Key: p.key, Fetch: p.fetch, cached: p})
	}
	return OK
}

// Finish marks the parts that belong in the answer, and gives the session id to answer with. newID proposes ids for a new
// session; values that are taken or not positive are passed over. On InvalidEpoch the answer is that error alone, with the id.
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
			p.Include = s.news(p.cached, p)
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
