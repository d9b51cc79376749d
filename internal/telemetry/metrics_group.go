package telemetry

// The series of groups and transactions (kafka.coordinator).
var (
	NumGroups = &Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroups", Type: GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroups",
		Help: "Classic groups coordinated here."}
	NumGroupsPreparingRebalance = &Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance", Type: GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsPreparingRebalance",
		Help: "Classic groups that wait for members to join."}
	NumGroupsCompletingRebalance = &Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance", Type: GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsCompletingRebalance",
		Help: "Classic groups that wait for the assignment."}
	NumGroupsStable = &Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupsstable", Type: GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsStable",
		Help: "Classic groups that are stable."}
	NumGroupsDead = &Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupsdead", Type: GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsDead",
		Help: "Classic groups that are dead."}
	NumGroupsEmpty = &Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupsempty", Type: GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsEmpty",
		Help: "Classic groups without members."}
	NumOffsets = &Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numoffsets", Type: GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumOffsets",
		Help: "Committed offsets kept here."}
	GroupCount = &Metric{Name: "kafka_server_group_coordinator_metrics_group_count", Type: GaugeType, MBean: "kafka.server:type=group-coordinator-metrics", Labels: []string{"protocol"},
		Help: "Groups by protocol."}
	GroupPartitions = &Metric{Name: "kafka_server_group_coordinator_metrics_num_partitions", Type: GaugeType, MBean: "kafka.server:type=group-coordinator-metrics", Labels: []string{"state"},
		Help: "Partitions of __consumer_offsets by state: active, loading, failed."}
	OffsetCommits = &Metric{Name: "kafka_server_group_coordinator_metrics_offset_commit_count", Type: CounterType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Offsets committed."}
	OffsetExpirations = &Metric{Name: "kafka_server_group_coordinator_metrics_offset_expiration_count", Type: CounterType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Offsets that expired."}
	OffsetDeletions = &Metric{Name: "kafka_server_group_coordinator_metrics_offset_deletion_count", Type: CounterType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Offsets deleted on request."}
	GroupRebalances = &Metric{Name: "kafka_server_group_coordinator_metrics_group_completed_rebalance_count", Type: CounterType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Rebalances of classic groups that completed."}
	GroupPartitionLoadTimeAvg = &Metric{Name: "kafka_server_group_coordinator_metrics_partition_load_time_avg", Type: GaugeType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Mean time to load a partition of __consumer_offsets, in milliseconds; NaN when none was loaded in the last minute."}
	GroupPartitionLoadTimeMax = &Metric{Name: "kafka_server_group_coordinator_metrics_partition_load_time_max", Type: GaugeType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Longest time to load a partition of __consumer_offsets, in milliseconds; NaN when none was loaded in the last minute."}
)

var groupMetrics = []*Metric{NumGroups, NumGroupsPreparingRebalance, NumGroupsCompletingRebalance, NumGroupsStable, NumGroupsDead, NumGroupsEmpty, NumOffsets, GroupCount, GroupPartitions, OffsetCommits, OffsetExpirations, OffsetDeletions, GroupRebalances, GroupPartitionLoadTimeAvg, GroupPartitionLoadTimeMax}
