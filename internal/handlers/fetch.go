package handlers

// Fetch (key 1), versions 4-18.
//
// v4: isolation level, aborted transactions. v5: log start offset. v7: fetch sessions (KIP-227).
// v9: leader epoch (KIP-320).
// v10: zstd. v11: rack, preferred replica (KIP-392). v12: flexible, last fetched epoch, diverging
// epoch (KIP-595).
// v13: topics by id (KIP-516). v14: error codes of tiered storage. v15: replica state (KIP-903).
// v16: leader endpoints (KIP-951).
// v17: replica directory (KIP-853). v18: the follower's high watermark (KIP-1166). A partition
// without data answers an empty record set, never null. Records come in whole batches; the first of
// an answer is given even above the limits (KIP-74), and none is ever cut, where Kafka may end an
// answer inside a batch. Large ranges are sent from the file by the socket writer. An isolation
// level that does not exist is UNKNOWN_SERVER_ERROR.
//
// A replica id of a broker is accepted on listeners of brokers only; elsewhere it is
// TOPIC_AUTHORIZATION_FAILED, Kafka's answer without CLUSTER_ACTION (CVE-2018-1288).
//
// Deviations: an answer has whole batches only; Kafka cuts the last one where a limit of the
// request ends. A request with the replica id of a broker is TOPIC_AUTHORIZATION_FAILED on a
// listener of clients; Kafka without an authorizer lets any client be a follower, and answers
// NOT_LEADER_OR_FOLLOWER when the broker has no such replica.
// Offsets whose segment file is gone are CORRUPT_MESSAGE, which stops a consumer; Kafka skips them
// without an error and goes on with the next segment.

import (
	"sync"

	"github.com/gregorhq/gregor/internal/fetchsession"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replication"
)

// Fetcher reads from partitions.
type Fetcher interface {
	// Fetch reads the parts or waits for them. It calls f.Done once, on any goroutine.
	Fetch(f *replication.FetchRequest)
	// FetchMaxBytes is fetch.max.bytes.
	FetchMaxBytes() int32
	Image() *metadata.Image
}

// FetchSessions keeps the partitions of earlier requests (KIP-227).
type FetchSessions interface {
	Begin(nowMs int64, r fetchsession.Request, x *fetchsession.Context) protocol.Error
	Finish(nowMs int64, x *fetchsession.Context) (sessionID int32, err protocol.Error)
	// Poll and Polled enclose a follower's fetch. The next Begin of the session ends its wait.
	Poll(sessionID int32, f *replication.FetchRequest)
	Polled(sessionID int32, f *replication.FetchRequest)
}

var _ = declare(func(e Engines) API { return Fetch(e.Replicas, e.Sessions) })

// Fetch makes the API.
func Fetch(log Fetcher, sessions FetchSessions) API {
	calls := &sync.Pool{New: func() any { return new(fetchCall) }}
	return NewPooledAPI(4, 18, func(c *Ctx, req *protocol.FetchRequest) {
		call := calls.Get().(*fetchCall)
		call.c, call.req, call.log, call.sessions, call.pool = c, req, log, sessions, calls
		call.begin()
	})
}

// fetchCall is one Fetch. It is used again after the answer.
type fetchCall struct {
	c        *Ctx
	req      *protocol.FetchRequest
	log      Fetcher
	sessions FetchSessions
	pool     *sync.Pool

	session fetchsession.Context
	resp    protocol.FetchResponse
	// inline holds small record sets for the answer.
	inline []byte
	forgot []fetchsession.Key
	// seen is empty between requests.
	seen map[fetchsession.Key]int
}

