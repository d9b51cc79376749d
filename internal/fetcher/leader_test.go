package fetcher_test

import (
	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/fetchsession"
	"github.com/gregorhq/gregor/internal/protocol"
)

// serve is the leader's side of a fetch.
func (w *world) serve(h *held) {
	for _, p := range w.parked {
		w.answer(p) // a new request of the session ends the long poll
	}
	w.parked = nil
	for _, t := range h.req.Topics {
		for _, p := range t.Partitions {
			h.x.Parts = append(h.x.Parts, fetchsession.Part{Key: fetchsession.Key{TopicID: t.TopicID, Partition: p.Partition}, Fetch: fetchsession.Fetch{
				CurrentLeaderEpoch: p.CurrentLeaderEpoch, LastFetchedEpoch: p.LastFetchedEpoch, Offset: p.FetchOffset, LogStartOffset: p.LogStartOffset,
				MaxBytes: p.PartitionMaxBytes, DurableOffset: p.DurableOffset}})
		}
	}
	var forgotten []fetchsession.Key
	for _, t := range h.req.ForgottenTopicsData {
		for _, p := range t.Partitions {
			forgotten = append(forgotten, fetchsession.Key{TopicID: t.TopicID, Partition: p})
		}
	}
	if o := w.cache.Begin(w.now, fetchsession.Request{SessionID: h.req.SessionID, Epoch: h.req.SessionEpoch, UsesTopicIDs: true, Privileged: true, Forgotten: forgotten}, &h.x); o != fetchsession.OK {
		resp := protocol.New[protocol.FetchResponse]()
		resp.ErrorCode = protocol.ErrFetchSessionIDNotFound.Code()
		if o == fetchsession.InvalidEpoch {
			resp.ErrorCode = protocol.ErrInvalidFetchSessionEpoch.Code()
		}
		w.deliver(h, resp)
		return
	}
	for _, p := range h.x.Parts {
		w.note(p)
	}
	w.parked = append(w.parked, h)
	w.complete()
}

// note is what the leader learns from a fetch: the follower has everything below the offset.
func (w *world) note(p fetchsession.Part) {
	i := indexOf(fetcher.Key{Topic: p.Key.TopicID, Index: p.Key.Partition})
	d := &w.leaders[i]
	if p.Fetch.CurrentLeaderEpoch != w.epochs[i] || p.Fetch.Offset > d.end() || p.Fetch.Offset < d.start || w.diverging(i, p.Fetch).Epoch >= 0 {
		return
	}
	w.reported[i] = min(p.Fetch.DurableOffset, p.Fetch.Offset)
	if w.reported[i] > w.own[i].durable {
		w.fail("%v reports the durable offset %d, it is %d", keyOf(i), w.reported[i], w.own[i].durable)
	}
	for n := d.start; n < w.reported[i]; n++ {
		if o := &w.own[i]; n >= o.start && (n >= o.end() || o.recs[n-o.start] != d.recs[n-d.start]) {
			w.fail("%v counts at offset %d, where its log differs: fetch %+v, follower %v, leader %v in epoch %d", keyOf(i), n, p.Fetch, *o, *d, w.epochs[i])
		}
	}
	w.hw[i] = max(w.hw[i], w.reported[i])
}

func (w *world) diverging(i int, x fetchsession.Fetch) fetcher.EpochEnd {
	if x.LastFetchedEpoch >= 0 {
		if e := w.leaders[i].endOf(x.LastFetchedEpoch, w.epochs[i]); e.Epoch < x.LastFetchedEpoch || e.EndOffset < x.Offset {
			return e
		}
	}
	return fetcher.EpochEnd{Epoch: -1}
}

// complete answers the parked fetches that have data or whose wait is over.
func (w *world) complete() {
	var still []*held
	for _, h := range w.parked {
		ready := h.expires <= w.now
		for _, p := range h.x.Parts {
			i := indexOf(fetcher.Key{Topic: p.Key.TopicID, Index: p.Key.Partition})
			ready = ready || p.Fetch.CurrentLeaderEpoch != w.epochs[i] || p.Fetch.Offset != w.leaders[i].end() || w.diverging(i, p.Fetch).Epoch >= 0
		}
		if ready {
			w.answer(h)
		} else {
			still = append(still, h)
		}
	}
	w.parked = still
}

