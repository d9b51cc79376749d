package telemetry

import (
	"slices"
	"strings"
)

// declared are the metrics by name. Only Declare writes to it, while the program initializes.
var declared = map[string]*Metric{}

// Declare enters a metric and returns it. The file that shows a metric declares it, in a variable
// of its package. Declare panics when the name is taken.
func Declare(m Metric) *Metric {
	if declared[m.Name] != nil {
		panic("telemetry: " + m.Name + " is declared twice")
	}
	declared[m.Name] = &m
	return &m
}

// Metrics returns every series that a node can show, by name. Docs and tests derive from it.
func Metrics() []*Metric {
	all := make([]*Metric, 0, len(declared))
	for _, m := range declared { // any order: sorted below
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b *Metric) int { return strings.Compare(a.Name, b.Name) })
	return all
}
