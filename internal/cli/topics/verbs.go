package topics

import "github.com/gregorhq/gregor/internal/cli/tool"

// Tool is kafka-topics.
var Tool = tool.Tool{
	Name: "kafka-topics", Noun: "topics",
	Summary: "Create, list, describe, alter and delete topics.",
	Run:     run,
	Verbs:   actions.Verbs(),
}

// actions are in the order of Kafka's message that asks for one of them.
var actions = tool.Actions[*command]{
	{
		About: "List the topics.", Do: (*command).listTopics,
		Verb: tool.Verb{
			Name: "list", Summary: "List the topics.",
			Operands: []tool.Operand{{Option: "topic", Label: "REGEX"}},
			Options:  []string{"exclude-internal"},
			Examples: []string{"topics list", "topics list 'orders.*' --exclude-internal"},
		},
	},
	{
		About: "Show partitions, replicas and settings of topics.", Check: (*command).checkDescribe, Do: (*command).describeTopics,
		Verb: tool.Verb{
			Name: "describe", Summary: "Show the partitions, replicas and settings of topics.",
			Operands: []tool.Operand{{Option: "topic", Label: "REGEX"}},
			Options: []string{"topic-id", "topics-with-overrides", "under-replicated-partitions", "unavailable-partitions",
				"under-min-isr-partitions", "at-min-isr-partitions", "exclude-internal", "if-exists", "partition-size-limit-per-response"},
			Examples: []string{"topics describe orders", "topics describe --unavailable-partitions"},
		},
	},
	{
		About: "Create a topic.", Do: (*command).createTopic,
		Verb: tool.Verb{
			Name: "create", Summary: "Create a topic.",
			Operands: []tool.Operand{{Option: "topic", Label: "TOPIC", Needed: true}},
			Options:  []string{"partitions", "replication-factor", "config", "replica-assignment", "if-not-exists"},
			Examples: []string{
				"topics create orders --partitions 6",
				"topics create customers --config cleanup.policy=compact --config min.insync.replicas=1",
			},
		},
	},
	{
		About: "Add partitions to topics.", Check: (*command).checkAlter, Do: (*command).alterTopics,
		Verb: tool.Verb{
			Name: "alter", Summary: "Add partitions to a topic, or change its settings.",
			Operands: []tool.Operand{{Option: "topic", Label: "TOPIC", Needed: true}},
			Options:  []string{"partitions", "replica-assignment", "config", "delete-config", "if-exists"},
			Examples: []string{
				"topics alter orders --partitions 12",
				"topics alter orders --config retention.ms=86400000 --delete-config segment.bytes",
			},
		},
	},
	{
		About: "Delete topics.", Do: (*command).deleteTopics,
		Verb: tool.Verb{
			Name: "delete", Summary: "Delete topics with all their records.",
			Operands: []tool.Operand{{Option: "topic", Label: "REGEX", Needed: true}},
			Options:  []string{"if-exists"},
			Examples: []string{"topics delete orders", "topics delete 'test-.*' --if-exists"},
		},
	},
}
