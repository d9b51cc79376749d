package broker

import (
	"strconv"

	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// The metrics that this file shows.
var (
	logSizeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_log_size", Type: telemetry.GaugeType, MBean: "kafka.log:type=Log,name=Size", Labels: []string{"topic", "partition"},
		Help: "Size of a log in bytes."})
	logEndOffsetMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_log_logendoffset", Type: telemetry.GaugeType, MBean: "kafka.log:type=Log,name=LogEndOffset", Labels: []string{"topic", "partition"},
		Help: "Log end offset."})
	logStartOffsetMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_log_logstartoffset", Type: telemetry.GaugeType, MBean: "kafka.log:type=Log,name=LogStartOffset", Labels: []string{"topic", "partition"},
		Help: "Log start offset."})
	numLogSegmentsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_log_numlogsegments", Type: telemetry.GaugeType, MBean: "kafka.log:type=Log,name=NumLogSegments", Labels: []string{"topic", "partition"},
		Help: "Segments of a log."})
	partitionUnderMinIsrMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_cluster_partition_underminisr", Type: telemetry.GaugeType, MBean: "kafka.cluster:type=Partition,name=UnderMinIsr", Labels: []string{"topic", "partition"},
		Help: "1 when a partition has fewer in-sync replicas than min.insync.replicas."})
	partitionAtMinIsrMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_cluster_partition_atminisr", Type: telemetry.GaugeType, MBean: "kafka.cluster:type=Partition,name=AtMinIsr", Labels: []string{"topic", "partition"},
		Help: "1 when a partition has exactly min.insync.replicas in-sync replicas."})
	partitionUnderReplicatedMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_cluster_partition_underreplicated", Type: telemetry.GaugeType, MBean: "kafka.cluster:type=Partition,name=UnderReplicated", Labels: []string{"topic", "partition"},
		Help: "1 when a replica of a partition is not in sync."})
	partitionInSyncReplicasMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_cluster_partition_insyncreplicascount", Type: telemetry.GaugeType, MBean: "kafka.cluster:type=Partition,name=InSyncReplicasCount", Labels: []string{"topic", "partition"},
		Help: "In-sync replicas of a partition."})
	partitionReplicasMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_cluster_partition_replicascount", Type: telemetry.GaugeType, MBean: "kafka.cluster:type=Partition,name=ReplicasCount", Labels: []string{"topic", "partition"},
		Help: "Replicas of a partition."})
	partitionLastStableOffsetLagMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_cluster_partition_laststableoffsetlag", Type: telemetry.GaugeType, MBean: "kafka.cluster:type=Partition,name=LastStableOffsetLag", Labels: []string{"topic", "partition"},
		Help: "Distance from the last stable offset to the high watermark."})
)

// registerPartitionMetrics registers kafka.log's and kafka.cluster's metrics of single partitions.
// metrics.partition.enable turns them on: with many partitions they are most of the page.
func (n *Node) registerPartitionMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		if !n.config.Bool("metrics.partition.enable") {
			return
		}
		for _, l := range n.logs.Logs() {
			show := func(m *telemetry.Metric, v int64) { emit(m, float64(v), l.TP.Topic, strconv.Itoa(int(l.TP.Partition))) }
			show(logSizeMetric, l.Size())
			show(logStartOffsetMetric, l.LogStartOffset())
			show(logEndOffsetMetric, l.LogEndOffset())
			show(numLogSegmentsMetric, int64(len(l.Segments())))
			show(partitionLastStableOffsetLagMetric, max(l.HighWatermark()-l.LastStableOffset(), 0))
		}
		n.replicas.EachLeading(func(p replication.Leading) {
			show := func(m *telemetry.Metric, v float64) { emit(m, v, p.Topic, strconv.Itoa(int(p.Partition))) }
			show(partitionReplicasMetric, float64(p.ReplicationFactor))
			show(partitionInSyncReplicasMetric, float64(p.InSync))
			show(partitionUnderReplicatedMetric, truth(p.UnderReplicated))
			show(partitionUnderMinIsrMetric, truth(p.UnderMinISR))
			show(partitionAtMinIsrMetric, truth(p.AtMinISR))
		})
	})
}
