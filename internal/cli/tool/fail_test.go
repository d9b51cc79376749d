package tool_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
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
	_, noFile := os.ReadFile(filepath.Join(t.TempDir(), "none"))
	const pointer = "\nUsage: gregor x y [Z ...] [option ...]\n'gregor x y --help' shows options and examples.\n"
	for _, c := range []struct {
		err            error
		inKafka, inOwn int
		refused        int // the exit code of Refuse in gregor's own form
		kafka, native  string
	}{
		{nil, 0, 0, 0, "", ""},
		{tool.ErrDone, 0, 0, 0, "", ""},
		{tool.Exit(3), 3, 3, 3, "", ""},
		{tool.Exit(1), 1, 1, 2, "", ""},
		{errors.New("plain"), 1, 1, 2, "plain\n", "plain\n"},
		{thrown{}, 1, 1, 2, "java.lang.Exception: the text\n", "the text\n"},
		{worded{}, 1, 1, 2, "Kafka's text\n", "the plain text\n"},
		{fmt.Errorf("while reading: %w", worded{}), 1, 1, 2, "while reading: Kafka's text\n", "the plain text\n"},
		{fmt.Errorf("--command-config: %w", noFile), 1, 1, 1, "--command-config: open ", "--command-config: open "},
		{p.Usage("bad"), 1, 2, 2, "bad\nOption ", "bad" + pointer},
		{opt.Errorf("%d is too much", 7), 1, 2, 2, "7 is too much\n", "7 is too much" + pointer},
		{fmt.Errorf("groups: %w", opt.Errorf("bad")), 1, 2, 2, "groups: bad\n", "groups: bad" + pointer},
		{(&opt.ArgParser{Prog: "kafka-x"}).Fail("bad"), 1, 2, 2, "usage: kafka-x", "bad" + pointer},
		{(&opt.ArgParser{Prog: "kafka-x"}).AskHelp(), 1, 0, 0, "", ""},
	} {
		for _, verb := range []*tool.Verb{nil, {Operands: []tool.Operand{{Label: "Z", Many: true}}}} {
			var errs strings.Builder
			e := &tool.Env{Name: "gregor x y", Verb: verb, Stdout: io.Discard, Stderr: &errs}
			want, failed, refused := c.kafka, c.inKafka, c.inKafka
			if verb != nil {
				want, failed, refused = c.native, c.inOwn, c.refused
			}
			if code := e.Fail(c.err); code != failed || !strings.HasPrefix(errs.String(), want) || want == "" && errs.String() != "" {
				t.Errorf("%v: %d, %q; want %d, %q", c.err, code, errs.String(), failed, want)
			}
			if code := e.Refuse(c.err); code != refused {
				t.Errorf("%v in the command line: %d, want %d", c.err, code, refused)
			}
		}
	}
}
