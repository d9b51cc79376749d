package quorum

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
)

// Transport carries the requests of the quorum to other controllers.
type Transport interface {
	// Send sends a request and calls done once: with the answer, or with the reason why there is
	// none. It does not block. to is below 0 for a bootstrap server, whose node id is unknown.
	Send(to int32, endpoints []kraft.Endpoint, request kraft.RequestBody, done func(kraft.ResponseBody, kraft.Failure))
}

// Serve performs a request of another node of the quorum. done is called once. It gets nil when
// this node takes no part in the quorum any more, because it stops or its log has failed.
func (c *Controller) Serve(request kraft.RequestBody, done func(kraft.ResponseBody)) {
	c.enqueue(op{dropped: func() { done(nil) }, internal: func(e *engine) { e.serve(request, done) }})
}

func (e *engine) serve(request kraft.RequestBody, done func(kraft.ResponseBody)) {
	if e.failure != nil {
		done(nil)
		return
	}
	e.requests++
	e.replies[e.requests] = done
	e.feedChange(kraft.Request{ID: e.requests, Body: request}, changesVoters(request))
}

// changesVoters reports whether the core may append a batch of its own when it gets a request.
func changesVoters(r kraft.RequestBody) bool {
	switch r.(type) {
	case *kraft.AddVoterRequest, *kraft.RemoveVoterRequest, *kraft.UpdateVoterRequest, *kraft.UpgradeVersionRequest:
		return true
	}
	return false
}

// feedChange gives the core an event. appends says that the core may append a batch of its own. The
// batches that the controller has made for the present log end come before it, and the next ones
// after it.
func (e *engine) feedChange(event kraft.Event, appends bool) {
	if appends {
		e.proposeBatches()
	}
	e.feed(event)
	if appends && e.active {
		e.nextOffset = max(e.nextOffset, e.node.Status().End)
	}
}

// Leader returns the leader of the epoch and its addresses. ID is kraft.None when it is unknown.
func (c *Controller) Leader() kraft.Leader {
	s := c.Status()
	return kraft.Leader{ID: s.LeaderID, Epoch: s.Epoch, Endpoints: s.LeaderEndpoints}
}

// dismiss ends the requests of other nodes that wait for their answers.
func (e *engine) dismiss() {
	ids := slices.Sorted(maps.Keys(e.replies))
	for _, id := range ids {
		done := e.replies[id]
		delete(e.replies, id)
		done(nil)
	}
}

// send sends a request of the core.
func (e *engine) send(c kraft.Call) {
	if e.o.Transport == nil { // the only voter is asked to add another one
		e.c.enqueue(op{internal: func(e *engine) { e.receive(c.ID, nil, kraft.Unreachable) }})
		return
	}
	e.o.Transport.Send(c.To, c.Endpoints, c.Body, func(r kraft.ResponseBody, f kraft.Failure) {
		e.c.enqueue(op{internal: func(e *engine) { e.receive(c.ID, r, f) }})
	})
}

// receive takes the answer to a request of the core.
func (e *engine) receive(id uint64, r kraft.ResponseBody, f kraft.Failure) {
	if r == nil && f == kraft.NotFailed {
		f = kraft.Unreachable // the other node has stopped, see Serve
	}
	if fetched, ok := r.(*kraft.FetchResponse); ok && f == kraft.NotFailed {
		batches, err := parseBatches(fetched.Records)
		if err != nil {
			e.log.Error("the leader sent damaged records of the metadata log", "leader", fetched.Leader.ID, "error", err)
		}
		if err != nil && len(batches) == 0 {
			f = kraft.TimedOut // the next fetch comes after a pause
		}
		fetched.Batches = batches
	}
	_, versions := r.(*kraft.VersionsResponse) // of a voter that is to be added
	e.feedChange(kraft.Answer{ID: id, Body: r, Failure: f}, versions)
}

// answer answers a request of another node.
func (e *engine) answer(r kraft.Reply) {
	done := e.replies[r.ID]
	delete(e.replies, r.ID)
	if done == nil {
		return // the log failed earlier in this step
	}
	if f, ok := r.Body.(*kraft.FetchResponse); ok && f.Range != nil && f.Range.From < f.Range.Below {
		data, err := e.store.read(f.Range.From, f.Range.Below, int(f.Range.MaxBytes))
		if err != nil {
			e.log.Error("the metadata log cannot be read for another node", "offset", f.Range.From, "error", err)
			f.Err = protocol.ErrUnknownServerError
		}
		f.Records = data
	}
	if s, ok := r.Body.(*kraft.FetchSnapshotResponse); ok && s.Err == protocol.ErrNone {
		e.readSnapshot(s)
	}
	done(r.Body)
}

// parseBatches describes the batches of a fetch for the core. It stops at bytes that are no batch.
func parseBatches(data []byte) (out []kraft.Batch, err error) {
	for batch, err := range record.Batches(data) {
		if err == nil {
			err = batch.Validate()
		}
		if err != nil {
			return out, err
		}
		b, err := describe(batch)
		if err != nil {
			return out, err
		}
		out = append(out, b)
	}
	return out, nil
}

// describe describes one batch for the core.
func describe(batch record.Batch) (kraft.Batch, error) {
	b := kraft.Batch{Base: batch.BaseOffset(), Last: batch.LastOffset(), Epoch: batch.PartitionLeaderEpoch(), Bytes: slices.Clone(batch)}
	if !batch.IsControl() {
		return b, nil
	}
	var r record.Reader
	r.Reset(batch, record.Limits{})
	for r.Next() {
		rec := r.Record()
		c, err := parseControl(rec.Key, rec.Value)
		if err != nil {
			return b, err
		}
		b.Control = append(b.Control, c)
	}
	return b, r.Err()
}

// catchUp initializes waiting publishers once the node has replayed everything that the leader had
// committed. Before that, the local snapshot and log may lack topics, and a broker would take their
// partitions for stray ones.
func (e *engine) catchUp() {
	if !e.caughtUp {
		s := e.node.Status()
		follows := s.Role == kraft.Following && s.LeaderHighWatermark >= 0 && e.committed >= s.LeaderHighWatermark
		if e.failure != nil || !e.active && !follows {
			return
		}
		e.caughtUp = true
	}
	waiting := e.subscribing
	e.subscribing = nil
	for _, p := range waiting {
		e.initialize(p)
	}
}
