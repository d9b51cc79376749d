package telemetry

import (
	"strings"
	"sync"
)

// Type is the kind of a series.
type Type int8

// The kinds of series.
const (
	CounterType Type = iota
	GaugeType
	TimerType
	SizeType // a Histogram of bytes or counts
)

// Metric declares one family of series.
type Metric struct {
	// Name is the name on the /metrics page.
	Name string
	Type Type
	// MBean is the corresponding object of Apache Kafka. It is empty for gregor's own series.
	MBean string
	// Labels are the names of the labels, in the order of With's values.
	Labels []string
	// Help is one sentence for the page.
	Help string
}

// Registry holds a node's series. Each node of a process has its own registry. The methods that
// create or look up series take a lock and may allocate, so callers keep the results.
type Registry struct {
	mu       sync.Mutex
	families map[string]*family // by metric name
	scrapes  []func(Emit)
}

// Emit shows one value of a gauge or counter metric, with label values in the order of
// Metric.Labels.
type Emit func(m *Metric, value float64, labels ...string)

// family holds the series of one metric by their label values.
type family struct {
	metric   *Metric
	children map[string]*child
}

type child struct {
	labels  []string
	counter *Counter
	gauge   *Gauge
	timer   *Timer
	sizes   *Histogram
}

// NewRegistry makes an empty registry.
func NewRegistry() *Registry { return &Registry{families: make(map[string]*family)} }

// Counter returns the sharded counter without labels of a metric: the node's total. A second call
// returns the same counter.
func (r *Registry) Counter(m *Metric) *Counter {
	return r.child(m, CounterType, nil, true).counter
}

// CounterWith returns the counter with these label values, in the order of Metric.Labels. An empty
// value leaves out the label, as Prometheus defines it.
func (r *Registry) CounterWith(m *Metric, labels ...string) *Counter {
	return r.child(m, CounterType, labels, false).counter
}

// Gauge returns the gauge with these label values (none for a metric without labels).
func (r *Registry) Gauge(m *Metric, labels ...string) *Gauge {
	return r.child(m, GaugeType, labels, false).gauge
}

// Timer returns the timer with these label values (none for a metric without labels).
func (r *Registry) Timer(m *Metric, labels ...string) *Timer {
	return r.child(m, TimerType, labels, false).timer
}

// Histogram returns the histogram of bytes or counts with these label values (none for a metric
// without labels).
func (r *Registry) Histogram(m *Metric, labels ...string) *Histogram {
	return r.child(m, SizeType, labels, false).sizes
}

// Also shows an existing series a second time under other labels. as has the labels of the existing
// series, and labels has those of the second one. So a series that Kafka shows under two names
// costs one counter.
func (r *Registry) Also(m *Metric, as []string, labels ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fam := r.family(m)
	if c := fam.children[strings.Join(as, "\xff")]; c != nil {
		twin := *c
		twin.labels = labels
		fam.children[strings.Join(labels, "\xff")] = &twin
	}
}

// Show registers a timer of an engine.
func (r *Registry) Show(m *Metric, t *Timer, labels ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.family(m).children[strings.Join(labels, "\xff")] = &child{labels: labels, timer: t}
}

// Sharded is CounterWith for hot places. The counter has shards for AddAt.
func (r *Registry) Sharded(m *Metric, labels ...string) *Counter {
	return r.child(m, CounterType, labels, true).counter
}

// OnScrape registers a function that every scrape calls once. f emits the series of several metrics
// from one consistent view. It must be safe for concurrent use and must not block.
func (r *Registry) OnScrape(f func(Emit)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.scrapes = append(r.scrapes, f)
}

// Func is OnScrape for the series of one metric.
func (r *Registry) Func(m *Metric, f func(emit func(value float64, labels ...string))) {
	r.OnScrape(func(emit Emit) {
		f(func(value float64, labels ...string) { emit(m, value, labels...) })
	})
}

// GaugeFunc is Func for one value without labels.
func (r *Registry) GaugeFunc(m *Metric, f func() float64) {
	r.OnScrape(func(emit Emit) { emit(m, f()) })
}

// family finds or creates the family of a metric. The caller holds mu.
func (r *Registry) family(m *Metric) *family {
	fam := r.families[m.Name]
	if fam == nil {
		fam = &family{metric: m, children: make(map[string]*child)}
		r.families[m.Name] = fam
	}
	return fam
}

func (r *Registry) child(m *Metric, t Type, labels []string, sharded bool) *child {
	if m.Type != t || len(labels) > len(m.Labels) {
		panic("telemetry: wrong type or labels for " + m.Name)
	}
	key := strings.Join(labels, "\xff")
	r.mu.Lock()
	defer r.mu.Unlock()
	fam := r.family(m)
	c := fam.children[key]
	if c != nil {
		return c
	}
	c = &child{labels: append([]string(nil), labels...)}
	switch {
	case t == CounterType && sharded:
		c.counter = newSharded()
	case t == CounterType:
		c.counter = &Counter{}
	case t == GaugeType:
		c.gauge = &Gauge{}
	case t == TimerType:
		c.timer = &Timer{}
	default:
		c.sizes = &Histogram{}
	}
	fam.children[key] = c
	return c
}
