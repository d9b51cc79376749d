package broker

import (
	"maps"
	"slices"
	"strconv"

	"github.com/gregorhq/gregor/internal/telemetry"
)

// registerLogMetrics is kafka.log's LogManager, and the producers that the logs remember.
func (n *Node) registerLogMetrics() {
	reg := n.Telemetry
	reg.OnScrape(func(emit telemetry.Emit) {
		offline := 0.0
		for _, d := range n.logs.Dirs() {
			is := truth(d.Err() != nil)
			offline += is
			emit(telemetry.LogDirectoryOffline, is, d.Path())
		}
		emit(telemetry.OfflineLogDirectoryCount, offline)
	})
	reg.GaugeFunc(telemetry.ProducerIDCount, func() float64 {
		count := 0
		for _, l := range n.logs.Logs() {
			count += l.ProducerCount()
		}
		return float64(count)
	})
	n.registerDamageMetrics()
	n.registerCleanerMetrics()
}

// registerDamageMetrics names the files with bytes that recovery has cut out of logs. They stay until an operator removes them.
func (n *Node) registerDamageMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		emit(telemetry.DamagedCheckpoints, float64(n.logs.DamagedCheckpoints()))
		sound := true
		for _, l := range n.logs.Logs() {
			counts := map[string]int{}
			for _, d := range l.Damage() {
				counts[d.File]++
			}
			for _, file := range slices.Sorted(maps.Keys(counts)) {
				sound = false
				emit(telemetry.LogDamage, float64(counts[file]), l.TP.Topic, strconv.Itoa(int(l.TP.Partition)), file)
			}
		}
		if sound {
			emit(telemetry.LogDamage, 0, "", "", "") // so that an alert has a series
		}
	})
}

// registerCleanerMetrics is kafka.log's LogCleaner and LogCleanerManager.
func (n *Node) registerCleanerMetrics() {
	n.Telemetry.OnScrape(func(emit telemetry.Emit) {
		s := n.logs.CleanerState()
		emit(telemetry.CleanerRecopy, s.RecopyPercent)
		emit(telemetry.CleanerMaxBufferUtilization, 100*s.MapUtilization)
		emit(telemetry.CleanerMaxCleanTime, float64(s.LongestNs)/1e9)
		emit(telemetry.CleanerMaxCompactionDelay, float64(s.MaxDelayMs)/1e3)
		emit(telemetry.CleanerMaxDirty, 100*s.Dirtiest)
		// Without a cleaner (log.cleaner.enable=false) there is no last run.
		if s.LastLookMs > 0 {
			emit(telemetry.CleanerSinceLastRun, float64(max(n.nowMs()-s.LastLookMs, 0)))
		}
		for _, d := range s.Dirs {
			emit(telemetry.CleanerUncleanablePartitions, float64(d.Logs), d.Dir)
			emit(telemetry.CleanerUncleanableBytes, float64(d.Bytes), d.Dir)
		}
	})
}
