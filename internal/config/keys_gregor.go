package config

// gregorKeys are the broker keys that only gregor has.
var gregorKeys = []Definition{
	{Name: "storage.format.on.start", Type: Bool, Default: "false", Importance: Medium, Own: true,
		Doc: "Whether the start formats log directories that exist and are empty. Without it the start refuses them, because an empty directory may be the mount point of a disk that is not mounted. Directories that do not exist are created and formatted either way. A directory is never formatted when the metadata log shows that this node has had another one in its place."},
	{Name: "producer.ids.per.partition.max", Type: Int, Default: "100000", Valid: atLeast(1), Importance: Low, Update: ClusterWide, Own: true,
		Doc: "Maximum number of producers that a partition remembers. Above it, the partition forgets the producer that was silent longest; producers with an open transaction stay."},
	{Name: "admin.listener", Type: String, Null: true, Importance: Medium, Own: true,
		Doc: "Address (host:port) that serves /metrics, /healthz and /readyz over HTTP. Off when not set."},
	{Name: "metrics.partition.enable", Type: Bool, Default: "false", Importance: Low, Update: ClusterWide, Own: true,
		Doc: "Whether /metrics carries one series per partition (log size, offsets, in-sync replicas). Costs memory and scrape time with many partitions."},
	{Name: "admin.pprof.enable", Type: Bool, Default: "false", Importance: Low, Own: true,
		Doc: "Whether the admin listener serves Go's profiler under /debug/pprof."},
}

// gregorTopicKeys are the topic keys that only gregor has.
var gregorTopicKeys = []Definition{
	{Name: "write.caching", Type: Bool, Default: "false", Importance: High, Own: true,
		Broker: BrokerDefault{"write.caching.default", High},
		Doc:    "Whether acks=all is acknowledged from memory, as Apache Kafka does, instead of after an fsync."},
}
