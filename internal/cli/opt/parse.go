package opt

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// Error is a command line that jopt-simple refuses, with its text, or the tool itself.
type Error struct {
	Message string
	// Unknown is the option that is not known, without dashes; empty for other errors.
	Unknown string
	own     string
}

func (e *Error) Error() string { return e.Message }

// Plain is the text in gregor's own form; empty where it is the same.
func (e *Error) Plain() string { return e.own }

// Errorf is the error of a command line that a tool refuses in a text of its own.
func Errorf(format string, args ...any) error { return &Error{Message: fmt.Sprintf(format, args...)} }

// Set holds the options and arguments of a command line.
type Set struct {
	parser *Parser
	// Args are the arguments as given.
	Args []string
	// Rest are the arguments that are not options.
	Rest   []string
	given  map[*Spec]bool
	values map[*Spec][]string
}

func (p *Parser) index() {
	for _, s := range p.specs {
		p.byName[s.Name] = s
	}
}

// Parse reads args. The error is an *Error.
func (p *Parser) Parse(args []string) (*Set, error) {
	p.index()
	s := &Set{parser: p, Args: args, given: map[*Spec]bool{}, values: map[*Spec][]string{}}
	for i := 0; i < len(args); {
		arg := args[i]
		i++
		var err error
		switch {
		case arg == "--":
			s.Rest = append(s.Rest, args[i:]...)
			i = len(args)
		case strings.HasPrefix(arg, "--"):
			i, err = p.long(s, arg[2:], args, i)
		case strings.HasPrefix(arg, "-") && len(arg) > 1:
			i, err = p.short(s, arg[1:], args, i)
		default:
			s.Rest = append(s.Rest, arg)
		}
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (p *Parser) long(s *Set, body string, args []string, i int) (int, error) {
	name, value, has := strings.Cut(body, "=")
	spec := p.byName[name]
	if spec == nil {
		return i, unknown(name)
	}
	return p.take(s, spec, value, has, args, i)
}

// short reads one dash: a whole name, or else letters of which the last may have an argument glued
// to it.
func (p *Parser) short(s *Set, body string, args []string, i int) (int, error) {
	name, value, has := strings.Cut(body, "=")
	if spec := p.byName[name]; spec != nil {
		return p.take(s, spec, value, has, args, i)
	}
	for at, r := range body {
		spec := p.byName[string(r)]
		if spec == nil {
			err := unknown(string(r))
			err.Unknown = name
			return i, err
		}
		rest := body[at+len(string(r)):]
		if spec.Kind != None {
			return p.take(s, spec, rest, rest != "", args, i)
		}
		s.given[spec] = true
	}
	return i, nil
}

func unknown(name string) *Error {
	return &Error{Message: name + " is not a recognized option", Unknown: name}
}

func (p *Parser) take(s *Set, spec *Spec, value string, has bool, args []string, i int) (int, error) {
	s.given[spec] = true
	switch {
	case spec.Kind == None:
		return i, nil
	case has && value != "":
	case i < len(args) && spec.Optional && p.looksLikeOption(args[i]):
		return i, nil
	case i < len(args):
		value = args[i]
		i++
	case spec.Optional:
		return i, nil
	default:
		return i, Worded(Errorf("Option %s requires an argument", spec.Name), "--%s needs a value", spec.Name)
	}
	s.values[spec] = append(s.values[spec], value)
	return i, nil
}

func (p *Parser) looksLikeOption(arg string) bool { return len(arg) > 1 && arg[0] == '-' }

func (k Kind) fits(v string) bool {
	var err error
	switch k {
	case Int:
		_, err = strconv.ParseInt(v, 10, 32)
	case Long:
		_, err = strconv.ParseInt(v, 10, 64)
	}
	return err == nil
}

// Has reports whether the option is on the command line.
func (s *Set) Has(spec *Spec) bool { return s.given[spec] }

// Check refuses the first of the options that is given more than once, or whose argument is no
// number where it must be. As in jopt-simple this is no part of Parse: Kafka's tools find it out
// when they come to use the value.
func (s *Set) Check(specs ...*Spec) error {
	for _, spec := range specs {
		values := s.values[spec]
		if len(values) > 1 {
			return Worded(Errorf("Found multiple arguments for option %s, but you asked for only one", spec.Name),
				"%s has several values, it takes one: %s", spec.Own(), strings.Join(values, ", "))
		}
		if len(values) == 1 && !spec.Kind.fits(values[0]) {
			return NotANumber(spec, values[0])
		}
	}
	return nil
}

// NotANumber is the error of an argument that must be a number.
func NotANumber(spec *Spec, value string) error {
	return Worded(Errorf("Cannot parse argument '%s' of option %s", value, spec.Name), "%s", notANumber(spec.Own(), value))
}

var digits = regexp.MustCompile(`^[-+]?[0-9]+$`)

// notANumber words an argument that must be a whole number, for gregor's own form.
func notANumber(option, value string) string {
	if digits.MatchString(value) {
		return option + " " + value + ": the number is too large"
	}
	return option + " " + value + ": it must be a whole number"
}

// Strings are all arguments of the option, or its default.
func (s *Set) Strings(spec *Spec) []string {
	if v := s.values[spec]; len(v) > 0 {
		return v
	}
	if spec.hasFallback {
		return []string{spec.Fallback}
	}
	return nil
}

// String is the last argument of the option, its default, or empty.
func (s *Set) String(spec *Spec) string {
	if v := s.Strings(spec); len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

// Lookup is String and whether the option is given or has a default.
func (s *Set) Lookup(spec *Spec) (string, bool) {
	v := s.Strings(spec)
	if len(v) == 0 {
		return "", false
	}
	return v[len(v)-1], true
}

// Int is the argument as a number, 0 when there is none.
func (s *Set) Int(spec *Spec) int { return int(s.Int64(spec)) }

// Int64 is the argument as a number, 0 when there is none.
func (s *Set) Int64(spec *Spec) int64 {
	n, _ := strconv.ParseInt(s.String(spec), 10, 64) // Check was asked
	return n
}

// Lookup is the option of that name, nil when there is none.
func (p *Parser) Lookup(name string) *Spec {
	p.index()
	return p.byName[name]
}

// Given lists the options that are on the command line, in the order in which the parser knows
// them.
func (s *Set) Given() []*Spec {
	var given []*Spec
	for _, spec := range s.parser.specs {
		if s.given[spec] {
			given = append(given, spec)
		}
	}
	return given
}

// Put adds a value of an option.
func (s *Set) Put(spec *Spec, value string) {
	s.given[spec] = true
	s.values[spec] = append(s.values[spec], value)
}

// Replace sets an option to one value and drops those of the command line.
func (s *Set) Replace(spec *Spec, value string) {
	s.given[spec] = true
	s.values[spec] = []string{value}
}
