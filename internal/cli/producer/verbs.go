package producer

import "github.com/gregorhq/gregor/internal/cli/tool"

// Tool is kafka-console-producer.
var Tool = tool.Tool{
	Name: "kafka-console-producer", Noun: "produce",
	Summary: "Write lines of standard input to a topic.",
	Run:     run,
	Verbs: []tool.Verb{{
		Aliases: []string{"console-producer"}, Summary: "Write lines of standard input to a topic, a record per line.",
		Operands: []tool.Operand{{Option: "topic", Label: "TOPIC", Needed: true}},
		Options: []string{"reader-property", "reader-config", "compression-codec", "request-required-acks", "sync", "timeout", "max-block-ms",
			"request-timeout-ms", "batch-size", "max-memory-bytes", "metadata-expiry-ms", "command-property",
			"line-reader", "message-send-max-retries", "retry-backoff-ms", "socket-buffer-size"},
		Examples: []string{
			"produce orders < orders.txt",
			"produce orders --reader-property parse.key=true --reader-property key.separator=:",
			"produce orders --compression-codec zstd --command-property linger.ms=50",
		},
	}},
}
