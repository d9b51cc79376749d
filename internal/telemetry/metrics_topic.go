package telemetry

// The series of what clients and replicas move (kafka.server BrokerTopicMetrics).
var (
	BytesIn = &Metric{Name: "kafka_server_brokertopicmetrics_bytesin_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec", Labels: []string{"topic"},
		Help: "Bytes that producers appended, after their compression."}
	BytesOut = &Metric{Name: "kafka_server_brokertopicmetrics_bytesout_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec", Labels: []string{"topic"},
		Help: "Bytes that were sent to consumers."}
	MessagesIn = &Metric{Name: "kafka_server_brokertopicmetrics_messagesin_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec", Labels: []string{"topic"},
		Help: "Records that producers appended."}
	BytesRejected = &Metric{Name: "kafka_server_brokertopicmetrics_bytesrejected_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=BytesRejectedPerSec", Labels: []string{"topic"},
		Help: "Bytes of batches refused for their size."}
	TotalProduceRequests = &Metric{Name: "kafka_server_brokertopicmetrics_totalproducerequests_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=TotalProduceRequestsPerSec", Labels: []string{"topic"},
		Help: "Partitions written to by Produce requests."}
	TotalFetchRequests = &Metric{Name: "kafka_server_brokertopicmetrics_totalfetchrequests_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=TotalFetchRequestsPerSec", Labels: []string{"topic"},
		Help: "Partitions read by Fetch requests."}
	FailedProduceRequests = &Metric{Name: "kafka_server_brokertopicmetrics_failedproducerequests_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=FailedProduceRequestsPerSec", Labels: []string{"topic"},
		Help: "Partitions of Produce requests that failed."}
	FailedFetchRequests = &Metric{Name: "kafka_server_brokertopicmetrics_failedfetchrequests_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=FailedFetchRequestsPerSec", Labels: []string{"topic"},
		Help: "Partitions of Fetch requests that failed."}
	ProduceMessageConversions = &Metric{Name: "kafka_server_brokertopicmetrics_producemessageconversions_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=ProduceMessageConversionsPerSec", Labels: []string{"topic"},
		Help: "Records that were compressed anew for their topic's compression.type."}
	ReplicationBytesOut = &Metric{Name: "kafka_server_brokertopicmetrics_replicationbytesout_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesOutPerSec",
		Help: "Bytes sent to followers."}
	NoKeyCompactedTopicRecords = &Metric{Name: "kafka_server_brokertopicmetrics_nokeycompactedtopicrecords_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=NoKeyCompactedTopicRecordsPerSec",
		Help: "Records without a key refused by compacted topics."}
	InvalidMagicNumberRecords = &Metric{Name: "kafka_server_brokertopicmetrics_invalidmagicnumberrecords_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=InvalidMagicNumberRecordsPerSec",
		Help: "Batches of an old format that Produce refused for their magic number."}
	InvalidMessageCrcRecords = &Metric{Name: "kafka_server_brokertopicmetrics_invalidmessagecrcrecords_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=InvalidMessageCrcRecordsPerSec",
		Help: "Records refused for their checksum."}
	InvalidOffsetOrSequenceRecords = &Metric{Name: "kafka_server_brokertopicmetrics_invalidoffsetorsequencerecords_total", Type: CounterType, MBean: "kafka.server:type=BrokerTopicMetrics,name=InvalidOffsetOrSequenceRecordsPerSec",
		Help: "Records refused for their offsets or sequence numbers."}
)

var topicMetrics = []*Metric{BytesIn, BytesOut, MessagesIn, BytesRejected, TotalProduceRequests, TotalFetchRequests, FailedProduceRequests, FailedFetchRequests, ProduceMessageConversions, ReplicationBytesOut, NoKeyCompactedTopicRecords, InvalidMagicNumberRecords, InvalidMessageCrcRecords, InvalidOffsetOrSequenceRecords}
