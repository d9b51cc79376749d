package replication

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// Append appends every part to its partition. r.Done is called when all have their results, possibly before Append returns.
func (m *Manager) Append(r *AppendRequest) {
	r.m = m
	// The extra one keeps the request here until every part is on its way.
	r.waits.Store(int32(len(r.Parts)) + 1)
	ready := int32(1)
	for i := range r.Parts {
		a := &r.Parts[i]
		a.req = r
		if a.Err == protocol.ErrNone {
			if a.p, a.Err = m.find(a.Topic, a.TopicID, a.Partition); a.Err != protocol.ErrNone {
				a.LeaderID, a.LeaderEpoch = m.leaderOf(a.Topic, a.TopicID, a.Partition, a.Err)
			}
		}
		if a.OldFormat {
			m.stats.OldFormat.Add(1)
		}
		if a.Err != protocol.ErrNone {
			ready++
		}
	}
	for i := range r.Parts {
		if a := &r.Parts[i]; a.Err == protocol.ErrNone {
			a.validate()
			a.p.enqueue(a)
		}
	}
	if r.waits.Add(-ready) == 0 {
		r.appended()
	}
}

// validate has the log check the records. It takes no lock, so that the partition's other appends
// and fetches do not wait while a batch is decompressed. append reports the outcome, because
// leadership and the number of in-sync replicas are checked before.
func (a *AppendPart) validate() {
	if p := a.p; p.log != nil && p.checkLeader(-1) == protocol.ErrNone {
		a.validated, a.invalid = p.log.Validate(a.Records, storage.AppendOptions{Origin: a.req.Origin, NowMs: a.req.NowMs})
		a.checked = true
	}
}

// enqueue leaves a part in the queue of the partition and, if nobody is at work there, does all the work.
func (p *Partition) enqueue(a *AppendPart) {
	q := &p.queue
	q.mu.Lock()
	if q.tail != nil {
		q.tail.next = a
	} else {
		q.head = a
	}
	q.tail = a
	idle := !q.busy
	q.busy = true
	q.mu.Unlock()
	if idle {
		p.drain()
	}
}

// drainRounds is how many rounds a goroutine does that came with an append of its own. Clients that keep requests open never let
// the queue of a busy partition run dry: the connection that began would append for all others, read nothing more and write
// none of its own answers, for as long as they go on.
const drainRounds = 8

// drain appends what is queued, round by round, until nothing is, or another goroutine goes on with it.
func (p *Partition) drain() {
	q := &p.queue
	for n := 0; ; n++ {
		q.mu.Lock()
		round := q.head
		if round == nil {
			q.busy = false
			q.mu.Unlock()
			return
		}
		if n == drainRounds {
			q.mu.Unlock()
			p.m.drivers.later(p.drain)
			return
		}
		q.head, q.tail = nil, nil
		q.mu.Unlock()
		fx, bytes := p.appendAll(round)
		for a := round; a != nil; {
			// Once told, the request may be gone.
			next := a.next
			a.next = nil
			if r := a.req; r.waits.Add(-1) == 0 {
				r.appended()
			}
			a = next
		}
		p.perform(fx, bytes)
	}
}

// appendAll makes the appends of one round under one hold of the mutex and lets the core see their sum.
func (p *Partition) appendAll(round *AppendPart) (fx replica.Effects, bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for a := round; a != nil; a = a.next {
		bytes += p.appendOne(a)
	}
	if p.log == nil {
		return fx, 0
	}
	fx = p.step(replica.Appended{EndOffset: p.log.LogEndOffset()})
	if !fx.HighWatermarkMoved {
		bytes = unknownBytes
	}
	for a := round; a != nil; a = a.next {
		if a.Err != protocol.ErrNone || a.req.Acks != AcksAll {
			continue
		}
		if done, err := a.replicated(); !done {
			a.replicating = true
		} else if err != protocol.ErrNone {
			a.fail(err, "")
		}
	}
	return fx, bytes
}

