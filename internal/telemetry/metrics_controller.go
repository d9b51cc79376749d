package telemetry

// The series of the controller and the metadata log (kafka.controller, raft-metrics).
var (
	ActiveControllerCount = &Metric{Name: "kafka_controller_kafkacontroller_activecontrollercount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=ActiveControllerCount",
		Help: "1 on the active controller, else 0."}
	OfflinePartitionsCount = &Metric{Name: "kafka_controller_kafkacontroller_offlinepartitionscount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=OfflinePartitionsCount",
		Help: "Partitions without a leader."}
	GlobalTopicCount = &Metric{Name: "kafka_controller_kafkacontroller_globaltopiccount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=GlobalTopicCount",
		Help: "Topics in the cluster."}
	GlobalPartitionCount = &Metric{Name: "kafka_controller_kafkacontroller_globalpartitioncount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=GlobalPartitionCount",
		Help: "Partitions in the cluster."}
	PreferredReplicaImbalanceCount = &Metric{Name: "kafka_controller_kafkacontroller_preferredreplicaimbalancecount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=PreferredReplicaImbalanceCount",
		Help: "Partitions whose leader is not the preferred replica."}
	ActiveBrokerCount = &Metric{Name: "kafka_controller_kafkacontroller_activebrokercount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=ActiveBrokerCount",
		Help: "Registered brokers that are not fenced."}
	FencedBrokerCount = &Metric{Name: "kafka_controller_kafkacontroller_fencedbrokercount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=FencedBrokerCount",
		Help: "Registered brokers that are fenced."}
	MetadataErrorCount = &Metric{Name: "kafka_controller_kafkacontroller_metadataerrorcount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=MetadataErrorCount",
		Help: "Decisions of the controller that could not be recorded."}
	LastAppliedRecordOffset = &Metric{Name: "kafka_controller_kafkacontroller_lastappliedrecordoffset", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=LastAppliedRecordOffset",
		Help: "Offset of the last metadata record that was applied."}
	LastAppliedRecordTimestamp = &Metric{Name: "kafka_controller_kafkacontroller_lastappliedrecordtimestamp", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=LastAppliedRecordTimestamp",
		Help: "Time of the last metadata record that was applied, in milliseconds since 1970."}
	LastAppliedRecordLagMs = &Metric{Name: "kafka_controller_kafkacontroller_lastappliedrecordlagms", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=LastAppliedRecordLagMs",
		Help: "Age of the last metadata record that was applied, in milliseconds; 0 on the active controller, which has nobody to lag behind."}
	LastCommittedRecordOffset = &Metric{Name: "kafka_controller_kafkacontroller_lastcommittedrecordoffset", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=LastCommittedRecordOffset",
		Help: "Offset of the last metadata record that was committed."}
	TimedOutBrokerHeartbeatCount = &Metric{Name: "kafka_controller_kafkacontroller_timedoutbrokerheartbeatcount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=TimedOutBrokerHeartbeatCount",
		Help: "Brokers that were fenced since they were not heard of."}
	NewActiveControllersCount = &Metric{Name: "kafka_controller_kafkacontroller_newactivecontrollerscount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=NewActiveControllersCount",
		Help: "Times that a controller became active, this node or another."}
	EventQueueOperationsStartedCount = &Metric{Name: "kafka_controller_kafkacontroller_eventqueueoperationsstartedcount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=EventQueueOperationsStartedCount",
		Help: "Requests that came to the controller, the node's own included."}
	EventQueueOperationsTimedOutCount = &Metric{Name: "kafka_controller_kafkacontroller_eventqueueoperationstimedoutcount", Type: GaugeType, MBean: "kafka.controller:type=KafkaController,name=EventQueueOperationsTimedOutCount",
		Help: "Requests to the controller that timed out."}
	UncleanLeaderElections = &Metric{Name: "kafka_controller_controllerstats_uncleanleaderelections_total", Type: CounterType, MBean: "kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec",
		Help: "Elections of a leader that was not in sync."}
	ElectionsFromEligibleLeaderReplicas = &Metric{Name: "kafka_controller_controllerstats_electionfromeligibleleaderreplicas_total", Type: CounterType, MBean: "kafka.controller:type=ControllerStats,name=ElectionFromEligibleLeaderReplicasPerSec",
		Help: "Elections of an eligible leader replica."}
	EventQueueTime = &Metric{Name: "kafka_controller_controllereventmanager_eventqueuetimems", Type: TimerType, MBean: "kafka.controller:type=ControllerEventManager,name=EventQueueTimeMs",
		Help: "Time a request to the controller waited, in milliseconds."}
	EventQueueProcessingTime = &Metric{Name: "kafka_controller_controllereventmanager_eventqueueprocessingtimems", Type: TimerType, MBean: "kafka.controller:type=ControllerEventManager,name=EventQueueProcessingTimeMs",
		Help: "Time the controller took to decide on a request, in milliseconds."}
	RaftCurrentLeader = &Metric{Name: "kafka_server_raftmetrics_current_leader", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Node id of the leader of the metadata quorum, -1 when unknown."}
	RaftCurrentEpoch = &Metric{Name: "kafka_server_raftmetrics_current_epoch", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Epoch of the metadata quorum."}
	RaftCurrentVote = &Metric{Name: "kafka_server_raftmetrics_current_vote", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Node id voted for in this epoch, -1 for none."}
	RaftHighWatermark = &Metric{Name: "kafka_server_raftmetrics_high_watermark", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "High watermark of the metadata log."}
	RaftLogEndOffset = &Metric{Name: "kafka_server_raftmetrics_log_end_offset", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Log end offset of the metadata log."}
	RaftLogEndEpoch = &Metric{Name: "kafka_server_raftmetrics_log_end_epoch", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Epoch of the last record of the metadata log."}
	RaftVoters = &Metric{Name: "kafka_server_raftmetrics_number_of_voters", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Voters of the metadata quorum."}
	RaftCurrentState = &Metric{Name: "kafka_server_raftmetrics_current_state", Type: GaugeType, MBean: "kafka.server:type=raft-metrics", Labels: []string{"current_state"},
		Help: "1 for the state the node is in: leader, candidate, voted, follower, unattached, observer."}
	RaftCommitLatencyAvg = &Metric{Name: "kafka_server_raftmetrics_commit_latency_avg", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Mean time from proposing metadata records to their commit, in milliseconds; NaN when there were none in the last minute."}
	RaftCommitLatencyMax = &Metric{Name: "kafka_server_raftmetrics_commit_latency_max", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Longest time from proposing metadata records to their commit, in milliseconds; NaN when there were none in the last minute."}
	MetadataLastAppliedOffset = &Metric{Name: "kafka_server_brokermetadatametrics_last_applied_record_offset", Type: GaugeType, MBean: "kafka.server:type=broker-metadata-metrics",
		Help: "Offset of the last metadata record that the broker applied."}
	MetadataLastAppliedTimestamp = &Metric{Name: "kafka_server_brokermetadatametrics_last_applied_record_timestamp", Type: GaugeType, MBean: "kafka.server:type=broker-metadata-metrics",
		Help: "Time of the last metadata record that the broker applied, in milliseconds since 1970."}
	MetadataLastAppliedLag = &Metric{Name: "kafka_server_brokermetadatametrics_last_applied_record_lag_ms", Type: GaugeType, MBean: "kafka.server:type=broker-metadata-metrics",
		Help: "Age of the last metadata record that the broker applied, in milliseconds; 0 when it has applied all that are committed."}
	SnapshotGeneratedBytes = &Metric{Name: "kafka_server_snapshotemitter_latestsnapshotgeneratedbytes", Type: GaugeType, MBean: "kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedBytes",
		Help: "Size of the newest metadata snapshot in bytes, 0 without one."}
	SnapshotGeneratedAge = &Metric{Name: "kafka_server_snapshotemitter_latestsnapshotgeneratedagems", Type: GaugeType, MBean: "kafka.server:type=SnapshotEmitter,name=LatestSnapshotGeneratedAgeMs",
		Help: "Time since the newest metadata snapshot was written by this process, or since its start, in milliseconds."}
	EventManagerIdle = &Metric{Name: "kafka_controller_controllereventmanager_avgidleratio", Type: GaugeType, MBean: "kafka.controller:type=ControllerEventManager,name=AvgIdleRatio",
		Help: "Share of time, 0 to 1, in which the controller had nothing to do, over the last minute or so."}
	RaftAppendRecordsRate = &Metric{Name: "kafka_server_raftmetrics_append_records_rate", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Metadata records written per second, over the last minute or so."}
	RaftElectionLatencyAvg = &Metric{Name: "kafka_server_raftmetrics_election_latency_avg", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Mean time from becoming a candidate to leading, in milliseconds; NaN when there was no election in the last minute."}
	RaftElectionLatencyMax = &Metric{Name: "kafka_server_raftmetrics_election_latency_max", Type: GaugeType, MBean: "kafka.server:type=raft-metrics",
		Help: "Longest time from becoming a candidate to leading, in milliseconds; NaN when there was no election in the last minute."}
	CurrentMetadataVersion = &Metric{Name: "kafka_server_metadataloader_currentmetadataversion", Type: GaugeType, MBean: "kafka.server:type=MetadataLoader,name=CurrentMetadataVersion",
		Help: "Feature level of metadata.version."}
	CurrentControllerID = &Metric{Name: "kafka_server_metadataloader_currentcontrollerid", Type: GaugeType, MBean: "kafka.server:type=MetadataLoader,name=CurrentControllerId",
		Help: "Node id of the active controller, -1 when unknown."}
)

var controllerMetrics = []*Metric{ActiveControllerCount, OfflinePartitionsCount, GlobalTopicCount, GlobalPartitionCount, PreferredReplicaImbalanceCount, ActiveBrokerCount, FencedBrokerCount, MetadataErrorCount, LastAppliedRecordOffset, LastAppliedRecordTimestamp, LastAppliedRecordLagMs, LastCommittedRecordOffset, TimedOutBrokerHeartbeatCount, NewActiveControllersCount, EventQueueOperationsStartedCount, EventQueueOperationsTimedOutCount, UncleanLeaderElections, ElectionsFromEligibleLeaderReplicas, EventQueueTime, EventQueueProcessingTime, RaftCurrentLeader, RaftCurrentEpoch, RaftCurrentVote, RaftHighWatermark, RaftLogEndOffset, RaftLogEndEpoch, RaftVoters, RaftCurrentState, RaftCommitLatencyAvg, RaftCommitLatencyMax, MetadataLastAppliedOffset, MetadataLastAppliedTimestamp, MetadataLastAppliedLag, SnapshotGeneratedBytes, SnapshotGeneratedAge, EventManagerIdle, RaftAppendRecordsRate, RaftElectionLatencyAvg, RaftElectionLatencyMax, CurrentMetadataVersion, CurrentControllerID}
