package client

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// Renamed is an option that KIP-1147 gave a new name; the old one still works, with a warning.
type Renamed struct{ New, Old *opt.Spec }

// Check refuses both names at once, in the order first, second, and warns about the old one.
// Kafka's tools write the warning to stdout, among the records; here it goes to stderr.
func (r Renamed) Check(e *tool.Env, p *opt.Parser, s *opt.Set, first, second *opt.Spec) error {
	if s.Has(r.New) && s.Has(r.Old) {
		return p.Usage("Options --%s and --%s cannot be specified together.", first.Name, second.Name) // no verb has both
	}
	if s.Has(r.Old) {
		e.Warn("Warning: --%s is deprecated and will be removed in a future version. Use --%s instead.", r.Old.Name, r.New.Name)
	}
	return nil
}

// Given is the one of the two that is on the command line, the new one when neither is.
func (r Renamed) Given(s *opt.Set) *opt.Spec {
	if s.Has(r.Old) {
		return r.Old
	}
	return r.New
}

// File reads the properties file of the option; empty when it is not given.
func (r Renamed) File(s *opt.Set) (Props, error) {
	spec := r.Given(s)
	if !s.Has(spec) {
		return Props{}, nil
	}
	if err := s.Check(spec); err != nil {
		return nil, err
	}
	p, err := ReadProps(s.String(spec))
	if err != nil {
		return nil, fmt.Errorf("--%s: %w", spec.Name, err)
	}
	return p, nil
}