func (w *world) answer(h *held) {
	resp := protocol.New[protocol.FetchResponse]()
	left := int(h.req.MaxBytes)
	out := make([]protocol.FetchResponsePartitionData, len(h.x.Parts))
	for n := range h.x.Parts {
		p, data := &h.x.Parts[n], &out[n]
		*data = *protocol.New[protocol.FetchResponsePartitionData]()
		data.PartitionIndex = p.Key.Partition
		w.readPart(p, data, &left)
		p.Size, p.HighWatermark, p.LogStartOffset = len(data.Records.Bytes), data.HighWatermark, data.LogStartOffset
		p.Failed, p.Force = data.ErrorCode != 0, data.DivergingEpoch.Epoch >= 0
	}
	id, o := w.cache.Finish(w.now, &h.x, func() int32 { w.ids++; return w.ids })
	if o != fetchsession.OK {
		resp.ErrorCode = protocol.ErrInvalidFetchSessionEpoch.Code()
	}
	resp.SessionID = id
	for n := range out {
		if o == fetchsession.OK && h.x.Parts[n].Include {
			resp.Responses = append(resp.Responses, protocol.FetchResponseFetchableTopicResponse{TopicID: h.x.Parts[n].Key.TopicID,
				Partitions: out[n : n+1]})
		}
	}
	w.deliver(h, resp)
}

func (w *world) readPart(p *fetchsession.Part, data *protocol.FetchResponsePartitionData, left *int) {
	i := indexOf(fetcher.Key{Topic: p.Key.TopicID, Index: p.Key.Partition})
	d := &w.leaders[i]
	data.HighWatermark, data.LogStartOffset = -1, -1
	switch {
	case p.Fetch.CurrentLeaderEpoch < w.epochs[i]:
		data.ErrorCode = protocol.ErrFencedLeaderEpoch.Code()
	case p.Fetch.CurrentLeaderEpoch > w.epochs[i]:
		data.ErrorCode = protocol.ErrUnknownLeaderEpoch.Code()
	case p.Fetch.Offset > d.end() || p.Fetch.Offset < d.start:
		data.ErrorCode = protocol.ErrOffsetOutOfRange.Code()
	case w.diverging(i, p.Fetch).Epoch >= 0:
		e := w.diverging(i, p.Fetch)
		data.HighWatermark, data.LogStartOffset = w.hw[i], d.start
		data.DivergingEpoch = protocol.FetchResponseEpochEndOffset{Epoch: e.Epoch, EndOffset: e.EndOffset}
	default:
		data.HighWatermark, data.LogStartOffset = w.hw[i], d.start
		for n := p.Fetch.Offset - d.start; n < int64(len(d.recs)) && *left > 0 && len(data.Records.Bytes) < int(p.Fetch.MaxBytes); n++ {
			data.Records.Bytes = append(data.Records.Bytes, byte(d.recs[n].id>>8), byte(d.recs[n].id), byte(d.recs[n].epoch))
			*left -= 3
		}
	}
}

func (w *world) deliver(h *held, resp *protocol.FetchResponse) {
	if w.rng.IntN(40) == 0 {
		w.later(w.rng.Int64N(50), func() { w.step(fetcher.Broken{ID: h.id}) })
		return
	}
	w.later(w.rng.Int64N(5), func() { w.step(fetcher.Answer{ID: h.id, Response: resp}) })
}

// asked answers a ListOffsets.
func (w *world) asked(q *fetcher.Query) {
	resp := protocol.New[protocol.ListOffsetsResponse]()
	for _, t := range q.Request.Topics {
		out := protocol.ListOffsetsResponseTopicResponse{Name: t.Name}
		for _, p := range t.Partitions {
			i := int(t.Name[1]-'0') + 3*int(p.PartitionIndex)
			a := protocol.ListOffsetsResponsePartitionResponse{PartitionIndex: p.PartitionIndex, Offset: w.leaders[i].end()}
			if p.Timestamp == -2 {
				a.Offset = w.leaders[i].start
			}
			if p.CurrentLeaderEpoch != w.epochs[i] {
				a.ErrorCode = protocol.ErrFencedLeaderEpoch.Code()
			}
			out.Partitions = append(out.Partitions, a)
		}
		resp.Topics = append(resp.Topics, out)
	}
	w.later(w.rng.Int64N(20), func() {
		if w.rng.IntN(10) == 0 {
			resp = nil
		}
		w.step(fetcher.Offsets{ID: q.ID, Response: resp})
	})
}
