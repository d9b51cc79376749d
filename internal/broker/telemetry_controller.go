package broker

import (
	"slices"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// The metrics that this file shows.
var (
	activeControllerCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_activecontrollercount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=ActiveControllerCount",
		Help: "1 on the active controller, else 0."})
	offlinePartitionsCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_offlinepartitionscount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=OfflinePartitionsCount",
		Help: "Partitions without a leader."})
	globalTopicCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_globaltopiccount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=GlobalTopicCount",
		Help: "Topics in the cluster."})
	globalPartitionCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_globalpartitioncount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=GlobalPartitionCount",
		Help: "Partitions in the cluster."})
	preferredReplicaImbalanceCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_preferredreplicaimbalancecount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=PreferredReplicaImbalanceCount",
		Help: "Partitions whose leader is not the preferred replica."})
	activeBrokerCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_activebrokercount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=ActiveBrokerCount",
		Help: "Registered brokers that are not fenced."})
	fencedBrokerCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_fencedbrokercount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=FencedBrokerCount",
		Help: "Registered brokers that are fenced."})
	metadataErrorCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_metadataerrorcount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=MetadataErrorCount",
		Help: "Decisions of the controller that could not be recorded."})
	lastAppliedRecordOffsetMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_lastappliedrecordoffset", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=LastAppliedRecordOffset",
		Help: "Offset of the last metadata record that was applied."})
	lastAppliedRecordTimestampMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_lastappliedrecordtimestamp", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=LastAppliedRecordTimestamp",
		Help: "Time of the last metadata record that was applied, in milliseconds since 1970."})
	lastAppliedRecordLagMsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_lastappliedrecordlagms", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=LastAppliedRecordLagMs",
		Help: "Age of the last metadata record that was applied, in milliseconds; 0 on the active controller."})
	lastCommittedRecordOffsetMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_lastcommittedrecordoffset", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=LastCommittedRecordOffset",
		Help: "Offset of the last metadata record that was committed."})
	timedOutBrokerHeartbeatCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_timedoutbrokerheartbeatcount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=TimedOutBrokerHeartbeatCount",
		Help: "Brokers that were fenced because they sent no heartbeat."})
	newActiveControllersCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_newactivecontrollerscount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=NewActiveControllersCount",
		Help: "Number of times that this node or another became the active controller."})
	eventQueueOperationsStartedCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_eventqueueoperationsstartedcount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=EventQueueOperationsStartedCount",
		Help: "Requests that came to the controller, the node's own included."})
	eventQueueOperationsTimedOutCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_kafkacontroller_eventqueueoperationstimedoutcount", Type: telemetry.GaugeType, MBean: "kafka.controller:type=KafkaController,name=EventQueueOperationsTimedOutCount",
		Help: "Requests to the controller that timed out."})
	uncleanLeaderElectionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_controllerstats_uncleanleaderelections_total", Type: telemetry.CounterType, MBean: "kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec",
		Help: "Elections of a leader that was not in sync."})
	electionsFromEligibleLeaderReplicasMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_controllerstats_electionfromeligibleleaderreplicas_total", Type: telemetry.CounterType, MBean: "kafka.controller:type=ControllerStats,name=ElectionFromEligibleLeaderReplicasPerSec",
		Help: "Elections of an eligible leader replica."})
	eventQueueTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_controllereventmanager_eventqueuetimems", Type: telemetry.TimerType, MBean: "kafka.controller:type=ControllerEventManager,name=EventQueueTimeMs",
		Help: "Time a request to the controller waited, in milliseconds."})
	eventQueueProcessingTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_controllereventmanager_eventqueueprocessingtimems", Type: telemetry.TimerType, MBean: "kafka.controller:type=ControllerEventManager,name=EventQueueProcessingTimeMs",
		Help: "Time the controller took to decide on a request, in milliseconds."})
	raftCurrentLeaderMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_current_leader", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Node id of the leader of the metadata quorum, -1 when unknown."})
	raftCurrentEpochMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_current_epoch", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Epoch of the metadata quorum."})
	raftCurrentVoteMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_current_vote", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Node id voted for in this epoch, -1 for none."})
	raftHighWatermarkMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_high_watermark", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "High watermark of the metadata log."})
	raftLogEndOffsetMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_log_end_offset", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Log end offset of the metadata log."})
	raftLogEndEpochMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_log_end_epoch", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Epoch of the last record of the metadata log."})
	raftVotersMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_number_of_voters", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Voters of the metadata quorum."})
	raftCurrentStateMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_current_state", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics", Labels: []string{"current_state"},
		Help: "1 for the state the node is in: leader, candidate, voted, follower, unattached, observer."})
	raftCommitLatencyAvgMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_commit_latency_avg", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Mean time from proposing metadata records to their commit, in milliseconds; NaN when there were none in the last minute."})
	raftCommitLatencyMaxMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_commit_latency_max", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Longest time from proposing metadata records to their commit, in milliseconds; NaN when there were none in the last minute."})
	metadataLastAppliedOffsetMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokermetadatametrics_last_applied_record_offset", Type: telemetry.GaugeType, MBean: "kafka.server:type=broker-metadata-metrics",
		Help: "Offset of the last metadata record that the broker applied."})
	metadataLastAppliedTimestampMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokermetadatametrics_last_applied_record_timestamp", Type: telemetry.GaugeType, MBean: "kafka.server:type=broker-metadata-metrics",
		Help: "Time of the last metadata record that the broker applied, in milliseconds since 1970."})
	metadataLastAppliedLagMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_brokermetadatametrics_last_applied_record_lag_ms", Type: telemetry.GaugeType, MBean: "kafka.server:type=broker-metadata-metrics",
		Help: "Age of the last metadata record that the broker applied, in milliseconds; 0 when it has applied all that are committed."})
	snapshotGeneratedBytesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_snapshotemitter_latestsnapshotgeneratedbytes", Type: telemetry.GaugeType, MBean: "kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedBytes",
		Help: "Size of the newest metadata snapshot in bytes, 0 without one."})
	snapshotGeneratedAgeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_snapshotemitter_latestsnapshotgeneratedagems", Type: telemetry.GaugeType, MBean: "kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedAgeMs",
		Help: "Time since the newest metadata snapshot was written by this process, or since its start, in milliseconds."})
	eventManagerIdleMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_controller_controllereventmanager_avgidleratio", Type: telemetry.GaugeType, MBean: "kafka.controller:type=ControllerEventManager,name=AvgIdleRatio",
		Help: "Share of time, 0 to 1, in which the controller had nothing to do, over the last minute or so."})
	raftAppendRecordsRateMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_append_records_rate", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Metadata records written per second, over the last minute or so."})
	raftElectionLatencyAvgMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_election_latency_avg", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Mean time from becoming a candidate to leading, in milliseconds; NaN when there was no election in the last minute."})
	raftElectionLatencyMaxMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_raftmetrics_election_latency_max", Type: telemetry.GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Longest time from becoming a candidate to leading, in milliseconds; NaN when there was no election in the last minute."})
	currentMetadataVersionMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_metadataloader_currentmetadataversion", Type: telemetry.GaugeType, MBean: "kafka.server:type=MetadataLoader,name=CurrentMetadataVersion",
		Help: "Feature level of metadata.version."})
	currentControllerIDMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_metadataloader_currentcontrollerid", Type: telemetry.GaugeType, MBean: "kafka.server:type=MetadataLoader,name=CurrentControllerId",
		Help: "Node id of the active controller, -1 when unknown."})
)

