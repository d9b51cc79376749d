package coordinator

import (
	"cmp"
	"errors"
	"slices"
	"sync"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/record"
)

// memLog is a PartitionLog in memory whose appends can be held and refused.
type memLog struct {
	mu      sync.Mutex
	batches map[int32][]record.Batch
	end     map[int32]int64
	hold    bool
	fail    error
	// refuses is the error of Refuses, and of appends.
	refuses error
	// unreadable is the error of Bounds.
	unreadable error
	// damage are the offsets that cannot be read for good. unread is the error of reads from offset
	// unreadFrom on.
	damage     []lostRange
	unread     error
	unreadFrom int64
	held       []func(error)
	appends    int
	limit      int
	awaits     []func(error) // AwaitCommitted while holdAwait
	hold2      bool
	high       int64 // the high watermark while hold2
	chunk      int   // how many batches a Read returns at most
	async      bool
	wg         sync.WaitGroup
}

func newMemLog() *memLog {
	return &memLog{batches: map[int32][]record.Batch{}, end: map[int32]int64{}, limit: 1 << 20, chunk: 2}
}

func (l *memLog) Bounds(p int32) (int64, int64, int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	committed := l.end[p]
	if l.hold2 {
		committed = l.high
	}
	return 0, committed, l.end[p], l.unreadable
}

func (l *memLog) Read(p int32, from int64, _ int) (batches []byte, lost int64, file string, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range l.damage {
		if from >= d.from && from < d.to {
			return nil, d.to, "0.log", nil
		}
	}
	if l.unread != nil && from >= l.unreadFrom {
		return nil, 0, "", l.unread
	}
	var out []byte
	n := 0
	for _, b := range l.batches[p] {
		damaged := slices.ContainsFunc(l.damage, func(d lostRange) bool { return b.BaseOffset() == d.from })
		if damaged && n > 0 {
			break
		}
		if b.LastOffset() >= from && n < l.chunk {
			out = append(out, b...)
			n++
		}
	}
	return out, 0, "", nil
}

func (l *memLog) AwaitCommitted(_ int32, _ int64, done func(error)) {
	l.mu.Lock()
	if l.hold2 {
		l.awaits = append(l.awaits, done)
		l.mu.Unlock()
		return
	}
	l.mu.Unlock()
	done(nil)
}

func (l *memLog) MaxBatchBytes(int32) int { return l.limit }

func (l *memLog) Refuses(int32) error { return l.refuses }

func (l *memLog) Append(p int32, epoch int32, batch []byte, done func(int64, error)) {
	l.mu.Lock()
	l.appends++
	if err := cmp.Or(l.refuses, l.fail); err != nil {
		l.mu.Unlock()
		done(-1, err)
		return
	}
	b, rest, err := record.Next(batch)
	if err != nil || len(rest) > 0 {
		l.mu.Unlock()
		done(-1, errors.New("not one batch"))
		return
	}
	if b.Validate() != nil || len(batch) > l.limit || b.PartitionLeaderEpoch() != epoch {
		l.mu.Unlock()
		done(-1, protocol.ErrCorruptMessage)
		return
	}
	b.SetBaseOffset(l.end[p])
	last := b.LastOffset()
	l.end[p] = last + 1
	l.batches[p] = append(l.batches[p], b)
	finish := func(err error) { done(last, err) }
	switch {
	case l.hold:
		l.held = append(l.held, finish)
		l.mu.Unlock()
	case l.async:
		l.mu.Unlock()
		l.wg.Go(func() { finish(nil) })
	default:
		l.mu.Unlock()
		finish(nil)
	}
}

// release completes held appends, and the appends that follow.
func (l *memLog) release() {
	l.mu.Lock()
	l.hold = false
	held := l.held
	l.held = nil
	l.mu.Unlock()
	for _, f := range held {
		f(nil)
	}
}

// commitOne completes the first append that is held.
func (l *memLog) commitOne() { l.endOne(nil) }

// failOne fails the first append that is held, and takes it out of the log.
func (l *memLog) failOne(err error) {
	last := len(l.batches[0]) - 1
	l.end[0] -= int64(l.batches[0][last].Count())
	l.batches[0] = l.batches[0][:last]
	l.endOne(err)
}

func (l *memLog) endOne(err error) {
	l.mu.Lock()
	f := l.held[0]
	l.held = l.held[1:]
	l.mu.Unlock()
	f(err)
}

func (l *memLog) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.appends
}
