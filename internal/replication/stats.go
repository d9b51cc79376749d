package replication

import (
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/replica"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/storage"
)

// Stats has the counters of the Manager, or of one topic, since it was made.
type Stats struct {
	// BytesOut counts the bytes for consumers, ReplicaBytesOut those for followers.
	RecordsIn, BytesIn, BytesOut, ReplicaBytesOut atomic.Int64
	// ReplicaBytesIn counts the bytes that this broker's followers appended.
	ReplicaBytesIn atomic.Int64
	// Appends and Fetches count the partitions of this broker in requests. FailedFetches counts the
	// fetches that failed because of this broker.
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

// Counter is a counter of Stats and the metric that shows it. A metric with a label has one series
// for all topics and one for each topic.
type Counter struct {
	Metric *telemetry.Metric
	Value  func(*Stats) int64
}

// Counters are the counters on the page of metrics (Kafka: BrokerTopicMetrics, ReplicaManager).
var Counters = []Counter{
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_bytesin_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec", Labels: []string{"topic"},
		Help: "Bytes that producers appended, after their compression."}), func(s *Stats) int64 { return s.BytesIn.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_bytesout_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec", Labels: []string{"topic"},
		Help: "Bytes that were sent to consumers."}), func(s *Stats) int64 { return s.BytesOut.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_messagesin_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec", Labels: []string{"topic"},
		Help: "Records that producers appended."}), func(s *Stats) int64 { return s.RecordsIn.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_bytesrejected_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=BytesRejectedPerSec", Labels: []string{"topic"},
		Help: "Bytes of batches refused for their size."}), func(s *Stats) int64 { return s.RejectedBytes.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_totalproducerequests_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=TotalProduceRequestsPerSec", Labels: []string{"topic"},
		Help: "Partitions written to by Produce requests."}), func(s *Stats) int64 { return s.Appends.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_totalfetchrequests_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=TotalFetchRequestsPerSec", Labels: []string{"topic"},
		Help: "Partitions read by Fetch requests."}), func(s *Stats) int64 { return s.Fetches.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_failedproducerequests_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=FailedProduceRequestsPerSec", Labels: []string{"topic"},
		Help: "Partitions of Produce requests that failed."}), func(s *Stats) int64 { return s.FailedAppends.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_failedfetchrequests_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=FailedFetchRequestsPerSec", Labels: []string{"topic"},
		Help: "Partitions of Fetch requests that failed."}), func(s *Stats) int64 { return s.FailedFetches.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_producemessageconversions_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=ProduceMessageConversionsPerSec", Labels: []string{"topic"},
		Help: "Records that were compressed again for their topic's compression.type."}), func(s *Stats) int64 { return s.Converted.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_replicationbytesout_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesOutPerSec",
		Help: "Bytes sent to followers."}), func(s *Stats) int64 { return s.ReplicaBytesOut.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_replicationbytesin_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesInPerSec",
		Help: "Bytes that followers fetched from their leaders."}), func(s *Stats) int64 { return s.ReplicaBytesIn.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_invalidmessagecrcrecords_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=InvalidMessageCrcRecordsPerSec",
		Help: "Records refused for their checksum."}), func(s *Stats) int64 { return s.CorruptRecords.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_invalidoffsetorsequencerecords_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=InvalidOffsetOrSequenceRecordsPerSec",
		Help: "Records refused for their offsets or sequence numbers."}), func(s *Stats) int64 { return s.OutOfOrder.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_invalidmagicnumberrecords_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=InvalidMagicNumberRecordsPerSec",
		Help: "Batches of an old format that Produce refused for their magic number."}), func(s *Stats) int64 { return s.OldFormat.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokertopicmetrics_nokeycompactedtopicrecords_total", Type: telemetry.CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=NoKeyCompactedTopicRecordsPerSec",
		Help: "Records without a key refused by compacted topics."}), func(s *Stats) int64 { return s.NoKey.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_delayedproducemetrics_expires_total", Type: telemetry.CounterType, MBean: "kafka.server:type=DelayedProduceMetrics,name=ExpiresPerSec",
		Help: "Delayed produces that ran into their time-out."}), func(s *Stats) int64 { return s.ProducesExpired.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_isrshrinks_total", Type: telemetry.CounterType, MBean: "kafka.server:type=ReplicaManager,name=IsrShrinksPerSec",
		Help: "Times a replica fell out of sync."}), func(s *Stats) int64 { return s.ISRShrinks.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_isrexpands_total", Type: telemetry.CounterType, MBean: "kafka.server:type=ReplicaManager,name=IsrExpandsPerSec",
		Help: "Times a replica came back in sync."}), func(s *Stats) int64 { return s.ISRExpands.Load() }},
	{telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_failedisrupdates_total", Type: telemetry.CounterType, MBean: "kafka.server:type=ReplicaManager,name=FailedIsrUpdatesPerSec",
		Help: "Changes of the in-sync replicas that the controller refused."}), func(s *Stats) int64 { return s.ISRFailures.Load() }},
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

// countReplicated counts bytes that a follower appended.
func (p *Partition) countReplicated(bytes int) {
	p.m.stats.ReplicaBytesIn.Add(int64(bytes))
	p.stats.ReplicaBytesIn.Add(int64(bytes))
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
			if x.throttled {
				f.m.quota.record(f.m.elapsedMs(), n)
			}
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
		case protocol.ErrKafkaStorageError, protocol.ErrNotLeaderOrFollower, protocol.ErrUnknownTopicOrPartition:
		case protocol.ErrOutOfOrderSequenceNumber:
			s.FailedAppends.Add(1)
			s.OutOfOrder.Add(1)
		default:
			s.FailedAppends.Add(1)
		}
	}
}
