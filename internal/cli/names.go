package cli

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

func byKafkaName(name string) *tool.Tool {
	return find(func(t *tool.Tool) bool { return t.Name == name })
}

// shortNouns are what people type first.
var shortNouns = map[string]string{"produce": "console-producer", "consume": "console-consumer", "groups": "consumer-groups"}

func byNoun(noun string) *tool.Tool {
	if long, ok := shortNouns[noun]; ok {
		noun = long
	}
	return find(func(t *tool.Tool) bool { return t.Noun == noun })
}

func find(is func(*tool.Tool) bool) *tool.Tool {
	for i := range tools {
		if is(&tools[i]) {
			return &tools[i]
		}
	}
	return nil
}

func verbs(t *tool.Tool) []string { return slices.Sorted(maps.Keys(t.Verbs)) }

func commandNames() []string {
	names := []string{"server", "help", "version", "licences", "shims"}
	for _, t := range tools {
		names = append(names, t.Noun, t.Name)
	}
	return names
}

// kafkasOthers are Apache Kafka's tools that gregor does not have, or beginnings of their names.
var kafkasOthers = []string{
	"kafka-acls", "kafka-client-metrics", "kafka-delegation-tokens", "kafka-e2e-latency", "kafka-features", "kafka-groups",
	"kafka-jmx", "kafka-leader-election", "kafka-metadata-quorum", "kafka-metadata-shell", "kafka-mirror-maker",
	"kafka-reassign-partitions", "kafka-replica-verification", "kafka-run-class", "kafka-share-", "kafka-console-share-",
	"kafka-streams-", "kafka-transactions", "kafka-verifiable-", "connect-",
}

// unknown answers a first word that is no command.
func unknown(env *tool.Env, word string) int {
	name := base(word)
	switch near := opt.Nearest(word, commandNames()); {
	case slices.ContainsFunc(kafkasOthers, func(k string) bool { return strings.HasPrefix(name, k) }):
		fmt.Fprintf(env.Stderr, "gregor: %s is not among gregor's tools yet; Apache Kafka's own works as far as gregor serves what it asks for\n", name)
	case name == "start" || name == "run" || name == "broker":
		fmt.Fprintf(env.Stderr, "gregor: unknown command %s; did you mean server?\n", word)
	case near != "":
		fmt.Fprintf(env.Stderr, "gregor: unknown command %s; did you mean %s?\n", word, near)
	default:
		fmt.Fprintf(env.Stderr, "gregor: unknown command %s\n", word)
	}
	fmt.Fprintln(env.Stderr, "Run 'gregor help' for the list of commands.")
	return exitUsage
}
