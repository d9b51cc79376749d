package controller

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/config"
)

// Keys of a client metrics subscription (KIP-714,
// org.apache.kafka.server.metrics.ClientMetricsConfigs).
const (
	metricsInterval = "interval.ms"
	metricsNames    = "metrics"
	metricsMatch    = "match"

	metricsIntervalMsMin = 100
	metricsIntervalMsMax = 3600000
)

var metricsSelectors = []string{
	"client_instance_id", "client_id", "client_software_name", "client_software_version", "client_source_address", "client_source_port",
}

func validateClientMetrics(next map[string]string) error {
	for _, key := range slices.Sorted(maps.Keys(next)) {
		if key != metricsInterval && key != metricsNames && key != metricsMatch {
			return &config.Error{Message: "Unknown client metrics configuration: " + key, Request: true}
		}
	}
	if v, ok := next[metricsInterval]; ok {
		ms, err := strconv.ParseInt(strings.TrimSpace(v), 10, 32)
		if err != nil {
			return &config.Error{Message: fmt.Sprintf("Invalid value %s for configuration %s: Not a number of type INT", v, metricsInterval)}
		}
		if ms < metricsIntervalMsMin || ms > metricsIntervalMsMax {
			return &config.Error{Message: fmt.Sprintf("Invalid value %d for %s, interval must be between %d and %d (1 hour)",
				ms, metricsInterval, metricsIntervalMsMin, metricsIntervalMsMax), Request: true}
		}
	}
	for pattern := range strings.SplitSeq(next[metricsMatch], ",") {
		if err := checkMatch(strings.TrimSpace(pattern)); err != nil {
			return err
		}
	}
	return nil
}

func checkMatch(pattern string) error {
	if pattern == "" {
		return nil
	}
	name, value, ok := strings.Cut(pattern, "=")
	if !ok || !slices.Contains(metricsSelectors, name) {
		return &config.Error{Message: "Illegal client matching pattern: " + pattern}
	}
	if _, err := regexp.Compile(value); err != nil {
		return &config.Error{Message: "Illegal client matching pattern: " + pattern}
	}
	return nil
}

// DescribeClientMetrics returns a subscription's configs in order of name. names selects some of
// them; nil means all.
func DescribeClientMetrics(values map[string]string, names []string) []config.Entry {
	defaults := []config.Entry{
		{Name: metricsInterval, Value: new("300000"), Type: config.Int, Doc: "Metrics push interval in milliseconds."},
		{Name: metricsMatch, Value: new(""), Type: config.List, Doc: "Client match criteria."},
		{Name: metricsNames, Value: new(""), Type: config.List, Doc: "Telemetry metric names."},
	}
	var out []config.Entry
	for _, e := range defaults {
		if names != nil && !slices.Contains(names, e.Name) {
			continue
		}
		e.Source = config.DefaultValue
		if v, ok := values[e.Name]; ok {
			e.Value, e.Source = &v, config.DynamicClientMetrics
			e.Synonyms = []config.SynonymValue{{Name: e.Name, Value: &v, Source: e.Source}}
		}
		out = append(out, e)
	}
	return out
}
