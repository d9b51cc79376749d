package telemetry

// The series of the node and its replicas (kafka.server).
var (
	BrokerState = &Metric{Name: "kafka_server_kafkaserver_brokerstate", Type: GaugeType, MBean: "kafka.server:type=KafkaServer,name=BrokerState",
		Help: "0 not running, 1 starting, 2 recovering, 3 running, 6 pending controlled shutdown, 7 shutting down."}
	LinuxDiskReadBytes = &Metric{Name: "kafka_server_kafkaserver_linux_disk_read_bytes", Type: GaugeType, MBean: "kafka.server:type=KafkaServer,name=linux-disk-read-bytes",
		Help: "Bytes the process read from disks."}
	LinuxDiskWriteBytes = &Metric{Name: "kafka_server_kafkaserver_linux_disk_write_bytes", Type: GaugeType, MBean: "kafka.server:type=KafkaServer,name=linux-disk-write-bytes",
		Help: "Bytes the process wrote to disks."}
	RequestHandlerAvgIdle = &Metric{Name: "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent", Type: GaugeType, MBean: "kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
		Help: "Share of the processors, 0 to 1, that no handler was at work on, over the last minute or so."}
	AppInfo = &Metric{Name: "kafka_server_app_info", Type: GaugeType, MBean: "kafka.server:type=app-info", Labels: []string{"version", "commit_id", "start_time_ms"},
		Help: "Always 1; the labels tell the version."}
	UnderReplicatedPartitions = &Metric{Name: "kafka_server_replicamanager_underreplicatedpartitions", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions",
		Help: "Partitions led here of which a replica is not in sync."}
	UnderMinIsrPartitionCount = &Metric{Name: "kafka_server_replicamanager_underminisrpartitioncount", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount",
		Help: "Partitions led here with fewer in-sync replicas than min.insync.replicas."}
	AtMinIsrPartitionCount = &Metric{Name: "kafka_server_replicamanager_atminisrpartitioncount", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=AtMinIsrPartitionCount",
		Help: "Partitions led here with exactly min.insync.replicas in-sync replicas."}
	OfflineReplicaCount = &Metric{Name: "kafka_server_replicamanager_offlinereplicacount", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=OfflineReplicaCount",
		Help: "Replicas in log directories that are offline."}
	PartitionCount = &Metric{Name: "kafka_server_replicamanager_partitioncount", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=PartitionCount",
		Help: "Replicas on this node."}
	LeaderCount = &Metric{Name: "kafka_server_replicamanager_leadercount", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=LeaderCount",
		Help: "Partitions led here."}
	ReassigningPartitions = &Metric{Name: "kafka_server_replicamanager_reassigningpartitions", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=ReassigningPartitions",
		Help: "Partitions led here that are being reassigned."}
	ProducerIDCount = &Metric{Name: "kafka_server_replicamanager_produceridcount", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=ProducerIdCount",
		Help: "Producer ids that the logs remember."}
	IsrShrinks = &Metric{Name: "kafka_server_replicamanager_isrshrinks_total", Type: CounterType, MBean: "kafka.server:type=ReplicaManager,name=IsrShrinksPerSec",
		Help: "Times a replica fell out of sync."}
	IsrExpands = &Metric{Name: "kafka_server_replicamanager_isrexpands_total", Type: CounterType, MBean: "kafka.server:type=ReplicaManager,name=IsrExpandsPerSec",
		Help: "Times a replica came back in sync."}
	FailedIsrUpdates = &Metric{Name: "kafka_server_replicamanager_failedisrupdates_total", Type: CounterType, MBean: "kafka.server:type=ReplicaManager,name=FailedIsrUpdatesPerSec",
		Help: "Changes of the in-sync replicas that the controller refused."}
	PurgatorySize = &Metric{Name: "kafka_server_delayedoperationpurgatory_purgatorysize", Type: GaugeType, MBean: "kafka.server:type=DelayedOperationPurgatory,name=PurgatorySize", Labels: []string{"delayedOperation"},
		Help: "Watches of delayed operations: one for each partition that each of them waits for."}
	PurgatoryDelayed = &Metric{Name: "kafka_server_delayedoperationpurgatory_numdelayedoperations", Type: GaugeType, MBean: "kafka.server:type=DelayedOperationPurgatory,name=NumDelayedOperations", Labels: []string{"delayedOperation"},
		Help: "Delayed operations that wait."}
	FetchSessions = &Metric{Name: "kafka_server_fetchsessioncache_numincrementalfetchsessions", Type: GaugeType, MBean: "kafka.server:type=FetchSessionCache,name=NumIncrementalFetchSessions",
		Help: "Fetch sessions that are open."}
	FetchSessionPartitions = &Metric{Name: "kafka_server_fetchsessioncache_numincrementalfetchpartitionscached", Type: GaugeType, MBean: "kafka.server:type=FetchSessionCache,name=NumIncrementalFetchPartitionsCached",
		Help: "Partitions in open fetch sessions."}
	FetchSessionEvictions = &Metric{Name: "kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total", Type: CounterType, MBean: "kafka.server:type=FetchSessionCache,name=IncrementalFetchSessionEvictionsPerSec",
		Help: "Fetch sessions dropped to make room."}
	ConsumerExpires = &Metric{Name: "kafka_server_delayedfetchmetrics_expires_total", Type: CounterType, MBean: "kafka.server:type=DelayedFetchMetrics,name=ExpiresPerSec", Labels: []string{"fetcherType"},
		Help: "Delayed fetches that ran into their maximum wait."}
	ProduceExpires = &Metric{Name: "kafka_server_delayedproducemetrics_expires_total", Type: CounterType, MBean: "kafka.server:type=DelayedProduceMetrics,name=ExpiresPerSec",
		Help: "Delayed produces that ran into their time-out."}
)

var serverMetrics = []*Metric{BrokerState, LinuxDiskReadBytes, LinuxDiskWriteBytes, RequestHandlerAvgIdle, AppInfo, UnderReplicatedPartitions, UnderMinIsrPartitionCount, AtMinIsrPartitionCount, OfflineReplicaCount, PartitionCount, LeaderCount, ReassigningPartitions, ProducerIDCount, IsrShrinks, IsrExpands, FailedIsrUpdates, PurgatorySize, PurgatoryDelayed, FetchSessions, FetchSessionPartitions, FetchSessionEvictions, ConsumerExpires, ProduceExpires}
