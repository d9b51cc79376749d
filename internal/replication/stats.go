package replication

import (
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Stats counts what went through the Manager, or one topic of it, since it was made.
type Stats struct {
	RecordsIn, BytesIn, BytesOut atomic.Int64
	// FailedAppends counts appends that were refused for what was in them, InvalidRecords those with bad records,
	// CorruptRecords those with a wrong checksum, OutOfOrder those with a gap in their sequence.
	FailedAppends, InvalidRecords, CorruptRecords, OutOfOrder atomic.Int64
	// FetchesParked and ProducesExpired count waits.
	FetchesParked, ProducesExpired atomic.Int64
}

// Stats are the counters over all topics; they only grow.
func (m *Manager) Stats() *Stats { return &m.stats }

// TopicStats gives the counters of every topic that this broker holds replicas of.
func (m *Manager) TopicStats(each func(topic string, s *Stats)) {
	m.mu.RLock()
	topics := make([]*hosted, 0, len(m.byID))
	for _, h := range m.byID {
		topics = append(topics, h)
	}
	m.mu.RUnlock()
	for _, h := range topics {
		each(h.name, &h.stats)
	}
}

func (p *Partition) countAppend(records int64, bytes int) {
	for _, s := range [...]*Stats{&p.m.stats, p.stats} {
		s.RecordsIn.Add(records)
		s.BytesIn.Add(int64(bytes))
	}
}

func (p *Partition) countFetch(bytes int) {
	p.m.stats.BytesOut.Add(int64(bytes))
	p.stats.BytesOut.Add(int64(bytes))
}

func (p *Partition) countRefusal(err protocol.Error) {
	for _, s := range [...]*Stats{&p.m.stats, p.stats} {
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
}
