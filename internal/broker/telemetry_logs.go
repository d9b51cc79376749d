package broker

import (
	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerLogMetrics is kafka.log's LogManager, and the producers that the logs remember.
func (n *Node) registerLogMetrics() {
	reg := n.Telemetry
	reg.GaugeFunc(telemetry.OfflineLogDirectoryCount, func() float64 {
		count := 0
		for _, d := range n.logs.Dirs() {
			if d.Err() != nil {
				count++
			}
		}
		return float64(count)
	})
	reg.Func(telemetry.LogDirectoryOffline, func(emit func(float64, ...string)) {
		for _, d := range n.logs.Dirs() {
			emit(truth(d.Err() != nil), d.Path())
		}
	})
	reg.GaugeFunc(telemetry.ProducerIDCount, func() float64 {
		count := 0
		for _, l := range n.logs.Logs() {
			count += l.ProducerCount()
		}
		return float64(count)
	})
	n.registerCleanerMetrics()
}

// registerCleanerMetrics is kafka.log's LogCleaner and LogCleanerManager.
func (n *Node) registerCleanerMetrics() {
	reg := n.Telemetry
	reg.GaugeFunc(telemetry.CleanerRecopy, func() float64 { return n.logs.CleanerState().RecopyPercent })
	reg.GaugeFunc(telemetry.CleanerMaxBufferUtilization, func() float64 { return 100 * n.logs.CleanerState().MapUtilization })
	reg.GaugeFunc(telemetry.CleanerMaxCleanTime, func() float64 { return float64(n.logs.CleanerState().LongestNs) / 1e9 })
	reg.GaugeFunc(telemetry.CleanerMaxCompactionDelay, func() float64 { return float64(n.logs.CleanerState().MaxDelayMs) / 1e3 })
	reg.GaugeFunc(telemetry.CleanerMaxDirty, func() float64 { return 100 * n.logs.CleanerState().Dirtiest })
	reg.Func(telemetry.CleanerSinceLastRun, func(emit func(float64, ...string)) {
		// Without a cleaner (log.cleaner.enable=false) there is no last run.
		if at := n.logs.CleanerState().LastLookMs; at > 0 {
			emit(float64(max(n.nowMs()-at, 0)))
		}
	})
	reg.Func(telemetry.CleanerUncleanablePartitions, func(emit func(float64, ...string)) {
		for dir, count := range n.logs.CleanerState().Uncleanable {
			emit(float64(count), dir)
		}
	})
	reg.Func(telemetry.CleanerUncleanableBytes, func(emit func(float64, ...string)) {
		for dir, bytes := range n.logs.CleanerState().UncleanableBytes {
			emit(float64(bytes), dir)
		}
	})
}
