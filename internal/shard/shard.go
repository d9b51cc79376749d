// Package shard is the small vocabulary that coordinator cores (group, txn,
// share) and the engine that carries them (internal/coordinator) have in
// common: what a command decides, and what the engine owes it.
//
// A core is pure: no goroutine, lock, channel, clock, randomness or IO. It is
// called by one caller at a time; now is always an argument, in milliseconds
// since the epoch.
package shard

import "github.com/gregorhq/gregor/internal/protocol"

// Record is one record a command wants in the coordinator's log. Key and
// Value carry Kafka's int16 version prefix. A nil Value is a tombstone.
type Record struct {
	Key, Value []byte
}

// Stored is one record as read back from the log, or as committed just now.
// Key and Value are only valid during the call.
type Stored struct {
	Offset        int64
	Timestamp     int64 // of the record, milliseconds
	ProducerID    int64 // -1 when the batch is not transactional
	ProducerEpoch int16
	Key, Value    []byte
}

// Waiter is where one request's answer goes. A core keeps it while the request
// is parked and hands it back in a Reply; it never calls it. It is a pointer: cores
// compare waiters.
type Waiter interface {
	// Reply delivers the response, a pointer to the protocol struct. The engine
	// calls Reply or Fail exactly once.
	Reply(response any)
	// Fail delivers the request's own response with err in it.
	Fail(err protocol.Error)
}

// Reply is the answer to one parked or running request.
type Reply struct {
	To       Waiter
	Response any
	// Err, when not zero, is delivered by Fail and Response is ignored.
	Err protocol.Error
}

// TimerKey names one timer of one core. Setting a timer that is set moves it.
type TimerKey struct {
	Kind int8   // the core's own enumeration
	Name string // the group, transactional id, ...
	Part string // the member, "" when the timer belongs to Name as a whole
	// Barrier: Fire must see everything decided before as committed.
	Barrier bool
}

// Timer sets (At > 0, milliseconds since the epoch) or cancels (At == 0) a timer.
type Timer struct {
	Key TimerKey
	At  int64
}

// Outcome is what a command decided. The engine's duties, in this order:
//
//  1. Timers are set at once.
//  2. Replies without Records are delivered at once: they speak of committed
//     state or of state that lives in memory only.
//  3. Records are appended as one atomic batch. State does not change by them
//     until they are committed; then the engine calls Replay for each, then
//     Then(now, ErrNone), performs what it returns, and delivers Replies.
//  4. When the append fails nothing is replayed, Then(now, err) is called, and
//     each Reply is answered by its Waiter's Fail(err) instead.
type Outcome struct {
	Records []Record
	Replies []Reply
	Timers  []Timer
	// Then is called once after Records were committed or failed; nil when the
	// core has nothing to do at that moment. It must not assume that the state it
	// was made from still stands: other commands ran in between.
	Then func(now int64, err protocol.Error) Outcome
	// Divisible says that Records may be spread over several batches, because each
	// alone leaves a sound state (tombstones of a clean-up).
	Divisible bool
	// ProducerID and ProducerEpoch make the batch transactional when Transactional.
	Transactional bool
	ProducerID    int64
	ProducerEpoch int16
}

// Core is one coordinator partition's state machine.
type Core interface {
	// Replay applies one committed record. An error means the record cannot be
	// understood; the engine logs it and goes on, so that one bad record never
	// takes a whole partition away.
	Replay(r Stored) error
	// ReplayEndTxn applies a commit or abort marker of a producer.
	ReplayEndTxn(producerID int64, producerEpoch int16, committed bool)
	// Loaded is called once after the log was replayed and before any command.
	Loaded(now int64) Outcome
	// Unloaded is called when the partition moves away; the core answers every
	// request it holds. Records and Timers of the outcome are ignored.
	Unloaded() Outcome
	// Fire is called when a timer came due. Spurious calls are allowed.
	Fire(now int64, key TimerKey) Outcome
}

// ClockFollower is a Core that keeps deadlines of its own, beside its timers.
type ClockFollower interface {
	// ClockMoved tells that the clock was set: by milliseconds are to be added to every deadline. Timers are moved by the engine,
	// times of what has been stay.
	ClockMoved(by int64)
}

// Merge appends what o decided to what p decided. Only one of the two may have
// Records with a Then; both may have plain Records.
func (p *Outcome) Merge(o Outcome) {
	p.Records = append(p.Records, o.Records...)
	p.Replies = append(p.Replies, o.Replies...)
	p.Timers = append(p.Timers, o.Timers...)
	p.Divisible = p.Divisible || o.Divisible
	switch {
	case p.Then == nil:
		p.Then = o.Then
	case o.Then != nil:
		first, second := p.Then, o.Then
		p.Then = func(now int64, err protocol.Error) Outcome {
			out := first(now, err)
			out.Merge(second(now, err))
			return out
		}
	}
}

// Reply adds one answer.
func (p *Outcome) Reply(to Waiter, response any) {
	if to != nil {
		p.Replies = append(p.Replies, Reply{To: to, Response: response})
	}
}

// Fail adds one answer that carries only an error.
func (p *Outcome) Fail(to Waiter, err protocol.Error) {
	if to != nil {
		p.Replies = append(p.Replies, Reply{To: to, Err: err})
	}
}

// Set adds a timer.
func (p *Outcome) Set(key TimerKey, at int64) { p.Timers = append(p.Timers, Timer{Key: key, At: at}) }

// Cancel removes a timer.
func (p *Outcome) Cancel(key TimerKey) { p.Timers = append(p.Timers, Timer{Key: key}) }
