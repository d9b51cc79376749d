package offsets

import "github.com/gregorhq/gregor/internal/cli/tool"

// GetTool is kafka-get-offsets.
var GetTool = tool.Tool{
	Name: "kafka-get-offsets", Noun: "offsets",
	Summary: "Show the offsets of partitions at a time.",
	Run:     runGet,
	Verbs: []tool.Verb{{
		Name: "get", Aliases: []string{"get-offsets"}, Summary: "Show the end of each partition, or its offset at a time.",
		Operands: []tool.Operand{{Option: "topic", Label: "REGEX"}},
		Options:  []string{"time", "partitions", "topic-partitions", "exclude-internal-topics"},
		Examples: []string{"offsets get orders", "offsets get orders --time earliest", "offsets get --topic-partitions orders:0-3,customers"},
	}},
}

// DeleteTool is kafka-delete-records.
var DeleteTool = tool.Tool{
	Name: "kafka-delete-records", Noun: "records",
	Summary: "Delete the records of partitions below an offset.",
	Run:     runDelete,
	Verbs: []tool.Verb{{
		Name: "delete", Aliases: []string{"delete-records"}, Summary: "Delete the records of partitions below an offset.",
		Operands: []tool.Operand{{Option: "below", Label: "TOPIC:PARTITION:OFFSET", Many: true}},
		Options:  []string{"offset-json-file"},
		Examples: []string{"records delete orders:0:1000", "records delete orders:0:-1 orders:1:-1", "records delete --offset-json-file offsets.json"},
	}},
}
