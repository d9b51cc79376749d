package cli

import (
	"maps"
	"slices"

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

// nearest is the known word that takes the fewest changes of a letter, if they are few.
func nearest(word string, known []string) (near string) {
	best := 1 + max(1, len(word)/3)
	for _, k := range known {
		if d := distance(word, k); d < best {
			near, best = k, d
		}
	}
	return near
}

// distance counts the letters to insert, drop or change that turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
