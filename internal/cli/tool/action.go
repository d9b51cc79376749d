package tool

import (
	"slices"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// Action is a verb of a tool of which Kafka's command line names exactly one, by an option of the
// verb's name: --create. C is a call of the tool.
type Action[C any] struct {
	Verb
	// About describes the option.
	About string
	// Check refuses options that do not go with the action; nil for none.
	Check func(C) error
	Do    func(C) error
}

// Actions are the actions of a tool, in the order of Kafka's message that asks for one of them.
type Actions[C any] []Action[C]

// Verbs returns the verbs of actions.
func (all Actions[C]) Verbs() []Verb {
	var verbs []Verb
	for _, a := range all {
		if a.Flags == nil {
			a.Flags = []string{"--" + a.Name}
		}
		verbs = append(verbs, a.Verb)
	}
	return verbs
}

// Add adds the options of the actions that a call may name, and returns them in that order.
func (all Actions[C]) Add(e *Env, p *opt.Parser) []*opt.Spec {
	var specs []*opt.Spec
	for _, a := range all {
		if !a.Own || e.Native() {
			specs = append(specs, p.Flag(a.Name, a.About))
		}
	}
	return specs
}

// given returns the actions that the command line names.
func (all Actions[C]) given(set *opt.Set, p *opt.Parser) Actions[C] {
	return slices.DeleteFunc(slices.Clone(all), func(a Action[C]) bool {
		spec := p.Lookup(a.Name)
		return spec == nil || !set.Has(spec)
	})
}

// Check refuses a command line that does not fit the actions that it names: by their own checks,
// and for a needed operand whose option is missing.
func (all Actions[C]) Check(set *opt.Set, p *opt.Parser, call C) error {
	for _, a := range all.given(set, p) {
		if a.Check != nil {
			if err := a.Check(call); err != nil {
				return err
			}
		}
		for _, o := range a.Operands {
			if o.Needed {
				if err := p.Require(set, p.Lookup(o.Option)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// Alone refuses an option together with an action that does not take it.
func (all Actions[C]) Alone(set *opt.Set, p *opt.Parser, used *opt.Spec, also ...*opt.Spec) error {
	var not []*opt.Spec
	for _, a := range all {
		if spec := p.Lookup(a.Name); spec != nil && !slices.Contains(a.Options, used.Name) {
			not = append(not, spec)
		}
	}
	slices.SortFunc(not, func(a, b *opt.Spec) int { return strings.Compare(a.Name, b.Name) }) // Kafka's order
	return p.Exclude(set, used, append(not, also...)...)
}

// Do runs the action that the command line names.
func (all Actions[C]) Do(set *opt.Set, p *opt.Parser, call C) error {
	for _, a := range all.given(set, p) {
		return a.Do(call)
	}
	return nil
}

// Names lists options as Kafka's messages do: --list, --create.
func Names(specs []*opt.Spec) string {
	var names []string
	for _, s := range specs {
		names = append(names, "--"+s.Name)
	}
	return strings.Join(names, ", ")
}
