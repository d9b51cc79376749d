package opt

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// ArgParser reads the command lines of those of Kafka's tools that are built on argparse4j:
// kafka-storage, kafka-cluster and kafka-producer-perf-test. They have a command first, options may
// be cut short as long as they stay unique, and errors show the usage of one line.
type ArgParser struct {
	Prog  string
	About string
	// Commands are the words that may come first; none means that the parser takes options at once.
	Commands []*ArgParser
	// Name and Help of a command.
	Name, Help string
	args       []*Arg
	// Either is a group of options of which at most one may be given, exactly one where
	// EitherRequired is set.
	Either         []*Arg
	EitherRequired bool
	// operands are options that may be given without their names, in this order.
	operands []*Arg
}

// Operand lets the next argument without a dash stand for an option, in every command that has the
// option.
func (p *ArgParser) Operand(option, label string) {
	for _, c := range p.Commands {
		c.Operand(option, label)
	}
	if o, _ := p.find("--" + option); o != nil {
		o.label = label
		p.operands = append(p.operands, o)
	}
}

// Arg is an option of an ArgParser.
type Arg struct {
	// Names with dashes, the long one first.
	Names []string
	// Metavar stands for the argument in the usage; empty for a flag.
	Metavar string
	Int     bool
	// Number is Java's name of a number's type, Integer, Long or Double, where the message for
	// anything else is Java's.
	Number   string
	Required bool
	// Plus options take one argument or more.
	Plus bool
	// Many options may be repeated; of others the last one counts.
	Many bool
	// Hidden options are not shown.
	Hidden bool
	Help   string
	// label stands for the option in the usage of gregor's own form.
	label string
}

// Add adds an option.
func (p *ArgParser) Add(a Arg) *Arg {
	p.args = append(p.args, &a)
	return &a
}

// OneOf puts options into the group that exclude each other.
func (p *ArgParser) OneOf(required bool, args ...*Arg) {
	p.Either, p.EitherRequired = args, required
}

// Args holds the options of a command line.
type Args struct {
	// Command is the chosen command, nil without commands.
	Command *ArgParser
	values  map[*Arg][]string
}

// Has reports whether the option is given.
func (a *Args) Has(o *Arg) bool { return len(a.values[o]) > 0 }

// String is the argument of the option, the last one.
func (a *Args) String(o *Arg) string {
	if v := a.values[o]; len(v) > 0 {
		return v[len(v)-1]
	}
	return ""
}

// Strings are all arguments of the option.
func (a *Args) Strings(o *Arg) []string { return a.values[o] }

// Int is the argument as a number.
func (a *Args) Int(o *Arg) int {
	n, _ := strconv.Atoi(a.String(o)) // checked by Parse
	return n
}

// Fail returns the error of a command line that parses and is still invalid.
func (p *ArgParser) Fail(format string, a ...any) error {
	return &ArgError{Parser: p, Message: fmt.Sprintf(format, a...), root: p.Prog}
}

// AskHelp is the outcome of -h, for tools that print their help when nothing is asked.
func (p *ArgParser) AskHelp() *HelpAsked { return &HelpAsked{Parser: p, root: p.Prog} }

// ArgError ends a tool with the usage and the message on stderr.
type ArgError struct {
	Parser  *ArgParser
	Message string
	root    string
	own     string
}

func (e *ArgError) Error() string { return e.Message }

// Plain is the text in gregor's own form; empty where it is the same.
func (e *ArgError) Plain() string { return e.own }

// Print writes the usage and the message.
func (e *ArgError) Print(w io.Writer) {
	fmt.Fprint(w, e.Parser.usage(e.root))
	for _, line := range wrapWords(strings.Fields(e.root+": error: "+e.Message), argWidth, "") {
		fmt.Fprintln(w, line)
	}
}

// HelpAsked is the outcome of -h.
type HelpAsked struct {
	Parser *ArgParser
	root   string
}

func (*HelpAsked) Error() string { return "help" }

// Print writes the help.
func (h *HelpAsked) Print(w io.Writer) { h.Parser.help(w, h.root) }

// Parse reads args; the error is an *ArgError or a *HelpAsked.
func (p *ArgParser) Parse(args []string) (*Args, error) {
	out := &Args{values: map[*Arg][]string{}}
	if len(p.Commands) == 0 {
		return out, p.options(out, args, p.Prog)
	}
	fail := func(format string, a ...any) error {
		return &ArgError{Parser: p, Message: fmt.Sprintf(format, a...), root: p.Prog}
	}
	if len(args) == 0 {
		return nil, fail("too few arguments")
	}
	arg := args[0]
	switch {
	case arg == "-h" || arg == "--help":
		return nil, &HelpAsked{Parser: p, root: p.Prog}
	case strings.HasPrefix(arg, "-"):
		return nil, fail("unrecognized arguments: '%s'", arg)
	}
	at := slices.IndexFunc(p.Commands, func(c *ArgParser) bool { return c.Name == arg })
	if at < 0 {
		var names []string
		for _, c := range p.Commands {
			names = append(names, "'"+c.Name+"'")
		}
		return nil, fail("invalid choice: '%s' (choose from %s)", arg, strings.Join(names, ", "))
	}
	out.Command = p.Commands[at]
	return out, out.Command.options(out, args[1:], p.Prog)
}

// failer makes the errors of a parser: Kafka's text, and the text of gregor's own form.
type failer func(kafka, own string) error

