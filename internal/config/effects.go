package config

// The reasons why a key that Apache Kafka knows has no effect, see Definition.NoEffect.
const (
	goThreads       = "Go schedules its own threads; GOMAXPROCS bounds them"
	ownBuffers      = "buffers are pooled and need no setting"
	noQueue         = "requests run on their connection and form no queue; queued.max.request.bytes bounds them"
	noSweep         = "finished requests leave the purgatory at once"
	noPreallocation = "files grow as they are written"
	javaClass       = "Java classes cannot be loaded"
	ownMetrics      = "metrics are served at the admin listener and need no setting"
	oneFetcher      = "one connection to each leader carries the fetches of all followers"

	laterShare        = "share groups are not served yet"
	laterStreams      = "streams groups are not served yet"
	laterConsumer     = "the consumer group protocol of KIP-848 is not served yet"
	laterTransactions = "transactions are not served yet"
	laterTLS          = "TLS is not served yet"
	laterSASL         = "SASL is not served yet"
	laterTiered       = "tiered storage is not served yet"
	laterACLs         = "ACLs are not enforced yet"
	laterQuotas       = "quotas are not enforced yet"
	laterCluster      = "clusters of several nodes are not served yet"
)
