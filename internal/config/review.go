package config

import (
	"fmt"
	"strings"
)

// review looks at every key the user set and says what will not do what they may expect.
func review(static map[string]string) []Warning {
	var out []Warning
	zookeeper := false
	for _, k := range sortedKeys(static) {
		d := definitionOf(k)
		switch {
		case k == "zookeeper.connect":
			zookeeper = true
		case strings.HasPrefix(k, "zookeeper."):
			out = append(out, Warning{ZooKeeperKey, k, fmt.Sprintf("%s has no effect: there is no ZooKeeper", k)})
		case k == "controller.quorum.voters" || k == "controller.quorum.bootstrap.servers":
			// A node alone needs neither; several voters are refused by checkSupported.
		case d != nil && d.NoEffect != "":
			out = append(out, withoutEffect(k, d))
		case d != nil:
		case strings.HasPrefix(k, "rsm.config.") || strings.HasPrefix(k, "rlmm.config."):
			out = append(out, Warning{KeyWithoutEffect, k, fmt.Sprintf("%s has no effect: %s", k, laterTiered)})
		case ofPlugins[k] != "":
			out = append(out, Warning{KeyWithoutEffect, k, fmt.Sprintf("%s has no effect: %s", k, ofPlugins[k])})
		case removed[k] != "":
			out = append(out, Warning{KeyWithoutEffect, k, fmt.Sprintf("%s has no effect: %s", k, removed[k])})
		case !strings.HasPrefix(k, "config.providers."):
			out = append(out, Warning{UnknownKey, k, unknownText(k)})
		}
	}
	if zookeeper {
		out = append(out, Warning{ZooKeeperKey, "zookeeper.connect", fmt.Sprintf(
			"zookeeper.connect=%s is not used: gregor keeps its metadata itself, and this node starts alone, as broker and controller in one", static["zookeeper.connect"])})
	}
	return out
}

// WithoutEffect are the warnings about those of a resource's dynamic entries that are known and do nothing.
func WithoutEffect(kind Kind, entries map[string]string) (out []Warning) {
	for _, k := range sortedKeys(entries) {
		d := Lookup(kind, k)
		if kind == BrokerKey {
			d = definitionOf(k)
		}
		if d != nil && d.NoEffect != "" {
			out = append(out, withoutEffect(k, d))
		}
	}
	return out
}

func withoutEffect(k string, d *Definition) Warning {
	return Warning{KeyWithoutEffect, k, fmt.Sprintf("%s has no effect: %s", k, d.NoEffect)}
}

func unknownText(k string) string {
	if near := nearest(k); near != "" {
		return fmt.Sprintf("unknown configuration %s; did you mean %s?", k, near)
	}
	return "unknown configuration " + k
}

// nearest is the broker's key, or one that it had once, with the smallest edit distance to name; "" when none is near.
func nearest(name string) string {
	best, bestDistance := "", len(name)/3+1
	try := func(key string) {
		if n := editDistance(name, key, bestDistance); n < bestDistance {
			best, bestDistance = key, n
		}
	}
	for _, d := range Definitions(BrokerKey) {
		try(d.Name)
	}
	for _, others := range []map[string]string{removed, ofPlugins, {"zookeeper.connect": ""}} {
		for _, k := range sortedKeys(others) {
			try(k)
		}
	}
	return best
}

// editDistance is Levenshtein's, with a swap of neighbours counted once; limit or more is returned as limit.
func editDistance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			least = min(least, row[j])
		}
		if least >= limit {
			return limit
		}
		before, last, row = last, row, before
	}
	return min(last[len(b)], limit)
}
