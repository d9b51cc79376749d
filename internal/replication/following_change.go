package replication

import (
	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
)

// change carries out the effects on logs and notes the results. It finds each partition by its key,
// because it may have left this broker since. The caller holds apply.
func (w *following) change(fx *fetcher.Effects) {
	results := w.results[:0]
	for _, t := range fx.Truncate {
		results = append(results, w.with(t.Key, t.LeaderEpoch, func(p *Partition, r *fetcher.Result) replica.Effects { return p.truncateTo(t, r) }))
	}
	for _, a := range fx.Append {
		results = append(results, w.append(a))
	}
	for _, s := range fx.Restart {
		results = append(results, w.with(s.Key, s.LeaderEpoch, func(p *Partition, r *fetcher.Result) replica.Effects { return p.restartAt(s, r) }))
	}
	w.results = results
}

// follows reports whether the partition follows the leader in the epoch. The caller holds p.mu.
func (p *Partition) follows(leader, epoch int32) bool {
	return p.core.Role() == replica.Follower && p.core.LeaderID() == leader && p.core.LeaderEpoch() == epoch
}

// with changes one log under the partition's mutex.
func (w *following) with(k fetcher.Key, epoch int32, change func(*Partition, *fetcher.Result) replica.Effects) fetcher.Result {
	r := fetcher.Result{Key: k, LeaderEpoch: epoch, HighWatermark: -1, Outcome: fetcher.Stopped}
	p, _ := w.m.find("", k.Topic, k.Index)
	if p == nil || p.log == nil {
		return r
	}
	p.mu.Lock()
	if !p.follows(w.leader, epoch) {
		p.mu.Unlock()
		return r
	}
	r.Outcome = fetcher.Done
	fx := change(p, &r)
	if r.Outcome == fetcher.Done {
		r.Position = p.position()
	}
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
	return r
}

// append is with for the records of an answer, which are most of all changes.
func (w *following) append(a fetcher.Append) fetcher.Result {
	r := fetcher.Result{Key: a.Key, LeaderEpoch: a.LeaderEpoch, HighWatermark: a.HighWatermark, Outcome: fetcher.Stopped}
	p, _ := w.m.find("", a.Topic, a.Index)
	if p == nil || p.log == nil {
		return r
	}
	p.mu.Lock()
	if !p.follows(w.leader, a.LeaderEpoch) {
		p.mu.Unlock()
		return r
	}
	r.Outcome = fetcher.Done
	fx := p.appendFetched(&a, &r)
	if r.Outcome == fetcher.Done {
		r.Position = p.position()
	}
	p.mu.Unlock()
	p.perform(fx, unknownBytes)
	return r
}

// appendFetched appends the records of the leader's answer, and takes its high watermark and log
// start offset, in this order: a log start offset cannot be above the high watermark. The caller
// holds mu.
func (p *Partition) appendFetched(a *fetcher.Append, r *fetcher.Result) replica.Effects {
	if a.Offset != p.log.LogEndOffset() {
		// Nothing but the answers of this leader moves the end of a follower's log.
		p.m.logger.Error("answer of the leader does not continue the log", "topic", p.topic, "partition", p.index,
			"offset", a.Offset, "logEndOffset", p.log.LogEndOffset())
		r.Outcome = fetcher.Refused
		return replica.Effects{}
	}
	var cut replica.Effects
	if len(a.Records) > 0 {
		info, err := p.log.AppendAsFollower(a.Records, a.LeaderEpoch, p.m.nowMs())
		if err != nil {
			if base, ok := p.beginsInside(a.Records); ok {
				if err = p.log.TruncateFullyAndStartAt(base); err == nil {
					cut = p.step(replica.Truncated{EndOffset: base})
					info, err = p.log.AppendAsFollower(a.Records, a.LeaderEpoch, p.m.nowMs())
				}
			}
		}
		if err != nil {
			r.Outcome = p.followerFailed("append of the leader's records failed", err)
			return replica.Effects{}
		}
		if info.Rolled {
			p.m.logs.FlushSoon(p.log, info.FirstOffset)
		}
		r.Bytes = info.NumBytes
		p.countReplicated(info.NumBytes)
	}
	fx := joinEffects(cut, p.step(replica.FollowerAppended{EndOffset: p.log.LogEndOffset(), LeaderHighWatermark: a.HighWatermark}))
	if a.LogStartOffset > p.log.LogStartOffset() {
		fx = joinEffects(fx, p.followStart(a.LogStartOffset))
	}
	return fx
}

