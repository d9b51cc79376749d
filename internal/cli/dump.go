package cli

import (
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/dumplog"
)

// dumpLog is kafka-dump-log, which reads files and no cluster.
var dumpLog = tool.Tool{
	Name: "kafka-dump-log", Noun: "dump-log",
	Summary: "Print the files of a log directory.",
	Run:     func(e *tool.Env) int { return dumplog.Run(e.Args, e.Stdout, e.Stderr) },
}
