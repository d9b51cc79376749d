package broker

import (
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerMetrics registers kafka.coordinator.group and the group-coordinator-metrics.
func (g *groups) registerMetrics() {
	reg := g.n.Telemetry
	reg.OnScrape(func(emit telemetry.Emit) {
		c, all := g.sum(), 0
		for _, count := range c.Groups {
			all += count
		}
		emit(telemetry.NumGroups, float64(all))
		emit(telemetry.GroupCount, float64(all), "classic")
		emit(telemetry.NumGroupsEmpty, float64(c.Groups[group.Empty]))
		emit(telemetry.NumGroupsPreparingRebalance, float64(c.Groups[group.PreparingRebalance]))
		emit(telemetry.NumGroupsCompletingRebalance, float64(c.Groups[group.CompletingRebalance]))
		emit(telemetry.NumGroupsStable, float64(c.Groups[group.Stable]))
		emit(telemetry.NumGroupsDead, float64(c.Groups[group.Dead]))
		emit(telemetry.NumOffsets, float64(c.Offsets))
		emit(telemetry.OffsetCommits, float64(c.Commits))
		emit(telemetry.OffsetExpirations, float64(c.Expired))
		emit(telemetry.OffsetDeletions, float64(c.Deleted))
		emit(telemetry.GroupRebalances, float64(c.Rebalances))
	})
	reg.Func(telemetry.GroupPartitions, func(emit func(float64, ...string)) {
		s := g.rt.States()
		emit(float64(s.Active), "active")
		emit(float64(s.Loading), "loading")
		emit(float64(s.Failed), "failed")
	})
	g.n.recent(telemetry.GroupPartitionLoadTimeAvg, telemetry.GroupPartitionLoadTimeMax, &g.loads)
}