func (f *fetchCall) begin() {
	f.session.Reset()
	replicaID, replicaEpoch := f.req.ReplicaID, int64(-1)
	if f.c.Version() >= 15 {
		replicaID, replicaEpoch = f.req.ReplicaState.ReplicaID, f.req.ReplicaState.ReplicaEpoch
	}
	if !isolationLevel(f.req.IsolationLevel) {
		f.refuseIsolation()
		return
	}
	f.listParts()
	request := fetchsession.Request{SessionID: f.req.SessionID, Epoch: f.req.SessionEpoch, UsesTopicIDs: f.c.Version() >= 13,
		Privileged: replicaID >= 0, Forgotten: f.forgotten()}
	if err := f.sessions.Begin(f.c.Now.UnixMilli(), request, &f.session); err != protocol.ErrNone {
		f.fail(err, fetchsession.InvalidSessionID)
		return
	}
	r := replication.NewFetchRequest()
	r.ReplicaID, r.ReplicaEpoch = replicaID, replicaEpoch
	r.MaxBytes = min(f.req.MaxBytes, f.log.FetchMaxBytes())
	r.MinBytes, r.MaxWaitMs, r.Isolation = min(f.req.MinBytes, r.MaxBytes), f.req.MaxWaitMs, f.req.IsolationLevel
	r.AnyReplica = replicaID < 0 && f.c.Version() >= 11
	r.NowMs, r.Owner, r.Done = f.c.Now.UnixMilli(), f, fetchDone
	f.addParts(r)
	if replicaID >= 0 && !f.c.Privileged {
		for i := range r.Parts {
			r.Parts[i].Refuse(protocol.ErrTopicAuthorizationFailed)
		}
		fetchDone(r)
		return
	}
	f.c.OnAbandon(r)
	if f.polls(r) {
		f.sessions.Poll(f.req.SessionID, r)
	}
	f.log.Fetch(r)
}

// polls reports whether a request is a follower's of a session.
func (f *fetchCall) polls(r *replication.FetchRequest) bool {
	return r.ReplicaID >= 0 && f.req.SessionEpoch > fetchsession.InitialEpoch
}

// listParts puts the partitions that the request names into the session context.
func (f *fetchCall) listParts() {
	for i := range f.req.Topics {
		t := &f.req.Topics[i]
		for j := range t.Partitions {
			p := &t.Partitions[j]
			f.session.Parts = append(f.session.Parts, fetchsession.Part{
				Key: fetchsession.Key{Topic: t.Topic, TopicID: t.TopicID, Partition: p.Partition},
				Fetch: fetchsession.Fetch{CurrentLeaderEpoch: p.CurrentLeaderEpoch, LastFetchedEpoch: p.LastFetchedEpoch, Offset: p.FetchOffset,
					LogStartOffset: p.LogStartOffset, MaxBytes: p.PartitionMaxBytes, HighWatermark: p.HighWatermark, DurableOffset: p.DurableOffset},
			})
		}
	}
	f.eachOnce()
}

// eachOnce keeps the last entry of a partition that is named several times, in the place of the
// first, as Kafka does. A fetch that names one partition a million times would otherwise be woken,
// and would read, a million times at each append.
func (f *fetchCall) eachOnce() {
	parts := f.session.Parts
	if len(parts) < 2 || f.req.SessionEpoch > fetchsession.InitialEpoch {
		return // a session has each partition once
	}
	if f.seen == nil {
		f.seen = make(map[fetchsession.Key]int, len(parts))
	}
	out := parts[:0]
	for _, p := range parts {
		if i, again := f.seen[p.Key]; again {
			out[i] = p
			continue
		}
		f.seen[p.Key] = len(out)
		out = append(out, p)
	}
	clear(parts[len(out):])
	f.session.Parts = out
	if clear(f.seen); len(parts) > 1<<10 {
		f.seen = nil
	}
}

func (f *fetchCall) forgotten() []fetchsession.Key {
	f.forgot = f.forgot[:0]
	for i := range f.req.ForgottenTopicsData {
		t := &f.req.ForgottenTopicsData[i]
		for _, p := range t.Partitions {
			f.forgot = append(f.forgot, fetchsession.Key{Topic: t.Topic, TopicID: t.TopicID, Partition: p})
		}
	}
	return f.forgot
}

func (f *fetchCall) addParts(r *replication.FetchRequest) {
	for i := range f.session.Parts {
		s := &f.session.Parts[i]
		p := r.Add()
		p.Topic, p.TopicID, p.Partition = s.Key.Topic, s.Key.TopicID, s.Key.Partition
		p.Offset, p.MaxBytes = s.Fetch.Offset, s.Fetch.MaxBytes
		// Every negative epoch of a fetch means none.
		p.CurrentLeaderEpoch, p.LastFetchedEpoch, p.FollowerStart = max(s.Fetch.CurrentLeaderEpoch, -1), s.Fetch.LastFetchedEpoch, s.Fetch.LogStartOffset
		p.FollowerDurable = s.Fetch.DurableOffset
	}
}

