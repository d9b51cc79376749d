// Package opt reads command lines as Apache Kafka's tools do, whose parser is jopt-simple: --name
// value, --name=value and -name value mean the same, an option may be repeated, other arguments are
// kept apart, and everything after -- is an argument. Names cannot be abbreviated, as Kafka builds
// its parsers. Errors carry jopt-simple's and Kafka's own texts, because scripts look for them.
package opt

import (
	"fmt"
	"io"
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
}

func (e *UsageError) Error() string { return e.Message }

// Print writes the message and the usage.
func (e *UsageError) Print(w io.Writer) {
	fmt.Fprintln(w, e.Message)
	e.Parser.PrintUsage(w)
}

// Usage is the error for a command line that makes no sense.
func (p *Parser) Usage(format string, args ...any) error {
	return &UsageError{Parser: p, Message: fmt.Sprintf(format, args...)}
}

// Require refuses a command line that lacks one of the options.
func (p *Parser) Require(s *Set, specs ...*Spec) error {
	for _, spec := range specs {
		if !s.Has(spec) {
			return p.Usage("Missing required argument %q", spec.String())
		}
	}
	return nil
}

// Exclude refuses a command line with used and one of the others.
func (p *Parser) Exclude(s *Set, used *Spec, others ...*Spec) error {
	if !s.Has(used) {
		return nil
	}
	for _, spec := range others {
		if s.Has(spec) {
			return p.Usage("Option %q can't be used with option %q", used.String(), spec.String())
		}
	}
	return nil
}
