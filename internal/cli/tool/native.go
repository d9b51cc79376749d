package tool

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// clusterOptions name the cluster and the properties of the client; every verb that has them takes
// them.
var clusterOptions = []string{"bootstrap-server", "bootstrap-controller", "command-config"}

// Usage is the verb in one line.
func (v *Verb) Usage(name string) string {
	var b strings.Builder
	b.WriteString(name)
	for _, o := range v.Operands {
		label := o.Label
		if o.Many {
			label += " ..."
		}
		if !o.Needed {
			label = "[" + label + "]"
		}
		b.WriteString(" " + label)
	}
	return b.String() + " [option ...]"
}

// takes reports whether the verb has an option.
func (v *Verb) takes(option string) bool {
	return slices.Contains(v.Options, option) || slices.Contains(clusterOptions, option) ||
		slices.Contains(v.Flags, "--"+option) || slices.ContainsFunc(v.Operands, func(o Operand) bool { return o.Option == option })
}

// parseNative reads the arguments of gregor's own form: it fills options from operands and refuses
// options of other verbs.
func (e *Env) parseNative(p *opt.Parser) (*opt.Set, error) {
	for _, o := range e.Verb.Operands {
		p.Label(o.Option, o.Label)
	}
	short := p.Flag("h", "").Old()
	set, err := p.Parse(e.Args)
	if err != nil {
		return nil, p.Usage("%s", e.withNear(err))
	}
	switch {
	case set.Has(p.Help), set.Has(short):
		e.help(p.Describe)
		return nil, ErrDone
	case set.Has(p.Version):
		fmt.Fprintln(e.Stdout, e.VersionText())
		return nil, ErrDone
	}
	for _, s := range set.Given() {
		if !e.Verb.takes(s.Name) && !s.Hidden {
			return nil, p.Usage("%s takes no --%s", e.Name, s.Name)
		}
	}
	return set, e.operands(p, set)
}

// operands gives the arguments without dashes to the options that they stand for.
func (e *Env) operands(p *opt.Parser, set *opt.Set) error {
	rest := set.Rest
	for _, o := range e.Verb.Operands {
		spec := p.Lookup(o.Option)
		if set.Has(spec) || o.Unless != "" && set.Has(p.Lookup(o.Unless)) {
			continue
		}
		n := min(1, len(rest))
		if o.Many {
			n = len(rest)
		}
		if n == 0 && o.Needed {
			return p.Usage("%s is missing", o.Label)
		}
		for _, arg := range rest[:n] {
			set.Put(spec, arg)
		}
		rest = rest[n:]
	}
	if len(rest) > 0 {
		return p.Usage("%s is one argument too many", rest[0])
	}
	return nil
}

// ParseArgs reads the arguments of a tool with an ArgParser.
func (e *Env) ParseArgs(p *opt.ArgParser) (*opt.Args, error) {
	if e.Native() {
		for _, o := range e.Verb.Operands {
			p.Operand(o.Option, o.Label)
		}
	}
	return p.Parse(e.Args)
}

// withNear words a command line that cannot be parsed, with the option of the verb that was
// probably meant.
func (e *Env) withNear(err error) string {
	var unknown *opt.Error
	if !errors.As(err, &unknown) || unknown.Unknown == "" {
		return e.Message(err)
	}
	known := slices.Concat(e.Verb.Options, clusterOptions)
	for _, o := range e.Verb.Operands {
		known = append(known, o.Option)
	}
	return opt.UnknownOption(unknown.Unknown, known)
}
