package perf

import "github.com/gregorhq/gregor/internal/cli/tool"

// ProducerTool is kafka-producer-perf-test.
var ProducerTool = tool.Tool{
	Name: "kafka-producer-perf-test", Noun: "perf",
	Summary: "Measure how fast records are written.",
	Run:     runProducer,
	Verbs: []tool.Verb{{
		Name: "produce", Aliases: []string{"producer-perf-test"}, Summary: "Measure how fast records are written.",
		Operands: []tool.Operand{{Option: "topic", Label: "TOPIC", Needed: true}},
		Options: []string{"num-records", "record-size", "payload-file", "payload-delimiter", "payload-monotonic", "throughput",
			"warmup-records", "reporting-interval", "print-metrics", "transactional-id", "transaction-duration-ms",
			"command-property"},
		Examples: []string{
			"perf produce orders --num-records 1000000 --record-size 1000",
			"perf produce orders --num-records 100000 --record-size 100 --throughput 5000 --command-property acks=1",
		},
	}},
}

// ConsumerTool is kafka-consumer-perf-test.
var ConsumerTool = tool.Tool{
	Name: "kafka-consumer-perf-test", Noun: "perf",
	Summary: "Measure how fast records are read.",
	Run:     runConsumer,
	Verbs: []tool.Verb{{
		Name: "consume", Aliases: []string{"consumer-perf-test"}, Summary: "Measure how fast records are read.",
		Operands: []tool.Operand{{Option: "topic", Label: "TOPIC"}},
		Options: []string{"num-records", "include", "group", "from-latest", "timeout", "fetch-size", "socket-buffer-size", "show-detailed-stats",
			"reporting-interval", "date-format", "hide-header", "print-metrics", "command-property"},
		Examples: []string{"perf consume orders --num-records 1000000", "perf consume orders --num-records 1000000 --show-detailed-stats"},
	}},
}
