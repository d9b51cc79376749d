package storage

import (
	"io"
	"syscall"
)

type Log struct{}
type FilePool struct{}
type Slice struct{}

// NewFilePool bounds the open files of all logs that share it.
func NewFilePool(maxOpen int) *FilePool { panic("pending") }

// Sweep closes files and drops cached indexes that were not used since the last Sweep: call it every few minutes.
func (p *FilePool) Sweep() { panic("pending") }
func (p *FilePool) Close() { panic("pending") }

// Size is the length in bytes.
func (s *Slice) Size() int { panic("pending") }

// WriteTo writes everything to w: by sendfile when w is a TCP connection and the slice is large, else by copy.
func (s *Slice) WriteTo(w io.Writer) (int64, error) { panic("pending") }

// SendTo is the part [off, off+n) to a socket whose RawConn the caller keeps.
func (s *Slice) SendTo(c syscall.RawConn, off, n int) (int, error) { panic("pending") }

// ReadAt reads from position off of the slice; io.EOF at its end.
func (s *Slice) ReadAt(p []byte, off int64) (int, error) { panic("pending") }

// ReadInto appends the bytes to buf.
func (s *Slice) ReadInto(buf []byte) ([]byte, error) { panic("pending") }

// Close lets go of the file. Calling it twice is harmless.
func (s *Slice) Close() { panic("pending") }

func Open(o Options) (*Log, error) { panic("pending") }

func (l *Log) AppendAsLeader(records []byte, o AppendOptions) (AppendInfo, error) { panic("pending") }
func (l *Log) AppendAsFollower(records []byte, nowMs int64) (AppendInfo, error)   { panic("pending") }
func (l *Log) Read(from int64, o ReadOptions) (ReadResult, error)                 { panic("pending") }

func (l *Log) LogStartOffset() int64 { panic("pending") }
func (l *Log) LogEndOffset() int64   { panic("pending") }
func (l *Log) RecoveryPoint() int64  { panic("pending") }
func (l *Log) HighWatermark() int64  { panic("pending") }

// SetHighWatermark only moves within [LogStartOffset, LogEndOffset]; it returns what was set.
func (l *Log) SetHighWatermark(hw int64) int64                    { panic("pending") }
func (l *Log) LastStableOffset() int64                            { panic("pending") }
func (l *Log) AbortedTxns(from, upTo int64) ([]AbortedTxn, error) { panic("pending") }

func (l *Log) Sync(upTo int64) error { panic("pending") }

// PrepareSync writes out what is buffered (indexes) and returns the log end offset: after a vfs.FS.SyncFS that
// began later, call SyncDone with it. This is Sync in two halves for a group commit over many logs.
func (l *Log) PrepareSync() (upTo int64, gen uint64, err error) { panic("pending") }
func (l *Log) SyncDone(upTo int64, gen uint64)                  { panic("pending") }
func (l *Log) Dirty() bool                                      { panic("pending") }
func (l *Log) UnsyncedMessages() int64                          { panic("pending") }

// Fail marks the log as broken (its directory went offline): every later write returns a *StorageError.
func (l *Log) Fail(err error) { panic("pending") }

func (l *Log) TruncateTo(offset int64) error                                   { panic("pending") }
func (l *Log) TruncateFullyAndStartAt(offset int64) error                      { panic("pending") }
func (l *Log) SetLogStartOffset(offset int64) error                            { panic("pending") }
func (l *Log) DeleteOldSegments(nowMs int64) (n int, reason string, err error) { panic("pending") }
func (l *Log) DeleteFiles(nowMs int64) (n int, err error)                      { panic("pending") }
func (l *Log) PendingDeletes() bool                                            { panic("pending") }
func (l *Log) Roll(nowMs int64) error                                          { panic("pending") }

func (l *Log) OffsetForTimestamp(ts int64) (TimestampOffset, bool, error) { panic("pending") }
func (l *Log) MaxTimestampOffset() (TimestampOffset, bool, error)         { panic("pending") }
func (l *Log) EarliestLocalOffset() int64                                 { panic("pending") }
func (l *Log) EndOffsetForEpoch(epoch int32) EpochEndOffset               { panic("pending") }
func (l *Log) LatestEpoch() (epoch int32, ok bool)                        { panic("pending") }

// AssignEpoch notes the start of a leader epoch at offset (a leader does it at the log end before its first append).
func (l *Log) AssignEpoch(epoch int32, startOffset int64) error { panic("pending") }

func (l *Log) RemoveExpiredProducers(nowMs int64) int { panic("pending") }

// Close(true) syncs everything and takes a producer snapshot; Close(false) only lets go.
func (l *Log) Close(clean bool) error { panic("pending") }

// Rename moves the partition's folder (deletion, future replica promotion).
func (l *Log) Rename(dir string) error { panic("pending") }

// Delete closes the log and removes its folder.
func (l *Log) Delete() error { panic("pending") }

func (l *Log) Size() int64             { panic("pending") }
func (l *Log) Segments() []SegmentInfo { panic("pending") }
func (l *Log) Config() *Config         { panic("pending") }
func (l *Log) SetConfig(c *Config)     { panic("pending") }
func (l *Log) Dir() string             { panic("pending") }
func (l *Log) Topic() string           { panic("pending") }
func (l *Log) Partition() int32        { panic("pending") }
func (l *Log) TopicID() [16]byte       { panic("pending") }
