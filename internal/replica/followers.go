package replica

import "slices"

// follower is a leader's knowledge of another replica.
type follower struct {
	id          int32
	brokerEpoch int64
	// endOffset is the offset below which it has everything that counts, -1 until it has fetched in
	// this leader epoch.
	endOffset      int64
	logStartOffset int64
	// caughtUpMs is the last time at which it had everything that the leader had.
	caughtUpMs int64
	// lastFetchMs and lastFetchEnd are the time of its last fetch and the leader's end then. A
	// fetch from there on shows that it had caught up at that time.
	lastFetchMs  int64
	lastFetchEnd int64
	// eligible says whether the controller would take it into the ISR.
	eligible bool
}

func (r *Replica) followerFetched(nowMs int64, e FollowerFetched) Effects {
	if r.role != Leader {
		return Effects{}
	}
	i := slices.IndexFunc(r.followers, func(f follower) bool { return f.id == e.Replica })
	if i < 0 || e.FetchOffset > r.end {
		return Effects{}
	}
	f := &r.followers[i]
	if e.BrokerEpoch >= 0 && e.BrokerEpoch < f.brokerEpoch {
		// The broker sent this fetch before it restarted. Its log may be shorter now.
		return Effects{}
	}
	fx := Effects{WakeProduces: e.LogStartOffset != f.logStartOffset} // DeleteRecords waits for it
	has := e.FetchOffset - max(e.Unsynced, 0)
	switch {
	case has >= r.end:
		f.caughtUpMs = max(f.caughtUpMs, nowMs)
	case has >= f.lastFetchEnd:
		f.caughtUpMs = max(f.caughtUpMs, f.lastFetchMs)
	}
	f.brokerEpoch = max(f.brokerEpoch, e.BrokerEpoch)
	f.endOffset, f.logStartOffset = has, e.LogStartOffset
	f.lastFetchMs, f.lastFetchEnd, f.eligible = nowMs, r.end, e.Eligible

	// The new member counts for the high watermark before the high watermark moves.
	if e.Eligible && !r.askInFlight() && !r.isr.Maximal(f.id) && r.mayJoin(f) {
		isr := r.isr.Committed()
		r.isr = PendingExpand{Members: isr, Adding: f.id}
		fx.Alter = r.ask(append(slices.Clone(isr), f.id))
	}
	return r.advance(nowMs, fx)
}

// brokerChanged notes whether the controller would take a follower into the ISR now. The high
// watermark does not wait for a follower that cannot join.
func (r *Replica) brokerChanged(nowMs int64, e BrokerChanged) Effects {
	for i := range r.followers {
		if f := &r.followers[i]; f.id == e.Broker {
			f.eligible = e.Serving && (f.brokerEpoch < 0 || f.brokerEpoch == e.BrokerEpoch)
		}
	}
	return r.advance(nowMs, Effects{})
}

// mayJoin reports whether a follower has everything that is committed, and everything that was in
// the log when this leader's epoch began.
func (r *Replica) mayJoin(f *follower) bool {
	return f.endOffset >= r.highWatermark && f.endOffset >= r.epochStart
}

// tick asks for an ISR without the followers that lag.
func (r *Replica) tick(nowMs int64) Effects {
	fx := r.advance(nowMs, Effects{})
	if r.role != Leader || r.askInFlight() {
		return fx
	}
	var lagging []int32
	isr := r.isr.Committed()
	for i := range r.followers {
		f := &r.followers[i]
		behind := f.endOffset != r.end && nowMs-f.caughtUpMs > r.lagMaxMs
		if behind && slices.Contains(isr, f.id) {
			lagging = append(lagging, f.id)
		}
	}
	if len(lagging) == 0 {
		return fx
	}
	r.isr = PendingShrink{Members: isr, Removing: lagging}
	fx.Alter = r.ask(slices.DeleteFunc(slices.Clone(isr), func(id int32) bool { return slices.Contains(lagging, id) }))
	return fx
}
