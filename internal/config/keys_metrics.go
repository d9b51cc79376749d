package config

// metricsKeys are the keys of metrics and client telemetry.
var metricsKeys = []Definition{
	{Name: "kafka.metrics.polling.interval.secs", Type: Int, Default: "10", Valid: atLeast(1), Importance: Low,
		NoEffect: javaClass,
		Doc:      "How often Java metrics reporters are polled, in seconds."},
	{Name: "kafka.metrics.reporters", Type: List, Valid: distinctList{}, Importance: Low,
		NoEffect: javaClass,
		Doc:      "Java classes that report the old kind of metrics."},
	{Name: "metric.reporters", Type: List, Default: "org.apache.kafka.common.metrics.JmxReporter", Valid: distinctList{}, Importance: Low, Update: ClusterWide,
		NoEffect: javaClass,
		Doc:      "Java classes that report metrics."},
	{Name: "metrics.num.samples", Type: Int, Default: "2", Valid: atLeast(1), Importance: Low,
		NoEffect: ownMetrics,
		Doc:      "Samples kept to compute rates."},
	{Name: "metrics.recording.level", Type: String, Default: "INFO", Importance: Low,
		NoEffect: ownMetrics,
		Doc:      "How detailed metrics are: INFO, DEBUG or TRACE."},
	{Name: "metrics.sample.window.ms", Type: Long, Default: "30000", Valid: atLeast(1), Importance: Low,
		NoEffect: ownMetrics,
		Doc:      "Length of one sample, in milliseconds."},
	{Name: "telemetry.max.bytes", Type: Int, Default: "1048576", Valid: atLeast(1), Importance: Low,
		NoEffect: "client metrics are not received yet",
		Doc:      "Largest push of client metrics, in bytes, before and after decompression."},
}
