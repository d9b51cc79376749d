package replication

import (
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Stats counts what went through the Manager since it was made.
type Stats struct {
	RecordsIn, BytesIn, BytesOut atomic.Int64
	// FailedAppends counts appends that were refused for what was in them, InvalidRecords those with bad records,
	// CorruptRecords those with a wrong checksum, OutOfOrder those with a gap in their sequence.
	FailedAppends, InvalidRecords, CorruptRecords, OutOfOrder atomic.Int64
	// FetchesParked and ProducesExpired count waits.
	FetchesParked, ProducesExpired atomic.Int64
}

// Stats are the counters; they only grow.
func (m *Manager) Stats() *Stats { return &m.stats }

func (s *Stats) appended(_ *Partition, records int64, bytes int) {
	s.RecordsIn.Add(records)
	s.BytesIn.Add(int64(bytes))
}

func (s *Stats) refusedAppend(_ *Partition, err protocol.Error) {
	s.FailedAppends.Add(1)
	switch err {
	case protocol.ErrInvalidRecord:
		s.InvalidRecords.Add(1)
	case protocol.ErrCorruptMessage:
		s.CorruptRecords.Add(1)
	case protocol.ErrOutOfOrderSequenceNumber:
		s.OutOfOrder.Add(1)
	}
}
