package telemetry

// The series of requests and connections (kafka.network).
var (
	Requests = &Metric{Name: "kafka_network_requestmetrics_requests_total", Type: CounterType, MBean: "kafka.network:type=RequestMetrics,name=RequestsPerSec", Labels: []string{"request", "version"},
		Help: "Requests answered."}
	RequestErrors = &Metric{Name: "kafka_network_requestmetrics_errors_total", Type: CounterType, MBean: "kafka.network:type=RequestMetrics,name=ErrorsPerSec", Labels: []string{"request", "error"},
		Help: "Error codes in answers, NONE included."}
	TotalTime = &Metric{Name: "kafka_network_requestmetrics_totaltimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=TotalTimeMs", Labels: []string{"request"},
		Help: "Time from the last byte of a request to the last byte of its answer, in milliseconds."}
	RequestQueueTime = &Metric{Name: "kafka_network_requestmetrics_requestqueuetimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=RequestQueueTimeMs", Labels: []string{"request"},
		Help: "Time a request waited before it was worked on, in milliseconds."}
	LocalTime = &Metric{Name: "kafka_network_requestmetrics_localtimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=LocalTimeMs", Labels: []string{"request"},
		Help: "Time the node itself worked on a request, in milliseconds."}
	RemoteTime = &Metric{Name: "kafka_network_requestmetrics_remotetimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=RemoteTimeMs", Labels: []string{"request"},
		Help: "Time a request waited for others (replicas, data, group members), in milliseconds."}
	ThrottleTime = &Metric{Name: "kafka_network_requestmetrics_throttletimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=ThrottleTimeMs", Labels: []string{"request"},
		Help: "Time an answer was held back by a quota, in milliseconds."}
	ResponseQueueTime = &Metric{Name: "kafka_network_requestmetrics_responsequeuetimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=ResponseQueueTimeMs", Labels: []string{"request"},
		Help: "Time an answer waited for its turn, in milliseconds."}
	ResponseSendTime = &Metric{Name: "kafka_network_requestmetrics_responsesendtimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=ResponseSendTimeMs", Labels: []string{"request"},
		Help: "Time it took to write an answer, in milliseconds."}
	MessageConversionsTime = &Metric{Name: "kafka_network_requestmetrics_messageconversionstimems", Type: TimerType, MBean: "kafka.network:type=RequestMetrics,name=MessageConversionsTimeMs", Labels: []string{"request"},
		Help: "Time spent on converting record formats, in milliseconds."}
	RequestBytes = &Metric{Name: "kafka_network_requestmetrics_requestbytes", Type: SizeType, MBean: "kafka.network:type=RequestMetrics,name=RequestBytes", Labels: []string{"request"},
		Help: "Size of requests in bytes."}
	TemporaryMemoryBytes = &Metric{Name: "kafka_network_requestmetrics_temporarymemorybytes", Type: SizeType, MBean: "kafka.network:type=RequestMetrics,name=TemporaryMemoryBytes", Labels: []string{"request"},
		Help: "Memory used beside the request to convert records, in bytes."}
	RequestQueueSize = &Metric{Name: "kafka_network_requestchannel_requestqueuesize", Type: GaugeType, MBean: "kafka.network:type=RequestChannel,name=RequestQueueSize",
		Help: "Requests being worked on or waiting."}
	ResponseQueueSize = &Metric{Name: "kafka_network_requestchannel_responsequeuesize", Type: GaugeType, MBean: "kafka.network:type=RequestChannel,name=ResponseQueueSize",
		Help: "Answers waiting to be written."}
	NetworkProcessorAvgIdle = &Metric{Name: "kafka_network_socketserver_networkprocessoravgidle_percent", Type: GaugeType, MBean: "kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent",
		Help: "Share of time, 0 to 1, in which the network side had nothing to do."}
	ExpiredConnectionsKilled = &Metric{Name: "kafka_network_socketserver_expiredconnectionskilledcount", Type: GaugeType, MBean: "kafka.network:type=SocketServer,name=ExpiredConnectionsKilledCount",
		Help: "Connections closed because their authentication ran out."}
	MemoryPoolAvailable = &Metric{Name: "kafka_network_socketserver_memorypoolavailable", Type: GaugeType, MBean: "kafka.network:type=SocketServer,name=MemoryPoolAvailable",
		Help: "Bytes of request memory that are free."}
	MemoryPoolUsed = &Metric{Name: "kafka_network_socketserver_memorypoolused", Type: GaugeType, MBean: "kafka.network:type=SocketServer,name=MemoryPoolUsed",
		Help: "Bytes of request memory in use."}
	AcceptorBlocked = &Metric{Name: "kafka_network_acceptor_acceptorblocked_percent", Type: GaugeType, MBean: "kafka.network:type=Acceptor,name=AcceptorBlockedPercent", Labels: []string{"listener"},
		Help: "Share of time, 0 to 1, in which a listener could not accept."}
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
	FailedAuthentications = &Metric{Name: "kafka_server_socket_server_metrics_failed_authentication_total", Type: CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Authentications that failed."}
	SuccessfulAuthentications = &Metric{Name: "kafka_server_socket_server_metrics_successful_authentication_total", Type: CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Authentications that succeeded."}
	Connections = &Metric{Name: "kafka_server_socket_server_metrics_connections", Type: GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"clientSoftwareName", "clientSoftwareVersion", "listener"},
		Help: "Open connections by the client software that they named."}
)

var networkMetrics = []*Metric{Requests, RequestErrors, TotalTime, RequestQueueTime, LocalTime, RemoteTime, ThrottleTime, ResponseQueueTime, ResponseSendTime, MessageConversionsTime, RequestBytes, TemporaryMemoryBytes, RequestQueueSize, ResponseQueueSize, NetworkProcessorAvgIdle, ExpiredConnectionsKilled, MemoryPoolAvailable, MemoryPoolUsed, AcceptorBlocked, ConnectionCount, ConnectionCreationTotal, ConnectionCloseTotal, IncomingBytes, OutgoingBytes, FailedAuthentications, SuccessfulAuthentications, Connections}
