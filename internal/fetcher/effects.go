package fetcher

import "github.com/gregorhq/gregor/internal/protocol"

// Effects are the actions of the engine after a Step, in the order of the fields. They belong to
// the engine until it gives their memory back with [Fetcher.Recycle].
type Effects struct {
	// Truncate, Append and Restart are for different partitions. When one of them is not empty the
	// engine sends Applied. It checks under the partition's lock that the replica still follows in
	// the leader epoch of the effect.
	Truncate []Truncation
	Append   []Append
	Restart  []Restart
	// Failed are partitions whose fetch the leader refused.
	Failed []Failure
	// Fetch is nil or the next Fetch. It stays unchanged until its Answer or Broken.
	Fetch *Fetch
	// Query is nil or a ListOffsets. It stays unchanged until its Offsets.
	Query *Query
}

// Truncation cuts a follower's log.
type Truncation struct {
	Key
	LeaderEpoch int32
	// By has the diverging epoch of the leader's answer. TruncateTo finds the offset from it. With
	// Epoch -1, its EndOffset is the offset itself, unless the log ends before it.
	By EpochEnd
}

// Append is the part of one partition in the leader's answer.
type Append struct {
	Key
	// LeaderEpoch and Offset are those of the request.
	LeaderEpoch int32
	Offset      int64
	// Records are the bytes of the answer, possibly none.
	Records []byte
	// HighWatermark and LogStartOffset are the leader's.
	HighWatermark, LogStartOffset int64
}

// Restart deletes the whole log of a follower, which then begins at Offset: the leader has deleted
// the records that the follower needs next.
type Restart struct {
	Key
	LeaderEpoch int32
	Offset      int64
}

// Failure is an error code of the leader for one partition.
type Failure struct {
	Key
	LeaderEpoch int32
	Err         protocol.Error
	// Stopped says that the partition waits for another leader epoch. Otherwise it is fetched again
	// after a pause. First is set for the first of consecutive failures.
	Stopped, First bool
}

// Fetch is a request for records.
type Fetch struct {
	ID      uint64
	Request *protocol.FetchRequest
}

// Query is a request for the log ends or the log starts of partitions whose fetch offset is out of
// range.
type Query struct {
	ID      uint64
	Request *protocol.ListOffsetsRequest
}

// Recycle takes the memory of effects that have been carried out.
func (f *Fetcher) Recycle(fx Effects) {
	clear(fx.Append)
	f.used = Effects{Truncate: fx.Truncate[:0], Append: fx.Append[:0], Restart: fx.Restart[:0], Failed: fx.Failed[:0]}
}

// applies reports whether the engine has work on logs.
func (fx *Effects) applies() bool {
	return len(fx.Truncate)+len(fx.Append)+len(fx.Restart) > 0
}
