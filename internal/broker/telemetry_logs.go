package broker

import (
	"maps"
	"slices"
	"strconv"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// The metrics that this file shows.
var (
	offlineLogDirectoryCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logmanager_offlinelogdirectorycount", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogManager,name=OfflineLogDirectoryCount",
		Help: "Log directories that are offline."})
	logDirectoryOfflineMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logmanager_logdirectoryoffline", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogManager,name=LogDirectoryOffline", Labels: []string{"logDirectory"},
		Help: "1 when a log directory is offline."})
	cleanerRecopyMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logcleaner_cleaner_recopy_percent", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogCleaner,name=cleaner-recopy-percent",
		Help: "Bytes written per hundred bytes read in the last compaction."})
	cleanerMaxBufferUtilizationMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logcleaner_max_buffer_utilization_percent", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogCleaner,name=max-buffer-utilization-percent",
		Help: "Use of the memory for keys in the last compaction, in percent."})
	cleanerMaxCleanTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logcleaner_max_clean_time_secs", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogCleaner,name=max-clean-time-secs",
		Help: "Longest of the cleaner threads' last compactions, in seconds."})
	cleanerMaxCompactionDelayMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logcleaner_max_compaction_delay_secs", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogCleaner,name=max-compaction-delay-secs",
		Help: "How long a log is overdue for compaction, in seconds."})
	cleanerMaxDirtyMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logcleanermanager_max_dirty_percent", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogCleanerManager,name=max-dirty-percent",
		Help: "Largest share of a compacted log that is not compacted, in percent."})
	cleanerSinceLastRunMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logcleanermanager_time_since_last_run_ms", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogCleanerManager,name=time-since-last-run-ms",
		Help: "Time since the last look for logs to compact, in milliseconds."})
	cleanerUncleanablePartitionsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logcleanermanager_uncleanable_partitions_count", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogCleanerManager,name=uncleanable-partitions-count", Labels: []string{"logDirectory"},
		Help: "Logs that compaction gave up on."})
	cleanerUncleanableBytesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logcleanermanager_uncleanable_bytes", Type: telemetry.GaugeType, MBean: "kafka.log:type=LogCleanerManager,name=uncleanable-bytes", Labels: []string{"logDirectory"},
		Help: "Bytes of logs that compaction gave up on."})
	logDamageMetric = telemetry.Declare(telemetry.Metric{Name: "gregor_log_damage", Type: telemetry.GaugeType, Labels: []string{"topic", "partition", "file"},
		Help: "Number of damaged or missing parts of a log that the last start found, or the load of a coordinator later. The label file names the file with the removed bytes; it is empty if no bytes were kept."})
	damagedCheckpointsMetric = telemetry.Declare(telemetry.Metric{Name: "gregor_damaged_checkpoints", Type: telemetry.GaugeType,
		Help: "Checkpoint files that were damaged at the start and not used, and damaged partition.metadata files that the start wrote again."})
	producerIDCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_replicamanager_produceridcount", Type: telemetry.GaugeType, MBean: "kafka.server:type=ReplicaManager,name=ProducerIdCount",
		Help: "Producer ids that the logs remember."})
)

// registerLogMetrics registers kafka.log's LogManager, and the number of producers in the logs'
// state.
func (n *Node) registerLogMetrics() {
	reg := n.Telemetry
	reg.OnScrape(func(emit telemetry.Emit) {
		offline := 0.0
		for _, d := range n.logs.Dirs() {
			is := truth(d.Err() != nil)
			offline += is
			emit(logDirectoryOfflineMetric, is, d.Path())
		}
		emit(offlineLogDirectoryCountMetric, offline)
	})
	reg.GaugeFunc(producerIDCountMetric, func() float64 {
		count := 0
		for _, l := range n.logs.Logs() {
			count += l.ProducerCount()
		}
		return float64(count)
	})
	n.registerDamageMetrics()
	n.registerCleanerMetrics()
}

// registerDamageMetrics names the files that hold the bytes that recovery cut out of logs. A series
// stays until an operator removes the file.
func (n *Node) registerDamageMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		emit(damagedCheckpointsMetric, float64(n.logs.DamagedCheckpoints()))
		sound := true
		for _, l := range n.logs.Logs() {
			counts := map[string]int{}
			for _, d := range l.Damage() {
				counts[d.File]++
			}
			for _, file := range slices.Sorted(maps.Keys(counts)) {
				sound = false
				emit(logDamageMetric, float64(counts[file]), l.TP.Topic, strconv.Itoa(int(l.TP.Partition)), file)
			}
		}
		if sound {
			emit(logDamageMetric, 0, "", "", "") // so that an alert has a series
		}
	})
}

// registerCleanerMetrics registers kafka.log's LogCleaner and LogCleanerManager.
func (n *Node) registerCleanerMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		s := n.logs.CleanerState()
		emit(cleanerRecopyMetric, s.RecopyPercent)
		emit(cleanerMaxBufferUtilizationMetric, 100*s.MapUtilization)
		emit(cleanerMaxCleanTimeMetric, float64(s.LongestNs)/1e9)
		emit(cleanerMaxCompactionDelayMetric, float64(s.MaxDelayMs)/1e3)
		emit(cleanerMaxDirtyMetric, 100*s.Dirtiest)
		// Without a cleaner (log.cleaner.enable=false) there is no last run.
		if s.LastLookMs > 0 {
			emit(cleanerSinceLastRunMetric, float64(max(n.nowMs()-s.LastLookMs, 0)))
		}
		for _, d := range s.Dirs {
			emit(cleanerUncleanablePartitionsMetric, float64(d.Logs), d.Dir)
			emit(cleanerUncleanableBytesMetric, float64(d.Bytes), d.Dir)
		}
	})
}