// elections counts the leaders that this node elected as the active controller.
type elections struct{ unclean, eligible atomic.Int64 }

// count counts the elections of a committed change. An unclean leader was in neither the ISR nor
// the ELR (KIP-966).
func (e *elections) count(delta *metadata.Delta) {
	for _, t := range delta.Topics() {
		if t.Old == nil || t.New == nil {
			continue
		}
		for _, i := range t.Changed {
			old, now := t.Old.Partition(i), t.New.Partition(i)
			switch {
			case old == nil || now.Leader < 0 || now.Leader == old.Leader || slices.Contains(old.ISR, now.Leader):
			case slices.Contains(old.ELR, now.Leader):
				e.eligible.Add(1)
			case now.LeaderRecovery == metadata.LeaderRecovering:
				e.unclean.Add(1)
			}
		}
	}
}

// clusterCounts are the numbers of an image for the whole cluster.
type clusterCounts struct {
	topics, partitions, leaderless, unpreferred, active, fenced int
}

func countCluster(image *metadata.Image) (c clusterCounts) {
	for t := range image.Topics().All() {
		c.topics++
		for _, p := range t.Partitions {
			c.partitions++
			if p.Leader < 0 {
				c.leaderless++
			} else if p.Leader != p.PreferredReplica() {
				c.unpreferred++
			}
		}
	}
	for b := range image.Brokers() {
		if b.Fenced {
			c.fenced++
		} else {
			c.active++
		}
	}
	return c
}

