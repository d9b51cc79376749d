package fetcher

import (
	"github.com/gregorhq/gregor/internal/protocol"
)

// answered takes the answer to a fetch.
func (f *Fetcher) answered(nowMs int64, e Answer) {
	flight, ok := f.land(e.ID)
	if !ok || flight.generation != f.session.generation {
		return
	}
	if !f.sessionGoesOn(nowMs, flight, e.Response) {
		return
	}
	f.breaks = 0
	for i := range e.Response.Responses {
		t := &e.Response.Responses[i]
		for j := range t.Partitions {
			x := &t.Partitions[j]
			p := f.parts[Key{t.TopicID, x.PartitionIndex}]
			// The answer is about the position that the leader knew when it read this fetch. A part
			// that was assigned again, or has got records from another fetch, is elsewhere now.
			if p == nil || !p.wanted || !p.inSession || p.namedBy > flight.id || p.known.epoch != p.epoch || p.known.offset != p.at.End {
				continue
			}
			f.answeredPart(nowMs, p, x)
		}
	}
}

// sessionGoesOn takes the part of an answer that concerns the session. It returns false when the
// answer has nothing else: the leader does not have the session, or the answer does not match it.
func (f *Fetcher) sessionGoesOn(nowMs int64, flight flight, r *protocol.FetchResponse) bool {
	if r.ErrorCode != 0 {
		f.session.renew(protocol.Error(r.ErrorCode) != protocol.ErrFetchSessionIDNotFound)
		if flight.full {
			// No session is at fault.
			f.breaks++
			f.pauseUntilMs = nowMs + min(firstBackoffMs<<min(f.breaks, 20), f.set.BackoffMs)
		}
		return false
	}
	if flight.full {
		if countParts(r) != flight.parts {
			f.session.renew(false)
			f.pauseUntilMs = nowMs + f.set.BackoffMs
			return false
		}
		f.session.id = r.SessionID
		if r.SessionID != 0 {
			f.session.epoch = 1
		}
		return true
	}
	switch r.SessionID {
	case f.session.id:
	case 0: // the leader has closed the session with this answer
		f.session.renew(false)
	default:
		f.session.renew(true)
		return false
	}
	return true
}

func countParts(r *protocol.FetchResponse) (n int) {
	for i := range r.Responses {
		n += len(r.Responses[i].Partitions)
	}
	return n
}

// answeredPart takes one partition's part of an answer.
func (f *Fetcher) answeredPart(nowMs int64, p *part, x *protocol.FetchResponsePartitionData) {
	code := protocol.Error(x.ErrorCode)
	switch code {
	case protocol.ErrNone:
		if d := x.DivergingEpoch; d.Epoch >= 0 && d.EndOffset >= 0 {
			f.fx.Truncate = append(f.fx.Truncate, Truncation{p.key, p.epoch, EpochEnd{d.Epoch, d.EndOffset}})
			return
		}
		f.fx.Append = append(f.fx.Append, Append{Key: p.key, LeaderEpoch: p.epoch, Offset: p.at.End, Records: x.Records.Bytes,
			HighWatermark: x.HighWatermark, LogStartOffset: x.LogStartOffset})
	case protocol.ErrOffsetOutOfRange:
		f.ask(p, latestOffset)
	default:
		f.failed(nowMs, p, code)
	}
}

// failed takes an error code of the leader. A code that a change of leadership explains is gone as
// soon as the leader and this broker have the same image, so the first retries come soon. Apache
// Kafka waits for replica.fetch.backoff.ms each time.
func (f *Fetcher) failed(nowMs int64, p *part, code protocol.Error) {
	failure := Failure{Key: p.key, LeaderEpoch: p.epoch, Err: code, First: p.failures == 0}
	switch code {
	case protocol.ErrFencedLeaderEpoch:
		// The leader has a newer epoch, and this broker gets it with an image.
		failure.Stopped = true
		f.stop(p)
	case protocol.ErrUnknownLeaderEpoch, protocol.ErrNotLeaderOrFollower, protocol.ErrUnknownTopicID,
		protocol.ErrUnknownTopicOrPartition, protocol.ErrInconsistentTopicID:
		f.delay(nowMs, p, f.backoff(p))
	default:
		f.delay(nowMs, p, f.set.BackoffMs)
	}
	f.fx.Failed = append(f.fx.Failed, failure)
}