func fetchDone(r *replication.FetchRequest) {
	f := r.Owner.(*fetchCall)
	if f.polls(r) {
		f.sessions.Polled(f.req.SessionID, r)
	}
	for i := range r.Parts {
		p, s := &r.Parts[i], &f.session.Parts[i]
		if p.Err == protocol.ErrUnknownTopicOrPartition && f.c.Version() >= 13 && p.TopicID.IsZero() {
			p.Err = protocol.ErrUnknownTopicID // there is no name either
		}
		s.Size, s.HighWatermark, s.LogStartOffset = p.Slice.Size(), p.HighWatermark, p.LogStartOffset
		s.Failed, s.Force = p.Err != protocol.ErrNone, p.Diverging || p.PreferredReadReplica >= 0
	}
	id, err := f.sessions.Finish(f.c.Now.UnixMilli(), &f.session)
	if err != protocol.ErrNone {
		for i := range r.Parts {
			r.Parts[i].Slice.Close()
		}
		// In this order: until the answer is given, the end of the connection may abandon r.
		f.fail(err, id)
		r.Release()
		return
	}
	f.answer(r, id)
	r.Release()
	f.release()
}

func (f *fetchCall) answer(r *replication.FetchRequest, sessionID int32) {
	resp := &f.resp
	resp.ThrottleTimeMs, resp.ErrorCode, resp.SessionID, resp.NodeEndpoints = 0, 0, sessionID, nil
	resp.Responses, f.inline = resp.Responses[:0], f.inline[:0]
	fine := 1 // the answer's own code, then the partitions without an error
	for i := range r.Parts {
		if !f.session.Parts[i].Include {
			continue
		}
		p := &r.Parts[i]
		if p.Err == protocol.ErrNone {
			fine++
		} else {
			f.c.x.CountError(p.Err.Code(), 1)
		}
		n := len(resp.Responses)
		if n == 0 || resp.Responses[n-1].Topic != p.Topic || resp.Responses[n-1].TopicID != p.TopicID {
			resp.Responses = grow(resp.Responses)
			t := &resp.Responses[n]
			t.Topic, t.TopicID, t.Partitions = p.Topic, p.TopicID, t.Partitions[:0]
			n++
		}
		t := &resp.Responses[n-1]
		t.Partitions = append(t.Partitions, f.fetchedPartition(p, r))
	}
	if f.c.Version() >= 16 {
		f.addLeaders(r)
	}
	f.c.x.CountError(0, fine)
	f.c.respondCounted(resp)
}

var noAborted = []protocol.FetchResponseAbortedTransaction{}

func (f *fetchCall) fetchedPartition(p *replication.FetchPart, r *replication.FetchRequest) protocol.FetchResponsePartitionData {
	records := f.records(p) // it may fail the part
	out := protocol.FetchResponsePartitionData{
		PartitionIndex: p.Partition, ErrorCode: p.Err.Code(), HighWatermark: p.HighWatermark, LastStableOffset: p.LastStableOffset,
		LogStartOffset: p.LogStartOffset, PreferredReadReplica: p.PreferredReadReplica, Records: records,
		DivergingEpoch: protocol.FetchResponseEpochEndOffset{Epoch: -1, EndOffset: -1},
		CurrentLeader:  protocol.FetchResponseLeaderIDAndEpoch{LeaderID: p.LeaderID, LeaderEpoch: p.LeaderEpoch},
		SnapshotID:     protocol.FetchResponseSnapshotID{EndOffset: -1, Epoch: -1},
	}
	if p.Diverging {
		out.DivergingEpoch = protocol.FetchResponseEpochEndOffset{Epoch: p.DivergingEpoch, EndOffset: p.DivergingEndOffset}
	}
	if listsAborted(p, r.Isolation) {
		out.AbortedTransactions = noAborted
	}
	for _, t := range p.Aborted {
		out.AbortedTransactions = append(out.AbortedTransactions, protocol.FetchResponseAbortedTransaction{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset})
	}
	return out
}

