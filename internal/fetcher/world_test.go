package fetcher_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/gregorhq/gregor/internal/fetcher"
	"github.com/gregorhq/gregor/internal/fetchsession"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// rec is a record: its leader epoch and a number of its own.
type rec struct {
	epoch int32
	id    int
}

// disk is a log of either side.
type disk struct {
	start   int64
	recs    []rec // recs[0] has offset start
	durable int64
}

func (d *disk) end() int64 { return d.start + int64(len(d.recs)) }

func (d *disk) lastEpoch() int32 {
	if len(d.recs) == 0 {
		return -1
	}
	return d.recs[len(d.recs)-1].epoch
}

// endOf is the answer of an epoch cache that is made from the records. latest is an epoch that
// begins at the log end, -1 for none.
func (d *disk) endOf(epoch, latest int32) fetcher.EpochEnd {
	if epoch == latest && epoch >= 0 {
		return fetcher.EpochEnd{Epoch: epoch, EndOffset: d.end()}
	}
	if epoch < 0 || epoch > max(d.lastEpoch(), latest) {
		return fetcher.EpochEnd{Epoch: -1, EndOffset: -1}
	}
	n := len(d.recs)
	for n > 0 && d.recs[n-1].epoch > epoch {
		n--
	}
	if n == 0 {
		return fetcher.EpochEnd{Epoch: epoch, EndOffset: d.start}
	}
	return fetcher.EpochEnd{Epoch: d.recs[n-1].epoch, EndOffset: d.start + int64(n)}
}

func (d *disk) cut(offset int64) {
	if offset < d.start {
		d.start, d.recs = offset, nil
	}
	d.recs = d.recs[:min(offset-d.start, int64(len(d.recs)))]
	d.durable = min(d.durable, d.end())
}

func (d *disk) position(syncing bool) fetcher.Position {
	return fetcher.Position{End: d.end(), LastEpoch: d.lastEpoch(), Start: d.start, Durable: d.durable, Syncing: syncing}
}

// world is one leader broker, one follower and the network between them.
type world struct {
	rng   *rand.Rand
	now   int64
	f     *fetcher.Fetcher
	bug   string
	fault string

	epochs  []int32 // by partition
	leaders []disk
	own     []disk
	// hw are the leader's high watermarks, reported the durable offsets that it knows.
	hw, reported []int64
	assigned     []bool

	cache *fetchsession.Cache
	ids   int32
	// parked are the fetches that the leader holds back.
	parked []*held
	// network are messages under way.
	network []message
	fetches int
	named   int
}

type message struct {
	at int64
	do func()
}

// held is a fetch at the leader.
type held struct {
	id      uint64
	req     *protocol.FetchRequest
	x       fetchsession.Context
	expires int64
}

const partitions = 12

func topic(i int) wire.UUID { return wire.UUID{1, 15: byte(i % 3)} }

func keyOf(i int) fetcher.Key { return fetcher.Key{Topic: topic(i), Index: int32(i / 3)} }

func indexOf(k fetcher.Key) int { return int(k.Topic[15]) + 3*int(k.Index) }

func nameOf(i int) string { return fmt.Sprintf("t%d", i%3) }

var settings = fetcher.Settings{BrokerID: 2, BrokerEpoch: 7, MaxWaitMs: 500, MinBytes: 1, MaxBytes: 40, PartitionMaxBytes: 10, BackoffMs: 1000}

func newWorld(seed uint64, bug string) *world {
	w := &world{rng: rand.New(rand.NewPCG(seed, 3)), now: 1, bug: bug, cache: fetchsession.NewCache(3, 120_000)}
	w.f = fetcher.New(settings, fetcher.NewRate(math.MaxInt64, 11, 1000))
	for range partitions {
		w.epochs, w.leaders, w.own = append(w.epochs, 0), append(w.leaders, disk{}), append(w.own, disk{})
		w.hw, w.reported, w.assigned = append(w.hw, 0), append(w.reported, 0), append(w.assigned, false)
	}
	return w
}

func (w *world) fail(format string, args ...any) {
	if w.fault == "" {
		w.fault = fmt.Sprintf("at %d ms: ", w.now) + fmt.Sprintf(format, args...)
	}
}

func (w *world) later(delay int64, do func()) {
	w.network = append(w.network, message{w.now + delay, do})
}

