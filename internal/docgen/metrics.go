package main

import (
	"fmt"
	"strings"

	"github.com/gregorhq/gregor/internal/telemetry"
)

const metricsIntro = `# Metrics

Made from the code by ` + "`go generate ./...`" + ` (internal/docgen). Do not edit.

` + "`admin.listener=HOST:PORT`" + ` serves ` + "`/metrics`" + ` for Prometheus. Names and labels are those that jmx_exporter's example rules for Kafka
and Strimzi's rules make of Apache Kafka's JMX objects, so dashboards made for them work: lower case, PerSec becomes
` + "`_total`" + `, Percent becomes ` + "`_percent`" + `, and a timer is one series for each quantile, in milliseconds over the last five to ten
minutes, and a ` + "`_count`" + `. The ` + "`process_*`" + ` and ` + "`go_*`" + ` series of the process take the place of ` + "`jvm_*`" + `. Series of single
partitions stand behind ` + "`metrics.partition.enable`" + `.

A test (internal/broker) starts a broker, has it do a bit of everything, and finds every series of the tables below on the
page; what is not there is not declared either.

## What the times of a request mean

Apache Kafka hands a request from a network thread through a queue to a handler thread, and its answer back through another
queue. In gregor one goroutine reads a request, handles it and writes the answer. The phases have their names from Kafka, and
add up to the total here, too:

| series | here |
|---|---|
| ` + "`requestqueuetimems`" + ` | from the request being whole in memory to the start of its handler: only requests that a client sends without waiting for answers queue, behind each other |
| ` + "`localtimems`" + ` | the handler's work, decoding and encoding included; for a request that is parked, up to the parking |
| ` + "`remotetimems`" + ` | parked, until the answer is complete: for the group commit's fsync (in Kafka never waited for), for replicas, for data (` + "`fetch.max.wait.ms`" + `), for group members, for the controller |
| ` + "`responsequeuetimems`" + ` | from the complete answer to the beginning of its writing: answers leave in the order of requests |
| ` + "`responsesendtimems`" + ` | the system calls that write it; small answers of one connection that are written together have this time in common |

` + "`FetchConsumer`" + ` is ` + "`Fetch`" + ` once more, as in Kafka. Errors are counted as in Kafka, ` + "`NONE`" + ` included: every error code in an answer is
one, so a Produce for three partitions counts three.

## What else means something a little different

- ` + "`requesthandleravgidle_percent`" + ` and ` + "`networkprocessoravgidle_percent`" + `: there are no pools of threads that could be idle. The
  first is the share of the processors' time in which no handler was at work, the second the share of the processors that the
  process left free; both fall towards 0 when the broker reaches its limit, which is what they are watched for. Several brokers in
  one process have the second in common.
- ` + "`requestqueuesize`" + `: requests that handlers work on at this moment; those that are parked are in
  ` + "`numdelayedoperations`" + ` and not here.
- ` + "`acceptorblocked_percent`" + `: the share of time in which ` + "`max.connections`" + ` and its kin kept the listener from accepting.
- ` + "`producemessageconversions_total`" + `, ` + "`messageconversionstimems`" + `, ` + "`temporarymemorybytes`" + `: batches that a topic's
  ` + "`compression.type`" + ` had compressed anew, as in Kafka 4; old formats are not converted.
- ` + "`last_applied_record_lag_ms`" + ` and ` + "`lastappliedrecordlagms`" + `: 0 for who has applied all that is committed. Kafka writes a
  record twice a second even when nothing changes, gregor only when another node is there to be measured.
- Rates and shares are of the last half minute to minute when the page is read that often, else since the reading before the last.

## What is not there, and why

| of Apache Kafka | why |
|---|---|
| ThrottleTimeMs, quotas (` + "`Produce`" + `, ` + "`Fetch`" + `, ` + "`Request`" + ` by user and client id) | there are no quotas yet |
| failed and successful authentications, ExpiredConnectionsKilledCount | there is no authentication yet |
| ReplicaFetcherManager, FetcherLagMetrics, ReplicationBytesInPerSec, ReassignmentBytes | a broker of one node follows nobody |
| transaction coordinator, share groups, remote storage | not there yet |
| FetchMessageConversionsPerSec | nothing is converted on its way out |
| LogCleaner DeadThreadCount, metadata load and apply errors | an error of this kind ends the process, so the number would always be 0 |
| socket-server-metrics ` + "`connections`" + ` by client software | not kept |
| JMX itself | not offered |

Nor are there the series of lag exporters (` + "`kafka_consumergroup_lag`" + ` and so on) yet: run one beside the broker.
`

// metricsPage returns docs/metrics.md.
func metricsPage() string {
	var b strings.Builder
	b.WriteString(metricsIntro)
	group := ""
	for _, m := range telemetry.Metrics() {
		if g := groupOf(m.Name); g != group {
			group = g
			fmt.Fprintf(&b, "\n## %s\n\n| series | type | labels | Apache Kafka's object | what |\n|---|---|---|---|---|\n", group)
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
