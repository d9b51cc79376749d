// Package tool is what every command of the gregor binary is made of: its names, how it is called, and how it ends.
package tool

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// Tool is one of Apache Kafka's tools.
type Tool struct {
	// Name is Kafka's, without .sh: kafka-topics.
	Name string
	// Noun is gregor's: topics.
	Noun string
	// Verbs turns gregor's second word into the options it stands for: list is --list. A tool without verbs takes its
	// options at once. Where a verb stands for nothing (storage format), the word itself is passed on.
	Verbs map[string][]string
	// Operand is the option that a bare argument after `gregor NOUN VERB` stands for, without dashes; empty for none.
	Operand string
	// ManyOperands: there may be several bare arguments, as the option may be repeated.
	ManyOperands bool
	Summary      string
	Run          func(*Env) int
}

// Env is one call of a tool.
type Env struct {
	// Name is how the tool was called, for messages.
	Name string
	// Args are the arguments after it.
	Args []string
	// Native is set for gregor's own form, `gregor NOUN VERB`: --bootstrap-server may then be left out.
	Native bool
	// Operand and ManyOperands are the Tool's, of the native form.
	Operand        string
	ManyOperands   bool
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Getenv         func(string) string
	// Context ends the tool from outside; nil means never. Signals are the tool's own business, see Interruptible.
	Context context.Context
	// Version is what --version prints.
	Version string
}

// Ctx is Context, never nil.
func (e *Env) Ctx() context.Context {
	if e.Context == nil {
		return context.Background()
	}
	return e.Context
}

// Interruptible is a context that ends at SIGINT or SIGTERM, for tools that have a last word to say.
func (e *Env) Interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(e.Ctx(), os.Interrupt, syscall.SIGTERM)
}

// Print writes to stdout.
func (e *Env) Print(format string, args ...any) { fmt.Fprintf(e.Stdout, format, args...) }

// Warn writes a line to stderr.
func (e *Env) Warn(format string, args ...any) { fmt.Fprintf(e.Stderr, format+"\n", args...) }

// ErrDone ends a tool at once with exit code 0: help or version was asked for and is printed.
var ErrDone = errors.New("done")

// Exit is a code with nothing more to say.
type Exit int

func (x Exit) Error() string { return fmt.Sprintf("exit code %d", int(x)) }

// Fail turns what ended a tool into its exit code, and says why on stderr: the usage below the message for a command
// line that makes no sense, only the message for anything else. nil is 0.
func (e *Env) Fail(err error) int {
	var usage *opt.UsageError
	var exit Exit
	var arg *opt.ArgError
	var help *opt.HelpAsked
	switch {
	case err == nil || errors.Is(err, ErrDone):
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.As(err, &usage) && e.Native:
		// Kafka's tools put all options below the message, which then has scrolled out of sight.
		fmt.Fprintf(e.Stderr, "%s\n%s\n'%s --help' lists the options.\n", usage.Message, e.usageLine(), e.Name)
	case errors.As(err, &usage):
		usage.Print(e.Stderr)
	case errors.As(err, &arg):
		arg.Print(e.Stderr)
	case errors.As(err, &help):
		help.Print(e.Stdout)
		if e.Native {
			return 0
		}
	default:
		fmt.Fprintln(e.Stderr, err)
	}
	return 1
}

// Parse reads the arguments. Kafka's tools differ in what they do about an option they do not know: with usageOnError
// the usage follows the message. --help and no arguments at all print about and the usage and exit with 1, as Kafka's do
// (with 0 for --help in gregor's own form); --version ends in ErrDone.
func (e *Env) Parse(p *opt.Parser, usageOnError bool) (*opt.Set, error) {
	set, err := p.Parse(e.Args)
	if err != nil && e.Native {
		return nil, p.Usage("%s", withNear(err))
	}
	if err != nil {
		if usageOnError {
			return nil, p.Usage("%s", err)
		}
		return nil, err
	}
	stray := e.operands(p, set)
	switch {
	case set.Has(p.Help) && e.Native:
		e.nativeHelp(p)
		return nil, ErrDone
	case len(e.Args) == 0 && !e.Native || set.Has(p.Help):
		return nil, p.Usage("%s", p.About)
	case set.Has(p.Version):
		fmt.Fprintln(e.Stdout, e.VersionText())
		return nil, ErrDone
	case len(stray) > 0:
		return nil, p.Usage("%s is one argument too many", stray[0])
	}
	return set, nil
}

// KafkaVersion is the release of Apache Kafka that the tools follow.
const KafkaVersion = "4.4.0"

// VersionText is what --version prints. Under Kafka's names Kafka's release comes first, as scripts that choose options
// by it expect, and gregor's own stands where old releases of Kafka had their commit.
func (e *Env) VersionText() string {
	if e.Native {
		return "gregor " + e.Version
	}
	return KafkaVersion + " (gregor " + e.Version + ")"
}
