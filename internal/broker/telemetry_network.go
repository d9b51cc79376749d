package broker

import (
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerNetworkMetrics is what kafka.network and kafka.server say of the process as a whole.
func (n *Node) registerNetworkMetrics() {
	reg := n.Telemetry
	reg.GaugeFunc(telemetry.RequestQueueSize, func() float64 { r, _ := n.net.Load(); return float64(r) })
	reg.GaugeFunc(telemetry.MemoryPoolUsed, func() float64 { _, b := n.net.Load(); return float64(b) })
	reg.GaugeFunc(telemetry.MemoryPoolAvailable, func() float64 { _, b := n.net.Load(); return float64(n.net.MemoryBound() - b) })
	started := strconv.FormatInt(time.Now().UnixMilli(), 10)
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
