package tool

import (
	"errors"
	"fmt"
	"io/fs"
	"net"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// ErrDone ends a tool at once with exit code 0, after help or version was printed.
var ErrDone = errors.New("done")

// Exit codes. Kafka's tools exit with 1 for every error, and so does gregor under their names.
const (
	exitFailed = 1
	// exitUsage is the exit code of gregor's own form for a command line that it cannot carry out.
	exitUsage = 2
)

// Exit is an exit code that needs no message.
type Exit int

func (x Exit) Error() string { return fmt.Sprintf("exit code %d", int(x)) }

// Exception is an error that Kafka's tools print with the name of a Java class before its text.
type Exception interface {
	error
	// Exception returns the error as Java prints an exception: class, colon, text.
	Exception() string
}

// Plain is an error that gregor's own form words in another way than Kafka's tool. An empty text
// means that both forms have the same.
type Plain interface {
	error
	Plain() string
}

// WrongArgument is an error that may be that of a wrong command line, found after the options were
// read.
type WrongArgument interface {
	error
	WrongArgument() bool
}

// Message words an error: with Java's class under Kafka's names where Kafka's tool prints one, as
// plain text in gregor's own form.
func (e *Env) Message(err error) string {
	var x Exception
	var p Plain
	if e.Native() && errors.As(err, &p) && p.Plain() != "" {
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
	var exit Exit
	var help *opt.HelpAsked
	switch {
	case err == nil || errors.Is(err, ErrDone):
		return 0
	case errors.As(err, &exit):
		return int(exit)
	case errors.As(err, &help) && e.Native():
		e.help(help.Parser.Describe)
		return 0
	case errors.As(err, &help):
		help.Print(e.Stdout)
		return exitFailed
	}
	return e.report(err)
}

// report prints an error and returns its exit code.
func (e *Env) report(err error) int {
	var usage *opt.UsageError
	var arg *opt.ArgError
	var argument *opt.Error
	var wrong WrongArgument
	isUsage, isArg := errors.As(err, &usage), errors.As(err, &arg)
	isWrong := errors.As(err, &argument) || errors.As(err, &wrong) && wrong.WrongArgument()
	switch {
	case e.Native() && (isUsage || isArg || isWrong):
		return e.failNative(e.Message(err))
	case isUsage:
		usage.Print(e.Stderr)
	case isArg:
		arg.Print(e.Stderr)
	default:
		fmt.Fprintln(e.Stderr, e.Message(err))
	}
	return exitFailed
}

// Refuse is Fail for an error that a tool finds in its command line before it acts. In gregor's own
// form the exit code is that of a wrong command line, unless the cause is a file or a look-up of a
// name.
func (e *Env) Refuse(err error) int {
	var file *fs.PathError
	var name *net.DNSError
	if code := e.Fail(err); code != exitFailed || !e.Native() || errors.As(err, &file) || errors.As(err, &name) {
		return code
	}
	return exitUsage
}

// failNative prints an error of the command line. The usage is one line, because a list of all
// options would push the message out of the screen.
func (e *Env) failNative(message string) int {
	fmt.Fprintf(e.Stderr, "%s\nUsage: %s\n'%s --help' shows options and examples.\n", message, e.Verb.Usage(e.Name), e.Name)
	return exitUsage
}
