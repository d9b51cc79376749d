package storagetool

import "github.com/gregorhq/gregor/internal/cli/tool"

var configFile = tool.Operand{Option: "config", Label: "FILE", Needed: true}

// Tool is kafka-storage.
var Tool = tool.Tool{
	Name: "kafka-storage", Noun: "storage",
	Summary: "Format log directories, and show what they hold.",
	Run:     run,
	Verbs:   commands.Verbs("format", "info", "random-uuid"),
}

// commands are in the order of Kafka's help.
var commands = tool.Commands[*command]{
	{
		About: "Show the log directories of this node.", Args: (*command).infoArgs, Do: (*command).info,
		Verb: tool.Verb{
			Name: "info", Summary: "Show the log directories of a server.properties.",
			Operands: []tool.Operand{configFile}, Examples: []string{"storage info server.properties"},
		},
	},
	{
		About: "Format the log directories of this node.", Args: (*command).formatArgs, Do: (*command).format,
		Verb: tool.Verb{
			Name: "format", Summary: "Format the log directories of a server.properties.",
			Operands: []tool.Operand{configFile},
			Options: []string{"cluster-id", "standalone", "no-initial-controllers", "initial-controllers", "ignore-formatted",
				"release-version", "feature", "add-scram"},
			Examples: []string{"storage format server.properties --cluster-id $(gregor storage random-uuid) --standalone"},
		},
	},
	{
		About: "Show the features of a release.", Args: (*command).mappingArgs, Do: (*command).mapping,
		Verb: tool.Verb{
			Name: "version-mapping", Summary: "Show the feature levels of a release.",
			Operands: []tool.Operand{{Option: "release-version", Label: "RELEASE"}}, Examples: []string{"storage version-mapping 4.1"},
		},
	},
	{
		About: "Show what a level of a feature depends on.", Args: (*command).dependencyArgs, Do: (*command).showDependencies,
		Verb: tool.Verb{
			Name: "feature-dependencies", Summary: "Show which metadata.version a feature level needs.",
			Options: []string{"feature"}, Examples: []string{"storage feature-dependencies --feature share.version=1"},
		},
	},
	{
		About: "Print a random id.", Do: (*command).randomUUID,
		Verb: tool.Verb{
			Name: "random-uuid", Summary: "Print a random id, such as a cluster id.",
			Examples: []string{"storage random-uuid"},
		},
	},
}
