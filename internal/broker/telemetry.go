package broker

import (
	"strconv"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerMetrics enters the series that are read from the engines when somebody asks: nothing is counted twice and
// nothing costs while nobody looks.
func (n *Node) registerMetrics(sessions *replication.Sessions) {
	reg := n.Telemetry
	reg.GaugeFunc(telemetry.BrokerState, n.brokerState)
	n.registerReplicaMetrics()
	n.registerTopicMetrics()
	n.registerPartitionMetrics()
	n.registerNetworkMetrics()
	n.registerControllerMetrics()
	n.registerQuorumMetrics()
	n.registerGroupMetrics()
	n.registerLogMetrics()
	reg.GaugeFunc(telemetry.FetchSessions, func() float64 { s, _, _ := sessions.Counts(); return float64(s) })
	reg.GaugeFunc(telemetry.FetchSessionPartitions, func() float64 { _, p, _ := sessions.Counts(); return float64(p) })
	reg.GaugeFunc(telemetry.FetchSessionEvictions, func() float64 { _, _, e := sessions.Counts(); return float64(e) })
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
	reg := n.Telemetry
	reg.GaugeFunc(telemetry.PartitionCount, func() float64 { return float64(n.standing().partitions) })
	reg.GaugeFunc(telemetry.LeaderCount, func() float64 { return float64(n.standing().leaders) })
	reg.GaugeFunc(telemetry.UnderReplicatedPartitions, func() float64 { return float64(n.standing().underReplicated) })
	reg.GaugeFunc(telemetry.UnderMinIsrPartitionCount, func() float64 { return float64(n.standing().underMinISR) })
	reg.GaugeFunc(telemetry.AtMinIsrPartitionCount, func() float64 { return float64(n.standing().atMinISR) })
	reg.GaugeFunc(telemetry.OfflineReplicaCount, func() float64 { return float64(n.standing().offline) })
	reg.GaugeFunc(telemetry.ReassigningPartitions, func() float64 { return float64(n.standing().reassigning) })
}

// standing is where this broker's partitions are, by the metadata.
type standing struct {
	topics, all, partitions, leaders, underReplicated, underMinISR, atMinISR, offline, reassigning, leaderless, unpreferred int
}

func (n *Node) standing() (s standing) {
	image := n.image.Load()
	for t := range image.Topics().All() {
		s.topics++
		minISR := n.minISR(image, t.Name)
		for i, p := range t.Partitions {
			s.all++
			if p.Leader < 0 {
				s.leaderless++
			} else if p.Leader != p.PreferredReplica() {
				s.unpreferred++
			}
			if !p.HasReplica(n.id) {
				continue
			}
			s.partitions++
			if l := n.logs.Log(t.Name, int32(i)); l == nil || l.LogDir().Err() != nil {
				s.offline++
			}
			if p.Leader != n.id {
				continue
			}
			s.leaders++
			s.count(p, minISR)
		}
	}
	return s
}

// count takes a partition that this broker leads into account.
func (s *standing) count(p *metadata.Partition, minISR int) {
	if len(p.ISR) < len(p.Replicas)-len(p.AddingReplicas) {
		s.underReplicated++
	}
	if len(p.ISR) < minISR {
		s.underMinISR++
	}
	if len(p.ISR) == minISR {
		s.atMinISR++
	}
	if p.IsReassigning() {
		s.reassigning++
	}
}

func (n *Node) minISR(image *metadata.Image, topic string) int {
	if v := image.Configs(metadata.ResourceTopic, topic)["min.insync.replicas"]; v != "" {
		if i, err := strconv.Atoi(v); err == nil {
			return i
		}
	}
	return n.config.Load().Int("min.insync.replicas")
}
