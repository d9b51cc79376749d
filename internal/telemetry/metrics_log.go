package telemetry

// The series of the logs and partitions (kafka.log, kafka.cluster).
var (
	LogSize = &Metric{Name: "kafka_log_log_size", Type: GaugeType, MBean: "kafka.log:type=Log,name=Size", Labels: []string{"topic", "partition"},
		Help: "Size of a log in bytes."}
	LogEndOffset = &Metric{Name: "kafka_log_log_logendoffset", Type: GaugeType, MBean: "kafka.log:type=Log,name=LogEndOffset", Labels: []string{"topic", "partition"},
		Help: "Log end offset."}
	LogStartOffset = &Metric{Name: "kafka_log_log_logstartoffset", Type: GaugeType, MBean: "kafka.log:type=Log,name=LogStartOffset", Labels: []string{"topic", "partition"},
		Help: "Log start offset."}
	NumLogSegments = &Metric{Name: "kafka_log_log_numlogsegments", Type: GaugeType, MBean: "kafka.log:type=Log,name=NumLogSegments", Labels: []string{"topic", "partition"},
		Help: "Segments of a log."}
	OfflineLogDirectoryCount = &Metric{Name: "kafka_log_logmanager_offlinelogdirectorycount", Type: GaugeType, MBean: "kafka.log:type=LogManager,name=OfflineLogDirectoryCount",
		Help: "Log directories that are offline."}
	LogDirectoryOffline = &Metric{Name: "kafka_log_logmanager_logdirectoryoffline", Type: GaugeType, MBean: "kafka.log:type=LogManager,name=LogDirectoryOffline", Labels: []string{"logDirectory"},
		Help: "1 when a log directory is offline."}
	LogFlushTime = &Metric{Name: "kafka_log_logflushstats_logflushrateandtimems", Type: TimerType, MBean: "kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs",
		Help: "Time a flush of logs to disk took, in milliseconds."}
	CleanerRecopy = &Metric{Name: "kafka_log_logcleaner_cleaner_recopy_percent", Type: GaugeType, MBean: "kafka.log:type=LogCleaner,name=cleaner-recopy-percent",
		Help: "Bytes written per hundred bytes read in the last compaction."}
	CleanerMaxBufferUtilization = &Metric{Name: "kafka_log_logcleaner_max_buffer_utilization_percent", Type: GaugeType, MBean: "kafka.log:type=LogCleaner,name=max-buffer-utilization-percent",
		Help: "Use of the memory for keys in the last compaction, in percent."}
	CleanerMaxCleanTime = &Metric{Name: "kafka_log_logcleaner_max_clean_time_secs", Type: GaugeType, MBean: "kafka.log:type=LogCleaner,name=max-clean-time-secs",
		Help: "Time of the longest last compaction, in seconds."}
	CleanerMaxCompactionDelay = &Metric{Name: "kafka_log_logcleaner_max_compaction_delay_secs", Type: GaugeType, MBean: "kafka.log:type=LogCleaner,name=max-compaction-delay-secs",
		Help: "How long a log is overdue for compaction, in seconds."}
	CleanerMaxDirty = &Metric{Name: "kafka_log_logcleanermanager_max_dirty_percent", Type: GaugeType, MBean: "kafka.log:type=LogCleanerManager,name=max-dirty-percent",
		Help: "Largest share of a compacted log that is not compacted, in percent."}
	CleanerSinceLastRun = &Metric{Name: "kafka_log_logcleanermanager_time_since_last_run_ms", Type: GaugeType, MBean: "kafka.log:type=LogCleanerManager,name=time-since-last-run-ms",
		Help: "Time since the last look for logs to compact, in milliseconds."}
	CleanerUncleanablePartitions = &Metric{Name: "kafka_log_logcleanermanager_uncleanable_partitions_count", Type: GaugeType, MBean: "kafka.log:type=LogCleanerManager,name=uncleanable-partitions-count", Labels: []string{"logDirectory"},
		Help: "Logs that compaction gave up on."}
	PartitionUnderMinIsr = &Metric{Name: "kafka_cluster_partition_underminisr", Type: GaugeType, MBean: "kafka.cluster:type=Partition,name=UnderMinIsr", Labels: []string{"topic", "partition"},
		Help: "1 when a partition has fewer in-sync replicas than min.insync.replicas."}
	PartitionAtMinIsr = &Metric{Name: "kafka_cluster_partition_atminisr", Type: GaugeType, MBean: "kafka.cluster:type=Partition,name=AtMinIsr", Labels: []string{"topic", "partition"},
		Help: "1 when a partition has exactly min.insync.replicas in-sync replicas."}
	PartitionUnderReplicated = &Metric{Name: "kafka_cluster_partition_underreplicated", Type: GaugeType, MBean: "kafka.cluster:type=Partition,name=UnderReplicated", Labels: []string{"topic", "partition"},
		Help: "1 when a replica of a partition is not in sync."}
	PartitionInSyncReplicas = &Metric{Name: "kafka_cluster_partition_insyncreplicascount", Type: GaugeType, MBean: "kafka.cluster:type=Partition,name=InSyncReplicasCount", Labels: []string{"topic", "partition"},
		Help: "In-sync replicas of a partition."}
	PartitionReplicas = &Metric{Name: "kafka_cluster_partition_replicascount", Type: GaugeType, MBean: "kafka.cluster:type=Partition,name=ReplicasCount", Labels: []string{"topic", "partition"},
		Help: "Replicas of a partition."}
	PartitionLastStableOffsetLag = &Metric{Name: "kafka_cluster_partition_laststableoffsetlag", Type: GaugeType, MBean: "kafka.cluster:type=Partition,name=LastStableOffsetLag", Labels: []string{"topic", "partition"},
		Help: "Distance from the last stable offset to the high watermark."}
	CleanerUncleanableBytes = &Metric{Name: "kafka_log_logcleanermanager_uncleanable_bytes", Type: GaugeType, MBean: "kafka.log:type=LogCleanerManager,name=uncleanable-bytes", Labels: []string{"logDirectory"},
		Help: "Bytes of logs that compaction gave up on."}
	LogDamage = &Metric{Name: "gregor_log_damage", Type: GaugeType, Labels: []string{"topic", "partition", "file"},
		Help: "Damaged or missing parts of a log that its last start found, by the file that keeps the bytes which were cut out of the log (empty: the bytes are still in the log, or gone)."}
	DamagedCheckpoints = &Metric{Name: "gregor_damaged_checkpoints", Type: GaugeType,
		Help: "Checkpoint files that were damaged at the start and not used."}
)

var logMetrics = []*Metric{LogDamage, DamagedCheckpoints, LogSize, LogEndOffset, LogStartOffset, NumLogSegments, OfflineLogDirectoryCount, LogDirectoryOffline, LogFlushTime, CleanerRecopy, CleanerMaxBufferUtilization, CleanerMaxCleanTime, CleanerMaxCompactionDelay, CleanerMaxDirty, CleanerSinceLastRun, CleanerUncleanablePartitions, PartitionUnderMinIsr, PartitionAtMinIsr, PartitionUnderReplicated, PartitionInSyncReplicas, PartitionReplicas, PartitionLastStableOffsetLag, CleanerUncleanableBytes}
