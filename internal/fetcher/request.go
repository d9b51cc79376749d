package fetcher

import (
	"math"

	"github.com/gregorhq/gregor/internal/protocol"
)

// session is the sending side of an incremental fetch session (Kafka's FetchSessionHandler). The
// zero value asks for a session.
type session struct {
	// id is that of the leader's session, 0 for none. epoch is that of the next request. 0 asks for
	// a new session in place of the one with this id.
	id, epoch int32
	// generation counts the sessions. The answers to fetches of an earlier one are ignored.
	generation uint64
}

// renew makes the next request begin a session. known says that the leader may still have the
// present one.
func (s *session) renew(known bool) {
	if !known {
		s.id = 0
	}
	s.epoch = 0
	s.generation++
}

// flight is a fetch without an answer.
type flight struct {
	id         uint64
	generation uint64
	// full says that the request asks for a session. parts is the number of partitions that it
	// names.
	full  bool
	parts int
	req   *protocol.FetchRequest
}

// send sends the next fetch, if one is due.
func (f *Fetcher) send(nowMs int64) {
	if f.applying || f.wanted == 0 {
		return
	}
	switch len(f.flights) {
	case 0:
		if nowMs < f.pauseUntilMs || f.holds(nowMs) {
			return
		}
	case 1:
		// A second fetch is for partitions that cannot wait for the end of a long poll.
		if f.strange == 0 || f.session.epoch == 0 || f.flights[0].generation != f.session.generation {
			return
		}
	default:
		return
	}
	f.fx.Fetch = f.build()
}

// holds reports whether the next fetch waits for durable offsets. It does not when the leader will
// answer it at once, nor when it has a partition that is new to the leader. A leader that throttles
// the partitions that are behind does not answer at once.
func (f *Fetcher) holds(nowMs int64) bool {
	hurries := f.hungry > 0 && f.fed || f.strange > 0
	return f.unsynced > 0 && !hurries && nowMs < f.holdUntilMs
}

// build makes the next request.
func (f *Fetcher) build() *Fetch {
	req := f.request()
	f.lastID++
	full := f.session.epoch == 0
	req.SessionID, req.SessionEpoch = f.session.id, f.session.epoch
	n := 0
	if full {
		n = f.nameAll(req)
	} else {
		n = f.nameDirty(req)
		f.session.epoch = nextEpoch(f.session.epoch)
	}
	f.flights = append(f.flights, flight{f.lastID, f.session.generation, full, n, req})
	return &Fetch{ID: f.lastID, Request: req}
}

// nextEpoch returns the session epoch after epoch. It skips 0, which asks for a session.
func nextEpoch(epoch int32) int32 {
	if epoch == math.MaxInt32 {
		return 1
	}
	return epoch + 1
}

func (f *Fetcher) request() *protocol.FetchRequest {
	var req *protocol.FetchRequest
	if n := len(f.spare); n > 0 {
		req, f.spare = f.spare[n-1], f.spare[:n-1]
	} else {
		req = protocol.New[protocol.FetchRequest]()
	}
	req.ReplicaID, req.ReplicaState.ReplicaID, req.ReplicaState.ReplicaEpoch = f.set.BrokerID, f.set.BrokerID, f.set.BrokerEpoch
	req.MaxWaitMs, req.MinBytes, req.MaxBytes = f.set.MaxWaitMs, f.set.MinBytes, f.set.MaxBytes
	req.Topics, req.ForgottenTopicsData = req.Topics[:0], req.ForgottenTopicsData[:0]
	return req
}

// nameAll puts every wanted part into a request that begins a session.
func (f *Fetcher) nameAll(req *protocol.FetchRequest) (n int) {
	f.dirty = f.dirty[:0]
	for p := f.order.First; p != nil; {
		next := p.Next
		p.dirty, p.inSession = false, false
		switch {
		case p.removed:
			f.forget(p)
		case p.wanted:
			f.name(req, p)
			n++
		}
		p = next
	}
	return n
}

// nameDirty puts the changes since the last request into a request.
func (f *Fetcher) nameDirty(req *protocol.FetchRequest) (n int) {
	for i, p := range f.dirty {
		f.dirty[i], p.dirty = nil, false
		switch {
		case p.wanted && (!p.inSession || p.known != p.now()):
			f.name(req, p)
			n++
		case !p.wanted && p.inSession:
			unname(req, p)
			p.inSession = false
		}
		if p.removed {
			f.forget(p)
		}
	}
	f.dirty = f.dirty[:0]
	return n
}

// name puts a part into a request.
func (f *Fetcher) name(req *protocol.FetchRequest, p *part) {
	p.inSession, p.known, p.namedBy = true, p.now(), f.lastID
	f.touch(p)
	n := len(req.Topics)
	if n == 0 || req.Topics[n-1].TopicID != p.key.Topic {
		if n < cap(req.Topics) {
			req.Topics = req.Topics[:n+1]
		} else {
			req.Topics = append(req.Topics, protocol.FetchRequestTopic{})
		}
		req.Topics[n].Topic, req.Topics[n].TopicID, req.Topics[n].Partitions = p.name, p.key.Topic, req.Topics[n].Partitions[:0]
		n++
	}
	t := &req.Topics[n-1]
	t.Partitions = append(t.Partitions, protocol.FetchRequestPartition{
		Partition: p.key.Index, CurrentLeaderEpoch: p.epoch, FetchOffset: p.at.End, LastFetchedEpoch: p.at.LastEpoch,
		LogStartOffset: p.at.Start, PartitionMaxBytes: f.set.PartitionMaxBytes, HighWatermark: math.MaxInt64, DurableOffset: p.at.Durable,
	})
}

// unname takes a part out of the leader's session.
func unname(req *protocol.FetchRequest, p *part) {
	n := len(req.ForgottenTopicsData)
	if n == 0 || req.ForgottenTopicsData[n-1].TopicID != p.key.Topic {
		if n < cap(req.ForgottenTopicsData) {
			req.ForgottenTopicsData = req.ForgottenTopicsData[:n+1]
		} else {
			req.ForgottenTopicsData = append(req.ForgottenTopicsData, protocol.FetchRequestForgottenTopic{})
		}
		t := &req.ForgottenTopicsData[n]
		t.Topic, t.TopicID, t.Partitions = p.name, p.key.Topic, t.Partitions[:0]
		n++
	}
	t := &req.ForgottenTopicsData[n-1]
	t.Partitions = append(t.Partitions, p.key.Index)
}

// land takes a fetch that has got its answer or gets none out of the flights. ok is false for an
// unknown one.
func (f *Fetcher) land(id uint64) (done flight, ok bool) {
	for i := range f.flights {
		if f.flights[i].id == id {
			done = f.flights[i]
			f.flights = append(f.flights[:i], f.flights[i+1:]...)
			f.spare = append(f.spare, done.req)
			return done, true
		}
	}
	return done, false
}

// broken begins a new session after a fetch without an answer: the leader may have read the request
// or not. When the leader's process is gone, or a new one is there already, the first retry comes
// without a pause.
func (f *Fetcher) broken(nowMs int64, e Broken) {
	if _, ok := f.land(e.ID); !ok {
		return
	}
	f.session.renew(true)
	f.breaks++
	pause := min(firstBackoffMs<<min(f.breaks-1, 20), f.set.BackoffMs)
	if f.breaks == 1 && e.Gone {
		pause = 0
	}
	f.pauseUntilMs = nowMs + pause
}
