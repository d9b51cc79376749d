package configs

import (
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

func TestOutside(t *testing.T) {
	for in, want := range map[string][]string{
		"":                    {""},
		"a=1":                 {"a=1"},
		"a=1,b=2":             {"a=1", "b=2"},
		"a=[1,2],b=3":         {"a=[1,2]", "b=3"},
		"a=[1,[2,3]],b=[4,5]": {"a=[1,[2,3]]", "b=[4,5]"},
		"a=1],b=2":            {"a=1]", "b=2"},
	} {
		if got := outside(in, ','); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
}

// TestAdditions reads settings in both forms.
func TestAdditions(t *testing.T) {
	set := &Tool.Verbs[1]
	for _, c := range []struct {
		verb *tool.Verb
		args string
		want map[string]string
		err  string
	}{
		{nil, "--bootstrap-server a:1 --alter --topic t --add-config a=1,b=[x,y]", map[string]string{"a": "1", "b": "x,y"}, ""},
		{nil, "--bootstrap-server a:1 --alter --topic t --add-config a=1,b", nil, "requirement failed: Invalid entity config"},
		{nil, "--bootstrap-server a:1 --alter --topic t --add-config a$=1", nil, "Invalid character found for config key: a$"},
		{nil, "--bootstrap-server a:1 --alter --topic t --add-config a=1 --add-config b=1", nil, "Found multiple arguments for option add-config"},
		{set, "--alter topics t a=1 b=x,y", map[string]string{"a": "1", "b": "x,y"}, ""},
		{set, "--alter topic t a=1,b=2", map[string]string{"a": "1", "b": "2"}, ""},
		{set, "--alter topics t a=1 b", nil, "b is not KEY=VALUE"},
	} {
		o, err := parse(&tool.Env{Verb: c.verb, Args: strings.Fields(c.args), Getenv: func(string) string { return "" }})
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		got, err := o.additions()
		if c.err != "" && (err == nil || !strings.HasPrefix(err.Error(), c.err)) || c.err == "" && err != nil {
			t.Errorf("%s: %v, want %s", c.args, err, c.err)
		}
		for k, v := range c.want {
			if got[k] != v {
				t.Errorf("%s: %s is %q", c.args, k, got[k])
			}
		}
	}
}
