package replication

import (
	"errors"
	"math"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

var fetchRequests = sync.Pool{New: func() any {
	f := new(FetchRequest)
	f.op.Owner = f
	return f
}}

// NewFetchRequest takes an empty request of a consumer from the pool.
func NewFetchRequest() *FetchRequest {
	f := fetchRequests.Get().(*FetchRequest)
	f.ReplicaID, f.ReplicaEpoch, f.MaxBytes = ConsumerReplica, -1, math.MaxInt32
	return f
}

// Add appends a part to be filled in.
func (f *FetchRequest) Add() *FetchPart {
	f.Parts = append(f.Parts, FetchPart{CurrentLeaderEpoch: -1, LastFetchedEpoch: -1, FollowerStart: -1})
	return &f.Parts[len(f.Parts)-1]
}

// Release puts a request back that is done; its slices must have been closed or handed on.
func (f *FetchRequest) Release() {
	clear(f.Parts)
	*f = FetchRequest{Parts: f.Parts[:0]}
	f.op.Owner = f
	if cap(f.Parts) <= pooledParts {
		fetchRequests.Put(f)
	}
}

// Fetch reads the parts, now or when there is enough. f.Done is called once, possibly before Fetch returns.
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
	if have, now := f.read(true); now || have >= int(f.MinBytes) || f.MaxWaitMs <= 0 || len(f.Parts) == 0 {
		f.complete()
	} else {
		f.park(m.opts.Elapsed()+int64(f.MaxWaitMs), have)
	}
}

// complete answers.
func (f *FetchRequest) complete() {
	f.count()
	f.Done(f)
}

// read reads the parts in order within the limits of the request. With all false, it leaves parts alone that had nothing and have
// not changed. It tells how many bytes there are, and whether the answer must go out now whatever min.bytes says: an error,
// a diverging epoch, a preferred replica.
func (f *FetchRequest) read(all bool) (have int, now bool) {
	left, first := int(max(f.MaxBytes, 0)), true
	for i := range f.Parts {
		x := &f.Parts[i]
		if x.p != nil && (all || x.stale || x.seen != x.p.changes.Load()) {
			x.read(f, left, first)
		}
		if n := x.Slice.Size(); n > 0 {
			// Only the first batch of the answer may be above the limits (KIP-74).
			have, left, first = have+n, max(left-n, 0), false
		}
		now = now || x.Err != protocol.ErrNone || x.Diverging || x.PreferredReadReplica >= 0
	}
	return have, now
}

func (x *FetchPart) fail(err protocol.Error) {
	x.Slice.Close()
	x.Slice = storage.Slice{}
	x.Err, x.Diverging = err, false
	x.HighWatermark, x.LastStableOffset, x.LogStartOffset, x.PreferredReadReplica = -1, -1, -1, -1
	x.LeaderID, x.LeaderEpoch = -1, -1
	x.Aborted = nil
}

// read reads one partition, at most left bytes beside the part's own limit; if first, one whole batch even above both.
func (x *FetchPart) read(f *FetchRequest, left int, first bool) {
	p := x.p
	x.fail(protocol.ErrNone)
	x.seen, x.stale = p.changes.Load(), false
	check := p.checkLeader
	if f.AnyReplica {
		check = p.checkEpoch
	}
	if err := check(x.CurrentLeaderEpoch); err != protocol.ErrNone {
		x.Err = err
		if err == protocol.ErrNotLeaderOrFollower || err == protocol.ErrFencedLeaderEpoch {
			x.LeaderID, x.LeaderEpoch = p.leader()
		}
		return
	}
	if f.ReplicaID >= 0 && !p.followedBy(f.ReplicaID) {
		// A replica may know of an assignment that this broker has yet to hear of: it comes again. Others have no business
		// above the high watermark.
		x.Err = protocol.ErrNotLeaderOrFollower
		if x.CurrentLeaderEpoch >= 0 {
			x.Err = protocol.ErrUnknownLeaderEpoch
		}
		return
	}
	if f.ReplicaID >= 0 && f.m.restarted(f.ReplicaID, f.ReplicaEpoch) {
		x.Err = protocol.ErrNotLeaderOrFollower // sent before the broker restarted
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
	res, err := log.Read(x.Offset, storage.ReadOptions{MaxBytes: limit, MinOneBatch: first, Below: below})
	if err != nil {
		x.fail(p.m.readCode(log, err))
		return
	}
	x.Slice = res.Slice
	if f.Isolation == ReadCommitted && x.Slice.Size() > 0 {
		// The bound may be above what was read: a consumer keeps entries for later offsets until it gets there.
		if x.Aborted, err = log.AbortedTxns(x.Offset, below); err != nil {
			x.fail(p.m.readCode(log, err))
		}
	}
}

// followedBy tells whether a broker has another replica of the partition.
func (p *Partition) followedBy(broker int32) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.core.FollowerKnown(broker)
}

// diverges compares the fetcher's last epoch with this log's history (KIP-595, KIP-320).
func (x *FetchPart) diverges(p *Partition) bool {
	if x.LastFetchedEpoch < 0 {
		return false
	}
	end := p.log.EndOffsetForEpoch(x.LastFetchedEpoch)
	if end.Epoch < 0 || end.Offset < 0 {
		// Nothing is known of that epoch or any before: the fetcher is ahead of this log, or behind its start.
		x.fail(protocol.ErrOffsetOutOfRange)
		return true
	}
	if !replica.Diverged(x.LastFetchedEpoch, x.Offset, end.Epoch, end.Offset) {
		return false
	}
	x.Diverging, x.DivergingEpoch, x.DivergingEndOffset = true, end.Epoch, end.Offset
	x.HighWatermark, x.LogStartOffset = p.log.HighWatermark(), p.log.LogStartOffset()
	x.LastStableOffset = min(p.log.LastStableOffset(), x.HighWatermark)
	return true
}

