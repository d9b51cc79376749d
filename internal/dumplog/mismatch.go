package dumplog

import (
	"fmt"
	"maps"
	"slices"
)

// mismatches are pairs of numbers per file.
type mismatches struct {
	pairs map[string][]pair
}

type pair struct{ a, b int64 }

func (m *mismatches) add(file string, a, b int64) {
	file = absolute(file)
	if m.pairs == nil {
		m.pairs = map[string][]pair{}
	}
	m.pairs[file] = append(m.pairs[file], pair{a, b})
}

// byKey sorts by the first number and keeps the last pair of each, as a Java TreeMap does; down
// reverses.
func byKey(list []pair, down bool) []pair {
	last := map[int64]int64{}
	var keys []int64
	for _, p := range list {
		if _, known := last[p.a]; !known {
			keys = append(keys, p.a)
		}
		last[p.a] = p.b
	}
	slices.Sort(keys)
	if down {
		slices.Reverse(keys)
	}
	out := make([]pair, len(keys))
	for i, k := range keys {
		out[i] = pair{k, last[k]}
	}
	return out
}

func inOrder(list []pair) []pair { return list }

// printMismatches writes to standard error what Kafka writes there at the end.
func (d *dump) printMismatches() {
	print := func(m *mismatches, title, line string, order func([]pair) []pair) {
		for _, file := range slices.Sorted(maps.Keys(m.pairs)) {
			fmt.Fprintf(d.err, title+"\n", file)
			for _, p := range order(m.pairs[file]) {
				fmt.Fprintf(d.err, line+"\n", p.a, p.b)
			}
		}
	}
	print(&d.indexMismatch, "Mismatches in :%s", "  Index offset: %d, log offset: %d", func(l []pair) []pair { return byKey(l, true) })
	print(&d.timeMismatch, "Found timestamp mismatch in :%s", "  Index timestamp: %d, log timestamp: %d", inOrder)
	print(&d.timeOrder, "Found out of order timestamp in :%s", "  Index timestamp: %d, Previously indexed timestamp: %d", inOrder)
	print(&d.timeNotFound, "The following indexed offsets are not found in :%s", "Indexed offset: %d, found log offset: %d", inOrder)
	print(&d.gaps, "Non-consecutive offsets in %s", "  %d is followed by %d", func(l []pair) []pair { return byKey(l, false) })
}
