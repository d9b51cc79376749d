package broker

import (
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerMetrics enters the series that are read from the engines when somebody asks: nothing is counted twice and
// nothing costs while nobody looks.
func (n *Node) registerMetrics(sessions *replication.Sessions) {
	n.Telemetry.GaugeFunc(telemetry.BrokerState, n.brokerState)
	n.registerReplicaMetrics()
	n.registerTopicMetrics()
	n.registerPartitionMetrics()
	n.registerNetworkMetrics()
	n.registerControllerMetrics()
	n.registerQuorumMetrics()
	for _, k := range n.coordinators {
		if k.registerMetrics != nil {
			k.registerMetrics()
		}
	}
	n.registerLogMetrics()
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		open, partitions, evicted := sessions.Counts()
		emit(telemetry.FetchSessions, float64(open))
		emit(telemetry.FetchSessionPartitions, float64(partitions))
		emit(telemetry.FetchSessionEvictions, float64(evicted))
	})
}

// brokerState is Kafka's number for what the broker is doing.
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

// registerReplicaMetrics is kafka.server's ReplicaManager.
func (n *Node) registerReplicaMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		c := n.replicas.Counts()
		emit(telemetry.PartitionCount, float64(c.Partitions))
		emit(telemetry.LeaderCount, float64(c.Leaders))
		emit(telemetry.UnderReplicatedPartitions, float64(c.UnderReplicated))
		emit(telemetry.UnderMinIsrPartitionCount, float64(c.UnderMinISR))
		emit(telemetry.AtMinIsrPartitionCount, float64(c.AtMinISR))
		emit(telemetry.OfflineReplicaCount, float64(c.Offline))
		emit(telemetry.ReassigningPartitions, float64(c.Reassigning))
	})
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
