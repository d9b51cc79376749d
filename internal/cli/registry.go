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
