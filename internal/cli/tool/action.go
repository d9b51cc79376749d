package tool

import (
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// Action is a verb of a tool of which Kafka's command line names exactly one, by an option of the
// verb's name: --create. C is a call of the tool.
type Action[C any] struct {
	Verb
	// About describes the option.
	About string
	Do    func(C) error
}

// Verbs returns the verbs of actions.
func Verbs[C any](actions []Action[C]) []Verb {
	var verbs []Verb
	for _, a := range actions {
		if a.Flags == nil {
			a.Flags = []string{"--" + a.Name}
		}
		verbs = append(verbs, a.Verb)
	}
	return verbs
}

// AddActions adds the options of actions and returns them, in that order.
func AddActions[C any](p *opt.Parser, actions []Action[C]) []*opt.Spec {
	var specs []*opt.Spec
	for _, a := range actions {
		specs = append(specs, p.Flag(a.Name, a.About))
	}
	return specs
}

// Do runs the action that the command line names.
func Do[C any](set *opt.Set, p *opt.Parser, actions []Action[C], call C) error {
	for _, a := range actions {
		if set.Has(p.Lookup(a.Name)) {
			return a.Do(call)
		}
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