func (p *ArgParser) options(out *Args, args []string, root string) error {
	fail := func(kafka, own string) error { return &ArgError{Parser: p, Message: kafka, own: own, root: root} }
	for i := 0; i < len(args); i++ {
		name, value, has := strings.Cut(args[i], "=")
		if !strings.HasPrefix(name, "--") {
			name, value, has = args[i], "", false
		}
		if name == "-h" || name == "--help" {
			return &HelpAsked{Parser: p, root: root}
		}
		o, glued := p.find(name)
		if at := slices.IndexFunc(p.operands, func(x *Arg) bool { return !out.Has(x) }); o == nil && at >= 0 && p.isArgument(args[i]) {
			o, value, has = p.operands[at], args[i], true
		}
		if o == nil {
			return fail(fmt.Sprintf("unrecognized arguments: '%s'", args[i]), p.stray(args[i]))
		}
		if glued != "" {
			value, has = glued, true
		}
		switch {
		case o.Metavar == "":
			value = "true"
		case has:
		case i+1 < len(args) && p.isArgument(args[i+1]):
			i++
			value = args[i]
		default:
			return fail(fmt.Sprintf("argument %s: expected one argument", o.title()), o.Names[0]+" needs a value")
		}
		if err := p.checkValue(out, o, value, fail); err != nil {
			return err
		}
		out.values[o] = append(out.values[o], value)
		for o.Plus && !has && i+1 < len(args) && p.isArgument(args[i+1]) {
			i++
			out.values[o] = append(out.values[o], args[i])
		}
	}
	return p.missing(out, fail)
}

// checkValue refuses a value that is no number where it must be, and an option that another one
// excludes.
func (p *ArgParser) checkValue(out *Args, o *Arg, value string, fail failer) error {
	own := notANumber(o.own(), value)
	if o.Number == "Double" {
		own = o.own() + " " + value + ": it must be a number"
	}
	if _, err := strconv.ParseInt(value, 10, 32); o.Int && err != nil {
		return fail(fmt.Sprintf("argument %s: could not convert '%s' to integer (32 bits signed)", o.title(), value), own)
	}
	if !numeric(o.Number, value) {
		return fail(fmt.Sprintf("argument %s: could not convert '%s' to %s (For input string: \"%s\")", o.title(), value, o.Number, value),
			own)
	}
	for _, other := range p.Either {
		if slices.Contains(p.Either, o) && other != o && out.Has(other) {
			return fail(fmt.Sprintf("argument %s: not allowed with argument %s", o.title(), other.title()), fmt.Sprintf(together, other.own()+" and "+o.own()))
		}
	}
	return nil
}

// stray words an argument that fits no option, for gregor's own form.
func (p *ArgParser) stray(arg string) string {
	if p.isArgument(arg) {
		return arg + " is one argument too many"
	}
	var known []string
	for _, a := range p.args {
		if !a.Hidden {
			known = append(known, strings.TrimLeft(a.Names[0], "-"))
		}
	}
	name, _, _ := strings.Cut(strings.TrimLeft(arg, "-"), "=")
	return UnknownOption(name, known)
}

// UnknownOption words an option that a verb of gregor's own form does not have.
func UnknownOption(name string, known []string) string {
	if near := Nearest(name, known); near != "" {
		return "unknown option --" + name + "; did you mean --" + near + "?"
	}
	return "unknown option --" + name
}

func (p *ArgParser) missing(out *Args, fail failer) error {
	for _, o := range p.args {
		if o.Required && !out.Has(o) {
			return fail(fmt.Sprintf("argument %s is required", o.title()), o.own()+" is missing")
		}
	}
	if p.EitherRequired && !slices.ContainsFunc(p.Either, out.Has) {
		var names, owns []string
		for _, o := range p.Either {
			names, owns = append(names, o.title()), append(owns, o.own())
		}
		return fail(fmt.Sprintf("one of the arguments %s is required", strings.Join(names, " ")), listed("or", owns)+" is missing")
	}
	return nil
}

func numeric(typ, value string) bool {
	var err error
	switch typ {
	case "Integer":
		_, err = strconv.ParseInt(value, 10, 32)
	case "Long":
		_, err = strconv.ParseInt(value, 10, 64)
	case "Double":
		_, err = strconv.ParseFloat(value, 64)
	}
	return err == nil
}

// isArgument reports whether s is an argument and not an option. A negative number is an argument.
func (p *ArgParser) isArgument(s string) bool {
	if !strings.HasPrefix(s, "-") || s == "-" {
		return true
	}
	_, err := strconv.ParseFloat(s, 64)
	return err == nil
}

// find knows whole names, unique beginnings of long ones, and -xVALUE.
func (p *ArgParser) find(name string) (o *Arg, glued string) {
	var begun []*Arg
	for _, a := range p.args {
		for _, n := range a.Names {
			switch {
			case n == name:
				return a, ""
			case strings.HasPrefix(name, "--") && strings.HasPrefix(n, name):
				begun = append(begun, a)
			case len(n) == 2 && strings.HasPrefix(name, n) && a.Metavar != "" && !strings.HasPrefix(name, "--"):
				return a, strings.TrimPrefix(name[2:], "=")
			}
		}
	}
	if len(begun) == 1 {
		return begun[0], ""
	}
	return nil, ""
}

func (a *Arg) title() string { return strings.Join(a.Names, "/") }

// own is the option as messages of gregor's own form name it.
func (a *Arg) own() string {
	if a.label != "" {
		return a.label
	}
	return a.Names[0]
}