// registerControllerMetrics registers kafka.controller.
func (n *Node) registerControllerMetrics() {
	reg := n.Telemetry
	reg.OnScrape(func(emit telemetry.Emit) {
		active := n.quorum.Status().Active
		var c clusterCounts // only the active controller has values, others show 0, as in Kafka
		if active {
			c = countCluster(n.image.Load())
		}
		emit(activeControllerCountMetric, truth(active))
		emit(globalTopicCountMetric, float64(c.topics))
		emit(globalPartitionCountMetric, float64(c.partitions))
		emit(offlinePartitionsCountMetric, float64(c.leaderless))
		emit(preferredReplicaImbalanceCountMetric, float64(c.unpreferred))
		emit(activeBrokerCountMetric, float64(c.active))
		emit(fencedBrokerCountMetric, float64(c.fenced))
	})

	s := n.quorum.Stats()
	n.counters(map[*telemetry.Metric]*atomic.Int64{
		metadataErrorCountMetric: &s.Refused, timedOutBrokerHeartbeatCountMetric: &s.SessionsEnded,
		newActiveControllersCountMetric: &s.Leaders, eventQueueOperationsStartedCountMetric: &s.Requests,
		eventQueueOperationsTimedOutCountMetric: &s.TimedOut, lastAppliedRecordTimestampMetric: &s.AppliedMs,
		uncleanLeaderElectionsMetric: &n.elections.unclean, electionsFromEligibleLeaderReplicasMetric: &n.elections.eligible,
	})
	reg.Show(eventQueueTimeMetric, &s.Queued)
	reg.Show(eventQueueProcessingTimeMetric, &s.Processing)
	busy := telemetry.NewRate(n.host.Now())
	reg.GaugeFunc(eventManagerIdleMetric, func() float64 {
		return max(0, 1-busy.PerSecond(n.host.Now(), time.Duration(s.BusyNs.Load()).Seconds()))
	})
	reg.OnScrape(func(emit telemetry.Emit) {
		status, lag := n.quorum.Status(), int64(0)
		if !status.Active {
			lag = n.nowMs() - s.AppliedMs.Load()
		}
		emit(lastAppliedRecordOffsetMetric, float64(n.quorum.Image().Offset()))
		emit(lastCommittedRecordOffsetMetric, float64(status.HighWatermark-1))
		emit(lastAppliedRecordLagMsMetric, float64(lag))
	})
}

// counters registers the counters of an engine.
func (n *Node) counters(all map[*telemetry.Metric]*atomic.Int64) {
	for m, v := range all { // any order: the registry sorts
		n.Telemetry.GaugeFunc(m, func() float64 { return float64(v.Load()) })
	}
}

// registerQuorumMetrics registers the raft-metrics, and kafka.server's metrics of the metadata on
// this broker.
func (n *Node) registerQuorumMetrics() {
	reg, s := n.Telemetry, n.quorum.Stats()
	reg.OnScrape(func(emit telemetry.Emit) {
		status, state := n.quorum.Status(), "follower"
		if status.Active {
			state = "leader"
		}
		emit(raftCurrentStateMetric, 1, state)
		emit(raftCurrentLeaderMetric, float64(status.LeaderID))
		emit(currentControllerIDMetric, float64(status.LeaderID))
		emit(raftCurrentEpochMetric, float64(status.Epoch))
		emit(raftCurrentVoteMetric, float64(s.Vote.Load()))
		emit(raftHighWatermarkMetric, float64(status.HighWatermark))
		emit(raftLogEndOffsetMetric, float64(status.LogEndOffset))
		emit(raftLogEndEpochMetric, float64(s.LastEpoch.Load()))
		emit(raftVotersMetric, float64(max(len(status.Voters), 1)))
	})
	n.recent(raftCommitLatencyAvgMetric, raftCommitLatencyMaxMetric, &s.Commits)
	n.recent(raftElectionLatencyAvgMetric, raftElectionLatencyMaxMetric, &s.Elections)
	written := telemetry.NewRate(n.host.Now())
	reg.GaugeFunc(raftAppendRecordsRateMetric, func() float64 { return written.PerSecond(n.host.Now(), float64(s.Records.Load())) })

	reg.OnScrape(func(emit telemetry.Emit) {
		image, appliedMs, lag := n.image.Load(), n.appliedMs.Load(), int64(0)
		// In Kafka the controller writes a no-op record twice a second, so the age of the last
		// record is the lag. gregor writes no record without a change, so a node that has applied
		// all committed records has no lag.
		if image.Offset() < n.quorum.Image().Offset() {
			lag = max(n.nowMs()-appliedMs, 0)
		}
		emit(metadataLastAppliedOffsetMetric, float64(image.Offset()))
		emit(metadataLastAppliedTimestampMetric, float64(appliedMs))
		emit(metadataLastAppliedLagMetric, float64(lag))
		emit(currentMetadataVersionMetric, float64(image.Features().MetadataVersion()))
	})
	reg.GaugeFunc(snapshotGeneratedBytesMetric, func() float64 { return float64(s.SnapshotBytes.Load()) })
	reg.GaugeFunc(snapshotGeneratedAgeMetric, func() float64 { return float64(max(n.nowMs()-s.SnapshotMs.Load(), 0)) })
}

// recent registers the average and the maximum of durations.
func (n *Node) recent(mean, worst *telemetry.Metric, r *telemetry.Recent) {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		m, w := r.Millis(n.host.Now())
		emit(mean, m)
		emit(worst, w)
	})
}
