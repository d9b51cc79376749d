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

// registerControllerMetrics is kafka.controller and the raft metrics.
func (n *Node) registerControllerMetrics() {
	reg := n.Telemetry
	active := func(v func() float64) func() float64 {
		return func() float64 {
			if !n.quorum.Status().Active {
				return 0
			}
			return v()
		}
	}
	reg.GaugeFunc(telemetry.ActiveControllerCount, active(func() float64 { return 1 }))
	reg.GaugeFunc(telemetry.GlobalTopicCount, active(func() float64 { return float64(n.standing().topics) }))
	reg.GaugeFunc(telemetry.GlobalPartitionCount, active(func() float64 { return float64(n.standing().all) }))
	reg.GaugeFunc(telemetry.OfflinePartitionsCount, active(func() float64 { return float64(n.standing().leaderless) }))
	reg.GaugeFunc(telemetry.PreferredReplicaImbalanceCount, active(func() float64 { return float64(n.standing().unpreferred) }))
	brokers := func(fenced bool) func() float64 {
		return active(func() float64 {
			count := 0
			for b := range n.image.Load().Brokers() {
				if b.Fenced == fenced {
					count++
				}
			}
			return float64(count)
		})
	}
	reg.GaugeFunc(telemetry.ActiveBrokerCount, brokers(false))
	reg.GaugeFunc(telemetry.FencedBrokerCount, brokers(true))
	reg.GaugeFunc(telemetry.LastAppliedRecordOffset, func() float64 { return float64(n.quorum.Image().Offset()) })
	reg.GaugeFunc(telemetry.MetadataLastAppliedOffset, func() float64 { return float64(n.image.Load().Offset()) })
	reg.GaugeFunc(telemetry.RaftCurrentLeader, func() float64 { return float64(n.quorum.Status().LeaderID) })
	reg.GaugeFunc(telemetry.RaftCurrentEpoch, func() float64 { return float64(n.quorum.Status().Epoch) })
	reg.GaugeFunc(telemetry.RaftHighWatermark, func() float64 { return float64(n.quorum.Status().HighWatermark) })
	reg.GaugeFunc(telemetry.RaftLogEndOffset, func() float64 { return float64(n.quorum.Status().LogEndOffset) })
	reg.GaugeFunc(telemetry.LastCommittedRecordOffset, func() float64 { return float64(n.quorum.Status().HighWatermark - 1) })
	reg.Func(telemetry.RaftCurrentState, func(emit func(float64, ...string)) {
		state := "follower"
		if n.quorum.Status().Active {
			state = "leader"
		}
		emit(1, state)
	})
	reg.GaugeFunc(telemetry.RaftVoters, func() float64 { return float64(max(len(n.quorum.Status().Voters), 1)) })
}

// registerLogMetrics is kafka.log's LogManager.
func (n *Node) registerLogMetrics() {
	reg := n.Telemetry
	reg.GaugeFunc(telemetry.OfflineLogDirectoryCount, func() float64 {
		count := 0
		for _, d := range n.logs.Dirs() {
			if d.Err() != nil {
				count++
			}
		}
		return float64(count)
	})
	reg.Func(telemetry.LogDirectoryOffline, func(emit func(float64, ...string)) {
		for _, d := range n.logs.Dirs() {
			v := 0.0
			if d.Err() != nil {
				v = 1
			}
			emit(v, d.Path())
		}
	})
}
