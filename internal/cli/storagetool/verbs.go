package storagetool

import "github.com/gregorhq/gregor/internal/cli/tool"

var configFile = tool.Operand{Option: "config", Label: "FILE", Needed: true}

// Tool is kafka-storage.
var Tool = tool.Tool{
	Name: "kafka-storage", Noun: "storage",
	Summary: "Format log directories, and show what they hold.",
	Run:     run,
	Verbs: []tool.Verb{
		{
			Name: "format", Flags: []string{"format"}, Summary: "Format the log directories of a server.properties.",
			Operands: []tool.Operand{configFile},
			Options: []string{"cluster-id", "standalone", "no-initial-controllers", "initial-controllers", "ignore-formatted",
				"release-version", "feature", "add-scram"},
			Examples: []string{"storage format server.properties --cluster-id $(gregor storage random-uuid) --standalone"},
		},
		{
			Name: "info", Flags: []string{"info"}, Summary: "Show the log directories of a server.properties.",
			Operands: []tool.Operand{configFile}, Examples: []string{"storage info server.properties"},
		},
		{
			Name: "random-uuid", Flags: []string{"random-uuid"}, Summary: "Print a random id, such as a cluster id.",
			Examples: []string{"storage random-uuid"},
		},
		{
			Name: "version-mapping", Flags: []string{"version-mapping"}, Summary: "Show the feature levels of a release.",
			Operands: []tool.Operand{{Option: "release-version", Label: "RELEASE"}}, Examples: []string{"storage version-mapping 4.1"},
		},
		{
			Name: "feature-dependencies", Flags: []string{"feature-dependencies"}, Summary: "Show which metadata.version a feature level needs.",
			Options: []string{"feature"}, Examples: []string{"storage feature-dependencies --feature share.version=1"},
		},
	},
}
