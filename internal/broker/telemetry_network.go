package broker

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/storage"
)

// The metrics that this file shows.
var (
	logFlushTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_log_logflushstats_logflushrateandtimems", Type: telemetry.TimerType, MBean: "kafka.log:type=LogFlushStats,name=LogFlushRateAndTimeMs",
		Help: "Time a flush of logs to disk took, in milliseconds."})
	messageConversionsTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_messageconversionstimems", Type: telemetry.TimerType, MBean: "kafka.network:type=RequestMetrics,name=MessageConversionsTimeMs", Labels: []string{"request"},
		Help: "Time spent on compressing records again for a topic's compression.type, in milliseconds."})
	temporaryMemoryBytesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_temporarymemorybytes", Type: telemetry.SizeType, MBean: "kafka.network:type=RequestMetrics,name=TemporaryMemoryBytes", Labels: []string{"request"},
		Help: "Size of records that were compressed again for a topic's compression.type, in bytes before compression."})
	requestQueueSizeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestchannel_requestqueuesize", Type: telemetry.GaugeType, MBean: "kafka.network:type=RequestChannel,name=RequestQueueSize",
		Help: "Requests that handlers work on; parked ones are not counted."})
	responseQueueSizeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestchannel_responsequeuesize", Type: telemetry.GaugeType, MBean: "kafka.network:type=RequestChannel,name=ResponseQueueSize",
		Help: "Answers waiting to be written."})
	networkProcessorAvgIdleMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_socketserver_networkprocessoravgidle_percent", Type: telemetry.GaugeType, MBean: "kafka.network:type=SocketServer,name=NetworkProcessorAvgIdlePercent",
		Help: "Share of the processors, 0 to 1, that the process left free, over the last minute or so."})
	memoryPoolAvailableMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_socketserver_memorypoolavailable", Type: telemetry.GaugeType, MBean: "kafka.network:type=SocketServer,name=MemoryPoolAvailable",
		Help: "Bytes of request memory that are free."})
	memoryPoolUsedMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_socketserver_memorypoolused", Type: telemetry.GaugeType, MBean: "kafka.network:type=SocketServer,name=MemoryPoolUsed",
		Help: "Bytes of request memory in use."})
	acceptorBlockedMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_acceptor_acceptorblocked_percent", Type: telemetry.GaugeType, MBean: "kafka.network:type=Acceptor,name=AcceptorBlockedPercent", Labels: []string{"listener"},
		Help: "Share of time, 0 to 1, in which limits kept a listener from accepting, over the last minute or so."})
	linuxDiskReadBytesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_kafkaserver_linux_disk_read_bytes", Type: telemetry.GaugeType, MBean: "kafka.server:type=KafkaServer,name=linux-disk-read-bytes",
		Help: "Bytes the process read from disks."})
	linuxDiskWriteBytesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_kafkaserver_linux_disk_write_bytes", Type: telemetry.GaugeType, MBean: "kafka.server:type=KafkaServer,name=linux-disk-write-bytes",
		Help: "Bytes the process wrote to disks."})
	requestHandlerAvgIdleMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_kafkarequesthandlerpool_requesthandleravgidle_percent", Type: telemetry.GaugeType, MBean: "kafka.server:type=KafkaRequestHandlerPool,name=RequestHandlerAvgIdlePercent",
		Help: "Share of the processors' time, 0 to 1, without a running handler, over the last minute or so."})
	appInfoMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_app_info", Type: telemetry.GaugeType, MBean: "kafka.server:type=app-info", Labels: []string{"version", "commit_id", "start_time_ms"},
		Help: "Always 1; the labels hold the version."})
)

// registerNetworkMetrics registers the process-wide metrics of kafka.network and kafka.server.
func (n *Node) registerNetworkMetrics() {
	reg := n.Telemetry
	started := strconv.FormatInt(n.nowMs(), 10)
	reg.Func(appInfoMetric, func(emit func(float64, ...string)) { emit(1, n.opts.Version, "", started) })
	disk := func(m *telemetry.Metric, field string) {
		reg.Func(m, func(emit func(float64, ...string)) {
			if v, ok := procIO(field); ok {
				emit(v)
			}
		})
	}
	disk(linuxDiskReadBytesMetric, "read_bytes: ")
	disk(linuxDiskWriteBytesMetric, "write_bytes: ")
	n.registerIdleMetrics()
}

// registerMetrics registers the series of the socket server.
func (s *sockets) registerMetrics() {
	s.n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		a, used := s.net.Activity(), s.net.FrameBytes()
		emit(requestQueueSizeMetric, float64(a.Handling))
		emit(responseQueueSizeMetric, float64(a.Answered))
		emit(memoryPoolUsedMetric, float64(used))
		emit(memoryPoolAvailableMetric, float64(s.net.MemoryBound()-used))
	})
	s.registerBlockedMetrics()
}

// registerIdleMetrics registers the gauges that show operators of Kafka that a broker is at its
// limit: both then fall towards 0. gregor has no pools of network and handler threads with an idle
// time. Every connection's goroutine does all of the work, on any free processor. So the gauges are
// shares of the processors' time.
func (n *Node) registerIdleMetrics() {
	processors := float64(runtime.GOMAXPROCS(0))
	handling := telemetry.NewRate(n.host.Now())
	n.Telemetry.GaugeFunc(requestHandlerAvgIdleMetric, func() float64 {
		busy := handling.PerSecond(n.host.Now(), time.Duration(n.metrics.busy.Value()).Seconds())
		return max(0, 1-busy/processors)
	})
	used := telemetry.NewRate(n.host.Now())
	n.Telemetry.Func(networkProcessorAvgIdleMetric, func(emit func(float64, ...string)) {
		if cpu, ok := telemetry.ProcessCPU(); ok {
			emit(max(0, 1-used.PerSecond(n.host.Now(), cpu.Seconds())/processors))
		}
	})
	// The rate leaves out the processor time before the start.
	if cpu, ok := telemetry.ProcessCPU(); ok {
		used.Reset(n.host.Now(), cpu.Seconds())
	}
}

// registerBlockedMetrics registers the share of time that a listener waits because of connection
// limits such as max.connections.
func (s *sockets) registerBlockedMetrics() {
	n := s.n
	for _, l := range s.net.Listeners() {
		blocked := telemetry.NewRate(n.host.Now())
		n.Telemetry.Func(acceptorBlockedMetric, func(emit func(float64, ...string)) {
			now := n.host.Now()
			emit(min(1, blocked.PerSecond(now, l.Blocked(now).Seconds())), l.Name)
		})
	}
}

// procIO reads a field of /proc/self/io. Only Linux has the file.
func procIO(field string) (float64, bool) {
	text, err := os.ReadFile("/proc/self/io")
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if v, ok := strings.CutPrefix(line, field); ok {
			f, err := strconv.ParseFloat(strings.TrimSpace(v), 64)
			return f, err == nil
		}
	}
	return 0, false
}

// syncObserver returns the function to which the log manager reports the duration of syncs.
func (n *Node) syncObserver() func(ns int64) {
	t := n.Telemetry.Timer(logFlushTimeMetric)
	return func(ns int64) { t.Observe(time.Duration(ns)) }
}

// conversionObserver returns the function to which partitions report batches that they compressed
// again.
func (n *Node) conversionObserver() func(storage.Conversion) {
	took := n.Telemetry.Timer(messageConversionsTimeMetric, "Produce")
	memory := n.Telemetry.Histogram(temporaryMemoryBytesMetric, "Produce")
	return func(c storage.Conversion) {
		took.Observe(c.Took)
		memory.Record(c.Bytes)
	}
}
