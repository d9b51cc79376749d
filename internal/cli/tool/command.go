package tool

import (
	"slices"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// Command is a verb of a tool whose command line begins with a word for it: kafka-storage format.
// C is a call of the tool.
type Command[C any] struct {
	Verb
	// About describes the word.
	About string
	// Args adds the options; nil for none.
	Args func(C, *opt.ArgParser)
	Do   func(C) error
}

// Commands are the commands of a tool, in the order of Kafka's help.
type Commands[C any] []Command[C]

// word is the command's name in Kafka's form: its only flag, or the name of the verb.
func (c *Command[C]) word() string {
	if len(c.Flags) > 0 {
		return c.Flags[0]
	}
	return c.Name
}

// Verbs returns the verbs of commands, in the order of names; the others follow in theirs.
func (all Commands[C]) Verbs(names ...string) []Verb {
	var verbs []Verb
	for _, c := range all {
		c.Flags = []string{c.word()}
		verbs = append(verbs, c.Verb)
	}
	place := func(v Verb) int {
		if at := slices.Index(names, v.Name); at >= 0 {
			return at
		}
		return len(names)
	}
	slices.SortStableFunc(verbs, func(a, b Verb) int { return place(a) - place(b) })
	return verbs
}

// Parsers returns the parsers of the commands that a call may name.
func (all Commands[C]) Parsers(e *Env, call C) []*opt.ArgParser {
	var parsers []*opt.ArgParser
	for _, c := range all {
		if c.Own && !e.Native() {
			continue
		}
		p := &opt.ArgParser{Name: c.word(), Help: c.About}
		if c.Args != nil {
			c.Args(call, p)
		}
		parsers = append(parsers, p)
	}
	return parsers
}

// Do runs the command that the command line names.
func (all Commands[C]) Do(args *opt.Args, call C) error {
	for _, c := range all {
		if c.word() == args.Command.Name {
			return c.Do(call)
		}
	}
	return nil
}
