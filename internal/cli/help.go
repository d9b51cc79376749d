package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

const helpHead = `gregor is Apache Kafka in one binary: the broker and its tools.

  gregor                             run one node on localhost:9092, data in ./data
  gregor server FILE                 run a broker with Kafka's server.properties; -daemon in the background
  gregor server status | stop        find and stop the brokers of this machine
  gregor NOUN VERB [option ...]      a tool, such as: gregor topics create pet --partitions 3
  gregor produce TOPIC, gregor consume TOPIC [--from-beginning]
                                     lines of the input to a topic, and records of a topic as lines
  gregor kafka-topics [option ...]   the same by Kafka's name, with Kafka's options
  gregor shims install DIR           links kafka-topics.sh ... to this program
  gregor version, gregor licences    which gregor this is, and the licences of what is compiled into it

The tools work on any Kafka cluster; NOUN VERB goes to $GREGOR_BOOTSTRAP or localhost:9092 unless
--bootstrap-server says otherwise.

`

// help is `gregor help [COMMAND]`.
func help(env *tool.Env, args []string) int {
	if len(args) > 0 {
		return gregor(env, []string{args[0], "--help"})
	}
	fmt.Fprint(env.Stdout, helpHead)
	for i := range tools {
		t := &tools[i]
		fmt.Fprintf(env.Stdout, "  %-24s %-28s %s\n", t.Noun, t.Name, t.Summary)
	}
	return 0
}

func printVerbs(w io.Writer, t *tool.Tool) {
	fmt.Fprintf(w, "%s (%s)\n\n", t.Summary, t.Name)
	for _, v := range verbs(t) {
		flags := strings.Join(t.Verbs[v], " ")
		if flags == "" {
			flags = v
		}
		fmt.Fprintf(w, "  gregor %s %-22s %s %s\n", t.Noun, v, t.Name, flags)
	}
}
