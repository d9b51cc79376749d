package broker

import (
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// The metrics that this file shows.
var (
	purgatorySizeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_delayedoperationpurgatory_purgatorysize", Type: telemetry.GaugeType, MBean: "kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize", Labels: []string{"delayedOperation"},
		Help: "Watches of delayed operations: one for each partition that each of them waits for."})
	purgatoryDelayedMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_delayedoperationpurgatory_numdelayedoperations", Type: telemetry.GaugeType, MBean: "kafka.server:type=DelayedOperationPurgatory,name=NumDelayedOperations", Labels: []string{"delayedOperation"},
		Help: "Delayed operations that wait."})
	consumerExpiresMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_delayedfetchmetrics_expires_total", Type: telemetry.CounterType, MBean: "kafka.server:type=DelayedFetchMetrics,name=ExpiresPerSec", Labels: []string{"fetcherType"},
		Help: "Delayed fetches that ran into their maximum wait."})
)

// registerTopicMetrics registers the counters of replication: kafka.server's BrokerTopicMetrics
// with one series for all topics and one for each topic, and the counters of the whole broker. The
// values come from the partitions, so the series of a deleted topic leave the page, and the totals
// never fall.
func (n *Node) registerTopicMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		all := n.replicas.Stats()
		for _, c := range replication.Counters {
			emit(c.Metric, float64(c.Value(all)))
		}
		emit(consumerExpiresMetric, float64(all.FetchesExpired.Load()), "consumer")
		emit(consumerExpiresMetric, float64(all.ReplicaFetchesExpired.Load()), "follower")
		n.replicas.TopicStats(func(topic string, s *replication.Stats) {
			for _, c := range replication.Counters {
				// Kafka shows a topic after the first count.
				if v := c.Value(s); v > 0 && len(c.Metric.Labels) > 0 {
					emit(c.Metric, float64(v), topic)
				}
			}
		})
	})
	n.registerPurgatoryMetrics()
}

// registerPurgatoryMetrics registers the purgatories' sizes. As in Kafka, an operation counts once
// for each partition that it waits for.
func (n *Node) registerPurgatoryMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		show := func(w replication.Waiting, kind string) {
			emit(purgatorySizeMetric, float64(w.Watches), kind)
			emit(purgatoryDelayedMetric, float64(w.Operations), kind)
		}
		d := n.replicas.Delayed()
		show(d.Produces, "Produce")
		show(d.Fetches, "Fetch")
		show(d.Deletions, "DeleteRecords")
	})
}