// noteFollower tells the cores that a follower has everything below the offsets that it asks for. A
// follower whose log diverges from this one below its offset does not have that, and a fetch that is
// refused says nothing.
func (f *FetchRequest) noteFollower() {
	for i := range f.Parts {
		if x := &f.Parts[i]; x.p != nil && x.p.log != nil {
			fx := x.noteFollower(f)
			x.p.perform(fx, unknownBytes)
		}
	}
}

func (x *FetchPart) noteFollower(f *FetchRequest) replica.Effects {
	p := x.p
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.core.CheckLeader(x.CurrentLeaderEpoch) != protocol.ErrNone || f.m.restarted(f.ReplicaID, f.ReplicaEpoch) {
		return replica.Effects{}
	}
	if x.Offset < p.log.LogStartOffset() || x.Offset > p.log.LogEndOffset() {
		return replica.Effects{}
	}
	if x.LastFetchedEpoch >= 0 {
		end := p.log.EndOffsetForEpoch(x.LastFetchedEpoch)
		if end.Epoch < 0 || end.Offset < 0 || replica.Diverged(x.LastFetchedEpoch, x.Offset, end.Epoch, end.Offset) {
			return replica.Effects{}
		}
	}
	return p.step(replica.FollowerFetched{
		Replica: f.ReplicaID, BrokerEpoch: f.ReplicaEpoch, FetchOffset: x.Offset, LogStartOffset: x.FollowerStart,
		Eligible: f.m.eligible(f.ReplicaID, f.ReplicaEpoch),
	})
}

// park leaves the request in the purgatory until bytes enough have come, a partition changed its role, or the deadline.
func (f *FetchRequest) park(deadlineMs int64, have int) {
	for {
		// What was read so far is too little to be sent; it is read again later, and keeps no file open meanwhile.
		for i := range f.Parts {
			if x := &f.Parts[i]; x.Slice.Size() > 0 {
				x.Slice.Close()
				x.Slice = storage.Slice{}
				x.stale = true
			}
		}
		if f.watch(deadlineMs, have) {
			return
		}
		var now bool
		if have, now = f.read(false); now || have >= int(f.MinBytes) {
			f.complete()
			return
		}
	}
}

// watch enters the request into the purgatory, unless a partition has changed since it was read, which it tells by false.
func (f *FetchRequest) watch(deadlineMs int64, have int) bool {
	m := f.m
	m.waits.Lock()
	if f.abandoned {
		m.waits.Unlock()
		f.complete()
		return true
	}
	f.op.Want = int64(int(f.MinBytes) - have)
	missed := false
	for i := range f.Parts {
		x := &f.Parts[i]
		if x.p == nil {
			continue
		}
		key, flag := &x.p.fetches, &x.p.fetchesWatched
		if f.ReplicaID >= 0 {
			key, flag = &x.p.followers, &x.p.followersWatched
		}
		m.purgatory.Watch(key, &f.op, 0)
		flag.Store(true)
		missed = missed || x.p.changes.Load() != x.seen
	}
	if missed {
		m.purgatory.Remove(&f.op)
		m.waits.Unlock()
		return false
	}
	earliest := m.purgatory.Park(&f.op, deadlineMs)
	m.waits.Unlock()
	if earliest {
		m.rearmExpiry()
	}
	return true
}

// wakeFetches takes bytes off what the fetches that watch key still want, and answers those that have enough.
func (p *Partition) wakeFetches(key *purgatory.Key, watched *atomic.Bool, bytes int64) {
	var few [8]*purgatory.Op
	p.m.waits.Lock()
	ops := p.m.purgatory.Lower(key, bytes, few[:0])
	watched.Store(key.Waiting() > 0)
	p.m.waits.Unlock()
	for _, op := range ops {
		f := op.Owner.(*FetchRequest)
		if have, now := f.read(false); now || have >= int(f.MinBytes) {
			f.complete()
		} else {
			f.park(op.DeadlineMs(), have)
		}
	}
}

// Abandon ends the wait of a request whose answer nobody can hear: a client may name a time-out of weeks, go, and come again.
// It must not be called any more once Done was. The result answers the request; nil when that is under way already.
func (f *FetchRequest) Abandon() (finish func()) {
	m := f.m
	m.waits.Lock()
	defer m.waits.Unlock()
	f.abandoned = true
	if !m.purgatory.Remove(&f.op) {
		return nil
	}
	return f.complete
}

// expired answers with what there is.
func (f *FetchRequest) expired() {
	f.read(false)
	f.complete()
}

// readCode is the error code of a failed operation on a log. A disk error takes its directory offline.
func (m *Manager) readCode(l *logmanager.Log, err error) protocol.Error {
	var disk *storage.StorageError
	switch {
	case errors.Is(err, storage.ErrOffsetOutOfRange):
		return protocol.ErrOffsetOutOfRange
	case errors.Is(err, storage.ErrCorruptLog):
		return protocol.ErrCorruptMessage
	case storage.OutOfDescriptors(err) && !errors.As(err, &disk):
		return protocol.ErrKafkaStorageError // clients try that again
	case errors.As(err, &disk):
		m.diskFailed(l, err)
		return protocol.ErrKafkaStorageError
	case errors.Is(err, storage.ErrClosed):
		return protocol.ErrNotLeaderOrFollower
	}
	return protocol.ErrUnknownServerError
}

// Refuse gives a part an error without reading it.
func (x *FetchPart) Refuse(err protocol.Error) { x.fail(err) }
