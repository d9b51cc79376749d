package config

// cleanerKeys are the keys of log compaction.
var cleanerKeys = []Definition{
	{Name: "log.cleaner.backoff.ms", Type: Long, Default: "15000", Valid: atLeast(0), Importance: Medium, Update: ClusterWide,
		Doc: "How long the cleaner rests when no log needs compaction, in milliseconds."},
	{Name: "log.cleaner.dedupe.buffer.size", Type: Long, Default: "134217728", Importance: Medium, Update: ClusterWide,
		Doc: "Memory for keys over all cleaners, in bytes."},
	{Name: "log.cleaner.enable", Type: Bool, Default: "true", Importance: Medium,
		Doc: "Whether logs are compacted; internal topics need it."},
	{Name: "log.cleaner.io.buffer.load.factor", Type: Double, Default: "0.9", Importance: Medium, Update: ClusterWide,
		Doc: "How full the memory for keys may get, from 0 to 1."},
	{Name: "log.cleaner.io.buffer.size", Type: Int, Default: "524288", Valid: atLeast(0), Importance: Medium, Update: ClusterWide,
		Doc: "Memory for reading and writing over all cleaners, in bytes."},
	{Name: "log.cleaner.io.max.bytes.per.second", Type: Double, Default: "1.7976931348623157E308", Importance: Medium, Update: ClusterWide,
		Doc: "Maximum number of bytes per second that compaction reads and writes together."},
	{Name: "log.cleaner.threads", Type: Int, Default: "1", Valid: atLeast(0), Importance: Medium, Update: ClusterWide,
		Doc: "Compactions that may run at the same time."},
}
