package config

import (
	"maps"
	"slices"
)

// Source is the origin of a value, with the codes of DescribeConfigs (Kafka: ConfigSource).
type Source int8

// The sources of Kafka.
const (
	UnknownSource Source = iota
	DynamicTopic
	DynamicBroker
	DynamicDefaultBroker
	StaticBroker
	DefaultValue
	DynamicBrokerLogger
	DynamicClientMetrics
	DynamicGroup
)

// String is Kafka's name of the source, as kafka-configs prints it.
func (s Source) String() string {
	return [...]string{"UNKNOWN", "DYNAMIC_TOPIC_CONFIG", "DYNAMIC_BROKER_CONFIG", "DYNAMIC_DEFAULT_BROKER_CONFIG",
		"STATIC_BROKER_CONFIG", "DEFAULT_CONFIG", "DYNAMIC_BROKER_LOGGER_CONFIG", "DYNAMIC_CLIENT_METRICS_CONFIG",
		"DYNAMIC_GROUP_CONFIG"}[s]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
