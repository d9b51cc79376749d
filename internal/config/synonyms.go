package config

import (
	"regexp"
	"slices"
	"strings"
)

var listenerPrefix = regexp.MustCompile(`^listener\.name\.[^.]*\.(.*)$`)

// families are the keys of one value in several units, as Kafka's brokerConfigSynonyms groups them.
var families = [][]string{
	{"log.roll.ms", "log.roll.hours"},
	{"log.roll.jitter.ms", "log.roll.jitter.hours"},
	{"log.retention.ms", "log.retention.minutes", "log.retention.hours"},
}

// family names the keys that can supply a broker key's value, strongest first.
func family(name string) []string {
	for _, f := range families {
		if slices.Contains(f, name) {
			return f
		}
	}
	if name == "log.flush.interval.ms" {
		return []string{"log.flush.interval.ms", "log.flush.scheduler.interval.ms"}
	}
	if m := listenerPrefix.FindStringSubmatch(name); m != nil {
		return []string{name, m[1]}
	}
	return []string{name}
}

// synonyms lists the values of a broker key and its family: per broker, cluster-wide, static,
// default. Entries before the key itself are dropped, so a key that is not set has none (Kafka:
// ConfigHelper.configSynonyms).
func (b *Values) synonyms(name string, sensitive bool) []SynonymValue {
	var out []SynonymValue
	names := family(name)
	add := func(n, v string, s Source) {
		sv := SynonymValue{Name: n, Value: &v, Source: s}
		if sensitive {
			sv.Value = nil
		}
		if len(out) > 0 || n == name {
			out = append(out, sv)
		}
	}
	levels := []struct {
		m map[string]string
		s Source
	}{{b.perBroker, DynamicBroker}, {b.clusterDefault, DynamicDefaultBroker}, {b.static, StaticBroker}}
	for _, l := range levels {
		for _, n := range names {
			if v, ok := l.m[n]; ok {
				add(n, v, l.s)
			}
		}
	}
	for _, n := range names {
		if d := Lookup(BrokerKey, n); d != nil && !d.Null && !d.Required && !d.DynamicOnly {
			add(n, *d.text("", false), DefaultValue)
		}
	}
	return out
}

// definitionOf finds the declaration of a broker key, also under a listener.name.NAME.[MECHANISM.]
// prefix.
func definitionOf(name string) *Definition {
	if d := Lookup(BrokerKey, name); d != nil {
		return d
	}
	m := listenerPrefix.FindStringSubmatch(name)
	if m == nil {
		return nil
	}
	if d := Lookup(BrokerKey, m[1]); d != nil {
		return d
	}
	_, rest, _ := strings.Cut(m[1], ".")
	return Lookup(BrokerKey, rest)
}
