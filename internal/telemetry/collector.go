package telemetry

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// quantiles are the quantiles of Kafka's timers, in the spelling of jmx_exporter's rules.
var (
	quantileShares = []float64{0.50, 0.75, 0.95, 0.98, 0.99, 0.999}
	quantileLabels = []string{"0.50", "0.75", "0.95", "0.98", "0.99", "0.999"}
)

// collector converts a Registry to a Prometheus page. It describes no series in advance, because
// topics and partitions come and go, and because a node's total has fewer labels than its parts.
type collector struct {
	reg *Registry
	now func() time.Time
}

func (c *collector) Describe(chan<- *prometheus.Desc) {}

func (c *collector) Collect(out chan<- prometheus.Metric) {
	now := c.now()
	emit := func(m *Metric, v float64, labels ...string) {
		kind := prometheus.GaugeValue
		if m.Type == CounterType {
			kind = prometheus.CounterValue
		}
		out <- series(m, "", kind, v, labels)
	}
	families, scrapes := c.reg.snapshot()
	for _, fam := range families {
		for _, ch := range fam.children {
			switch {
			case ch.counter != nil:
				emit(fam.metric, float64(ch.counter.Value()), ch.labels...)
			case ch.gauge != nil:
				emit(fam.metric, float64(ch.gauge.Value()), ch.labels...)
			case ch.timer != nil:
				histogram(out, fam.metric, &ch.timer.Histogram, 1000, now, ch.labels)
			default:
				histogram(out, fam.metric, ch.sizes, 1, now, ch.labels)
			}
		}
	}
	for _, f := range scrapes {
		f(emit)
	}
}

// histogram emits a histogram as jmx_exporter's Kafka rules do: a _count and one gauge per
// quantile, divided by unit.
func histogram(out chan<- prometheus.Metric, m *Metric, h *Histogram, unit float64, now time.Time, labels []string) {
	out <- series(m, "_count", prometheus.CounterValue, float64(h.Count()), labels)
	for i, q := range h.Quantiles(now, quantileShares) {
		out <- series(m, "", prometheus.GaugeValue, q/unit, labels, "quantile", quantileLabels[i])
	}
}

// series makes one sample. It leaves out labels with an empty value. extra holds more name, value
// pairs.
func series(m *Metric, suffix string, kind prometheus.ValueType, v float64, labels []string, extra ...string) prometheus.Metric {
	names, values := make([]string, 0, len(labels)+1), make([]string, 0, len(labels)+1)
	for i, l := range labels {
		if l != "" && i < len(m.Labels) {
			names, values = append(names, m.Labels[i]), append(values, strings.ToValidUTF8(l, "\uFFFD"))
		}
	}
	for i := 0; i+1 < len(extra); i += 2 {
		names, values = append(names, extra[i]), append(values, extra[i+1])
	}
	desc := prometheus.NewDesc(m.Name+suffix, m.Help, names, nil)
	metric, err := prometheus.NewConstMetric(desc, kind, v, values...)
	if err != nil {
		return prometheus.NewInvalidMetric(desc, err)
	}
	return metric
}

// familySnapshot is the state of a family at one moment.
type familySnapshot struct {
	metric   *Metric
	children []*child
}

// snapshot copies the lists of series, so that a scrape holds no lock while it reads values or
// calls functions.
func (r *Registry) snapshot() ([]familySnapshot, []func(Emit)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := make([]familySnapshot, 0, len(r.families))
	for _, fam := range r.families {
		out = append(out, familySnapshot{fam.metric, slices.Collect(maps.Values(fam.children))})
	}
	return out, slices.Clone(r.scrapes)
}
