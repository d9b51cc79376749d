package telemetry

// The series of requests and connections (kafka.network).
var (
	Requests = &Metric{Name: "kafka_network_requestmetrics_requests_total", Type: CounterType, MBean: "kafka.network:type=RequestMetrics,name=RequestsPerSec", Labels: []string{"request", "version"},
		Help: "Requests answered."}
	RequestErrors = &Metric{Name: "kafka_network_requestmetrics_errors_total", Type: CounterType, MBean: "kafka.network:type=RequestMetrics,name=ErrorsPerSec", Labels: []string{"request", "error"},
		Help: "Error codes in answers, NONE included."}
	TotalTime = &Metric{Name: "kafka_network_requestmetrics_totaltimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=TotalTimeMs", Labels: []string{"request"},
		Help: "Time from the whole request in memory to the last byte of its answer written, in milliseconds."}
	RequestQueueTime = &Metric{Name: "kafka_network_requestmetrics_requestqueuetimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=RequestQueueTimeMs", Labels: []string{"request"},
		Help: "Time a whole request waited behind others of its connection, in milliseconds."}
	LocalTime = &Metric{Name: "kafka_network_requestmetrics_localtimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=LocalTimeMs", Labels: []string{"request"},
		Help: "Time a handler worked on a request, in milliseconds."}
	RemoteTime = &Metric{Name: "kafka_network_requestmetrics_remotetimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=RemoteTimeMs", Labels: []string{"request"},
		Help: "Time a request was parked: for the disk, replicas, data, group members, in milliseconds."}
	ResponseQueueTime = &Metric{Name: "kafka_network_requestmetrics_responsequeuetimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=ResponseQueueTimeMs", Labels: []string{"request"},
		Help: "Time a complete answer waited for its turn, in milliseconds."}
	ResponseSendTime = &Metric{Name: "kafka_network_requestmetrics_responsesendtimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=ResponseSendTimeMs", Labels: []string{"request"},
		Help: "Time the writing of an answer took, in milliseconds."}
	MessageConversionsTime = &Metric{Name: "kafka_network_requestmetrics_messageconversionstimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=MessageConversionsTimeMs", Labels: []string{"request"},
		Help: "Time spent on compressing records anew for a topic's compression.type, in milliseconds."}
	RequestBytes = &Metric{Name: "kafka_network_requestmetrics_requestbytes", Type: SizeType, MBean: "kafka.network:type=RequestMetrics,name=RequestBytes", Labels: []string{"request"},
		Help: "Size of requests in bytes."}
	TemporaryMemoryBytes = &Metric{Name: "kafka_network_requestmetrics_temporarymemorybytes", Type: SizeType, MBean: "kafka.network:type=RequestMetrics,name=TemporaryMemoryBytes", Labels: []string{"request"},
		Help: "Size of records that were compressed anew for a topic's compression.type, in bytes before compression."}
	RequestQueueSize = &Metric{Name: "kafka_network_requestchannel_requestqueuesize", Type: GaugeType, MBean: "kafka.network:type=RequestChannel,name=RequestQueueSize",
		Help: "Requests that handlers work on; parked ones are not counted."}
	ResponseQueueSize = &Metric{Name: "kafka_network_requestchannel_responsequeuesize", Type: GaugeType, MBean: "kafka.network:type=RequestChannel,name=ResponseQueueSize",
		Help: "Answers waiting to be written."}
	NetworkProcessorAvgIdle = &Metric{Name: "kafka_network_socketserver_networkprocessoravgidle_percent", Type: GaugeType, MBean: "kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent",
		Help: "Share of the processors, 0 to 1, that the process left free, over the last minute or so."}
	MemoryPoolAvailable = &Metric{Name: "kafka_network_socketserver_memorypoolavailable", Type: GaugeType, MBean: "kafka.network:type=SocketServer,name=MemoryPoolAvailable",
		Help: "Bytes of request memory that are free."}
	MemoryPoolUsed = &Metric{Name: "kafka_network_socketserver_memorypoolused", Type: GaugeType, MBean: "kafka.network:type=SocketServer,name=MemoryPoolUsed",
		Help: "Bytes of request memory in use."}
	AcceptorBlocked = &Metric{Name: "kafka_network_acceptor_acceptorblocked_percent", Type: GaugeType, MBean: "kafka.network:type=Acceptor,name=AcceptorBlockedPercent", Labels: []string{"listener"},
		Help: "Share of time, 0 to 1, in which limits kept a listener from accepting, over the last minute or so."}
	ConnectionCount = &Metric{Name: "kafka_server_socket_server_metrics_connection_count", Type: GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Open connections."}
	ConnectionCreationTotal = &Metric{Name: "kafka_server_socket_server_metrics_connection_creation_total", Type: CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Connections accepted."}
	ConnectionCloseTotal = &Metric{Name: "kafka_server_socket_server_metrics_connection_close_total", Type: CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Connections closed."}
	IncomingBytes = &Metric{Name: "kafka_server_socket_server_metrics_incoming_byte_total", Type: CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Bytes read from connections."}
	OutgoingBytes = &Metric{Name: "kafka_server_socket_server_metrics_outgoing_byte_total", Type: CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Bytes written to connections."}
	RequestTotal = &Metric{Name: "kafka_server_socket_server_metrics_request_total", Type: CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Requests of which the answers were written or dropped."}
	RequestRate = &Metric{Name: "kafka_server_socket_server_metrics_request_rate", Type: GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Requests per second, over the last minute or so."}
	ConnectionCreationRate = &Metric{Name: "kafka_server_socket_server_metrics_connection_creation_rate", Type: GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Connections accepted per second, over the last minute or so."}
	ConnectionCloseRate = &Metric{Name: "kafka_server_socket_server_metrics_connection_close_rate", Type: GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Connections closed per second, over the last minute or so."}
)

var networkMetrics = []*Metric{Requests, RequestErrors, TotalTime, RequestQueueTime, LocalTime, RemoteTime, ResponseQueueTime, ResponseSendTime, MessageConversionsTime, RequestBytes, TemporaryMemoryBytes, RequestQueueSize, ResponseQueueSize, NetworkProcessorAvgIdle, MemoryPoolAvailable, MemoryPoolUsed, AcceptorBlocked, ConnectionCount, ConnectionCreationTotal, ConnectionCloseTotal, IncomingBytes, OutgoingBytes, RequestTotal, RequestRate, ConnectionCreationRate, ConnectionCloseRate}
