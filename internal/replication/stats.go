package replication

import (
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// Stats has the counters of the Manager, or of one topic, since it was made.
type Stats struct {
	// BytesOut counts the bytes for consumers, ReplicaBytesOut those for followers.
	RecordsIn, BytesIn, BytesOut, ReplicaBytesOut atomic.Int64
	// Appends and Fetches count the partitions of this broker in requests. FailedFetches counts
	// those that failed because of this broker.
	Appends, Fetches, FailedFetches atomic.Int64
	// RejectedBytes is the size of the records that were refused because of their size.
	RejectedBytes atomic.Int64
	// FailedAppends counts the appends that were refused because of their contents,
	// CorruptRecords those with a wrong checksum, OutOfOrder those with a gap in their
	// sequence.
	FailedAppends, CorruptRecords, OutOfOrder atomic.Int64
	// OldFormat counts the batches of an old format that Produce refused, NoKey the records
	// without a key for a compacted topic, Converted the records that were compressed again.
	OldFormat, NoKey, Converted atomic.Int64
	// FetchesExpired, ReplicaFetchesExpired and ProducesExpired count the waits that reached
	// their deadline.
	FetchesExpired, ReplicaFetchesExpired, ProducesExpired atomic.Int64
	// ISRShrinks, ISRExpands and ISRFailures count the controller's answers to changes of the
	// ISR.
	ISRShrinks, ISRExpands, ISRFailures atomic.Int64
}

// Stats returns the counters of all topics. They only grow.
func (m *Manager) Stats() *Stats { return &m.stats }

// TopicStats calls each with the counters of every topic of which this broker has replicas.
func (m *Manager) TopicStats(each func(topic string, s *Stats)) {
	m.mu.RLock()
	topics := m.topics()
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

// countConversion counts the records that were compressed again.
func (p *Partition) countConversion(c storage.Conversion) {
	if c.Records == 0 {
		return
	}
	for _, s := range [...]*Stats{&p.m.stats, p.stats} {
		s.Converted.Add(c.Records)
	}
	if p.m.opts.OnConversion != nil {
		p.m.opts.OnConversion(c)
	}
}

// count counts what a fetch returns.
func (f *FetchRequest) count() {
	held := int64(0)
	for i := range f.Parts {
		x := &f.Parts[i]
		if x.p == nil {
			continue
		}
		held++
		x.p.stats.Fetches.Add(1)
		if n := x.Slice.Size(); n > 0 {
			for _, s := range [...]*Stats{&f.m.stats, x.p.stats} {
				s.countBytesOut(f.ReplicaID >= 0, int64(n))
			}
		}
		if x.Err == protocol.ErrUnknownServerError || x.Err == protocol.ErrKafkaStorageError {
			f.m.stats.FailedFetches.Add(1)
			x.p.stats.FailedFetches.Add(1)
		}
	}
	f.m.stats.Fetches.Add(held)
}

func (s *Stats) countBytesOut(follower bool, n int64) {
	if follower {
		s.ReplicaBytesOut.Add(n)
	} else {
		s.BytesOut.Add(n)
	}
}

// countAltered counts an answer to a change of the ISR. before and after are its sizes.
func (m *Manager) countAltered(answer replica.PartitionAltered, before, after int) {
	switch {
	case answer.Err != protocol.ErrNone:
		m.stats.ISRFailures.Add(1)
	case after < before:
		m.stats.ISRShrinks.Add(1)
	case after > before:
		m.stats.ISRExpands.Add(1)
	}
}

// countRefusal counts an append that was refused. As in Kafka, FailedProduceRequests leaves out the
// errors that the size of the records, a wrong checksum, the disk or a change of leadership causes.
func (p *Partition) countRefusal(err protocol.Error, bytes int) {
	for _, s := range [...]*Stats{&p.m.stats, p.stats} {
		switch err {
		case protocol.ErrMessageTooLarge, protocol.ErrRecordListTooLarge:
			s.RejectedBytes.Add(int64(bytes))
		case protocol.ErrCorruptMessage:
			s.CorruptRecords.Add(1)
		case protocol.ErrKafkaStorageError, protocol.ErrNotLeaderOrFollower:
		case protocol.ErrOutOfOrderSequenceNumber:
			s.FailedAppends.Add(1)
			s.OutOfOrder.Add(1)
		default:
			s.FailedAppends.Add(1)
		}
	}
}
