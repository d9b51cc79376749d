// Package shard is the vocabulary that coordinator cores (groups, transactions, share groups) and
// their engine (internal/coordinator) have in common: what a command decides, and what the engine
// does with it.
//
// A core is pure: it has no goroutine, lock, channel, clock, randomness or IO. It has one caller at
// a time. The time and random ids are arguments.
package shard

import "github.com/gregorhq/gregor/internal/protocol"

// Record is one record that a command adds to the coordinator's log. Key and Value begin with
// Kafka's int16 version. A nil Value is a tombstone.
type Record struct {
	Key, Value []byte
	// Err says that the record cannot be encoded, because a string in it is too long. Such a record
	// must not be decided.
	Err error
}

// Encoded returns the error of the first record that cannot be encoded.
func Encoded(rs []Record) error {
	for _, r := range rs {
		if r.Err != nil {
			return r.Err
		}
	}
	return nil
}

// recordOverhead bounds the bytes of a record in a batch besides key and value: attributes and the
// varints of length, deltas, key length, value length and header count.
const recordOverhead = 1 + 5 + 10 + 5 + 5 + 5 + 1

// SizeOf returns an upper bound of the bytes that records take in a batch.
func SizeOf(rs []Record) int {
	n := 0
	for _, r := range rs {
		n += recordOverhead + len(r.Key) + len(r.Value)
	}
	return n
}

// Stored is one record with its place in the log. Key and Value are valid during the call only.
type Stored struct {
	Offset        int64
	Timestamp     int64 // of the record, milliseconds
	ProducerID    int64 // -1 when the batch is not transactional
	ProducerEpoch int16
	Key, Value    []byte
}

// Waiter receives the answer to one request. A core keeps it while the request waits and returns it
// in a Reply; the core never calls it. It is a pointer, because cores compare waiters.
type Waiter interface {
	// Reply delivers the response, a pointer to the protocol struct. The engine calls Reply or Fail
	// exactly once.
	Reply(response any)
	// Fail delivers the response that carries only an error.
	Fail(err protocol.Error)
}

// Reply is the answer to one request.
type Reply struct {
	To       Waiter
	Response any
	// Err, when not zero, is delivered by Fail, and Response is ignored.
	Err protocol.Error
}

// TimerKey names one timer of one core. Setting a timer that is set moves it.
type TimerKey struct {
	Kind int8   // the core's own enumeration
	Name string // the key: the group, the transactional id, or "" for the whole core
	Part string // the member, or "" for a timer of Name as a whole
}

// Timer sets (At > 0, milliseconds since the epoch) or cancels (At == 0) a timer.
type Timer struct {
	Key TimerKey
	At  int64
}

// Note is a line for the log at level INFO, for example about a rebalance. The engine bounds the
// rate of lines for each Subject.
type Note struct {
	Subject string
	Text    string
	Attrs   []any // names and values, as log/slog takes them
}

// Env holds the inputs of a command besides its core.
type Env struct {
	// Now is the time in milliseconds since the epoch.
	Now int64
	// UUID draws a random UUID.
	UUID func() [16]byte
}

// Outcome is the decision of a command. The engine does the following, in this order:
//
//  1. It sets the timers and writes the notes.
//  2. It replays the Records, so that the next command decides on them, and queues them for the
//     log.
//  3. It delivers the Replies when the records that they may depend on are committed: these
//     Records, the earlier ones of commands for the same key, and the earlier ones of commands
//     without a key. A decision for a key depends on nothing else.
//
// When an append fails, the engine answers every waiting reply with an error, drops the core and
// replays the log into a new one.
type Outcome struct {
	Records []Record
	Replies []Reply
	Timers  []Timer
	Notes   []Note
	// Divisible says that Records may be spread over several batches, because the state is sound
	// after each of them (tombstones of a clean-up).
	Divisible bool
	// ProducerID and ProducerEpoch belong to the batch when Transactional is set.
	Transactional bool
	ProducerID    int64
	ProducerEpoch int16
}

// Core is one coordinator partition's state machine.
type Core interface {
	// Replay applies one record: of the log while it is loaded, or of a command that was just
	// decided. An error means that the record cannot be understood. The engine logs it and
	// continues, so that one bad record does not disable a whole partition.
	Replay(r Stored) error
	// ReplayEndTxn applies a commit or abort marker of a producer.
	ReplayEndTxn(producerID int64, producerEpoch int16, committed bool)
	// Loaded is called once after the log was replayed and before any command.
	Loaded(now int64) Outcome
	// Unloaded is called when the state is dropped. The core answers every request that it holds.
	// Records and Timers of the outcome are ignored.
	Unloaded() Outcome
	// Fire is called when a timer is due. It may be called for a timer that is not due.
	Fire(now int64, key TimerKey) Outcome
}

// KeyedRecords is a Core whose records belong to keys.
type KeyedRecords interface {
	// KeyOf returns the key whose state a record belongs to, "" for the whole core. record is the
	// key of the record in the log.
	KeyOf(record []byte) string
}

// Listing is what a list of all keys shows of one key. The zero Listing is a key that is not in the
// list.
type Listing struct {
	Type, ProtocolType, State string
}

// Listed is a Core whose keys are listed.
type Listed interface {
	// Listing returns what a list shows of a key now.
	Listing(key string) Listing
	// KeysInTxn returns the keys that the open transaction of a producer has records of.
	KeysInTxn(producerID int64) []string
}

// ClockFollower is a Core that keeps deadlines besides its timers.
type ClockFollower interface {
	// ClockMoved is called when the wall clock was set. The core adds by, in milliseconds, to every
	// deadline of its own. The engine moves the timers. Times of past events stay.
	ClockMoved(by int64)
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

// Note adds a line for the log.
func (p *Outcome) Note(subject, text string, attrs ...any) {
	p.Notes = append(p.Notes, Note{Subject: subject, Text: text, Attrs: attrs})
}
