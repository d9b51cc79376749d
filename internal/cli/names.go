package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// byKafkaName finds a tool by Kafka's name; nil when there is none.
func byKafkaName(name string) *tool.Tool {
	if i := slices.IndexFunc(tools, func(t tool.Tool) bool { return t.Name == name }); i >= 0 {
		return &tools[i]
	}
	return nil
}

// firstWords lists the words that may follow gregor.
func firstWords() []string {
	words := []string{"server", "help", "version", "licences", "shims"}
	for _, c := range commands() {
		words = append(words, c.path[0], c.tool.Name)
	}
	return words
}

// unknown refuses a first word that is no command.
func unknown(env *tool.Env, word string) int {
	name := base(word)
	switch near := opt.Nearest(word, firstWords()); {
	case slices.ContainsFunc(notYet, func(k string) bool { return strings.HasPrefix(name, k) }):
		fmt.Fprintf(env.Stderr, "gregor: %s is not among gregor's tools yet; Apache Kafka's own tool works as far as gregor serves the APIs that it uses\n", name)
	case name == "start" || name == "run" || name == "broker":
		fmt.Fprintf(env.Stderr, "gregor: unknown command %s; did you mean server?\n", word)
	case near != "":
		fmt.Fprintf(env.Stderr, "gregor: unknown command %s; did you mean %s?\n", word, near)
	default:
		fmt.Fprintf(env.Stderr, "gregor: unknown command %s\n", word)
	}
	fmt.Fprintln(env.Stderr, "'gregor help' lists the commands.")
	return exitUsage
}
