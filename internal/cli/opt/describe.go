package opt

import "strings"

// Description is an option as gregor's own help shows it.
type Description struct {
	Name string
	// Arg stands for the argument; empty for a flag.
	Arg, Text string
	Hidden    bool
}

// Describe finds an option by its name without dashes.
func (p *Parser) Describe(name string) (Description, bool) {
	s := p.Lookup(name)
	if s == nil {
		return Description{}, false
	}
	return Description{Name: s.Name, Arg: placeholder(s.Arg, s.Kind), Text: s.text(), Hidden: s.Hidden}, true
}

// placeholder is Kafka's word for an argument where that is one word, and the argument's type
// otherwise.
func placeholder(word string, kind Kind) string {
	switch {
	case kind == None:
		return ""
	case word != "" && !strings.ContainsAny(word, " ()/:"):
		return strings.ToUpper(word)
	case kind == String:
		return "TEXT"
	}
	return "NUMBER"
}

// Describe finds an option of the parser or of one of its commands by its name without dashes.
func (p *ArgParser) Describe(name string) (Description, bool) {
	for _, a := range p.args {
		if strings.TrimLeft(a.Names[0], "-") == name {
			return Description{Name: name, Arg: a.Metavar, Text: a.Help, Hidden: a.Hidden}, true
		}
	}
	for _, c := range p.Commands {
		if d, ok := c.Describe(name); ok {
			return d, true
		}
	}
	return Description{}, false
}