// listsAborted reports whether an answer has a list of aborted transactions, if only an empty one.
// Kafka's has it for read_committed, and with errors that Kafka finds before it reads the log. A
// topic that is deleted while the fetch waits is not one of them.
func listsAborted(p *replication.FetchPart, isolation int8) bool {
	switch p.Err {
	case protocol.ErrNone:
		return isolation == replication.ReadCommitted
	case protocol.ErrUnknownTopicOrPartition:
		return !p.Found()
	case protocol.ErrUnknownTopicID, protocol.ErrTopicAuthorizationFailed:
		return true
	}
	return false
}

// records puts small record sets into the answer itself. The socket writer sends large ones from
// the file.
func (f *fetchCall) records(p *replication.FetchPart) wire.Records {
	if p.Slice.Size() >= inlineBelow {
		if err := p.Slice.Intact(); err != nil {
			p.Slice.Close()
			p.ReadFailed(err)
			return wire.Records{Bytes: noRecords}
		}
		return wire.Records{External: newSlicePayload(&p.Slice)}
	}
	at := len(f.inline)
	whole, err := p.Slice.ReadInto(f.inline)
	p.Slice.Close()
	if err != nil {
		p.ReadFailed(err)
		return wire.Records{Bytes: noRecords}
	}
	f.inline = whole
	if len(whole) == at {
		return wire.Records{Bytes: noRecords}
	}
	return wire.Records{Bytes: whole[at:len(whole):len(whole)]}
}

// addLeaders adds the addresses of the leaders that the answer names (KIP-951).
func (f *fetchCall) addLeaders(r *replication.FetchRequest) {
	var added nodeSet
	for i := range r.Parts {
		if host, port, rack, ok := added.endpoint(f.log.Image(), r.Parts[i].LeaderID, f.c.Listener); ok {
			f.resp.NodeEndpoints = append(f.resp.NodeEndpoints, protocol.FetchResponseNodeEndpoint{NodeID: r.Parts[i].LeaderID, Host: host, Port: port, Rack: rack})
		}
	}
}

// refuseIsolation answers a request with an isolation level that does not exist, as Kafka does:
// with UNKNOWN_SERVER_ERROR as the answer's own code, and in the versions before 13 as the code of
// each partition that the request names. It does not use the session.
func (f *fetchCall) refuseIsolation() {
	code, named := protocol.ErrUnknownServerError.Code(), 1
	resp := &f.resp
	resp.ThrottleTimeMs, resp.ErrorCode, resp.SessionID, resp.NodeEndpoints = 0, code, f.req.SessionID, nil
	resp.Responses = resp.Responses[:0]
	for i := range f.req.Topics {
		if f.c.Version() >= 13 {
			break
		}
		resp.Responses = grow(resp.Responses)
		t := &resp.Responses[i]
		t.Topic, t.TopicID, t.Partitions = f.req.Topics[i].Topic, f.req.Topics[i].TopicID, t.Partitions[:0]
		for _, p := range f.req.Topics[i].Partitions {
			out := *protocol.New[protocol.FetchResponsePartitionData]()
			out.PartitionIndex, out.ErrorCode, out.HighWatermark, out.LastStableOffset = p.Partition, code, -1, -1
			out.AbortedTransactions, out.Records = noAborted, wire.Records{Bytes: noRecords}
			t.Partitions = append(t.Partitions, out)
			named++
		}
	}
	f.c.x.CountError(code, named)
	f.c.respondCounted(resp)
	f.release()
}

// fail answers with an error of the session only.
func (f *fetchCall) fail(err protocol.Error, sessionID int32) {
	f.resp.ThrottleTimeMs, f.resp.ErrorCode, f.resp.SessionID = 0, err.Code(), sessionID
	f.resp.Responses, f.resp.NodeEndpoints = f.resp.Responses[:0], nil
	f.c.x.CountError(err.Code(), 1)
	f.c.respondCounted(&f.resp)
	f.release()
}

func (f *fetchCall) release() {
	pool := f.pool
	f.c, f.req, f.log, f.sessions, f.pool = nil, nil, nil, nil, nil
	if cap(f.inline) > 1<<20 {
		f.inline = nil
	}
	pool.Put(f)
}
