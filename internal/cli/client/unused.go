package client

import (
	"maps"
	"slices"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// noEffect are the properties of Java's clients that the tools check and do not use, with the
// reason. A tool that is given one says so. Those of TLS and SASL, and the serializers, are not
// here: the connections are PLAINTEXT and records are bytes, so Kafka's tools do not use them
// either.
var noEffect = map[string]string{
	"client.dns.lookup":                        "all addresses of a name are tried",
	"config.providers":                         "values are taken as they are written",
	"enable.metrics.push":                      "the tools push no metrics",
	"group.protocol":                           "the tools use the classic protocol",
	"group.remote.assignor":                    "the tools use the classic protocol",
	"interceptor.classes":                      "the tools load no classes",
	"max.in.flight.requests.per.connection":    "it is 5 for an idempotent producer and 1 for any other",
	"metadata.cluster.check.enable":            "the tools do not compare cluster ids",
	"metadata.max.idle.ms":                     "the metadata of all topics in use is kept",
	"metadata.recovery.rebootstrap.trigger.ms": "the bootstrap servers are always tried again",
	"metadata.recovery.strategy":               "the bootstrap servers are always tried again",
	"metric.reporters":                         "the tools load no classes",
	"metrics.num.samples":                      "the metrics of the tools cover the whole run",
	"metrics.recording.level":                  "the metrics of the tools cover the whole run",
	"metrics.sample.window.ms":                 "the metrics of the tools cover the whole run",
	"partition.assignment.strategy":            "the tools load no classes; they offer range and cooperative-sticky",
	"partitioner.adaptive.partitioning.enable": "records without a key go to one partition until its batch is full",
	"partitioner.availability.timeout.ms":      "records without a key go to one partition until its batch is full",
	"partitioner.class":                        "the tools load no classes",
	"partitioner.ignore.keys":                  "a key decides on the partition",
	"partitioner.rack.aware":                   "records without a key go to one partition until its batch is full",
	"reconnect.backoff.max.ms":                 "a connection is tried again after retry.backoff.ms",
	"reconnect.backoff.ms":                     "a connection is tried again after retry.backoff.ms",
	"retries":                                  "a batch is sent again until delivery.timeout.ms",
	"security.providers":                       "the tools load no classes",
	"share.acknowledgement.mode":               "the tools read no share groups",
	"share.acquire.mode":                       "the tools read no share groups",
	"socket.connection.setup.timeout.max.ms":   "socket.connection.setup.timeout.ms is the timeout of each try",
	"transaction.two.phase.commit.enable":      "the tools commit in one phase",
}

// HasEffect reports whether the tools use a property.
func HasEffect(name string) bool { return noEffect[name] == "" }

// warnUnused prints the properties that Java's client of the kind uses and gregor's does not.
func (p Props) warnUnused(e *tool.Env, kind string) {
	for _, name := range slices.Sorted(maps.Keys(p)) {
		if why := noEffect[name]; why != "" && keys()[name].has(kind) {
			e.Warn("WARN The property %s has no effect: %s", name, why)
		}
	}
}
