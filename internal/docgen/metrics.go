package main

import (
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/telemetry"
)

const metricsIntro = `# Metrics

Made from the code by ` + "`go generate ./...`" + ` (internal/docgen). Do not edit.

` + "`admin.listener=HOST:PORT`" + ` serves ` + "`/metrics`" + ` for Prometheus. jmx_exporter's example rules for Kafka and Strimzi's rules make the
same names and labels from Apache Kafka's JMX objects, so their dashboards work. Names are in lower case, PerSec becomes
` + "`_total`" + `, Percent becomes ` + "`_percent`" + `, and a timer is one series for each quantile, in milliseconds over the last five to ten
minutes, and a ` + "`_count`" + `. The ` + "`process_*`" + ` and ` + "`go_*`" + ` series of the process replace ` + "`jvm_*`" + `. ` + "`metrics.partition.enable`" + `
adds the series of single partitions.

A test (internal/broker) starts a broker, causes each kind of event, and checks that the page has exactly the series of the
tables below.

## Times of a request

Apache Kafka hands a request from a network thread through a queue to a handler thread, and its answer back through another
queue. In gregor one goroutine reads a request, handles it and writes the answer. The phases have Kafka's names, and
their sum is the total, as in Kafka:

| series | meaning in gregor |
|---|---|
| ` + "`requestqueuetimems`" + ` | from the complete request in memory to the start of its handler. A request waits only behind earlier requests of its connection |
| ` + "`localtimems`" + ` | the handler's work, with decoding and encoding. For a parked request it ends at the parking |
| ` + "`remotetimems`" + ` | parked, until the answer is complete: for the group commit's fsync (Kafka never waits for it), for replicas, for data (` + "`fetch.max.wait.ms`" + `), for group members, for the controller |
| ` + "`responsequeuetimems`" + ` | from the complete answer to the beginning of its write. Answers leave in the order of requests |
| ` + "`responsesendtimems`" + ` | the system calls that write the answer. Small answers of one connection can share one write and its time |

` + "`FetchConsumer`" + ` repeats ` + "`Fetch`" + `, as in Kafka. Errors are counted as in Kafka, ` + "`NONE`" + ` included: every error code in an answer is
one, so a Produce for three partitions counts three.

## Series with another meaning

- ` + "`requesthandleravgidle_percent`" + ` and ` + "`networkprocessoravgidle_percent`" + `: gregor has no pools of threads. The first is
  the share of the processors' time in which no handler worked. The second is the share of the processors that the process left
  free. Both fall towards 0 when the broker reaches its limit, as in Kafka. Several brokers in one process share the second.
- ` + "`requestqueuesize`" + `: the requests in handlers at this moment. Parked requests count in
  ` + "`numdelayedoperations`" + ` instead.
- ` + "`acceptorblocked_percent`" + `: the share of time in which ` + "`max.connections`" + ` and similar limits kept the listener from accepting.
- ` + "`producemessageconversions_total`" + `, ` + "`messageconversionstimems`" + `, ` + "`temporarymemorybytes`" + `: batches that a topic's
  ` + "`compression.type`" + ` made the broker compress again, as in Kafka 4. Old formats are not converted.
- ` + "`last_applied_record_lag_ms`" + ` and ` + "`lastappliedrecordlagms`" + `: 0 on a node that has applied all committed records. Kafka writes a
  no-op record twice a second. A single gregor node does not.
- With frequent scrapes, rates and shares cover the last 30 to 60 seconds. With rare ones they cover the time of the last two intervals.

## Series of Apache Kafka that gregor does not have

| series | reason |
|---|---|
| ThrottleTimeMs, quotas (` + "`Produce`" + `, ` + "`Fetch`" + `, ` + "`Request`" + ` by user and client id) | there are no quotas yet |
| failed and successful authentications, ExpiredConnectionsKilledCount | there is no authentication yet |
| ReplicaFetcherManager, FetcherLagMetrics, ReplicationBytesInPerSec, ReassignmentBytes | a cluster of one node has no followers |
| transaction coordinator, share groups, remote storage | they do not exist yet |
| FetchMessageConversionsPerSec | a fetch converts no records |
| LogCleaner DeadThreadCount, metadata load and apply errors | an error of this kind ends the process, so the number would always be 0 |
| socket-server-metrics ` + "`connections`" + ` by client software | not kept |
| JMX itself | not offered |

The series of lag exporters (` + "`kafka_consumergroup_lag`" + ` and others) do not exist yet. Run a lag exporter beside the broker.
`

// metricsPage returns docs/metrics.md.
func metricsPage() string {
	var b strings.Builder
	b.WriteString(metricsIntro)
	group := ""
	for _, m := range telemetry.Metrics() {
		if g := groupOf(m.Name); g != group {
			group = g
			fmt.Fprintf(&b, "\n## %s\n\n| series | type | labels | Apache Kafka's object | meaning |\n|---|---|---|---|---|\n", group)
		}
		labels := "–"
		if len(m.Labels) > 0 {
			labels = "`" + strings.Join(m.Labels, "`, `") + "`"
		}
		object := "–"
		if m.MBean != "" {
			_, object, _ = strings.Cut(m.MBean, ":")
			object = "`" + object + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", m.Name, kindOf(m.Type), labels, object, m.Help)
	}
	return b.String()
}

// groupOf returns Kafka's domain of a series: kafka.server for kafka_server_...
func groupOf(name string) string {
	for _, domain := range []string{"coordinator_group", "cluster", "controller", "log", "network", "server"} {
		if strings.HasPrefix(name, "kafka_"+domain+"_") {
			return "kafka." + strings.ReplaceAll(domain, "_", ".")
		}
	}
	return "gregor"
}

func kindOf(t telemetry.Type) string {
	return map[telemetry.Type]string{telemetry.CounterType: "counter", telemetry.GaugeType: "gauge", telemetry.TimerType: "timer", telemetry.SizeType: "sizes"}[t]
}
