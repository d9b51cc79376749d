package consumer

import "github.com/gregorhq/gregor/internal/cli/tool"

// Tool is kafka-console-consumer.
var Tool = tool.Tool{
	Name: "kafka-console-consumer", Noun: "consume",
	Summary: "Print the records of topics.",
	Run:     run,
	Verbs: []tool.Verb{{
		Aliases: []string{"console-consumer"}, Summary: "Print the records of a topic as they arrive, a line per record.",
		Operands: []tool.Operand{{Option: "topic", Label: "TOPIC"}},
		Options: []string{"include", "from-beginning", "max-messages", "timeout-ms", "group", "partition", "offset", "isolation-level",
			"formatter-property", "formatter-config", "formatter", "key-deserializer", "value-deserializer", "skip-message-on-error",
			"enable-systest-events", "command-property"},
		Examples: []string{
			"consume orders --from-beginning",
			"consume orders --partition 0 --offset 42 --max-messages 10",
			"consume orders --group billing --formatter-property print.key=true",
		},
	}},
}
