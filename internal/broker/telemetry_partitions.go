package broker

import (
	"strconv"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerPartitionMetrics is what kafka.log and kafka.cluster say of single partitions. It stands behind
// metrics.partition.enable: with many partitions it is most of the page.
func (n *Node) registerPartitionMetrics() {
	perLog := func(m *telemetry.Metric, value func(*logmanager.Log) int64) {
		n.Telemetry.Func(m, func(emit func(float64, ...string)) {
			if !n.config.Load().Bool("metrics.partition.enable") {
				return
			}
			for _, l := range n.logs.Logs() {
				emit(float64(value(l)), l.TP.Topic, strconv.Itoa(int(l.TP.Partition)))
			}
		})
	}
	perLog(telemetry.LogSize, func(l *logmanager.Log) int64 { return l.Size() })
	perLog(telemetry.LogStartOffset, func(l *logmanager.Log) int64 { return l.LogStartOffset() })
	perLog(telemetry.LogEndOffset, func(l *logmanager.Log) int64 { return l.LogEndOffset() })
	perLog(telemetry.NumLogSegments, func(l *logmanager.Log) int64 { return int64(len(l.Segments())) })
	perLog(telemetry.PartitionLastStableOffsetLag, func(l *logmanager.Log) int64 { return max(l.HighWatermark()-l.LastStableOffset(), 0) })

	n.perLeader(telemetry.PartitionReplicas, func(p *metadata.Partition, _ int) float64 { return float64(len(p.Replicas)) })
	n.perLeader(telemetry.PartitionInSyncReplicas, func(p *metadata.Partition, _ int) float64 { return float64(len(p.ISR)) })
	n.perLeader(telemetry.PartitionUnderReplicated, func(p *metadata.Partition, _ int) float64 {
		return truth(len(p.ISR) < len(p.Replicas)-len(p.AddingReplicas))
	})
	n.perLeader(telemetry.PartitionUnderMinIsr, func(p *metadata.Partition, minISR int) float64 { return truth(len(p.ISR) < minISR) })
	n.perLeader(telemetry.PartitionAtMinIsr, func(p *metadata.Partition, minISR int) float64 { return truth(len(p.ISR) == minISR) })
}

// perLeader shows a value of each partition that this broker leads.
func (n *Node) perLeader(m *telemetry.Metric, value func(p *metadata.Partition, minISR int) float64) {
	n.Telemetry.Func(m, func(emit func(float64, ...string)) {
		if !n.config.Load().Bool("metrics.partition.enable") {
			return
		}
		image := n.image.Load()
		for t := range image.Topics().All() {
			minISR := n.minISR(image, t.Name)
			for i, p := range t.Partitions {
				if p.Leader == n.id {
					emit(value(p, minISR), t.Name, strconv.Itoa(i))
				}
			}
		}
	})
}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
