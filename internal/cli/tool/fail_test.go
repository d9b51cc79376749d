package tool_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

type thrown struct{}

func (thrown) Error() string     { return "the text" }
func (thrown) Exception() string { return "java.lang.Exception: the text" }

type worded struct{}

func (worded) Error() string { return "Kafka's text" }
func (worded) Plain() string { return "the plain text" }

// TestFail checks the exit code and the message of each kind of error, in both forms.
func TestFail(t *testing.T) {
	p := opt.New("about")
	for _, c := range []struct {
		err           error
		code          int
		kafka, native string
	}{
		{nil, 0, "", ""},
		{tool.ErrDone, 0, "", ""},
		{tool.Exit(3), 3, "", ""},
		{errors.New("plain"), 1, "plain\n", "plain\n"},
		{thrown{}, 1, "java.lang.Exception: the text\n", "the text\n"},
		{worded{}, 1, "Kafka's text\n", "the plain text\n"},
		{fmt.Errorf("while reading: %w", worded{}), 1, "while reading: Kafka's text\n", "the plain text\n"},
		{p.Usage("bad"), 1, "bad\nOption ", "bad\nUsage: gregor x y [Z ...] [option ...]\n'gregor x y --help' shows options and examples.\n"},
	} {
		for _, verb := range []*tool.Verb{nil, {Operands: []tool.Operand{{Label: "Z", Many: true}}}} {
			var errs strings.Builder
			e := &tool.Env{Name: "gregor x y", Verb: verb, Stderr: &errs}
			want := c.kafka
			if verb != nil {
				want = c.native
			}
			if code := e.Fail(c.err); code != c.code || !strings.HasPrefix(errs.String(), want) || want == "" && errs.String() != "" {
				t.Errorf("%v: %d, %q; want %d, %q", c.err, code, errs.String(), c.code, want)
			}
		}
	}
}
