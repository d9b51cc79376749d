package config

// noRate is the default of a rate: Long.MAX_VALUE.
const noRate = "9223372036854775807"

// quotasKeys are the keys of quotas.
var quotasKeys = []Definition{
	{Name: "alter.log.dirs.replication.quota.window.num", Type: Int, Default: "11", Valid: atLeast(1), Importance: Low,
		NoEffect: laterQuotas,
		Doc:      "Samples kept for the quota of moves between log directories."},
	{Name: "alter.log.dirs.replication.quota.window.size.seconds", Type: Int, Default: "1", Valid: atLeast(1), Importance: Low,
		NoEffect: laterQuotas,
		Doc:      "Length of one sample of that quota, in seconds."},
	{Name: "client.quota.callback.class", Type: Class, Null: true, Importance: Low,
		NoEffect: javaClass,
		Doc:      "Java class that decides the quotas of clients."},
	{Name: "controller.quota.window.num", Type: Int, Default: "11", Valid: atLeast(1), Importance: Low,
		NoEffect: laterQuotas,
		Doc:      "Samples kept for the quota of controller mutations."},
	{Name: "controller.quota.window.size.seconds", Type: Int, Default: "1", Valid: atLeast(1), Importance: Low,
		NoEffect: laterQuotas,
		Doc:      "Length of one sample of the quota of controller mutations, in seconds."},
	{Name: "follower.replication.throttled.rate", Type: Long, Default: noRate, Valid: atLeast(0), Importance: Medium, DynamicOnly: true, Update: ClusterWide,
		Doc: "Maximum number of bytes per second that the throttled followers of a broker fetch."},
	{Name: "leader.replication.throttled.rate", Type: Long, Default: noRate, Valid: atLeast(0), Importance: Medium, DynamicOnly: true, Update: ClusterWide,
		Doc: "Maximum number of bytes per second that the throttled leaders of a broker send."},
	{Name: "quota.window.num", Type: Int, Default: "11", Valid: atLeast(1), Importance: Low,
		NoEffect: laterQuotas,
		Doc:      "Samples kept for client quotas."},
	{Name: "quota.window.size.seconds", Type: Int, Default: "1", Valid: atLeast(1), Importance: Low,
		NoEffect: laterQuotas,
		Doc:      "Length of one sample of client quotas, in seconds."},
	{Name: "replica.alter.log.dirs.io.max.bytes.per.second", Type: Long, Default: noRate, Valid: atLeast(0), Importance: Medium, DynamicOnly: true, Update: ClusterWide,
		NoEffect: laterQuotas,
		Doc:      "Maximum number of bytes per second that moves between log directories write."},
	{Name: "replication.quota.window.num", Type: Int, Default: "11", Valid: atLeast(1), Importance: Low,
		Doc: "Samples kept for replication quotas."},
	{Name: "replication.quota.window.size.seconds", Type: Int, Default: "1", Valid: atLeast(1), Importance: Low,
		Doc: "Length of one sample of replication quotas, in seconds."},
}
