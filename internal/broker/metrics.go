package broker

import (
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// The metrics that this file shows.
var (
	requestsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_requests_total", Type: telemetry.CounterType, MBean: "kafka.network:type=RequestMetrics,name=RequestsPerSec", Labels: []string{"request", "version"},
		Help: "Requests answered."})
	requestErrorsMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_errors_total", Type: telemetry.CounterType, MBean: "kafka.network:type=RequestMetrics,name=ErrorsPerSec", Labels: []string{"request", "error"},
		Help: "Error codes in answers, NONE included."})
	totalTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_totaltimems", Type: telemetry.TimerType, MBean: "kafka.network:type=RequestMetrics,name=TotalTimeMs", Labels: []string{"request"},
		Help: "Time from the whole request in memory to the last byte of its answer written, in milliseconds."})
	requestQueueTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_requestqueuetimems", Type: telemetry.TimerType, MBean: "kafka.network:type=RequestMetrics,name=RequestQueueTimeMs", Labels: []string{"request"},
		Help: "Time a whole request waited behind others of its connection, in milliseconds."})
	localTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_localtimems", Type: telemetry.TimerType, MBean: "kafka.network:type=RequestMetrics,name=LocalTimeMs", Labels: []string{"request"},
		Help: "Time a handler worked on a request, in milliseconds."})
	remoteTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_remotetimems", Type: telemetry.TimerType, MBean: "kafka.network:type=RequestMetrics,name=RemoteTimeMs", Labels: []string{"request"},
		Help: "Time a request was parked: for the disk, replicas, data, group members, in milliseconds."})
	responseQueueTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_responsequeuetimems", Type: telemetry.TimerType, MBean: "kafka.network:type=RequestMetrics,name=ResponseQueueTimeMs", Labels: []string{"request"},
		Help: "Time a complete answer waited for its turn, in milliseconds."})
	responseSendTimeMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_responsesendtimems", Type: telemetry.TimerType, MBean: "kafka.network:type=RequestMetrics,name=ResponseSendTimeMs", Labels: []string{"request"},
		Help: "Time the writing of an answer took, in milliseconds."})
	requestBytesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_network_requestmetrics_requestbytes", Type: telemetry.SizeType, MBean: "kafka.network:type=RequestMetrics,name=RequestBytes", Labels: []string{"request"},
		Help: "Size of requests in bytes."})
	connectionCountMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_connection_count", Type: telemetry.GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Open connections."})
	connectionCreationTotalMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_connection_creation_total", Type: telemetry.CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Connections accepted."})
	connectionCloseTotalMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_connection_close_total", Type: telemetry.CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Connections closed."})
	incomingBytesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_incoming_byte_total", Type: telemetry.CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Bytes read from connections."})
	outgoingBytesMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_outgoing_byte_total", Type: telemetry.CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Bytes written to connections."})
	requestTotalMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_request_total", Type: telemetry.CounterType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Requests of which the answers were written or dropped."})
	requestRateMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_request_rate", Type: telemetry.GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Requests per second, over the last minute or so."})
	connectionCreationRateMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_connection_creation_rate", Type: telemetry.GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Connections accepted per second, over the last minute or so."})
	connectionCloseRateMetric = telemetry.Declare(telemetry.Metric{Name: "kafka_server_socket_server_metrics_connection_close_rate", Type: telemetry.GaugeType, MBean: "kafka.server:type=socket-server-metrics", Labels: []string{"listener", "networkProcessor"},
		Help: "Connections closed per second, over the last minute or so."})
)

// requestMetrics observes the sockets: Kafka's RequestMetrics and socket-server-metrics. It binds
// the series of an API once, so that an observation needs no lookup. Hot series are sharded by
// connection, so that cores do not contend for a cache line.
type requestMetrics struct {
	reg   *telemetry.Registry
	clock host.Clock
	apis  [protocol.MaxAPIKey + 1]atomic.Pointer[apiMetrics]
	// busy is the total time in handlers, in nanoseconds.
	busy *telemetry.Counter
	// mu guards the creation of series.
	mu sync.Mutex
}

// apiMetrics are the series of one API. network.Phases defines the times.
type apiMetrics struct {
	name, twin                              string
	total, queue, local, remote, wait, send *telemetry.Timer
	sizes                                   *telemetry.Histogram
	none                                    *telemetry.Counter
	versions                                [maxVersions]atomic.Pointer[telemetry.Counter]
}

const (
	maxVersions = 32
	// frameLength is the size of the length field before each frame.
	frameLength = 4
)

func newRequestMetrics(reg *telemetry.Registry, clock host.Clock) *requestMetrics {
	return &requestMetrics{reg: reg, clock: clock, busy: telemetry.NewCounter()}
}

// listenerMetrics are a listener's socket-server-metrics.
type listenerMetrics struct {
	open                              *telemetry.Gauge
	opened, closed, requests, in, out *telemetry.Counter
}

// Kafka counts connections per network thread. gregor has no network threads and reports one.
const onlyProcessor = "0"

