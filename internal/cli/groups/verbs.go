package groups

import "github.com/gregorhq/gregor/internal/cli/tool"

// Tool is kafka-consumer-groups.
var Tool = tool.Tool{
	Name: "kafka-consumer-groups", Noun: "groups",
	Summary: "List, describe and delete consumer groups, reset their offsets.",
	Run:     run,
	Verbs:   actions.Verbs(),
}

var (
	manyGroups = []tool.Operand{{Option: "group", Label: "GROUP", Many: true}}
	oneGroup   = []tool.Operand{{Option: "group", Label: "GROUP", Needed: true}}
)

// actions are in the order of Kafka's message that asks for one of them.
var actions = tool.Actions[*command]{
	{
		About: "List the consumer groups.",
		Do:    (*command).listGroups,
		Verb: tool.Verb{
			Name: "list", Aliases: []string{"consumer-groups list"}, Summary: "List the consumer groups.",
			Options:  []string{"state", "type", "timeout"},
			Examples: []string{"groups list", "groups list --state stable"},
		},
	},
	{
		About: "Show the offsets, the members or the state of groups.",
		Check: (*command).checkDescribe, Do: (*command).describeGroups,
		Verb: tool.Verb{
			Name: "describe", Aliases: []string{"consumer-groups describe"},
			Summary: "Show the offsets and the lag of groups, their members or their state.", Operands: manyGroups,
			Options:  []string{"all-groups", "offsets", "members", "state", "verbose", "timeout"},
			Examples: []string{"groups describe billing", "groups describe --all-groups --state", "groups describe billing --members --verbose"},
		},
	},
	{
		About: "Delete groups with their committed offsets; --group may be repeated.",
		Check: (*command).checkDelete, Do: (*command).deleteGroups,
		Verb: tool.Verb{
			Name: "delete", Aliases: []string{"consumer-groups delete"},
			Summary: "Delete groups that have no members.", Operands: manyGroups, Options: []string{"all-groups", "timeout"},
			Examples: []string{"groups delete billing shipping"},
		},
	},
	{
		About: "Move the committed offsets of groups without members. Without --execute the new offsets are only shown. One of --to-datetime, --by-duration, --to-earliest, --to-latest, --shift-by, --from-file, --to-current and --to-offset says where to; --all-topics or --topic says which partitions, unless --from-file names them.",
		Check: (*command).checkReset, Do: (*command).reset,
		Verb: tool.Verb{
			Name: "reset-offsets", Aliases: []string{"consumer-groups reset-offsets"},
			Summary: "Move the committed offsets of groups that have no members.", Operands: manyGroups,
			Options: []string{"all-groups", "topic", "all-topics", "to-earliest", "to-latest", "to-current", "to-offset", "shift-by",
				"to-datetime", "by-duration", "from-file", "dry-run", "execute", "export", "timeout"},
			Examples: []string{
				"groups reset-offsets billing --topic orders --to-earliest --dry-run",
				"groups reset-offsets billing --topic orders:0,1 --shift-by -100 --execute",
				"groups reset-offsets billing --all-topics --to-datetime 2026-01-31T00:00:00.000 --execute",
			},
		},
	},
	{
		About: "Delete a group's committed offsets of topics.",
		Check: (*command).checkDeleteOffsets, Do: (*command).deleteGroupOffsets,
		Verb: tool.Verb{
			Name: "delete-offsets", Aliases: []string{"consumer-groups delete-offsets"},
			Summary: "Delete the committed offsets of a group for a topic.", Operands: oneGroup, Options: []string{"topic", "timeout"},
			Examples: []string{"groups delete-offsets billing --topic orders", "groups delete-offsets billing --topic orders:0,1"},
		},
	},
}
