package replication

import (
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/storage"
)

// Stats counts what went through the Manager, or one topic of it, since it was made.
type Stats struct {
	// BytesOut is what consumers got, ReplicaBytesOut what followers did.
	RecordsIn, BytesIn, BytesOut, ReplicaBytesOut atomic.Int64
	// Appends and Fetches count partitions in requests that this broker holds; FailedFetches those that met what no client can
	// cause.
	Appends, Fetches, FailedFetches atomic.Int64
	// RejectedBytes is the size of what was refused for its size.
	RejectedBytes atomic.Int64
	// FailedAppends counts appends that were refused for what was in them, CorruptRecords those with a wrong checksum,
	// OutOfOrder those with a gap in their sequence.
	FailedAppends, CorruptRecords, OutOfOrder atomic.Int64
	// OldFormat counts batches of an old format that Produce refused, NoKey records without a key for a compacted topic,
	// Converted records that were compressed anew.
	OldFormat, NoKey, Converted atomic.Int64
	// FetchesExpired, ReplicaFetchesExpired and ProducesExpired count waits that ran into their deadline.
	FetchesExpired, ReplicaFetchesExpired, ProducesExpired atomic.Int64
	// ISRShrinks, ISRExpands and ISRFailures count what the controller answered to changes of in-sync replicas.
	ISRShrinks, ISRExpands, ISRFailures atomic.Int64
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

// countConversion notes records that were compressed anew.
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

// count notes what a fetch is answered with.
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

// countAltered notes how a change of the in-sync replicas from before to after ended.
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

// countRefusal notes an append that was refused. Kafka's FailedProduceRequests leaves out what is the client's doing or the
// disk's.
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
