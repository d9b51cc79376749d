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

// registerNetworkMetrics is what kafka.network and kafka.server say of the process as a whole.
func (n *Node) registerNetworkMetrics() {
	reg := n.Telemetry
	started := strconv.FormatInt(n.nowMs(), 10)
	reg.Func(telemetry.AppInfo, func(emit func(float64, ...string)) { emit(1, n.opts.Version, "", started) })
	disk := func(m *telemetry.Metric, field string) {
		reg.Func(m, func(emit func(float64, ...string)) {
			if v, ok := procIO(field); ok {
				emit(v)
			}
		})
	}
	disk(telemetry.LinuxDiskReadBytes, "read_bytes: ")
	disk(telemetry.LinuxDiskWriteBytes, "write_bytes: ")
	n.registerIdleMetrics()
}

// registerMetrics registers the series of the socket server.
func (s *sockets) registerMetrics() {
	s.n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		a, used := s.net.Activity(), s.net.FrameBytes()
		emit(telemetry.RequestQueueSize, float64(a.Handling))
		emit(telemetry.ResponseQueueSize, float64(a.Answered))
		emit(telemetry.MemoryPoolUsed, float64(used))
		emit(telemetry.MemoryPoolAvailable, float64(s.net.MemoryBound()-used))
	})
	s.registerBlockedMetrics()
}

// registerIdleMetrics are the gauges by which operators of Kafka see that a broker is at its limit: both fall towards 0 then.
// There are no pools of network and handler threads here whose idle time could be measured; every connection's goroutine does
// all of the work, on whichever processor is free. So the shares are of the processors' time.
func (n *Node) registerIdleMetrics() {
	processors := float64(runtime.GOMAXPROCS(0))
	handling := telemetry.NewRate(n.host.Now())
	n.Telemetry.GaugeFunc(telemetry.RequestHandlerAvgIdle, func() float64 {
		busy := handling.PerSecond(n.host.Now(), time.Duration(n.metrics.busy.Value()).Seconds())
		return max(0, 1-busy/processors)
	})
	used := telemetry.NewRate(n.host.Now())
	n.Telemetry.Func(telemetry.NetworkProcessorAvgIdle, func(emit func(float64, ...string)) {
		if cpu, ok := telemetry.ProcessCPU(); ok {
			emit(max(0, 1-used.PerSecond(n.host.Now(), cpu.Seconds())/processors))
		}
	})
	// What the process used before counts for nobody.
	if cpu, ok := telemetry.ProcessCPU(); ok {
		used.Reset(n.host.Now(), cpu.Seconds())
	}
}

// registerBlockedMetrics registers the share of time that a listener waits because of max.connections and its like.
func (s *sockets) registerBlockedMetrics() {
	n := s.n
	for _, l := range s.net.Listeners() {
		blocked := telemetry.NewRate(n.host.Now())
		n.Telemetry.Func(telemetry.AcceptorBlocked, func(emit func(float64, ...string)) {
			now := n.host.Now()
			emit(min(1, blocked.PerSecond(now, l.Blocked(now).Seconds())), l.Name)
		})
	}
}

// procIO reads a field of /proc/self/io; other systems than Linux have none.
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

// syncObserver is where the log manager tells how long syncs take.
func (n *Node) syncObserver() func(ns int64) {
	t := n.Telemetry.Timer(telemetry.LogFlushTime)
	return func(ns int64) { t.Observe(time.Duration(ns)) }
}

// conversionObserver is where the partitions tell of records that were compressed anew.
func (n *Node) conversionObserver() func(storage.Conversion) {
	took := n.Telemetry.Timer(telemetry.MessageConversionsTime, "Produce")
	memory := n.Telemetry.Histogram(telemetry.TemporaryMemoryBytes, "Produce")
	return func(c storage.Conversion) {
		took.Observe(c.Took)
		memory.Record(c.Bytes)
	}
}
