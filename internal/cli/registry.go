package cli

import (
	"github.com/gregorhq/gregor/internal/cli/cluster"
	"github.com/gregorhq/gregor/internal/cli/configs"
	"github.com/gregorhq/gregor/internal/cli/consumer"
	"github.com/gregorhq/gregor/internal/cli/groups"
	"github.com/gregorhq/gregor/internal/cli/offsets"
	"github.com/gregorhq/gregor/internal/cli/perf"
	"github.com/gregorhq/gregor/internal/cli/producer"
	"github.com/gregorhq/gregor/internal/cli/storagetool"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/cli/topics"
)

// tools are all of them, in the order of the help. Each package of a tool has one variable of type tool.Tool a tool.
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
	dumpLog,
}
