// Package telemetry lets a person see inside a running node: counters, gauges and timers that cost no
// allocation where they are updated, the /metrics page in the names that Kafka dashboards expect, health
// checks with reasons, and the set-up of log/slog.
//
// The names of all series are declared once, in the files metrics_*.go, with the MBean of Apache Kafka that
// each stands for. Names follow the dialect of jmx_exporter's Kafka examples and Strimzi's rules: lower case,
// PerSec becomes _total, Percent becomes _percent, timers become {quantile=...} and _count.
//
// This package alone imports github.com/prometheus/client_golang.
package telemetry
