package fetcher

import (
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Key names a partition.
type Key struct {
	Topic wire.UUID
	Index int32
}

// Position is the state of a follower's log.
type Position struct {
	// End is the log end offset, and LastEpoch the leader epoch of the last record, -1 for none.
	End       int64
	LastEpoch int32
	Start     int64
	// Durable is the offset below which everything is on the disk. Syncing says that a Durable
	// event follows for the records above it.
	Durable int64
	Syncing bool
}

// Assignment is a partition that this node is to fetch.
type Assignment struct {
	Key
	// Name is the topic's name, which ListOffsets needs.
	Name string
	// LeaderEpoch is the leader epoch in which the broker leads the partition.
	LeaderEpoch int32
	Position    Position
	// Throttled says that follower.replication.throttled.replicas lists the replica.
	Throttled bool
}

// Event is something that happened; see [Fetcher.Step].
type Event interface{ event() }

// Assign adds partitions. A partition that is there with the same leader epoch stays as it is,
// except for Throttled.
type Assign struct{ Partitions []Assignment }

// Remove ends the fetching of partitions.
type Remove struct{ Partitions []Key }

// Answer is the answer to a Fetch.
type Answer struct {
	ID       uint64
	Response *protocol.FetchResponse
}

// Broken says that a Fetch gets no answer. Gone says that the leader's process has ended or closed
// the connection, in contrast to silence.
type Broken struct {
	ID   uint64
	Gone bool
}

// Offsets is the answer to a ListOffsets, nil when there is none.
type Offsets struct {
	ID       uint64
	Response *protocol.ListOffsetsResponse
}

// Applied ends the application of the effects Truncate, Append and Restart. It has a result for
// each of them.
type Applied struct{ Results []Result }

// Result is the state of one partition's log after an effect.
type Result struct {
	Key
	// LeaderEpoch is that of the effect.
	LeaderEpoch int32
	Position    Position
	// Bytes is the number of bytes appended.
	Bytes int
	// HighWatermark is the leader's high watermark of the answer, -1 for none.
	HighWatermark int64
	Outcome       Outcome
}

// Outcome is how an effect ended.
type Outcome uint8

// The outcomes.
const (
	// Done: the log is as the effect says.
	Done Outcome = iota
	// Refused: the log did not take the records. The fetch is repeated after a pause.
	Refused
	// Stopped: the partition cannot go on: its log directory failed, or the replica has another
	// role. It is not fetched before the next Assign.
	Stopped
)

// Durable says that the log of a partition is on the disk up to Offset.
type Durable struct {
	Key
	LeaderEpoch int32
	Offset      int64
	// Syncing says that another Durable follows.
	Syncing bool
}

// Tick lets time pass; see [Fetcher.Deadline].
type Tick struct{}

func (*Assign) event()  {}
func (Remove) event()   {}
func (Answer) event()   {}
func (Broken) event()   {}
func (Offsets) event()  {}
func (*Applied) event() {}
func (Durable) event()  {}
func (Tick) event()     {}

// Settings are the configuration of fetches.
type Settings struct {
	BrokerID    int32
	BrokerEpoch int64
	// MaxWaitMs is replica.fetch.wait.max.ms, MinBytes replica.fetch.min.bytes, MaxBytes
	// replica.fetch.response.max.bytes, PartitionMaxBytes replica.fetch.max.bytes, BackoffMs
	// replica.fetch.backoff.ms.
	MaxWaitMs, MinBytes, MaxBytes, PartitionMaxBytes int32
	BackoffMs                                        int64
}
