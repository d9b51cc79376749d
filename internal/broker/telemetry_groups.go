package broker

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerGroupMetrics is kafka.coordinator.group and the group-coordinator-metrics.
func (n *Node) registerGroupMetrics() {
	reg := n.Telemetry
	state := func(m *telemetry.Metric, s group.State) {
		reg.GaugeFunc(m, func() float64 { return float64(n.groups.Counts().Groups[s]) })
	}
	state(telemetry.NumGroupsEmpty, group.Empty)
	state(telemetry.NumGroupsPreparingRebalance, group.PreparingRebalance)
	state(telemetry.NumGroupsCompletingRebalance, group.CompletingRebalance)
	state(telemetry.NumGroupsStable, group.Stable)
	state(telemetry.NumGroupsDead, group.Dead)
	reg.GaugeFunc(telemetry.NumGroups, func() float64 {
		sum := 0
		for _, count := range n.groups.Counts().Groups {
			sum += count
		}
		return float64(sum)
	})
	reg.GaugeFunc(telemetry.NumOffsets, func() float64 { return float64(n.groups.Counts().Offsets) })
	reg.Func(telemetry.GroupCount, func(emit func(float64, ...string)) {
		c := n.groups.Counts()
		sum := 0
		for _, count := range c.Groups {
			sum += count
		}
		emit(float64(sum), "classic")
	})
	reg.Func(telemetry.GroupPartitions, func(emit func(float64, ...string)) {
		s := n.groups.Runtime().Standing()
		emit(float64(s.Active), "active")
		emit(float64(s.Loading), "loading")
		emit(float64(s.Failed), "failed")
	})
	n.recent(telemetry.GroupPartitionLoadTimeAvg, telemetry.GroupPartitionLoadTimeMax, &n.groupLoads)
	counter := func(m *telemetry.Metric, v func(group.Counts) uint64) {
		reg.Func(m, func(emit func(float64, ...string)) { emit(float64(v(n.groups.Counts()))) })
	}
	counter(telemetry.OffsetCommits, func(c group.Counts) uint64 { return c.Commits })
	counter(telemetry.OffsetExpirations, func(c group.Counts) uint64 { return c.Expired })
	counter(telemetry.OffsetDeletions, func(c group.Counts) uint64 { return c.Deleted })
	counter(telemetry.GroupRebalances, func(c group.Counts) uint64 { return c.Rebalances })
}
