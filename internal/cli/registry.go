package cli

import (
	"github.com/gregorhq/gregor/internal/cli/cluster"
	"github.com/gregorhq/gregor/internal/cli/configs"
	"github.com/gregorhq/gregor/internal/cli/consumer"
	"github.com/gregorhq/gregor/internal/cli/dumptool"
	"github.com/gregorhq/gregor/internal/cli/groups"
	"github.com/gregorhq/gregor/internal/cli/offsets"
	"github.com/gregorhq/gregor/internal/cli/perf"
	"github.com/gregorhq/gregor/internal/cli/producer"
	"github.com/gregorhq/gregor/internal/cli/storagetool"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/cli/topics"
)

// tools lists all tools, in the order of the help.
var tools = []tool.Tool{
	topics.Tool,
	producer.Tool,
	consumer.Tool,
	offsets.GetTool,
	offsets.DeleteTool,
	cluster.Tool,
	cluster.APIVersionsTool,
	cluster.LogDirsTool,
	configs.Tool,
	groups.Tool,
	perf.ProducerTool,
	perf.ConsumerTool,
	storagetool.Tool,
	dumptool.Tool,
}

// notYet lists Apache Kafka's tools that gregor does not have, or beginnings of their names.
var notYet = []string{
	"kafka-acls", "kafka-client-metrics", "kafka-delegation-tokens", "kafka-e2e-latency", "kafka-features", "kafka-groups",
	"kafka-jmx", "kafka-leader-election", "kafka-metadata-quorum", "kafka-metadata-shell", "kafka-mirror-maker",
	"kafka-reassign-partitions", "kafka-replica-verification", "kafka-run-class", "kafka-share-", "kafka-console-share-",
	"kafka-streams-", "kafka-transactions", "kafka-verifiable-", "connect-",
}
