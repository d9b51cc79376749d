package broker

import (
	"strconv"

	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerPartitionMetrics is what kafka.log and kafka.cluster say of single partitions. It stands behind
// metrics.partition.enable: with many partitions it is most of the page.
func (n *Node) registerPartitionMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		if !n.config.Bool("metrics.partition.enable") {
			return
		}
		for _, l := range n.logs.Logs() {
			show := func(m *telemetry.Metric, v int64) { emit(m, float64(v), l.TP.Topic, strconv.Itoa(int(l.TP.Partition))) }
			show(telemetry.LogSize, l.Size())
			show(telemetry.LogStartOffset, l.LogStartOffset())
			show(telemetry.LogEndOffset, l.LogEndOffset())
			show(telemetry.NumLogSegments, int64(len(l.Segments())))
			show(telemetry.PartitionLastStableOffsetLag, max(l.HighWatermark()-l.LastStableOffset(), 0))
		}
		n.replicas.EachLeading(func(p replication.Leading) {
			show := func(m *telemetry.Metric, v float64) { emit(m, v, p.Topic, strconv.Itoa(int(p.Partition))) }
			show(telemetry.PartitionReplicas, float64(p.ReplicationFactor))
			show(telemetry.PartitionInSyncReplicas, float64(p.InSync))
			show(telemetry.PartitionUnderReplicated, truth(p.UnderReplicated))
			show(telemetry.PartitionUnderMinIsr, truth(p.UnderMinISR))
			show(telemetry.PartitionAtMinIsr, truth(p.AtMinISR))
		})
	})
}
