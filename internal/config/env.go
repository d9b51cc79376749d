package config

import (
	"sort"
	"strings"

	"github.com/gregorhq/gregor/internal/properties"
)

// excludedEnv are the KAFKA_ variables that Kafka's official image does not turn into keys: they
// steer its scripts and its JVM (Kafka: docker/.../DockerConfigs, ExcludeConfigs).
var excludedEnv = map[string]bool{
	"KAFKA_VERSION": true, "KAFKA_HEAP_OPTS": true, "KAFKA_LOG4J_OPTS": true, "KAFKA_OPTS": true,
	"KAFKA_JMX_OPTS": true, "KAFKA_JVM_PERFORMANCE_OPTS": true, "KAFKA_GC_LOG_OPTS": true,
	"KAFKA_LOG4J_ROOT_LOGLEVEL": true, "KAFKA_LOG4J_LOGGERS": true, "KAFKA_TOOLS_LOG4J_LOGLEVEL": true,
	"KAFKA_JMX_HOSTNAME": true, "KAFKA_JMX_PORT": true, "KAFKA_LOG4J_CMD_OPTS": true, "KAFKA_HOME": true,
	"KAFKA_DEBUG": true, "KAFKA_CLUSTER_ID": true, "KAFKA_CLASSPATH": true,
}

// envKey is the key that Kafka's official image sets from a variable. name is the variable without
// KAFKA_. From the left, three underscores are '-', two are '_' and one is '.'.
func envKey(name string) string {
	return strings.ToLower(strings.NewReplacer("___", "-", "__", "_", "_", ".").Replace(name))
}

// envValue reads a value as Kafka's official image does: the image writes a line of
// server.properties in UTF-8, and Kafka reads the file as ISO-8859-1, with escapes. So a directory
// has the name that Kafka gave it.
func envValue(value string) string {
	value = strings.ToValidUTF8(value, "\uFFFD")
	if strings.ContainsAny(value, "\r\n") {
		return value
	}
	pairs, err := properties.Parse([]byte("v=" + value))
	if err != nil || len(pairs) != 1 {
		return value
	}
	return pairs[0].Value
}

// FromEnv turns environment entries ("KAFKA_LOG_DIRS=/data") into properties, sorted by key so that
// the result does not depend on the order of the environment. listeners is derived from
// advertised.listeners when only the latter is given: same names and ports on all interfaces, as
// the official image does.
func FromEnv(env []string) []Property {
	var out []Property
	var advertised string
	haveListeners := false
	for _, kv := range env {
		name, value, ok := strings.Cut(kv, "=")
		rest, isKafka := strings.CutPrefix(name, "KAFKA_")
		if !ok || !isKafka || rest == "" || excludedEnv[name] {
			continue
		}
		key, value := envKey(rest), envValue(value)
		switch key {
		case "listeners":
			haveListeners = true
		case "advertised.listeners":
			advertised = value
		}
		out = append(out, Property{Key: key, Value: value})
	}
	if !haveListeners && advertised != "" {
		out = append(out, Property{Key: "listeners", Value: anyHost(advertised)})
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].Key < out[j].Key })
	return out
}

// ClusterID is the CLUSTER_ID (or KAFKA_CLUSTER_ID) of the environment with which storage is to be
// formatted, "" when none is given.
func ClusterID(env []string) string {
	id := ""
	for _, kv := range env {
		name, value, _ := strings.Cut(kv, "=")
		if name == "CLUSTER_ID" || name == "KAFKA_CLUSTER_ID" && id == "" {
			id = value
		}
	}
	return id
}

// anyHost replaces the host of every listener by 0.0.0.0.
func anyHost(listeners string) string {
	parts := strings.Split(listeners, ",")
	for i, p := range parts {
		name, rest, ok := strings.Cut(strings.TrimSpace(p), "://")
		colon := strings.LastIndexByte(rest, ':')
		if ok && colon >= 0 {
			parts[i] = name + "://0.0.0.0" + rest[colon:]
		}
	}
	return strings.Join(parts, ",")
}
