package opt_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/opt"
)

// parser is one with an option of each kind.
func parser() (p *opt.Parser, name, number, flag, maybe *opt.Spec) {
	p = opt.New("A tool.")
	name = p.String("topic", "topic", "The topic.")
	number = p.Int("partitions", "# of partitions", "How many.")
	flag = p.Flag("list", "List.")
	maybe = p.String("compression-codec", "codec", "The codec.").Default("none")
	maybe.Optional = true
	return p, name, number, flag, maybe
}

func TestParse(t *testing.T) {
	for _, c := range []struct{ args, topic, partitions, codec, rest, err string }{
		{"--topic a", "a", "", "none", "", ""},
		{"--topic=a", "a", "", "none", "", ""},
		{"-topic a", "a", "", "none", "", ""},
		{"-topic=a", "a", "", "none", "", ""},
		{"--topic --list", "--list", "", "none", "", ""}, // jopt-simple takes what follows, whatever it is
		{"--topic a=b=c", "a=b=c", "", "none", "", ""},
		{"--topic=a=b", "a=b", "", "none", "", ""},
		{"--partitions 3 x y", "", "3", "none", "x y", ""},
		{"--topic a -- --list", "a", "", "none", "--list", ""},
		{"--compression-codec --list", "", "", "none", "", ""},
		{"--compression-codec zstd --list", "", "", "zstd", "", ""},
		{"--compression-codec", "", "", "none", "", ""},
		{"--top a", "", "", "", "", "top is not a recognized option"},
		{"--bogus", "", "", "", "", "bogus is not a recognized option"},
		{"-xyz", "", "", "", "", "x is not a recognized option"},
		{"--topic", "", "", "", "", "Option topic requires an argument"},
		{"-", "", "", "none", "-", ""},
	} {
		p, name, number, _, maybe := parser()
		s, err := p.Parse(strings.Fields(c.args))
		if c.err != "" {
			if err == nil || err.Error() != c.err {
				t.Errorf("%s: error %v, want %s", c.args, err, c.err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", c.args, err)
			continue
		}
		if got := s.String(name); got != c.topic {
			t.Errorf("%s: topic %q, want %q", c.args, got, c.topic)
		}
		if got := s.String(number); got != c.partitions {
			t.Errorf("%s: partitions %q, want %q", c.args, got, c.partitions)
		}
		if got := s.String(maybe); got != c.codec {
			t.Errorf("%s: codec %q, want %q", c.args, got, c.codec)
		}
		if got := strings.Join(s.Rest, " "); got != c.rest {
			t.Errorf("%s: rest %q, want %q", c.args, got, c.rest)
		}
	}
}

func TestCheckHappensLate(t *testing.T) {
	p, name, number, _, _ := parser()
	s, err := p.Parse(strings.Fields("--topic a --topic b --partitions x"))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Check(name); err == nil || err.Error() != "Found multiple arguments for option topic, but you asked for only one" {
		t.Error(err)
	}
	if err := s.Check(number); err == nil || err.Error() != "Cannot parse argument 'x' of option partitions" {
		t.Error(err)
	}
	if got := s.Strings(name); len(got) != 2 {
		t.Error(got)
	}
}

func TestRequireAndExclude(t *testing.T) {
	p, name, number, flag, _ := parser()
	s, err := p.Parse(strings.Fields("--list --partitions 2147483648"))
	if err != nil {
		t.Fatal(err)
	}
	var usage *opt.UsageError
	if err := p.Require(s, flag, name); !errors.As(err, &usage) || usage.Message != `Missing required argument "[topic]"` {
		t.Error(err)
	}
	if err := p.Exclude(s, number, name, flag); !errors.As(err, &usage) || usage.Message != `Option "[partitions]" can't be used with option "[list]"` {
		t.Error(err)
	}
	if s.Check(number) == nil {
		t.Error("a number of 33 bits is an Integer")
	}
	var out strings.Builder
	usage.Print(&out)
	for _, want := range []string{"Option ", "--topic <String: topic>", "--compression-codec [String: codec]", "(default: none)", "--help"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the usage lacks %q:\n%s", want, &out)
		}
	}
	for _, line := range strings.Split(out.String(), "\n") {
		if len(line) > 80 {
			t.Errorf("a line of the usage is %d wide: %s", len(line), line)
		}
	}
}
