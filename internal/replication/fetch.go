package replication

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/storage"
)

// Fetch reads the parts, at once or when there are enough bytes. It calls f.Done once, possibly
// before it returns.
func (m *Manager) Fetch(f *FetchRequest) {
	f.m = m
	for i := range f.Parts {
		x := &f.Parts[i]
		x.p, x.Err = m.find(x.Topic, x.TopicID, x.Partition)
		if x.Err != protocol.ErrNone {
			x.fail(x.Err)
			x.LeaderID, x.LeaderEpoch = m.leaderOf(x.Topic, x.TopicID, x.Partition, x.Err)
		}
	}
	if f.ReplicaID >= 0 {
		f.noteFollower()
	}
	if have, now := f.read(true); now || have >= int(f.MinBytes) || f.MaxWaitMs <= 0 {
		f.complete()
	} else {
		f.park(m.elapsedMs()+int64(f.MaxWaitMs), have)
	}
}

// complete ends the request.
func (f *FetchRequest) complete() {
	f.count()
	f.Done(f)
}

// read reads the parts in order, within the limits of the request. With all false, it skips parts
// whose partition has not changed since they were read. It returns how many bytes there are, and
// whether the answer must not wait for min.bytes: a part ends the wait, or no part can bring bytes.
func (f *FetchRequest) read(all bool) (have int, now bool) {
	left, first, known := int(max(f.MaxBytes, 0)), true, false
	for i := range f.Parts {
		x := &f.Parts[i]
		if x.p != nil && (all || x.stale || x.seen != x.p.changes.Load()) {
			x.read(f, left, first)
		}
		if n := x.Slice.Size(); n > 0 {
			// Only the first batch of the answer may be above the limits (KIP-74).
			have, left, first = have+n, max(left-n, 0), false
		}
		known = known || x.p != nil
		now = now || x.endsWait()
	}
	return have, now || !known
}

// endsWait reports whether the answer must not wait for min.bytes because the part has an error, a
// diverging epoch or a preferred replica. A partition that does not exist is no reason, as in
// Kafka: a client that goes on to ask for it would get its answers without a pause.
func (x *FetchPart) endsWait() bool {
	if x.p == nil && (x.Err == protocol.ErrUnknownTopicOrPartition || x.Err == protocol.ErrUnknownTopicID) {
		return false
	}
	return x.Err != protocol.ErrNone || x.Diverging || x.PreferredReadReplica >= 0
}

func (x *FetchPart) fail(err protocol.Error) {
	x.Slice.Close()
	x.Slice = storage.Slice{}
	x.Err, x.Diverging = err, false
	x.HighWatermark, x.LastStableOffset, x.LogStartOffset, x.PreferredReadReplica = -1, -1, -1, -1
	x.LeaderID, x.LeaderEpoch = -1, -1
	x.Aborted = nil
}

// read reads one partition, at most left bytes and at most the part's own limit. With first, it
// reads one whole batch even above both.
func (x *FetchPart) read(f *FetchRequest, left int, first bool) {
	p := x.p
	x.fail(protocol.ErrNone)
	x.seen, x.stale = p.changes.Load(), false
	if !x.mayRead(f) {
		return
	}
	log := p.log
	if x.diverges(p) {
		return
	}
	hw := log.HighWatermark()
	below := hw
	if f.ReplicaID >= 0 {
		below = log.LogEndOffset()
	}
	x.HighWatermark, x.LogStartOffset = hw, log.LogStartOffset()
	x.LastStableOffset = min(log.LastStableOffset(), hw)
	if f.Isolation == ReadCommitted && f.ReplicaID < 0 {
		below = x.LastStableOffset
	}
	if x.Offset < x.LogStartOffset || x.Offset > log.LogEndOffset() {
		x.fail(protocol.ErrOffsetOutOfRange)
		return
	}
	if x.MaxBytes < 0 || f.MaxBytes < 0 {
		x.fail(protocol.ErrUnknownServerError)
		return
	}
	limit := min(int(x.MaxBytes), left)
	if x.Offset >= below || (limit == 0 && !first) {
		return
	}
	if f.ReplicaID >= 0 && x.throttles(f) {
		return
	}
	res, err := log.Read(x.Offset, storage.ReadOptions{MaxBytes: limit, MinOneBatch: first, Below: below})
	if err != nil {
		x.fail(p.logCode(err))
		return
	}
	x.Slice, x.result = res.Slice, res
	if f.Isolation == ReadCommitted && x.Slice.Size() > 0 {
		if x.Aborted, err = log.AbortedTxns(x.Offset, min(res.NextOffset, below)); err != nil {
			x.fail(p.logCode(err))
		}
	}
}

// mayRead checks the leader epoch of the request and whether a follower has the replica that it
// claims. It notes the error if not.
func (x *FetchPart) mayRead(f *FetchRequest) bool {
	p := x.p
	if f.AnyReplica {
		x.Err = p.checkEpoch(x.CurrentLeaderEpoch)
	} else {
		x.Err = p.checkLeader(x.CurrentLeaderEpoch)
	}
	switch {
	case x.Err == protocol.ErrNotLeaderOrFollower || x.Err == protocol.ErrFencedLeaderEpoch:
		x.LeaderID, x.LeaderEpoch = p.leader()
	case x.Err != protocol.ErrNone || f.ReplicaID < 0:
	case !p.followedBy(f.ReplicaID):
		// A replica may know an assignment that this broker does not have yet. It tries
		// again. Other brokers may not read above the high watermark.
		x.Err = protocol.ErrNotLeaderOrFollower
		if x.CurrentLeaderEpoch >= 0 {
			x.Err = protocol.ErrUnknownLeaderEpoch
		}
	case f.m.restarted(f.ReplicaID, f.ReplicaEpoch):
		x.Err = protocol.ErrNotLeaderOrFollower // the broker sent it before it restarted
	}
	return x.Err == protocol.ErrNone
}

// ReadFailed handles an error of reading the part's Slice. When the log was truncated meanwhile the
// client asks again. Otherwise the error fails the part, and a failed disk takes its directory
// offline.
func (x *FetchPart) ReadFailed(err error) {
	if err = x.p.log.SliceError(&x.result, err); err != nil {
		x.fail(x.p.logCode(err))
	}
}

// Found reports whether this broker had the partition when the request came.
func (x *FetchPart) Found() bool { return x.p != nil }

// Refuse sets the error of a part that is not read.
func (x *FetchPart) Refuse(err protocol.Error) { x.fail(err) }
