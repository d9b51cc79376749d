package broker

import (
	"strconv"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// requestMetrics observes the sockets. Children are bound once per API and version, so that observing costs no look-up.
type requestMetrics struct {
	reg      *telemetry.Registry
	requests [protocol.MaxAPIKey + 1][32]atomic.Pointer[telemetry.Counter]
	total    [protocol.MaxAPIKey + 1]atomic.Pointer[telemetry.Timer]
	sizes    [protocol.MaxAPIKey + 1]atomic.Pointer[telemetry.Histogram]
	// consumer is Fetch once more, under the name that Kafka gives to consumers' fetches: on one node all are.
	consumer atomic.Pointer[telemetry.Timer]
}

const (
	keyFetch = 1
	// frameLength is the size of the length field before each frame.
	frameLength = 4
)

func newRequestMetrics(reg *telemetry.Registry) *requestMetrics { return &requestMetrics{reg: reg} }

// listenerMetrics are a listener's socket-server-metrics.
type listenerMetrics struct {
	open                    *telemetry.Gauge
	opened, closed, in, out *telemetry.Counter
}

// Kafka counts connections per network thread; there is one place here.
const onlyProcessor = "0"

func (m *requestMetrics) listener(name string) *listenerMetrics {
	counter := func(metric *telemetry.Metric) *telemetry.Counter {
		return m.reg.CounterWith(metric, name, onlyProcessor)
	}
	return &listenerMetrics{
		open: m.reg.Gauge(telemetry.ConnectionCount, name, onlyProcessor), opened: counter(telemetry.ConnectionCreationTotal),
		closed: counter(telemetry.ConnectionCloseTotal), in: counter(telemetry.IncomingBytes), out: counter(telemetry.OutgoingBytes),
	}
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

func (m *requestMetrics) Done(x *network.Exchange, sent int, _ error) {
	if c := x.Conn(); c != nil {
		t := c.Listener().Tag.(*listenerMetrics)
		t.in.Add(int64(x.Size) + frameLength)
		t.out.Add(int64(sent))
	}
	key, version := x.Header.APIKey, x.Header.APIVersion
	if key < 0 || int(key) >= len(m.requests) || version < 0 || int(version) >= len(m.requests[0]) {
		return
	}
	c := m.requests[key][version].Load()
	if c == nil {
		name := protocol.Name(key)
		if key == keyFetch {
			m.consumer.Store(m.reg.Timer(telemetry.TotalTime, "FetchConsumer"))
		}
		c = m.reg.CounterWith(telemetry.Requests, name, strconv.Itoa(int(version)))
		m.total[key].Store(m.reg.Timer(telemetry.TotalTime, name))
		m.sizes[key].Store(m.reg.Histogram(telemetry.RequestBytes, name))
		// Last, because a connection that finds the counter takes the other two for granted.
		m.requests[key][version].Store(c)
	}
	c.Inc()
	took := time.Since(x.Received)
	m.total[key].Load().Observe(took)
	if key == keyFetch {
		m.consumer.Load().Observe(took)
	}
	m.sizes[key].Load().Record(int64(x.Size))
}
