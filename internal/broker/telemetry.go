package broker

import (
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// The metrics that this file shows.
var (
	brokerStateMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_kafkaserver_brokerstate", Type: telemetry.GaugeType, MBean: "kafka.server:type=KafkaServer,name=BrokerState",
		Help: "1 starting, 2 recovering, 3 running, 6 pending controlled shutdown. Kafka also has 0, not running, and 7, shutting down."})
	underReplicatedPartitionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_underreplicatedpartitions", Type: telemetry.GaugeType, MBean: "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
		Help: "Partitions led here of which a replica is not in sync."})
	underMinIsrPartitionCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_underminisrpartitioncount", Type: telemetry.GaugeType, MBean: "kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount",
		Help: "Partitions led here with fewer in-sync replicas than min.insync.replicas."})
	atMinIsrPartitionCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_atminisrpartitioncount", Type: telemetry.GaugeType, MBean: "kafka.server:type=ReplicaManager,name=AtMinIsrPartitionCount",
		Help: "Partitions led here with exactly min.insync.replicas in-sync replicas."})
	offlineReplicaCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_offlinereplicacount", Type: telemetry.GaugeType, MBean: "kafka.server:type=ReplicaManager,name=OfflineReplicaCount",
		Help: "Replicas in log directories that are offline."})
	partitionCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_partitioncount", Type: telemetry.GaugeType, MBean: "kafka.server:type=ReplicaManager,name=PartitionCount",
		Help: "Replicas on this node."})
	leaderCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_leadercount", Type: telemetry.GaugeType, MBean: "kafka.server:type=ReplicaManager,name=LeaderCount",
		Help: "Partitions led here."})
	reassigningPartitionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_reassigningpartitions", Type: telemetry.GaugeType, MBean: "kafka.server:type=ReplicaManager,name=ReassigningPartitions",
		Help: "Partitions led here that are being reassigned."})
	fetchSessionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_fetchsessioncache_numincrementalfetchsessions", Type: telemetry.GaugeType, MBean: "kafka.server:type=FetchSessionCache,name=NumIncrementalFetchSessions",
		Help: "Fetch sessions that are open."})
	fetchSessionPartitionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_fetchsessioncache_numincrementalfetchpartitionscached", Type: telemetry.GaugeType, MBean: "kafka.server:type=FetchSessionCache,name=NumIncrementalFetchPartitionsCached",
		Help: "Partitions in open fetch sessions."})
	fetchSessionEvictionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total", Type: telemetry.CounterType, MBean: "kafka.server:type=FetchSessionCache,name=IncrementalFetchSessionEvictionsPerSec",
		Help: "Fetch sessions dropped to make room."})
)

// registerMetrics registers the series that a scrape reads from the engines. The engines keep the
// only counters, so the series cost nothing between scrapes.
func (n *Node) registerMetrics(sessions *replication.Sessions) {
	n.registerNetworkMetrics()
	n.registerControllerMetrics()
	n.registerQuorumMetrics()
	n.registerLinkMetrics()
	n.registerLogMetrics()
	if n.isBroker() {
		n.registerBrokerMetrics(sessions)
	}
}

// registerBrokerMetrics registers the series that a node without the broker role does not have.
func (n *Node) registerBrokerMetrics(sessions *replication.Sessions) {
	n.Telemetry.GaugeFunc(brokerStateMetric, n.brokerState)
	n.registerReplicaMetrics()
	n.registerTopicMetrics()
	n.registerPartitionMetrics()
	for _, k := range n.coordinators {
		if k.registerMetrics != nil {
			k.registerMetrics()
		}
	}
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		open, partitions, evicted := sessions.Counts()
		emit(fetchSessionsMetric, float64(open))
		emit(fetchSessionPartitionsMetric, float64(partitions))
		emit(fetchSessionEvictionsMetric, float64(evicted))
	})
}

// brokerState returns Kafka's number of the broker's state.
func (n *Node) brokerState() float64 {
	switch {
	case n.registration.leaving.Load():
		return 6 // PENDING_CONTROLLED_SHUTDOWN
	case isClosed(n.ready):
		return 3 // RUNNING
	case n.registration.epoch.Load() >= 0:
		return 2 // RECOVERY
	}
	return 1 // STARTING
}

func isClosed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// registerReplicaMetrics registers kafka.server's ReplicaManager.
func (n *Node) registerReplicaMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		c := n.replicas.Counts()
		emit(partitionCountMetric, float64(c.Partitions))
		emit(leaderCountMetric, float64(c.Leaders))
		emit(underReplicatedPartitionsMetric, float64(c.UnderReplicated))
		emit(underMinIsrPartitionCountMetric, float64(c.UnderMinISR))
		emit(atMinIsrPartitionCountMetric, float64(c.AtMinISR))
		emit(offlineReplicaCountMetric, float64(c.Offline))
		emit(reassigningPartitionsMetric, float64(c.Reassigning))
	})
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
