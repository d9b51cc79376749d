package fetcher

import (
	"math"

	"github.com/gregorhq/gregor/internal/list"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Fetcher is the fetching from one leader. New makes it, Step changes it.
type Fetcher struct {
	set Settings
	// fx are the effects of this step, used is memory for later ones.
	fx, used Effects

	parts map[Key]*part
	// order has the parts in the order of their Assign, for requests that name all.
	order list.List[part, *part]
	// dirty are the parts about which the next request has something to say.
	dirty  []*part
	delays delayHeap

	session session
	// flights are the fetches without an answer, the oldest first. spare are request structs for
	// later fetches.
	flights []flight
	spare   []*protocol.FetchRequest
	lastID  uint64
	// applying is set between effects on logs and Applied.
	applying bool
	// pauseUntilMs is the time before which no fetch is sent, because the last one broke. breaks
	// counts the fetches that broke since the last answer.
	pauseUntilMs int64
	breaks       int
	// fed says that the last answer had records for parts that are behind.
	fed bool
	// holdUntilMs is the time at which the next fetch is sent although durable offsets are awaited.
	holdUntilMs int64

	// wanted, strange, hungry and unsynced count parts: that belong into the session, that the
	// leader does not know yet, that are behind, and whose durable offset will rise soon.
	wanted, strange, hungry, unsynced int

	turns turns
	query queries

	throttle Rate
	// choked says that throttled parts that are behind pause, until a check at recheckMs.
	choked    bool
	recheckMs int64
}

// New makes a Fetcher without partitions. throttle bounds the partitions that are throttled and
// behind (follower.replication.throttled.rate).
func New(s Settings, throttle Rate) *Fetcher {
	f := &Fetcher{parts: map[Key]*part{}, throttle: throttle, recheckMs: math.MaxInt64}
	f.Configure(s)
	return f
}

// Configure changes the settings of later requests.
func (f *Fetcher) Configure(s Settings) {
	f.set = s
	f.turns.least = max(int(s.MaxBytes/2/max(s.PartitionMaxBytes, 1)), 1)
	f.turns.room = max(f.turns.room, f.turns.least)
}

// Len returns the number of partitions.
func (f *Fetcher) Len() int {
	n := len(f.parts)
	for p := f.order.First; p != nil; p = p.Next {
		if p.removed {
			n--
		}
	}
	return n
}

// SetThrottle changes follower.replication.throttled.rate, in bytes per second.
func (f *Fetcher) SetThrottle(bytesPerSecond int64) { f.throttle.SetBound(bytesPerSecond) }

// Step applies one event at nowMs, in milliseconds of a monotonic clock.
func (f *Fetcher) Step(nowMs int64, ev Event) Effects {
	f.fx, f.used = f.used, Effects{}
	switch e := ev.(type) {
	case *Assign:
		for i := range e.Partitions {
			f.assign(&e.Partitions[i])
		}
	case Remove:
		for _, k := range e.Partitions {
			f.remove(k)
		}
	case Answer:
		f.answered(nowMs, e)
	case Broken:
		f.broken(nowMs, e)
	case Offsets:
		f.offsets(nowMs, e)
	case *Applied:
		f.applied(nowMs, e)
	case *Durable:
		f.durable(e)
	}
	f.ripen(nowMs)
	f.applying = f.applying || f.fx.applies()
	f.send(nowMs)
	f.sendQuery()
	fx := f.fx
	f.fx = Effects{}
	if !fx.applies() && len(fx.Failed) == 0 {
		f.used = fx
		f.used.Fetch, f.used.Query = nil, nil
		return Effects{Fetch: fx.Fetch, Query: fx.Query}
	}
	return fx
}

// Deadline returns the time of the next Tick, math.MaxInt64 for none.
func (f *Fetcher) Deadline() int64 {
	at := f.recheckMs
	if d := f.delays; len(d) > 0 {
		at = min(at, d[0].dueMs)
	}
	if len(f.flights) == 0 && f.wanted > 0 && !f.applying {
		at = min(at, max(f.pauseUntilMs, f.holdUntilMs))
	}
	return at
}

// ripen ends the pauses that are over.
func (f *Fetcher) ripen(nowMs int64) {
	for len(f.delays) > 0 && f.delays[0].dueMs <= nowMs {
		p := f.delays.pop()
		p.dueMs = 0
		f.touch(p)
	}
	if nowMs >= f.recheckMs || f.choked != f.throttle.Exceeded(nowMs) {
		f.choke(nowMs)
	}
}

// recheckPauseMs is the pause between two checks of a rate that is exceeded.
const recheckPauseMs = 100

// choke pauses the throttled parts while their rate is exceeded.
func (f *Fetcher) choke(nowMs int64) {
	now := f.throttle.Exceeded(nowMs)
	f.recheckMs = math.MaxInt64
	if now {
		f.recheckMs = nowMs + recheckPauseMs
	}
	if now == f.choked {
		return
	}
	f.choked = now
	for _, p := range f.turns.seated {
		if p.throttled {
			f.touch(p)
		}
	}
}

func (f *Fetcher) assign(a *Assignment) {
	p := f.parts[a.Key]
	if p != nil && !p.removed && p.epoch >= a.LeaderEpoch && (p.epoch > a.LeaderEpoch || p.state != stopped) {
		if p.epoch == a.LeaderEpoch {
			p.throttled = a.Throttled
			f.touch(p)
		}
		return
	}
	if p == nil {
		p = &part{key: a.Key}
		f.parts[a.Key] = p
		f.order.PushBack(p)
	}
	f.turns.leave(f, p)
	f.undelay(p)
	p.name, p.epoch, p.throttled, p.removed, p.state, p.failures = a.Name, a.LeaderEpoch, a.Throttled, false, fetching, 0
	p.place(a.Position)
	f.touch(p)
}

func (f *Fetcher) remove(k Key) {
	p := f.parts[k]
	if p == nil || p.removed {
		return
	}
	p.removed = true
	f.turns.leave(f, p)
	f.undelay(p)
	f.touch(p)
	if !p.inSession && !p.dirty {
		f.forget(p)
	}
}

// forget deletes a part that the leader does not know any more.
func (f *Fetcher) forget(p *part) {
	delete(f.parts, p.key)
	f.order.Remove(p)
}

// durable takes a new durable offset.
func (f *Fetcher) durable(e *Durable) {
	if p := f.parts[e.Key]; p != nil && p.epoch == e.LeaderEpoch {
		p.at.Durable, p.at.Syncing = min(max(p.at.Durable, e.Offset), p.at.End), e.Syncing
		f.touch(p)
	}
}

// applied notes where the logs are now. It decides whether a partition is behind.
func (f *Fetcher) applied(nowMs int64, e *Applied) {
	f.applying = false
	behind := 0
	for i := range e.Results {
		r := &e.Results[i]
		p := f.parts[r.Key]
		if p == nil || p.removed || p.epoch != r.LeaderEpoch {
			continue
		}
		switch r.Outcome {
		case Stopped:
			f.stop(p)
			continue
		case Refused:
			f.delay(nowMs, p, f.set.BackoffMs)
			continue
		}
		moved := p.at.End != r.Position.End || p.at.LastEpoch != r.Position.LastEpoch
		p.place(r.Position)
		p.state = fetching
		if p.throttled {
			f.throttle.Record(nowMs, r.Bytes)
		}
		switch {
		case r.HighWatermark >= 0:
			p.failures = 0
			f.turns.gauge(f, p, r)
			if p.behind {
				behind += r.Bytes
			}
		case !moved:
			// A truncation that changes nothing would be asked for again at once.
			f.delay(nowMs, p, f.backoff(p))
		}
		f.touch(p)
	}
	f.turns.adapt(f, behind)
	f.fed = behind > 0
	if f.unsynced > 0 {
		f.holdUntilMs = nowMs + int64(f.set.MaxWaitMs)
	}
}

// stop ends the fetching of a part until its next Assign.
func (f *Fetcher) stop(p *part) {
	p.state = stopped
	f.turns.leave(f, p)
	f.undelay(p)
	f.touch(p)
}

// firstBackoffMs is the pause after the first of consecutive failures of a partition, and after the
// second of consecutive broken fetches. It doubles up to replica.fetch.backoff.ms.
const firstBackoffMs = 10

// backoff returns the pause after another failure of p.
func (f *Fetcher) backoff(p *part) int64 {
	return min(firstBackoffMs<<min(p.failures, 20), f.set.BackoffMs)
}

// delay takes a part out of the session for some time.
func (f *Fetcher) delay(nowMs int64, p *part, pauseMs int64) {
	p.failures++
	p.state = fetching
	f.turns.leave(f, p)
	f.undelay(p)
	p.dueMs = nowMs + max(pauseMs, 1)
	f.delays.push(p)
	f.touch(p)
}

func (f *Fetcher) undelay(p *part) {
	if p.dueMs != 0 {
		f.delays.remove(p)
		p.dueMs = 0
	}
}
