package opt_test

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

func TestArgParse(t *testing.T) {
	for _, c := range []struct{ args, want, err string }{
		{"unregister --id 7 -b h:1", "7 h:1", ""},
		{"unregister --id=7 --bootstrap-server=h:1", "7 h:1", ""},
		{"unregister -i7 -b h:1", "7 h:1", ""},
		{"unregister -i -7 -b h:1", "-7 h:1", ""},
		{"unregister --i 7 --bootstrap-s h:1", "7 h:1", ""},
		{"", "", "too few arguments"},
		{"bogus", "", "invalid choice: 'bogus' (choose from 'unregister')"},
		{"unregister -b h:1", "", "argument --id/-i is required"},
		{"unregister --id 7", "", "one of the arguments --bootstrap-server/-b --bootstrap-controller/-C is required"},
		{"unregister --id x -b h:1", "", "argument --id/-i: could not convert 'x' to integer (32 bits signed)"},
		{"unregister --id 7 -b h:1 -C h:2", "", "argument --bootstrap-controller/-C: not allowed with argument --bootstrap-server/-b"},
		{"unregister --id", "", "argument --id/-i: expected one argument"},
		{"unregister --bootstrap h:1", "", "unrecognized arguments: '--bootstrap'"},
		{"unregister stray", "", "unrecognized arguments: 'stray'"},
	} {
		sub := &opt.ArgParser{Name: "unregister"}
		server := sub.Add(opt.Arg{Names: []string{"--bootstrap-server", "-b"}, Metavar: "B"})
		controller := sub.Add(opt.Arg{Names: []string{"--bootstrap-controller", "-C"}, Metavar: "C"})
		sub.OneOf(true, server, controller)
		id := sub.Add(opt.Arg{Names: []string{"--id", "-i"}, Metavar: "ID", Int: true, Required: true})
		p := &opt.ArgParser{Prog: "kafka-cluster", Commands: []*opt.ArgParser{sub}}
		a, err := p.Parse(strings.Fields(c.args))
		switch {
		case c.err != "" && (err == nil || err.Error() != c.err):
			t.Errorf("%s: error %v, want %s", c.args, err, c.err)
		case c.err == "" && err != nil:
			t.Errorf("%s: %v", c.args, err)
		case c.err == "" && a.String(id)+" "+a.String(server) != c.want:
			t.Errorf("%s: %s %s", c.args, a.String(id), a.String(server))
		}
	}
}
