package cli

import (
	"strings"

	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/dumplog"
)

// dumpLog is kafka-dump-log, which reads files and no cluster.
var dumpLog = tool.Tool{
	Name: "kafka-dump-log", Noun: "dump-log",
	Summary: "Print the files of a log directory.",
	Run: func(e *tool.Env) int {
		if e.Native {
			return dumplog.Run(bareFiles(e.Args), e.VersionText(), e.Stdout, e.Stderr)
		}
		return dumplog.Run(e.Args, e.VersionText(), e.Stdout, e.Stderr)
	},
}

// bareFiles lets `gregor dump-log FILE ... --print-data-log` go without --files.
func bareFiles(args []string) []string {
	n := 0
	for n < len(args) && !strings.HasPrefix(args[n], "-") {
		n++
	}
	if n == 0 {
		return args
	}
	return append([]string{"--files", strings.Join(args[:n], ",")}, args[n:]...)
}
