// Package cli is the gregor binary: the broker under `gregor server` and the tools, each under `gregor NOUN VERB` and
// under Kafka's own name (`gregor kafka-topics ...`, or called by a link of that name, with or without .sh).
//
// A folder per noun, a file per verb. The tools speak only the wire, so they work on any Kafka cluster.
package cli

import (
	"io"
	"path/filepath"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/server"
)

// Main runs the program and returns its exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	name := strings.TrimSuffix(strings.TrimSuffix(filepath.Base(args[0]), ".exe"), ".sh")
	rest := args[1:]
	if name == "kafka-server-start" || len(rest) == 0 || rest[0] == "server" {
		if len(rest) > 0 && rest[0] == "server" {
			rest = rest[1:]
		}
		return server.Run(rest, stdout, stderr)
	}
	return 2
}
