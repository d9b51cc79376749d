package cli

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// command is a verb of a tool with one command line that calls it.
type command struct {
	tool *tool.Tool
	verb *tool.Verb
	path []string
}

// primary reports whether path is the verb's own name and not an alias.
func (c command) primary() bool { return strings.Join(c.path, " ") == c.name() }

// name is the verb's own command line: topics list.
func (c command) name() string { return strings.TrimSpace(c.tool.Noun + " " + c.verb.Name) }

// commands lists all verbs by all their names, in the order of the help.
func commands() []command {
	var all []command
	for i := range tools {
		t := &tools[i]
		for j := range t.Verbs {
			v := &t.Verbs[j]
			for _, name := range append([]string{strings.TrimSpace(t.Noun + " " + v.Name)}, v.Aliases...) {
				all = append(all, command{t, v, strings.Fields(name)})
			}
		}
	}
	return all
}

// find returns the command with the longest name that args begin with.
func find(args []string) (best command, ok bool) {
	for _, c := range commands() {
		if len(args) >= len(c.path) && slices.Equal(args[:len(c.path)], c.path) && len(c.path) > len(best.path) {
			best, ok = c, true
		}
	}
	return best, ok
}

// ofNoun lists the commands whose first word is noun; aliases only where the noun has no other
// command.
func ofNoun(noun string) []command {
	all := slices.DeleteFunc(commands(), func(c command) bool { return c.path[0] != noun })
	own := slices.DeleteFunc(slices.Clone(all), func(c command) bool { return !c.primary() })
	if len(own) > 0 {
		return own
	}
	return all
}

// native runs `gregor NOUN VERB OPERAND ... [option ...]`. ok is false when the first word is no
// noun.
func native(env *tool.Env, args []string) (code int, ok bool) {
	if c, ok := find(args); ok {
		env.Name, env.Verb = "gregor "+strings.Join(c.path, " "), c.verb
		env.Args = slices.Concat(c.verb.Flags, args[len(c.path):])
		return c.tool.Run(env), true
	}
	cmds := ofNoun(args[0])
	if len(cmds) == 0 {
		return 0, false
	}
	if len(args) == 1 || slices.Contains([]string{"--help", "-h", "help"}, args[1]) {
		printVerbs(env.Stdout, args[0], cmds)
		return 0, true
	}
	var verbs []string
	for _, c := range cmds {
		verbs = append(verbs, c.verb.Name)
	}
	fmt.Fprintf(env.Stderr, "gregor: unknown verb %s of %s", args[1], args[0])
	if near := opt.Nearest(strings.TrimLeft(args[1], "-"), verbs); near != "" {
		fmt.Fprintf(env.Stderr, "; did you mean %s?", near)
	}
	fmt.Fprintln(env.Stderr)
	printVerbs(env.Stderr, args[0], cmds)
	return exitUsage, true
}

// printVerbs lists the verbs of a noun.
func printVerbs(w io.Writer, noun string, cmds []command) {
	fmt.Fprintf(w, "Usage: gregor %s VERB [option ...]\n\n", noun)
	width := 0
	for _, c := range cmds {
		width = max(width, len(usage(c)))
	}
	for _, c := range cmds {
		fmt.Fprintf(w, "  %-*s  %s\n", width, usage(c), c.verb.Summary)
	}
	fmt.Fprintf(w, "\n'gregor %s VERB --help' shows options and examples.\n", noun)
}

func usage(c command) string {
	return strings.TrimSuffix(c.verb.Usage("gregor "+strings.Join(c.path, " ")), " [option ...]")
}
