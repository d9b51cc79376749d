package tool

import (
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// ErrDone ends a tool at once with exit code 0, after help or version was printed.
var ErrDone = errors.New("done")

// Exit is an exit code that needs no message.
type Exit int

func (x Exit) Error() string { return fmt.Sprintf("exit code %d", int(x)) }

// Exception is an error that Kafka's tools print with the name of a Java class before its text.
type Exception interface {
	error
	// Exception returns the error as Java prints an exception: class, colon, text.
	Exception() string
}

// Plain is an error that gregor's own form words in another way than Kafka's tool.
type Plain interface {
	error
	Plain() string
}

// Message words an error: with Java's class under Kafka's names where Kafka's tool prints one, as
// plain text in gregor's own form.
func (e *Env) Message(err error) string {
	var x Exception
	var p Plain
	if e.Native() && errors.As(err, &p) {
		return p.Plain()
	}
	if !e.Native() && errors.As(err, &x) {
		return x.Exception()
	}
	return err.Error()
}

// Fail turns the error that ended a tool into its exit code, and prints it: with the usage for a
// command line that makes no sense, alone otherwise. nil is 0.
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
	case errors.As(err, &usage) && e.Native():
		e.failNative(usage.Message)
	case errors.As(err, &usage):
		usage.Print(e.Stderr)
	case errors.As(err, &arg) && e.Native():
		e.failNative(arg.Message)
	case errors.As(err, &arg):
		arg.Print(e.Stderr)
	case errors.As(err, &help) && e.Native():
		e.help(help.Parser.Describe)
		return 0
	case errors.As(err, &help):
		help.Print(e.Stdout)
	default:
		fmt.Fprintln(e.Stderr, e.Message(err))
	}
	return 1
}

// failNative prints an error of the command line. The usage is one line, because a list of all
// options would push the message out of the screen.
func (e *Env) failNative(message string) {
	fmt.Fprintf(e.Stderr, "%s\nUsage: %s\n'%s --help' shows options and examples.\n", message, e.Verb.Usage(e.Name), e.Name)
}
