package telemetry

// Metrics that the tests of this package use, as the broker declares them.
var (
	bytesInMetric = &Metric{Name: "kafka_server_brokertopicmetrics_bytesin_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec", Labels: []string{"topic"},
		Help: "Bytes that producers appended, after their compression."}
	requestsMetric = &Metric{Name: "kafka_network_requestmetrics_requests_total", Type: CounterType, MBean: "kafka.network:type=RequestMetrics,name=RequestsPerSec", Labels: []string{"request", "version"},
		Help: "Requests answered."}
	totalTimeMetric = &Metric{Name: "kafka_network_requestmetrics_totaltimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=TotalTimeMs", Labels: []string{"request"},
		Help: "Time from the whole request in memory to the last byte of its answer written, in milliseconds."}
	requestBytesMetric = &Metric{Name: "kafka_network_requestmetrics_requestbytes", Type: SizeType, MBean: "kafka.network:type=RequestMetrics,name=RequestBytes", Labels: []string{"request"},
		Help: "Size of requests in bytes."}
	brokerStateMetric = &Metric{Name: "kafka_server_kafkaserver_brokerstate", Type: GaugeType, MBean: "kafka.server:type=KafkaServer,name=BrokerState",
		Help: "0 not running, 1 starting, 2 recovering, 3 running, 6 pending controlled shutdown, 7 shutting down."}
	leaderCountMetric = &Metric{Name: "kafka_server_replicamanager_leadercount", Type: GaugeType, MBean: "kafka.server:type=ReplicaManager,name=LeaderCount",
		Help: "Partitions led here."}
	requestHandlerAvgIdleMetric = &Metric{Name: "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent", Type: GaugeType, MBean: "kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
		Help: "Share of the processors' time, 0 to 1, without a running handler, over the last minute or so."}
	fetchSessionsMetric = &Metric{Name: "kafka_server_fetchsessioncache_numincrementalfetchsessions", Type: GaugeType, MBean: "kafka.server:type=FetchSessionCache,name=NumIncrementalFetchSessions",
		Help: "Fetch sessions that are open."}
	fetchSessionEvictionsMetric = &Metric{Name: "kafka_server_fetchsessioncache_incrementalfetchsessionevictions_total", Type: CounterType, MBean: "kafka.server:type=FetchSessionCache,name=IncrementalFetchSessionEvictionsPerSec",
		Help: "Fetch sessions dropped to make room."}
	logSizeMetric = &Metric{Name: "kafka_log_log_size", Type: GaugeType, MBean: "kafka.log:type=Log,name=Size", Labels: []string{"topic", "partition"},
		Help: "Size of a log in bytes."}
	raftCurrentStateMetric = &Metric{Name: "kafka_server_raftmetrics_current_state", Type: GaugeType, MBean: "kafka.server:type=raft-metrics", Labels: []string{"current_state"},
		Help: "1 for the state the node is in: leader, candidate, voted, follower, unattached, observer."}
)
