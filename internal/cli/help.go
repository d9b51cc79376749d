package cli

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

const helpHead = `gregor is Apache Kafka in one binary: the broker and its tools.

Broker:
  gregor                             run one node on localhost:9092 with its data in ./data
  gregor server FILE                 run a broker with Kafka's server.properties; -daemon runs it in the background
  gregor server status | stop        show or stop the brokers of this machine

Tools:
`

const helpTail = `
Under Kafka's names:
  gregor kafka-topics [option ...]   a tool with Kafka's options and output
  gregor shims install DIR           create links named kafka-topics.sh, ... in DIR
`

const helpEnd = `
More:
  gregor help COMMAND                options and examples of a command
  gregor version, gregor licences    the version, and the licences of the libraries in this binary

The tools work with any Kafka cluster. They connect to $GREGOR_BOOTSTRAP, or to localhost:9092, unless
--bootstrap-server names another cluster. The exit code is 0 after a success, 1 after a failure and 2 for a
wrong command line; under Kafka's names it is that of Kafka's tool.
`

// helpColumn is the width of the longest verb with its operands.
const helpColumn = 50

// help is `gregor help [COMMAND ...]`.
func help(env *tool.Env, args []string) int {
	args = slices.DeleteFunc(slices.Clone(args), func(a string) bool { return slices.Contains([]string{"help", "--help", "-h", "-help"}, a) })
	if len(args) > 0 {
		return gregor(env, append(args, "--help"))
	}
	env.Print("%s", helpHead)
	for _, c := range commands() {
		if c.primary() {
			env.Print("  %-*s  %s\n", helpColumn, usage(c), c.verb.Summary)
		}
	}
	env.Print("%s", helpTail)
	for i := range tools {
		fmt.Fprintf(env.Stdout, "  %-34s %s\n", tools[i].Name, tools[i].Summary)
	}
	env.Print("%s", helpEnd)
	return 0
}
