package broker

import (
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// topicCounters are kafka.server's BrokerTopicMetrics: one series for all topics and one for each. They are read from the
// counters that the partitions keep, so a topic that is deleted is gone from the page, and the total never falls.
var topicCounters = []struct {
	metric *telemetry.Metric
	value  func(*replication.Stats) int64
}{
	{telemetry.BytesIn, func(s *replication.Stats) int64 { return s.BytesIn.Load() }},
	{telemetry.BytesOut, func(s *replication.Stats) int64 { return s.BytesOut.Load() }},
	{telemetry.MessagesIn, func(s *replication.Stats) int64 { return s.RecordsIn.Load() }},
	{telemetry.BytesRejected, func(s *replication.Stats) int64 { return s.RejectedBytes.Load() }},
	{telemetry.TotalProduceRequests, func(s *replication.Stats) int64 { return s.Appends.Load() }},
	{telemetry.TotalFetchRequests, func(s *replication.Stats) int64 { return s.Fetches.Load() }},
	{telemetry.FailedProduceRequests, func(s *replication.Stats) int64 { return s.FailedAppends.Load() }},
	{telemetry.FailedFetchRequests, func(s *replication.Stats) int64 { return s.FailedFetches.Load() }},
	{telemetry.ProduceMessageConversions, func(s *replication.Stats) int64 { return s.Converted.Load() }},
}

// nodeCounters are those that Kafka counts for the whole broker only.
var nodeCounters = []struct {
	metric *telemetry.Metric
	value  func(*replication.Stats) int64
}{
	{telemetry.ReplicationBytesOut, func(s *replication.Stats) int64 { return s.ReplicaBytesOut.Load() }},
	{telemetry.InvalidMessageCrcRecords, func(s *replication.Stats) int64 { return s.CorruptRecords.Load() }},
	{telemetry.InvalidOffsetOrSequenceRecords, func(s *replication.Stats) int64 { return s.OutOfOrder.Load() }},
	{telemetry.InvalidMagicNumberRecords, func(s *replication.Stats) int64 { return s.OldFormat.Load() }},
	{telemetry.NoKeyCompactedTopicRecords, func(s *replication.Stats) int64 { return s.NoKey.Load() }},
	{telemetry.ProduceExpires, func(s *replication.Stats) int64 { return s.ProducesExpired.Load() }},
	{telemetry.IsrShrinks, func(s *replication.Stats) int64 { return s.ISRShrinks.Load() }},
	{telemetry.IsrExpands, func(s *replication.Stats) int64 { return s.ISRExpands.Load() }},
	{telemetry.FailedIsrUpdates, func(s *replication.Stats) int64 { return s.ISRFailures.Load() }},
}

// registerTopicMetrics enters them.
func (n *Node) registerTopicMetrics() {
	for _, c := range topicCounters {
		n.Telemetry.Func(c.metric, func(emit func(float64, ...string)) {
			emit(float64(c.value(n.replicas.Stats())))
			n.replicas.TopicStats(func(topic string, s *replication.Stats) {
				// Kafka shows a topic once something was counted for it.
				if v := c.value(s); v > 0 {
					emit(float64(v), topic)
				}
			})
		})
	}
	for _, c := range nodeCounters {
		n.Telemetry.Func(c.metric, func(emit func(float64, ...string)) { emit(float64(c.value(n.replicas.Stats()))) })
	}
	n.Telemetry.Func(telemetry.ConsumerExpires, func(emit func(float64, ...string)) {
		s := n.replicas.Stats()
		emit(float64(s.FetchesExpired.Load()), "consumer")
		emit(float64(s.ReplicaFetchesExpired.Load()), "follower")
	})
	n.registerPurgatoryMetrics()
}

// registerPurgatoryMetrics tells what waits. An operation is in the purgatory's size once for each partition that it waits for,
// as in Kafka.
func (n *Node) registerPurgatoryMetrics() {
	show := func(m *telemetry.Metric, value func(replication.Waiting) int) {
		n.Telemetry.Func(m, func(emit func(float64, ...string)) {
			d := n.replicas.Delayed()
			emit(float64(value(d.Produces)), "Produce")
			emit(float64(value(d.Fetches)), "Fetch")
			emit(float64(value(d.Deletions)), "DeleteRecords")
		})
	}
	show(telemetry.PurgatorySize, func(w replication.Waiting) int { return w.Watches })
	show(telemetry.PurgatoryDelayed, func(w replication.Waiting) int { return w.Operations })
}
