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
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		all := n.replicas.Stats()
		for _, c := range topicCounters {
			emit(c.metric, float64(c.value(all)))
		}
		for _, c := range nodeCounters {
			emit(c.metric, float64(c.value(all)))
		}
		emit(telemetry.ConsumerExpires, float64(all.FetchesExpired.Load()), "consumer")
		emit(telemetry.ConsumerExpires, float64(all.ReplicaFetchesExpired.Load()), "follower")
		n.replicas.TopicStats(func(topic string, s *replication.Stats) {
			for _, c := range topicCounters {
				// Kafka shows a topic once something was counted for it.
				if v := c.value(s); v > 0 {
					emit(c.metric, float64(v), topic)
				}
			}
		})
	})
	n.registerPurgatoryMetrics()
}

// registerPurgatoryMetrics tells what waits. An operation is in the purgatory's size once for each partition that it waits for,
// as in Kafka.
func (n *Node) registerPurgatoryMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		show := func(w replication.Waiting, kind string) {
			emit(telemetry.PurgatorySize, float64(w.Watches), kind)
			emit(telemetry.PurgatoryDelayed, float64(w.Operations), kind)
		}
		d := n.replicas.Delayed()
		show(d.Produces, "Produce")
		show(d.Fetches, "Fetch")
		show(d.Deletions, "DeleteRecords")
	})
}
