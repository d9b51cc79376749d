package opt_test

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// TestOperands gives options of an ArgParser without their names.
func TestOperands(t *testing.T) {
	for _, c := range []struct{ args, file, id, err string }{
		{"get a 3", "a", "3", ""},
		{"get --file a 3", "a", "3", ""},
		{"get 3 --file a", "", "", "ID is missing"},
		{"get a --id 4", "a", "4", ""},
		{"get a -5", "a", "-5", ""},
		{"get", "", "", "FILE is missing"},
		{"get a", "", "", "ID is missing"},
		{"get a x", "", "", "ID x: it must be a whole number"},
		{"get a 1 2", "", "", "2 is one argument too many"},
	} {
		get := &opt.ArgParser{Name: "get"}
		file := get.Add(opt.Arg{Names: []string{"--file"}, Metavar: "FILE", Required: true})
		id := get.Add(opt.Arg{Names: []string{"--id"}, Metavar: "ID", Required: true, Int: true})
		p := &opt.ArgParser{Prog: "tool", Commands: []*opt.ArgParser{get}}
		p.Operand("file", "FILE")
		p.Operand("id", "ID")
		args, err := p.Parse(strings.Fields(c.args))
		switch {
		case err != nil && own(err) != c.err || err == nil && c.err != "":
			t.Errorf("%s: %v, want %s", c.args, err, c.err)
		case err == nil && (args.String(file) != c.file || args.String(id) != c.id):
			t.Errorf("%s: %s, %s", c.args, args.String(file), args.String(id))
		}
	}
}

// own is the text of an error in gregor's own form.
func own(err error) string {
	if p, ok := err.(interface{ Plain() string }); ok && p.Plain() != "" {
		return p.Plain()
	}
	return err.Error()
}

func TestDescribe(t *testing.T) {
	p := opt.New("about")
	p.String("config", "name=value", "A setting.")
	p.Int("partitions", "# of partitions", "How many.").Default("1")
	p.Flag("all", "All of them.")
	for name, want := range map[string]opt.Description{
		"config":     {Name: "config", Arg: "NAME=VALUE", Text: "A setting."},
		"partitions": {Name: "partitions", Arg: "NUMBER", Text: "How many. (default: 1)"},
		"all":        {Name: "all", Text: "All of them."},
	} {
		if got, ok := p.Describe(name); !ok || got != want {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if _, ok := p.Describe("none"); ok {
		t.Error("an unknown option has a description")
	}
}
