package groups

import "github.com/gregorhq/gregor/internal/cli/tool"

var (
	manyGroups = []tool.Operand{{Option: "group", Label: "GROUP", Many: true}}
	oneGroup   = []tool.Operand{{Option: "group", Label: "GROUP", Needed: true}}
)

// Tool is kafka-consumer-groups.
var Tool = tool.Tool{
	Name: "kafka-consumer-groups", Noun: "groups",
	Summary: "List, describe and delete consumer groups, reset their offsets.",
	Run:     run,
	Verbs: []tool.Verb{
		{
			Name: "list", Aliases: []string{"consumer-groups list"}, Flags: []string{"--list"}, Summary: "List the consumer groups.",
			Options:  []string{"state", "type", "timeout"},
			Examples: []string{"groups list", "groups list --state stable"},
		},
		{
			Name: "describe", Aliases: []string{"consumer-groups describe"}, Flags: []string{"--describe"},
			Summary: "Show the offsets and the lag of groups, their members or their state.", Operands: manyGroups,
			Options:  []string{"all-groups", "offsets", "members", "state", "verbose", "timeout"},
			Examples: []string{"groups describe billing", "groups describe --all-groups --state", "groups describe billing --members --verbose"},
		},
		{
			Name: "delete", Aliases: []string{"consumer-groups delete"}, Flags: []string{"--delete"},
			Summary: "Delete groups that have no members.", Operands: manyGroups, Options: []string{"all-groups", "timeout"},
			Examples: []string{"groups delete billing shipping"},
		},
		{
			Name: "reset-offsets", Aliases: []string{"consumer-groups reset-offsets"}, Flags: []string{"--reset-offsets"},
			Summary: "Move the committed offsets of groups that have no members.", Operands: manyGroups,
			Options: []string{"all-groups", "topic", "all-topics", "to-earliest", "to-latest", "to-current", "to-offset", "shift-by",
				"to-datetime", "by-duration", "from-file", "dry-run", "execute", "export", "timeout"},
			Examples: []string{
				"groups reset-offsets billing --topic orders --to-earliest --dry-run",
				"groups reset-offsets billing --topic orders:0,1 --shift-by -100 --execute",
				"groups reset-offsets billing --all-topics --to-datetime 2026-01-31T00:00:00.000 --execute",
			},
		},
		{
			Name: "delete-offsets", Aliases: []string{"consumer-groups delete-offsets"}, Flags: []string{"--delete-offsets"},
			Summary: "Delete the committed offsets of a group for a topic.", Operands: oneGroup, Options: []string{"topic", "timeout"},
			Examples: []string{"groups delete-offsets billing --topic orders", "groups delete-offsets billing --topic orders:0,1"},
		},
	},
}
