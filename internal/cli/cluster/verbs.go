package cluster

import "github.com/gregorhq/gregor/internal/cli/tool"

// Tool is kafka-cluster.
var Tool = tool.Tool{
	Name: "kafka-cluster", Noun: "cluster",
	Summary: "Show the id and the endpoints of a cluster, unregister a broker.",
	Run:     run,
	Verbs:   commands.Verbs("id", "endpoints"),
}

// commands are in the order of Kafka's help.
var commands = tool.Commands[*command]{
	{
		About: "Show the id of the cluster.", Args: (*command).connArgs, Do: (*command).clusterID,
		Verb: tool.Verb{
			Name: "id", Aliases: []string{"cluster cluster-id"}, Flags: []string{"cluster-id"}, Summary: "Show the id of the cluster.",
			Examples: []string{"cluster id"},
		},
	},
	{
		About: "Unregister a broker.", Args: (*command).unregisterArgs, Do: (*command).unregister,
		Verb: tool.Verb{
			Name: "unregister", Summary: "Remove a stopped broker from the cluster.",
			Operands: []tool.Operand{{Option: "id", Label: "BROKER", Needed: true}},
			Examples: []string{"cluster unregister 3"},
		},
	},
	{
		About: "Show the addresses of the brokers or of the controllers.", Args: (*command).endpointArgs, Do: (*command).listEndpoints,
		Verb: tool.Verb{
			Name: "endpoints", Aliases: []string{"cluster list-endpoints"}, Flags: []string{"list-endpoints"},
			Summary:  "Show the addresses of the brokers or of the controllers.",
			Options:  []string{"include-fenced-brokers"},
			Examples: []string{"cluster endpoints", "cluster endpoints --bootstrap-controller localhost:9093"},
		},
	},
}

// APIVersionsTool is kafka-broker-api-versions.
var APIVersionsTool = tool.Tool{
	Name: "kafka-broker-api-versions", Noun: "brokers",
	Summary: "Show the versions of each API that each broker serves.",
	Run:     runAPIVersions,
	Verbs: []tool.Verb{{
		Name: "api-versions", Aliases: []string{"broker-api-versions"}, Summary: "Show the versions of each API that each broker serves.",
		Examples: []string{"brokers api-versions"},
	}},
}

// LogDirsTool is kafka-log-dirs.
var LogDirsTool = tool.Tool{
	Name: "kafka-log-dirs", Noun: "brokers",
	Summary: "Show the size of each replica in the brokers' log directories.",
	Run:     runLogDirs,
	Verbs: []tool.Verb{{
		Name: "log-dirs", Aliases: []string{"log-dirs describe"}, Flags: []string{"--describe"},
		Summary:  "Show the size of each replica in the brokers' log directories, as JSON.",
		Options:  []string{"topic-list", "broker-list"},
		Examples: []string{"brokers log-dirs", "brokers log-dirs --topic-list orders --broker-list 1,2"},
	}},
}
