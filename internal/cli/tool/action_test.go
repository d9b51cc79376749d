package tool_test

import (
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// done notes the action that ran.
type done struct{ name string }

func (d *done) does(name string) func(*done) error {
	return func(*done) error { d.name = name; return nil }
}

// TestActions checks that the row of an action is enough: Kafka's form asks for its needed operand
// and refuses options that it does not take, and an action of gregor's own form exists there only.
func TestActions(t *testing.T) {
	d := &done{}
	actions := tool.Actions[*done]{
		{Verb: tool.Verb{Name: "list", Options: []string{"all"}}, Do: d.does("list")},
		{Verb: tool.Verb{Name: "drop", Operands: []tool.Operand{{Option: "thing", Label: "THING", Needed: true}}}, Do: d.does("drop")},
		{Verb: tool.Verb{Name: "count", Own: true, Operands: []tool.Operand{{Option: "thing", Label: "THING"}}}, Do: d.does("count")},
	}
	verbs := actions.Verbs()
	for _, c := range []struct {
		verb, args, runs, fails string
	}{
		{"", "--list", "list", ""},
		{"", "--list --all", "list", ""},
		{"", "--drop --thing x", "drop", ""},
		{"", "--drop", "", `Missing required argument "[thing]"`},
		{"", "--drop --thing x --all", "", `Option "[all]" can't be used with option "[drop]"`},
		{"", "--count", "", "count is not a recognized option"},
		{"count", "", "count", ""},
		{"count", "x", "count", ""},
		{"drop", "x", "drop", ""},
		{"drop", "", "", "THING is missing"},
	} {
		e := &tool.Env{Args: strings.Fields(c.args), Stdout: io.Discard, Stderr: io.Discard}
		if i := slices.IndexFunc(verbs, func(v tool.Verb) bool { return v.Name == c.verb }); i >= 0 {
			e.Verb, e.Args = &verbs[i], append(slices.Clone(verbs[i].Flags), e.Args...)
		}
		p := opt.New("about")
		actions.Add(e, p)
		p.String("thing", "thing", "A thing.")
		all := p.Flag("all", "All.")
		d.name = ""
		set, err := e.Parse(p, false)
		if err == nil {
			err = actions.Check(set, p, d)
		}
		if err == nil {
			err = actions.Alone(set, p, all)
		}
		if err == nil {
			err = actions.Do(set, p, d)
		}
		if d.name != c.runs || (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%s %s: ran %q, %v", c.verb, c.args, d.name, err)
		}
	}
}

// TestCommands checks the same of a tool whose command line begins with a word.
func TestCommands(t *testing.T) {
	d := &done{}
	commands := tool.Commands[*done]{
		{Verb: tool.Verb{Name: "id", Flags: []string{"cluster-id"}}, Do: d.does("id")},
		{Verb: tool.Verb{Name: "remove"}, Do: d.does("remove"), Args: func(_ *done, p *opt.ArgParser) {
			p.Add(opt.Arg{Names: []string{"--broker"}, Metavar: "ID", Required: true})
		}},
		{Verb: tool.Verb{Name: "count", Own: true}, Do: d.does("count")},
	}
	verbs := commands.Verbs("count")
	if verbs[0].Name != "count" || verbs[1].Name != "id" || verbs[2].Name != "remove" {
		t.Errorf("%v", verbs)
	}
	for _, c := range []struct {
		native     bool
		args, runs string
	}{
		{false, "cluster-id", "id"},
		{false, "remove --broker 1", "remove"},
		{false, "remove", ""},
		{false, "count", ""},
		{true, "count", "count"},
	} {
		e := &tool.Env{Args: strings.Fields(c.args), Stdout: io.Discard, Stderr: io.Discard}
		if c.native {
			e.Verb = &verbs[0]
		}
		d.name = ""
		args, err := e.ParseArgs(&opt.ArgParser{Prog: "kafka-x", Commands: commands.Parsers(e, d)})
		if err == nil {
			err = commands.Do(args, d)
		}
		if d.name != c.runs || (err == nil) != (c.runs != "") {
			t.Errorf("%s: ran %q, %v", c.args, d.name, err)
		}
	}
}
