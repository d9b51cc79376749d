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
}

func newRequestMetrics(reg *telemetry.Registry) *requestMetrics { return &requestMetrics{reg: reg} }

// Kafka counts connections per network thread; there is one place here.
const onlyProcessor = "0"

func (m *requestMetrics) Opened(l *network.Listener) {
	m.reg.CounterWith(telemetry.ConnectionCreationTotal, l.Name, onlyProcessor).Inc()
	m.reg.Gauge(telemetry.ConnectionCount, l.Name, onlyProcessor).Add(1)
}

func (m *requestMetrics) Closed(l *network.Listener) {
	m.reg.CounterWith(telemetry.ConnectionCloseTotal, l.Name, onlyProcessor).Inc()
	m.reg.Gauge(telemetry.ConnectionCount, l.Name, onlyProcessor).Add(-1)
}

func (m *requestMetrics) Done(x *network.Exchange, _ int, _ error) {
	key, version := x.Header.APIKey, x.Header.APIVersion
	if key < 0 || int(key) >= len(m.requests) || version < 0 || int(version) >= len(m.requests[0]) {
		return
	}
	c := m.requests[key][version].Load()
	if c == nil {
		name := protocol.Name(key)
		c = m.reg.CounterWith(telemetry.Requests, name, strconv.Itoa(int(version)))
		m.total[key].Store(m.reg.Timer(telemetry.TotalTime, name))
		m.sizes[key].Store(m.reg.Histogram(telemetry.RequestBytes, name))
		// Last, because a connection that finds the counter takes the other two for granted.
		m.requests[key][version].Store(c)
	}
	c.Inc()
	m.total[key].Load().Observe(time.Since(x.Received))
	m.sizes[key].Load().Record(int64(x.Size))
}
