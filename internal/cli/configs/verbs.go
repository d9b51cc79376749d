package configs

import "github.com/gregorhq/gregor/internal/cli/tool"

// named are the operands that name an entity.
var named = []tool.Operand{{Option: "entity-type", Label: "TYPE", Needed: true}, {Option: "entity-name", Label: "NAME", Unless: "entity-default"}}

// Tool is kafka-configs.
var Tool = tool.Tool{
	Name: "kafka-configs", Noun: "configs",
	Summary: "Show and change settings of topics, brokers, groups and client metrics.",
	Run:     run,
	Verbs: []tool.Verb{
		{
			Name: "describe", Flags: []string{"--describe"}, Summary: "Show the settings of a topic, broker, group or client-metrics subscription.",
			Operands: named, Options: []string{"all", "entity-default"},
			Examples: []string{"configs describe topics orders --all", "configs describe brokers --entity-default", "configs describe groups"},
		},
		{
			Name: "set", Flags: []string{"--alter"}, Summary: "Change settings.",
			Operands: append(named[:len(named):len(named)], tool.Operand{Option: "add-config", Label: "KEY=VALUE", Many: true}),
			Options:  []string{"entity-default", "add-config-file"},
			Examples: []string{
				"configs set topics orders retention.ms=86400000 cleanup.policy=compact,delete",
				"configs set brokers --entity-default log.cleaner.threads=2",
			},
		},
		{
			Name: "unset", Flags: []string{"--alter"}, Summary: "Return settings to their defaults.",
			Operands: append(named[:len(named):len(named)], tool.Operand{Option: "delete-config", Label: "KEY", Many: true, Needed: true}),
			Options:  []string{"entity-default"},
			Examples: []string{"configs unset topics orders retention.ms", "configs unset brokers --entity-default log.cleaner.threads"},
		},
		{
			Name: "alter", Flags: []string{"--alter"}, Summary: "Change settings and return others to their defaults.",
			Operands: named, Options: []string{"add-config", "add-config-file", "delete-config", "entity-default"},
			Examples: []string{"configs alter topics orders --add-config retention.ms=86400000 --delete-config segment.bytes"},
		},
	},
}
