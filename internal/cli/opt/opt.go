// Package opt reads command lines as Apache Kafka's tools do, whose parser is jopt-simple: --name
// value, --name=value and -name value mean the same, an option may be repeated, other arguments are
// kept apart, and everything after -- is an argument. Names cannot be abbreviated, as Kafka builds
// its parsers. Errors carry jopt-simple's and Kafka's own texts, because scripts look for them.
package opt

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// Kind is the type of an option's argument, named in the usage as Java names it.
type Kind uint8

// The kinds of argument.
const (
	None Kind = iota
	String
	Int
	Long
)

func (k Kind) String() string { return [...]string{"", "String", "Integer", "Long"}[k] }

// Spec is one option.
type Spec struct {
	// Name without dashes.
	Name string
	// Arg describes the argument in the usage; the kind says whether there is one.
	Arg  string
	Kind Kind
	// Optional: the argument may be left out.
	Optional bool
	Desc     string
	// Fallback is the value of an option that was not given; hasFallback distinguishes an empty
	// value from none.
	Fallback    string
	hasFallback bool
	// Hidden options are accepted but not shown. Kafka has removed them.
	Hidden bool
	// label stands for the option in the usage of gregor's own form, which takes it without a name.
	label string
}

// Default gives the value of an option that is not on the command line.
func (s *Spec) Default(v string) *Spec {
	s.Fallback, s.hasFallback = v, true
	return s
}

// Old marks an option that Kafka's tool no longer has.
func (s *Spec) Old() *Spec {
	s.Hidden = true
	return s
}

// String is the option as Kafka's messages name it: its name in brackets.
func (s *Spec) String() string { return "[" + s.Name + "]" }

// Own is the option as messages of gregor's own form name it: --name, or TOPIC for an operand.
func (s *Spec) Own() string {
	if s.label != "" {
		return s.label
	}
	return "--" + s.Name
}

// Owns lists options as messages of gregor's own form do, with a word before the last one: --a, --b
// or --c.
func Owns(word string, specs ...*Spec) string {
	var names []string
	for _, s := range specs {
		names = append(names, s.Own())
	}
	return listed(word, names)
}

func listed(word string, names []string) string {
	last := len(names) - 1
	if last < 1 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:last], ", ") + " " + word + " " + names[last]
}

// Parser is the set of options of one tool.
type Parser struct {
	// About is the sentence above the usage for --help.
	About   string
	Help    *Spec
	Version *Spec
	specs   []*Spec
	byName  map[string]*Spec
}

// New is a parser that knows --help and --version.
func New(about string) *Parser {
	p := &Parser{About: about, byName: map[string]*Spec{}}
	p.Help = p.Flag("help", "Show this text.")
	p.Version = p.Flag("version", "Show the version.")
	return p
}

func (p *Parser) add(s *Spec) *Spec {
	p.specs = append(p.specs, s)
	return s
}

// Flag adds an option without argument.
func (p *Parser) Flag(name, desc string) *Spec { return p.add(&Spec{Name: name, Desc: desc}) }

// String adds an option with a text.
func (p *Parser) String(name, arg, desc string) *Spec {
	return p.add(&Spec{Name: name, Kind: String, Arg: arg, Desc: desc})
}

// Int adds an option with a number of 32 bits.
func (p *Parser) Int(name, arg, desc string) *Spec {
	return p.add(&Spec{Name: name, Kind: Int, Arg: arg, Desc: desc})
}

// Long adds an option with a number of 64 bits.
func (p *Parser) Long(name, arg, desc string) *Spec {
	return p.add(&Spec{Name: name, Kind: Long, Arg: arg, Desc: desc})
}

// UsageError ends a tool with the message and the usage on stderr, and exit code 1.
type UsageError struct {
	Parser  *Parser
	Message string
	own     string
}

func (e *UsageError) Error() string { return e.Message }

// Plain is the text in gregor's own form; empty where it is the same.
func (e *UsageError) Plain() string { return e.own }

// Print writes the message and the usage.
func (e *UsageError) Print(w io.Writer) {
	fmt.Fprintln(w, e.Message)
	e.Parser.PrintUsage(w)
}

// Usage is the error for a command line that makes no sense.
func (p *Parser) Usage(format string, args ...any) error {
	return &UsageError{Parser: p, Message: fmt.Sprintf(format, args...)}
}

// Worded gives an error another text in gregor's own form, where it is one of the command line.
func Worded(err error, format string, args ...any) error {
	text := fmt.Sprintf(format, args...)
	var usage *UsageError
	var bad *Error
	var arg *ArgError
	switch {
	case errors.As(err, &usage):
		usage.own = text
	case errors.As(err, &bad):
		bad.own = text
	case errors.As(err, &arg):
		arg.own = text
	case err != nil:
		return &worded{err, text}
	}
	return err
}

// worded is an error of another package that Worded has given a text.
type worded struct {
	error
	own string
}

// Plain implements tool.Plain.
func (e *worded) Plain() string { return e.own }

// WrongArgument implements tool.WrongArgument.
func (e *worded) WrongArgument() bool { return true }

// Unwrap returns the error without the text.
func (e *worded) Unwrap() error { return e.error }

// ExactlyOne refuses a command line without one of two options, or with both.
func (p *Parser) ExactlyOne(s *Set, a, b *Spec) error {
	if s.Has(a) != s.Has(b) {
		return nil
	}
	err := p.Usage("Exactly one of the following arguments is required: %s, %s", a, b)
	if s.Has(a) {
		return Worded(err, together, Owns("and", a, b))
	}
	return Worded(err, "%s is missing", Owns("or", a, b))
}

// Label lets messages of gregor's own form name an option by a word, because it is an operand.
func (p *Parser) Label(option, label string) {
	if s := p.Lookup(option); s != nil {
		s.label = label
	}
}

// Require refuses a command line that lacks one of the options.
func (p *Parser) Require(s *Set, specs ...*Spec) error {
	for _, spec := range specs {
		if !s.Has(spec) {
			return Worded(p.Usage("Missing required argument %q", spec.String()), "%s is missing", spec.Own())
		}
	}
	return nil
}

// together refuses options that exclude each other, in gregor's own form.
const together = "%s cannot be used together"

// Exclude refuses a command line with used and one of the others.
func (p *Parser) Exclude(s *Set, used *Spec, others ...*Spec) error {
	if !s.Has(used) {
		return nil
	}
	for _, spec := range others {
		if s.Has(spec) {
			return Worded(p.Usage("Option %q can't be used with option %q", used.String(), spec.String()), together, Owns("and", used, spec))
		}
	}
	return nil
}
