package replication

import (
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/purgatory"
	"github.com/gregorhq/gregor/storage"
)

// park puts the request into the purgatory until there are enough bytes, a partition changes its
// role, or the deadline has passed.
func (f *FetchRequest) park(deadlineMs int64, have int) {
	for {
		// The bytes that were read are too few to send. They are read again later, so that
		// they keep no file open meanwhile.
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

// watch puts the request into the purgatory. It does not, and returns false, if a partition has
// changed since it was read.
func (f *FetchRequest) watch(deadlineMs int64, have int) bool {
	m := f.m
	m.parked.Lock()
	if f.abandoned {
		m.parked.Unlock()
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
		m.parked.Unlock()
		return false
	}
	m.park(&f.op, deadlineMs)
	m.parked.Unlock()
	return true
}

// wakeFetches subtracts bytes from the missing bytes of the fetches that watch key, and completes
// the fetches that have enough.
func (p *Partition) wakeFetches(key *purgatory.Key, watched *atomic.Bool, bytes int64) {
	var few [8]*purgatory.Op
	p.m.parked.Lock()
	ops := p.m.purgatory.Lower(key, bytes, few[:0])
	watched.Store(key.Waiting() > 0)
	p.m.parked.Unlock()
	for _, op := range ops {
		f := op.Owner.(*FetchRequest)
		if have, now := f.read(false); now || have >= int(f.MinBytes) {
			f.complete()
		} else {
			f.park(op.DeadlineMs(), have)
		}
	}
}

// Abandon ends the wait of a request whose client is gone. The client may have asked for a wait of
// weeks. It must not be called after Done. The result completes the request; it is nil when the
// request is being completed already.
func (f *FetchRequest) Abandon() (finish func()) {
	m := f.m
	m.parked.Lock()
	defer m.parked.Unlock()
	f.abandoned = true
	if !m.purgatory.Remove(&f.op) {
		return nil
	}
	return f.complete
}

// expired completes the request with the bytes that there are.
func (f *FetchRequest) expired() {
	f.read(false)
	f.complete()
}