// beginsInside reports whether the log is empty and begins inside the first batch of records, and
// returns the base offset of that batch. DeleteRecords on the leader may have moved its log start
// into the batch. The log then begins with the whole batch, as in Kafka
// (Partition.appendRecordsToFollowerOrFutureReplica), and its log start follows the leader's again.
func (p *Partition) beginsInside(records []byte) (base int64, ok bool) {
	end := p.log.LogEndOffset()
	b, _, err := record.Next(records)
	if err != nil || p.log.LogStartOffset() != end || b.BaseOffset() >= end || b.LastOffset() < end {
		return 0, false
	}
	return b.BaseOffset(), true
}

// followStart raises the log start offset to the leader's. The caller holds mu.
func (p *Partition) followStart(offset int64) replica.Effects {
	if err := p.log.SetLogStartOffset(min(offset, p.log.HighWatermark())); err != nil {
		p.followerFailed("log start offset does not move", err)
		return replica.Effects{}
	}
	return p.step(replica.StartMoved{LogStartOffset: p.log.LogStartOffset()})
}

// joinEffects are the effects of two steps that only move the high watermark and wake operations.
func joinEffects(a, b replica.Effects) replica.Effects {
	b.WakeProduces = a.WakeProduces || b.WakeProduces
	b.WakeFetches = a.WakeFetches || b.WakeFetches
	b.WakeFollowers = a.WakeFollowers || b.WakeFollowers
	return b
}

// truncateTo cuts the log where it differs from the leader's. The caller holds mu.
func (p *Partition) truncateTo(t fetcher.Truncation, r *fetcher.Result) replica.Effects {
	own := fetcher.EpochEnd{Epoch: -1, EndOffset: -1}
	if t.By.Epoch >= 0 {
		e := p.log.EndOffsetForEpoch(t.By.Epoch)
		own = fetcher.EpochEnd{Epoch: e.Epoch, EndOffset: e.Offset}
	}
	return p.truncate(fetcher.TruncateTo(t.By, p.log.LogEndOffset(), own), r)
}

// truncate cuts the log at offset. The caller holds mu.
func (p *Partition) truncate(offset int64, r *fetcher.Result) replica.Effects {
	if hw := p.log.HighWatermark(); offset < hw {
		// Only an unclean election, or a broker that lost its disk, leads here.
		p.m.logger.Warn("log is truncated below its high watermark", "topic", p.topic, "partition", p.index,
			"offset", offset, "highWatermark", hw, "leader", p.core.LeaderID(), "leaderEpoch", p.core.LeaderEpoch())
	} else {
		p.m.logger.Info("log is truncated", "topic", p.topic, "partition", p.index, "offset", offset,
			"logEndOffset", p.log.LogEndOffset(), "leader", p.core.LeaderID(), "leaderEpoch", p.core.LeaderEpoch())
	}
	if err := p.log.TruncateTo(offset); err != nil {
		r.Outcome = p.followerFailed("truncation failed", err)
	}
	// A truncation that failed for lack of file descriptors is in effect in memory.
	return p.step(replica.Truncated{EndOffset: p.log.LogEndOffset()})
}

// restartAt deletes all records. The log then begins at the leader's start. The caller holds mu.
func (p *Partition) restartAt(s fetcher.Restart, r *fetcher.Result) replica.Effects {
	p.m.logger.Warn("leader has deleted the next records of this replica, the log begins again", "topic", p.topic, "partition", p.index,
		"logEndOffset", p.log.LogEndOffset(), "offset", s.Offset, "leader", p.core.LeaderID())
	if err := p.log.TruncateFullyAndStartAt(s.Offset); err != nil {
		r.Outcome = p.followerFailed("truncation failed", err)
		return replica.Effects{}
	}
	return p.step(replica.StartMoved{LogStartOffset: p.log.LogStartOffset()})
}

// followerFailed logs an error of a change to a follower's log, and decides whether the fetch is
// repeated. The log manager hears of an error of the disk.
func (p *Partition) followerFailed(text string, err error) fetcher.Outcome {
	p.m.logger.Error(text, "topic", p.topic, "partition", p.index, "error", err)
	switch storage.Classify(err) {
	case storage.ClassRefused, storage.ClassRetry:
		return fetcher.Refused
	}
	if p.logCode(err) == protocol.ErrNone {
		return fetcher.Refused
	}
	return fetcher.Stopped
}
