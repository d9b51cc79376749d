// Package telemetry makes a running node observable: counters, gauges and timers whose updates do
// not allocate, the /metrics page with the names that Kafka dashboards expect, health checks with
// reasons, and the setup of log/slog.
//
// The files metrics_*.go declare each series once, with its MBean in Apache Kafka. Names follow
// jmx_exporter's Kafka examples and Strimzi's rules: lower case, PerSec becomes _total, Percent
// becomes _percent, timers become {quantile=...} and _count.
//
// Only this package imports github.com/prometheus/client_golang.
package telemetry
