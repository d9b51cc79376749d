package replica

import "slices"

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
		// A fetch that was sent before the broker restarted says nothing about what it has now.
		return Effects{}
	}
	low := r.LowWatermark()
	switch {
	case e.FetchOffset >= r.end:
		f.caughtUpMs = max(f.caughtUpMs, nowMs)
	case e.FetchOffset >= f.lastFetchEnd:
		f.caughtUpMs = max(f.caughtUpMs, f.lastFetchMs)
	}
	f.brokerEpoch = max(f.brokerEpoch, e.BrokerEpoch)
	f.endOffset, f.logStartOffset = e.FetchOffset, e.LogStartOffset
	f.lastFetchMs, f.lastFetchEnd, f.eligible = nowMs, r.end, e.Eligible

	fx := r.advance(nowMs, Effects{})
	if r.LowWatermark() != low {
		fx.WakeProduces = true
	}
	if e.Eligible && !r.isr.Pending() && !r.isr.Maximal(f.id) && r.mayJoin(f) {
		isr := r.isr.Committed()
		r.isr = PendingExpand{Members: isr, Adding: f.id}
		fx.Alter = r.alteration(append(slices.Clone(isr), f.id))
	}
	return fx
}

// mayJoin tells whether a follower has all that is committed and all that was written before this leader's epoch.
func (r *Replica) mayJoin(f *follower) bool {
	return f.endOffset >= r.highWatermark && f.endOffset >= r.epochStart
}

// tick takes followers that lag out of the ISR.
func (r *Replica) tick(nowMs int64) Effects {
	fx := r.advance(nowMs, Effects{})
	if r.role != Leader || r.isr.Pending() {
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
	left := slices.DeleteFunc(slices.Clone(isr), func(id int32) bool { return slices.Contains(lagging, id) })
	fx.Alter = r.alteration(left)
	return fx
}

func (r *Replica) alteration(isr []int32) *Alteration {
	a := &Alteration{LeaderEpoch: r.leaderEpoch, PartitionEpoch: r.partitionEpoch, Recovered: r.recovering}
	for _, id := range isr {
		m := Member{ID: id, Epoch: -1}
		for i := range r.followers {
			if r.followers[i].id == id {
				m.Epoch = r.followers[i].brokerEpoch
			}
		}
		a.NewISR = append(a.NewISR, m)
	}
	return a
}

// altered takes the controller's answer. One for another epoch is late and ignored: a newer image has replaced the state.
func (r *Replica) altered(nowMs int64, e PartitionAltered) Effects {
	if r.role != Leader || !r.isr.Pending() && !r.recovering {
		return Effects{}
	}
	if !e.OK {
		if e.Retry {
			return Effects{Alter: r.alteration(r.wanted())}
		}
		// The controller knows better; stay at what was confirmed until its image comes.
		r.isr = CommittedISR{r.isr.Committed()}
		return r.advance(nowMs, Effects{})
	}
	if e.LeaderEpoch != r.leaderEpoch || e.PartitionEpoch < r.partitionEpoch {
		return Effects{}
	}
	r.isr = CommittedISR{slices.Clone(e.ISR)}
	r.partitionEpoch, r.recovering = e.PartitionEpoch, e.Recovering
	return r.advance(nowMs, Effects{})
}

// wanted is the ISR that is asked for.
func (r *Replica) wanted() []int32 {
	switch s := r.isr.(type) {
	case PendingExpand:
		return append(slices.Clone(s.Members), s.Adding)
	case PendingShrink:
		return slices.DeleteFunc(slices.Clone(s.Members), func(id int32) bool { return slices.Contains(s.Removing, id) })
	}
	return r.isr.Committed()
}
