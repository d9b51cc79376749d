package config

// quotasKeys are the keys of quotas.
var quotasKeys = []Definition{
	{Name: "alter.log.dirs.replication.quota.window.num", Type: Int, Default: "11", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "alter.log.dirs.replication.quota.window.size.seconds", Type: Int, Default: "1", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "client.quota.callback.class", Type: Class, Null: true, Importance: Low,
		Doc: ""},
	{Name: "controller.quota.window.num", Type: Int, Default: "11", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "controller.quota.window.size.seconds", Type: Int, Default: "1", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "quota.window.num", Type: Int, Default: "11", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "quota.window.size.seconds", Type: Int, Default: "1", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "replication.quota.window.num", Type: Int, Default: "11", Valid: atLeast(1), Importance: Low,
		Doc: ""},
	{Name: "replication.quota.window.size.seconds", Type: Int, Default: "1", Valid: atLeast(1), Importance: Low,
		Doc: ""},
}