func (m *requestMetrics) listener(name string) *listenerMetrics {
	counter := func(metric *telemetry.Metric) *telemetry.Counter {
		return m.reg.Sharded(metric, name, onlyProcessor)
	}
	l := &listenerMetrics{
		open: m.reg.Gauge(connectionCountMetric, name, onlyProcessor), opened: counter(connectionCreationTotalMetric),
		closed: counter(connectionCloseTotalMetric), requests: counter(requestTotalMetric),
		in: counter(incomingBytesMetric), out: counter(outgoingBytesMetric),
	}
	rate := func(metric *telemetry.Metric, c *telemetry.Counter) {
		r := telemetry.NewRate(m.clock.Now())
		m.reg.Func(metric, func(emit func(float64, ...string)) {
			emit(r.PerSecond(m.clock.Now(), float64(c.Value())), name, onlyProcessor)
		})
	}
	rate(connectionCreationRateMetric, l.opened)
	rate(connectionCloseRateMetric, l.closed)
	rate(requestRateMetric, l.requests)
	return l
}

func (m *requestMetrics) Opened(l *network.Listener) {
	t := l.Tag.(*listenerMetrics)
	t.opened.Inc()
	t.open.Add(1)
}

func (m *requestMetrics) Closed(l *network.Listener) {
	t := l.Tag.(*listenerMetrics)
	t.closed.Inc()
	t.open.Add(-1)
}

func (m *requestMetrics) Done(x *network.Exchange, sent int) {
	shard := uint64(0)
	if c := x.Conn(); c != nil {
		shard = c.ID()
		t := c.Listener().Tag.(*listenerMetrics)
		t.requests.AddAt(shard, 1)
		t.in.AddAt(shard, int64(x.Size)+frameLength)
		t.out.AddAt(shard, int64(sent))
	}
	key, version := x.Header.APIKey, x.Header.APIVersion
	if key < 0 || int(key) >= len(m.apis) || version < 0 || version >= maxVersions {
		return
	}
	a := m.apis[key].Load()
	if a == nil {
		a = m.bind(key)
	}
	c := a.versions[version].Load()
	if c == nil {
		c = m.bindVersion(a, version)
	}
	c.AddAt(shard, 1)
	p := x.Phases()
	m.busy.AddAt(shard, int64(p.Local))
	a.total.ObserveAt(shard, p.Total)
	a.queue.ObserveAt(shard, p.Queue)
	a.local.ObserveAt(shard, p.Local)
	a.remote.ObserveAt(shard, p.Remote)
	a.wait.ObserveAt(shard, p.Wait)
	a.send.ObserveAt(shard, p.Send)
	a.sizes.RecordAt(shard, int64(x.Size))
	none, others := x.Errors()
	a.none.AddAt(shard, int64(none))
	for _, e := range others {
		m.countError(a, e)
	}
}

// bind creates the series of an API at its first request, as Kafka does. Other goroutines see the
// series only when it is complete.
func (m *requestMetrics) bind(key int16) *apiMetrics {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.apis[key].Load(); a != nil {
		return a
	}
	a := &apiMetrics{name: protocol.Name(key)}
	if key == protocol.KeyFetch {
		// Kafka shows Fetch a second time, as FetchConsumer or FetchFollower. A single node has
		// consumers only.
		a.twin = "FetchConsumer"
	}
	timer := func(metric *telemetry.Metric) *telemetry.Timer {
		t := m.reg.Timer(metric, a.name)
		m.also(metric, a, "")
		return t
	}
	a.total, a.queue, a.local, a.remote = timer(totalTimeMetric), timer(requestQueueTimeMetric), timer(localTimeMetric), timer(remoteTimeMetric)
	a.wait, a.send = timer(responseQueueTimeMetric), timer(responseSendTimeMetric)
	a.sizes = m.reg.Histogram(requestBytesMetric, a.name)
	m.also(requestBytesMetric, a, "")
	a.none = m.reg.Sharded(requestErrorsMetric, a.name, protocol.ErrNone.Name())
	m.also(requestErrorsMetric, a, protocol.ErrNone.Name())
	m.apis[key].Store(a)
	return a
}

// also shows a series of a under its second name, if it has one. The second label may be empty.
func (m *requestMetrics) also(metric *telemetry.Metric, a *apiMetrics, label string) {
	switch {
	case a.twin == "":
	case label == "":
		m.reg.Also(metric, []string{a.name}, a.twin)
	default:
		m.reg.Also(metric, []string{a.name, label}, a.twin, label)
	}
}

func (m *requestMetrics) bindVersion(a *apiMetrics, version int16) *telemetry.Counter {
	m.mu.Lock()
	defer m.mu.Unlock()
	text := strconv.Itoa(int(version))
	c := m.reg.Sharded(requestsMetric, a.name, text)
	m.also(requestsMetric, a, text)
	a.versions[version].Store(c)
	return c
}

// countError counts the error code of an answer. Errors are rare, so a lookup of the series is
// acceptable.
func (m *requestMetrics) countError(a *apiMetrics, e network.ErrorCount) {
	m.mu.Lock()
	defer m.mu.Unlock()
	code := protocol.Error(e.Code).Name()
	m.reg.CounterWith(requestErrorsMetric, a.name, code).Add(int64(e.N))
	m.also(requestErrorsMetric, a, code)
}
