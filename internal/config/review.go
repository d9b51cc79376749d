package config

import (
	"fmt"
	"strings"
)

// review returns warnings about the keys that the user set: keys without effect, and unknown keys.
func review(static map[string]string) []Warning {
	var out []Warning
	for _, k := range sortedKeys(static) {
		if w := reviewKey(k, static[k]); w.Text != "" {
			out = append(out, w)
		}
	}
	return out
}

// reviewKey returns the warning about one key. Its text is empty when there is nothing to say.
func reviewKey(k, value string) Warning {
	d := definitionOf(k)
	switch {
	case k == "zookeeper.connect":
		return Warning{ZooKeeperKey, k, fmt.Sprintf(
			"zookeeper.connect=%s is not used: gregor keeps its metadata itself, and this node starts alone, as broker and controller in one", value)}
	case strings.HasPrefix(k, "zookeeper."):
		return Warning{ZooKeeperKey, k, fmt.Sprintf("%s has no effect: there is no ZooKeeper", k)}
	case strings.HasPrefix(k, "config.providers."):
		return Warning{}
	case d != nil:
		return withoutEffect(k, value, d)
	case strings.HasPrefix(k, "rsm.config.") || strings.HasPrefix(k, "rlmm.config."):
		return Warning{KeyWithoutEffect, k, fmt.Sprintf("%s has no effect: %s", k, laterTiered)}
	case ofPlugins[k] != "":
		return Warning{KeyWithoutEffect, k, fmt.Sprintf("%s has no effect: %s", k, ofPlugins[k])}
	case removed[k] != "":
		return Warning{KeyWithoutEffect, k, fmt.Sprintf("%s has no effect: %s", k, removed[k])}
	}
	return Warning{UnknownKey, k, unknownText(k)}
}

// CheckKnown returns an error that names every key which neither Kafka nor gregor has, with the
// nearest key that exists. Keys that are known and have no effect pass.
func CheckKnown(properties map[string]string) error {
	var unknown []string
	for _, w := range review(properties) {
		if w.Kind == UnknownKey {
			unknown = append(unknown, w.Text)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	return errorf("%s", strings.Join(unknown, "; "))
}

// WithoutEffect returns the warnings about the dynamic entries of a resource that are known and do
// nothing.
func WithoutEffect(kind Kind, entries map[string]string) (out []Warning) {
	for _, k := range sortedKeys(entries) {
		d := Lookup(kind, k)
		if kind == BrokerKey {
			d = definitionOf(k)
		}
		if d == nil {
			continue
		}
		if w := withoutEffect(k, entries[k], d); w.Text != "" {
			out = append(out, w)
		}
	}
	return out
}

// withoutEffect returns the warning about a key that does nothing. The text is empty for a key that
// has an effect, and for the default value: Kafka's own files set num.io.threads and
// num.network.threads to it.
func withoutEffect(k, value string, d *Definition) Warning {
	if text := d.text(value, true); d.NoEffect == "" || text != nil && !d.Null && !d.Required && *text == *d.text("", false) {
		return Warning{}
	}
	return Warning{KeyWithoutEffect, k, fmt.Sprintf("%s has no effect: %s", k, d.NoEffect)}
}

func unknownText(k string) string {
	if near := nearest(k); near != "" {
		return fmt.Sprintf("unknown configuration %s; did you mean %s?", k, near)
	}
	return "unknown configuration " + k
}

// nearest is the broker's key, or one that it had once, with the smallest edit distance to name; ""
// when none is near.
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

// editDistance is Levenshtein's, with a swap of neighbours counted once; limit or more is returned
// as limit.
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
