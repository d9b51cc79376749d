package broker

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// The metrics that this file shows.
var (
	numGroupsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroups", Type: telemetry.GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroups",
		Help: "Classic groups coordinated here."})
	numGroupsPreparingRebalanceMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupspreparingrebalance", Type: telemetry.GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsPreparingRebalance",
		Help: "Classic groups that wait for members to join."})
	numGroupsCompletingRebalanceMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupscompletingrebalance", Type: telemetry.GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsCompletingRebalance",
		Help: "Classic groups that wait for the assignment."})
	numGroupsStableMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupsstable", Type: telemetry.GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsStable",
		Help: "Classic groups that are stable."})
	numGroupsDeadMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupsdead", Type: telemetry.GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsDead",
		Help: "Classic groups that are dead."})
	numGroupsEmptyMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numgroupsempty", Type: telemetry.GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroupsEmpty",
		Help: "Classic groups without members."})
	numOffsetsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_coordinator_group_groupmetadatamanager_numoffsets", Type: telemetry.GaugeType, MBean: "kafka.coordinator.group:type=GroupMetadataManager,name=NumOffsets",
		Help: "Committed offsets kept here."})
	groupCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_group_coordinator_metrics_group_count", Type: telemetry.GaugeType, MBean: "kafka.server:type=group-coordinator-metrics", Labels: []string{"protocol"},
		Help: "Groups by protocol."})
	groupPartitionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_group_coordinator_metrics_num_partitions", Type: telemetry.GaugeType, MBean: "kafka.server:type=group-coordinator-metrics", Labels: []string{"state"},
		Help: "Partitions of __consumer_offsets by state: active, loading, failed."})
	offsetCommitsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_group_coordinator_metrics_offset_commit_count", Type: telemetry.CounterType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Offsets committed."})
	offsetExpirationsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_group_coordinator_metrics_offset_expiration_count", Type: telemetry.CounterType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Offsets that expired."})
	offsetDeletionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_group_coordinator_metrics_offset_deletion_count", Type: telemetry.CounterType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Offsets deleted on request."})
	groupRebalancesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_group_coordinator_metrics_group_completed_rebalance_count", Type: telemetry.CounterType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Rebalances of classic groups that completed."})
	groupPartitionLoadTimeAvgMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_group_coordinator_metrics_partition_load_time_avg", Type: telemetry.GaugeType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Mean time to load a partition of __consumer_offsets, in milliseconds; NaN when none was loaded in the last minute."})
	groupPartitionLoadTimeMaxMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_group_coordinator_metrics_partition_load_time_max", Type: telemetry.GaugeType, MBean: "kafka.server:type=group-coordinator-metrics",
		Help: "Longest time to load a partition of __consumer_offsets, in milliseconds; NaN when none was loaded in the last minute."})
)

// registerMetrics registers kafka.coordinator.group and the group-coordinator-metrics.
func (g *groups) registerMetrics() {
	reg := g.n.Telemetry
	reg.OnScrape(func(emit telemetry.Emit) {
		c, all := g.sum(), 0
		for _, count := range c.Groups {
			all += count
		}
		emit(numGroupsMetric, float64(all))
		emit(groupCountMetric, float64(all), "classic")
		emit(numGroupsEmptyMetric, float64(c.Groups[group.Empty]))
		emit(numGroupsPreparingRebalanceMetric, float64(c.Groups[group.PreparingRebalance]))
		emit(numGroupsCompletingRebalanceMetric, float64(c.Groups[group.CompletingRebalance]))
		emit(numGroupsStableMetric, float64(c.Groups[group.Stable]))
		emit(numGroupsDeadMetric, float64(c.Groups[group.Dead]))
		emit(numOffsetsMetric, float64(c.Offsets))
		emit(offsetCommitsMetric, float64(c.Commits))
		emit(offsetExpirationsMetric, float64(c.Expired))
		emit(offsetDeletionsMetric, float64(c.Deleted))
		emit(groupRebalancesMetric, float64(c.Rebalances))
	})
	reg.Func(groupPartitionsMetric, func(emit func(float64, ...string)) {
		s := g.rt.States()
		emit(float64(s.Active), "active")
		emit(float64(s.Loading), "loading")
		emit(float64(s.Failed), "failed")
	})
	g.n.recent(groupPartitionLoadTimeAvgMetric, groupPartitionLoadTimeMaxMetric, &g.loads)
}
