// Package tool holds what every command of the gregor binary has in common: its names, one call of
// it, and its exit code.
package tool

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// Tool is one of Apache Kafka's tools.
type Tool struct {
	// Name is Kafka's name without .sh: kafka-topics.
	Name string
	// Noun is gregor's first word: topics.
	Noun    string
	Summary string
	// Verbs are the rows of `gregor NOUN --help`, in that order.
	Verbs []Verb
	Run   func(*Env) int
}

// Verb is one thing that a tool does in gregor's own form, `gregor NOUN VERB OPERAND ... [option
// ...]`.
type Verb struct {
	// Name is the word after the noun. A noun with a single nameless verb needs no second word:
	// gregor produce TOPIC.
	Name string
	// Aliases are whole command lines of former versions, without "gregor": "get-offsets".
	Aliases []string
	Summary string
	// Own verbs exist in gregor's own form only: Kafka's tool does not have them.
	Own bool
	// Flags are Kafka's arguments that the verb stands for: list stands for --list.
	Flags []string
	// Operands are the arguments without dashes, in order. Only the last one may be Many.
	Operands []Operand
	// Options are the names of the options that the verb takes, without dashes. The options that
	// name a cluster are always taken and are not listed here.
	Options []string
	// Examples are command lines without "gregor", one at least.
	Examples []string
}

// Operand is an argument without dashes. It stands for an option.
type Operand struct {
	// Option is the option's name without dashes.
	Option string
	// Label stands for the operand in the usage: TOPIC.
	Label string
	Many  bool
	// Unless is an option, without dashes, that leaves no room for the operand: the next operand
	// takes its place.
	Unless string
	// Needed operands are asked for in one line when they are missing, unless the option is given.
	Needed bool
}

// Env is one call of a tool.
type Env struct {
	// Name is the name in the call of the tool, for messages.
	Name string
	// Args are the arguments after it.
	Args []string
	// Verb is the verb of gregor's own form; nil under Kafka's names.
	Verb           *Verb
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Context ends the tool from outside; nil means never. Tools handle signals by themselves, see
	// Interruptible.
	Context context.Context
	// Version is gregor's version, for --version.
	Version string
}

// Native reports whether the call has gregor's own form, which needs no --bootstrap-server and
// words errors without Java.
func (e *Env) Native() bool { return e.Verb != nil }

// Ctx returns Context, or a context that never ends.
func (e *Env) Ctx() context.Context {
	if e.Context == nil {
		return context.Background()
	}
	return e.Context
}

// Interruptible returns a context that ends at SIGINT or SIGTERM, for tools that print a summary
// when they are interrupted.
func (e *Env) Interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(e.Ctx(), os.Interrupt, syscall.SIGTERM)
}

// Print writes to stdout.
func (e *Env) Print(format string, args ...any) { fmt.Fprintf(e.Stdout, format, args...) }

// Warn writes a line to stderr.
func (e *Env) Warn(format string, args ...any) { fmt.Fprintf(e.Stderr, format+"\n", args...) }

// Parse reads the arguments. Kafka's tools differ in how they answer an unknown option: with
// usageOnError they print the usage below the message. Under Kafka's names --help and a call
// without arguments print the usage and exit with 1, as Kafka's tools do; in gregor's own form
// --help exits with 0. --version returns ErrDone.
func (e *Env) Parse(p *opt.Parser, usageOnError bool) (*opt.Set, error) {
	if e.Native() {
		return e.parseNative(p)
	}
	set, err := p.Parse(e.Args)
	switch {
	case err != nil && usageOnError:
		return nil, p.Usage("%s", err)
	case err != nil:
		return nil, err
	case len(e.Args) == 0 || set.Has(p.Help):
		return nil, p.Usage("%s", p.About)
	case set.Has(p.Version):
		fmt.Fprintln(e.Stdout, e.VersionText())
		return nil, ErrDone
	}
	return set, nil
}

// KafkaVersion is the release of Apache Kafka that the tools follow.
const KafkaVersion = "4.4.0"

// VersionText is the output of --version. Under Kafka's names Kafka's release comes first, because
// scripts choose options by it; gregor's own version follows in parentheses, where old releases of
// Kafka printed their commit.
func (e *Env) VersionText() string {
	if e.Native() {
		return "gregor " + e.Version
	}
	return KafkaVersion + " (gregor " + e.Version + ")"
}
