package telemetry

import "slices"

// Metrics lists every series that a node can show, by name. Dashboards, docs and tests derive from it.
func Metrics() []*Metric {
	all := slices.Concat(topicMetrics, networkMetrics, serverMetrics, controllerMetrics, logMetrics, groupMetrics)
	slices.SortFunc(all, func(a, b *Metric) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	})
	return all
}