// step gives an event to the core and carries out the effects.
func (w *world) step(ev fetcher.Event) {
	fx := w.f.Step(w.now, ev)
	applied := &fetcher.Applied{}
	for _, t := range fx.Truncate {
		i := indexOf(t.Key)
		to := fetcher.TruncateTo(t.By, w.own[i].end(), w.own[i].endOf(t.By.Epoch, -1))
		w.own[i].cut(to)
		applied.Results = append(applied.Results, fetcher.Result{Key: t.Key, LeaderEpoch: t.LeaderEpoch, Position: w.own[i].position(false), HighWatermark: -1})
	}
	for _, a := range fx.Append {
		applied.Results = append(applied.Results, w.append(a))
	}
	for _, r := range fx.Restart {
		i := indexOf(r.Key)
		w.own[i] = disk{start: r.Offset, durable: r.Offset}
		applied.Results = append(applied.Results, fetcher.Result{Key: r.Key, LeaderEpoch: r.LeaderEpoch, Position: w.own[i].position(false), HighWatermark: -1})
	}
	if fx.Fetch != nil {
		w.sent(fx.Fetch)
	}
	if q := fx.Query; q != nil {
		w.asked(q)
	}
	w.f.Recycle(fx)
	if len(applied.Results) > 0 {
		w.step(applied)
	}
}

// append takes the records of an answer: three bytes each.
func (w *world) append(a fetcher.Append) fetcher.Result {
	i := indexOf(a.Key)
	d := &w.own[i]
	if a.Offset != d.end() {
		w.fail("append to %v at %d, the log ends at %d", a.Key, a.Offset, d.end())
	}
	for b := a.Records; len(b) > 0; b = b[3:] {
		d.recs = append(d.recs, rec{int32(b[2]), int(b[0])<<8 | int(b[1])})
	}
	syncing := len(a.Records) > 0
	if syncing {
		to := d.end()
		w.later(1+w.rng.Int64N(30), func() { w.synced(i, to) })
	}
	return fetcher.Result{Key: a.Key, LeaderEpoch: a.LeaderEpoch, Position: d.position(syncing), Bytes: len(a.Records), HighWatermark: a.HighWatermark}
}

func (w *world) synced(i int, to int64) {
	d := &w.own[i]
	d.durable = max(d.durable, min(to, d.end()))
	w.step(&fetcher.Durable{Key: keyOf(i), LeaderEpoch: w.epochs[i], Offset: d.durable, Syncing: d.durable < d.end()})
}

// sent carries a fetch to the leader, or loses it.
func (w *world) sent(x *fetcher.Fetch) {
	w.fetches++
	for _, t := range x.Request.Topics {
		w.named += len(t.Partitions)
	}
	// The link is in order, so a request is copied as a client encodes it.
	var e wire.Writer
	x.Request.Encode(&e, 18)
	req := protocol.New[protocol.FetchRequest]()
	if err := req.Decode(e.Buf, 18); err != nil {
		w.fail("%v", err)
	}
	if w.rng.IntN(40) == 0 {
		w.later(w.rng.Int64N(100), func() { w.step(fetcher.Broken{ID: x.ID, Gone: w.rng.IntN(2) == 0}) })
		return
	}
	w.later(0, func() { w.serve(&held{id: x.ID, req: req, expires: w.now + int64(req.MaxWaitMs)}) })
}

// assign gives a partition to the core, as an image does.
func (w *world) assign(i int) {
	w.assigned[i] = true
	w.step(&fetcher.Assign{Partitions: []fetcher.Assignment{{Key: keyOf(i), Name: nameOf(i), LeaderEpoch: w.epochs[i], Position: w.own[i].position(w.own[i].durable < w.own[i].end())}}})
	if to := w.own[i].end(); w.own[i].durable < to {
		w.later(w.rng.Int64N(20), func() { w.synced(i, to) })
	}
}

// run lets time pass until t, with the messages in the order of their times.
func (w *world) run(t int64) {
	for w.fault == "" {
		at := t
		next := -1
		for n, m := range w.network {
			if m.at <= at && (next < 0 || m.at < w.network[next].at) {
				next, at = n, m.at
			}
		}
		at = min(at, w.f.Deadline())
		for _, h := range w.parked {
			at = min(at, h.expires)
		}
		w.now = max(w.now, at)
		switch {
		case next >= 0 && w.network[next].at <= w.now:
			m := w.network[next]
			w.network = slices.Delete(w.network, next, next+1)
			m.do()
		case w.f.Deadline() <= w.now:
			before := w.f.Deadline()
			if w.step(fetcher.Tick{}); w.f.Deadline() == before {
				w.fail("the deadline %d stays", before)
			}
		case w.now >= t:
			return
		}
		w.complete()
	}
}