// appendOne makes one append and notes its result. It returns the bytes written.
func (p *Partition) appendOne(a *AppendPart) int64 {
	p.m.stats.Appends.Add(1)
	p.stats.Appends.Add(1)
	err := p.core.CheckEpoch(a.Epoch)
	if err == protocol.ErrNone {
		err = p.core.CheckAppend(a.req.Acks)
	}
	if err == protocol.ErrNone && !a.checked {
		err = protocol.ErrNotLeaderOrFollower // as it was when the request came
	}
	if err != protocol.ErrNone {
		a.fail(err, p.explain(err))
		if err == protocol.ErrNotLeaderOrFollower || err == protocol.ErrFencedLeaderEpoch {
			a.LeaderID, a.LeaderEpoch = p.leader()
		}
		return 0
	}
	a.leaderEpoch = p.core.LeaderEpoch()
	info, failure := storage.AppendInfo{LogStartOffset: p.log.LogStartOffset()}, a.invalid
	if failure == nil {
		info, failure = p.log.AppendValidated(a.validated, storage.AppendOptions{LeaderEpoch: a.leaderEpoch, Origin: a.req.Origin, NowMs: a.req.NowMs})
	}
	a.LogStartOffset = info.LogStartOffset
	if failure != nil {
		p.refused(a, failure)
		return 0
	}
	a.BaseOffset, a.LastOffset, a.LogAppendTimeMs = info.FirstOffset, info.LastOffset, info.LogAppendTime
	if info.Duplicate {
		// Kafka answers a duplicate with the timestamp of what it repeats.
		a.LogAppendTimeMs = info.MaxTimestamp
	}
	cfg := p.config.Load()
	a.syncing = a.req.Acks == AcksAll && !cfg.WriteCaching
	if info.Duplicate {
		return 0
	}
	if info.Rolled {
		p.m.logs.FlushSoon(p.log, info.FirstOffset)
	}
	if cfg.storage.FlushMessages < 1<<62 && p.log.UnsyncedMessages() >= cfg.storage.FlushMessages {
		a.syncing = true
	}
	p.countAppend(info.NumRecords, info.NumBytes)
	p.countConversion(info.Conversion)
	return int64(info.NumBytes)
}

// replicated reports whether the wait for the high watermark is over, and with which error. A
// coordinator's records take effect once they are committed, whatever the ISR is then. A producer with
// acks=all is told when the ISR has become too small. The partition's mutex is held.
func (a *AppendPart) replicated() (done bool, err protocol.Error) {
	if a.req.Origin == storage.OriginCoordinator {
		return a.p.core.Committed(a.leaderEpoch, a.end())
	}
	return a.p.core.Replicated(a.leaderEpoch, a.end())
}

// explain is the message that Kafka gives with a refusal.
func (p *Partition) explain(err protocol.Error) string {
	if err == protocol.ErrNotEnoughReplicas {
		return fmt.Sprintf("The size of the current ISR : %d is insufficient to satisfy the min.isr requirement of %d for partition %s-%d",
			len(p.core.ISR().Committed()), p.core.EffectiveMinISR(), p.topic, p.index)
	}
	return ""
}

func (a *AppendPart) fail(err protocol.Error, text string) {
	a.Err, a.Message = err, text
	a.BaseOffset, a.LastOffset, a.LogAppendTimeMs = -1, -1, -1
	a.syncing, a.replicating = false, false
}

// refused notes why the log did not take the records.
func (p *Partition) refused(a *AppendPart, failure error) {
	code := protocol.ErrUnknownServerError
	var refusal *storage.AppendError
	switch {
	case errors.As(failure, &refusal):
		code = appendCode(refusal)
		a.RecordErrors = refusal.RecordErrors
		p.m.stats.NoKey.Add(int64(refusal.NoKey))
	default:
		code = p.m.readCode(p.log, failure)
	}
	a.fail(code, failure.Error())
	switch code {
	case protocol.ErrCorruptMessage, protocol.ErrMessageTooLarge, protocol.ErrRecordListTooLarge, protocol.ErrKafkaStorageError, protocol.ErrNotLeaderOrFollower:
		// Kafka tells the log start offset with other refusals only.
		a.LogStartOffset = -1
	}
	p.countRefusal(code, len(a.Records))
}

// appendCode is Kafka's error for what the log found wrong with records.
func appendCode(e *storage.AppendError) protocol.Error {
	switch e.Kind {
	case storage.CorruptMessage:
		return protocol.ErrCorruptMessage
	case storage.RecordTooLarge:
		return protocol.ErrMessageTooLarge
	case storage.RecordListTooLarge:
		return protocol.ErrRecordListTooLarge
	case storage.InvalidRecord:
		return protocol.ErrInvalidRecord
	case storage.InvalidTimestamp:
		return protocol.ErrInvalidTimestamp
	case storage.UnsupportedCompression:
		return protocol.ErrUnsupportedCompressionType
	case storage.UnsupportedFormat:
		return protocol.ErrUnsupportedForMessageFormat
	case storage.ProducerRefused:
		return producerCode(e)
	}
	return protocol.ErrUnknownServerError
}

func producerCode(e *storage.AppendError) protocol.Error {
	var refusal *storage.ProducerError
	if !errors.As(e.Err, &refusal) {
		return protocol.ErrUnknownServerError
	}
	switch refusal.Kind {
	case storage.OutOfOrderSequence:
		return protocol.ErrOutOfOrderSequenceNumber
	case storage.InvalidProducerEpoch:
		return protocol.ErrInvalidProducerEpoch
	case storage.InvalidTxnState:
		return protocol.ErrInvalidTxnState
	case storage.CoordinatorFenced:
		return protocol.ErrTransactionCoordinatorFenced
	case storage.CorruptControlBatch:
		return protocol.ErrCorruptMessage
	}
	return protocol.ErrUnknownServerError
}
