package config

// metricsKeys are the keys of metrics and client telemetry.
var metricsKeys = []Definition{
	{Name: "kafka.metrics.polling.interval.secs", Type: Int, Default: "10", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "kafka.metrics.reporters", Type: List, Valid: distinctList{}, Importance: Low,
		Doc: ""},
	{Name: "metric.reporters", Type: List, Default: "org.apache.kafka.common.metrics.JmxReporter", Valid: distinctList{}, Importance: Low, Update: ClusterWide,
		Doc: ""},
	{Name: "metrics.num.samples", Type: Int, Default: "2", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "metrics.recording.level", Type: String, Default: "INFO", Importance: Low,
		Doc: ""},
	{Name: "metrics.sample.window.ms", Type: Long, Default: "30000", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "telemetry.max.bytes", Type: Int, Default: "1048576", Valid: atLeast(1), Importance: Low,
		Doc: ""},
}
