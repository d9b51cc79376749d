package cli

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	embedded "github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

func call(ctx context.Context, addr string, args ...string) (code int, out, errs string) {
	var o, e strings.Builder
	env := &tool.Env{Stdin: strings.NewReader("line\n"), Stdout: &o, Stderr: &e, Context: ctx,
		Getenv: func(key string) string { return map[string]string{client.BootstrapEnv: addr}[key] }}
	code = Run(env, append([]string{"gregor"}, args...))
	return code, o.String(), e.String()
}

// TestVerbsAreComplete checks that each verb has a summary, an example of its own, and a help that
// shows all of its options.
func TestVerbsAreComplete(t *testing.T) {
	names := map[string]bool{}
	for _, c := range commands() {
		name := strings.Join(c.path, " ")
		if names[name] {
			t.Errorf("%s is the name of two verbs", name)
		}
		names[name] = true
		if !c.primary() {
			continue
		}
		if !strings.HasSuffix(c.verb.Summary, ".") || len(c.verb.Examples) == 0 {
			t.Errorf("%s has no summary of one sentence, or no example", name)
		}
		for _, x := range c.verb.Examples {
			if !strings.HasPrefix(x+" ", name+" ") {
				t.Errorf("the example %q of %s calls another verb", x, name)
			}
		}
		code, out, errs := call(t.Context(), "127.0.0.1:1", append(c.path, "--help")...)
		if code != 0 || errs != "" {
			t.Errorf("%s --help: %d %s", name, code, errs)
		}
		for _, option := range c.verb.Options {
			if !strings.Contains(out, "\n  --"+option+" ") && !strings.Contains(out, "\n  --"+option+"\n") {
				t.Errorf("%s --help does not show --%s, which the tool's parser may not have:\n%s", name, option, out)
			}
		}
		for _, line := range strings.Split(out, "\n") {
			if len(line) > 100 && !strings.Contains(line, "gregor ") {
				t.Errorf("%s --help has a line of %d columns: %s", name, len(line), line)
			}
		}
	}
}

// TestShortHelp checks that -h is --help in all verbs, and that help of help ends.
func TestShortHelp(t *testing.T) {
	random := regexp.MustCompile(`perf-consumer-\d+`)
	for _, c := range commands() {
		_, long, _ := call(t.Context(), "127.0.0.1:1", append(slices.Clone(c.path), "--help")...)
		code, short, errs := call(t.Context(), "127.0.0.1:1", append(slices.Clone(c.path), "-h")...)
		if code != 0 || errs != "" || random.ReplaceAllString(short, "") != random.ReplaceAllString(long, "") {
			t.Errorf("gregor %s -h: %d %s%s", strings.Join(c.path, " "), code, short, errs)
		}
	}
	_, want, _ := call(t.Context(), "127.0.0.1:1", "help")
	for _, line := range []string{"help -h", "help --help", "help help", "--help --help", "-h -h"} {
		if code, out, errs := call(t.Context(), "127.0.0.1:1", strings.Fields(line)...); code != 0 || out != want {
			t.Errorf("gregor %s: %d %s%s", line, code, out, errs)
		}
	}
}

// TestHelpHasNoEmptyPart checks that no help ends in a head without a list.
func TestHelpHasNoEmptyPart(t *testing.T) {
	for _, c := range commands() {
		_, out, _ := call(t.Context(), "127.0.0.1:1", append(slices.Clone(c.path), "--help")...)
		if strings.HasSuffix(strings.TrimSpace(out), ":") {
			t.Errorf("the help of gregor %s ends in a head:\n%s", strings.Join(c.path, " "), out)
		}
	}
}

// TestHelpNamesOwnOptions checks that the help of gregor's own form names no option for a verb,
// such as --reset-offsets, which only Kafka's form has.
func TestHelpNamesOwnOptions(t *testing.T) {
	for _, c := range commands() {
		_, out, _ := call(t.Context(), "127.0.0.1:1", append(c.path, "--help")...)
		for _, other := range c.tool.Verbs {
			for _, flag := range other.Flags {
				if strings.HasPrefix(flag, "--") && strings.Contains(out, flag+" ") && !slices.Contains(c.verb.Options, flag[2:]) {
					t.Errorf("%s --help names %s", strings.Join(c.path, " "), flag)
				}
			}
		}
	}
}

// TestExamples runs the examples of all verbs. They need not succeed, but no command line may be
// refused.
func TestExamples(t *testing.T) {
	b, err := embedded.Start(t.Context(), embedded.Config{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	for _, c := range commands() {
		if !c.primary() {
			continue
		}
		for _, x := range c.verb.Examples {
			line, _, _ := strings.Cut(x, " < ")
			line = strings.NewReplacer("$(gregor storage random-uuid)", "5L6g3nShT-eMCtK--X86sw", "1000000", "10", "100000", "10", "'", "").Replace(line)
			ctx, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond) // consumers do not end by themselves
			_, out, errs := call(ctx, b.Addr(), strings.Fields(line)...)
			cancel()
			if strings.Contains(errs, "Usage:") || strings.Contains(errs, "unknown") || out+errs == "" && strings.HasPrefix(x, "configs describe topics") {
				t.Errorf("%s\n%s%s", x, out, errs)
			}
		}
	}
}

// TestWrongCommandLines checks that each verb refuses an unknown option, an argument too many and a
// missing operand with exit code 2 and its usage.
func TestWrongCommandLines(t *testing.T) {
	for _, c := range commands() {
		name := strings.Join(c.path, " ")
		lines := []string{name + " --bogus", name + " --bootstrap-server"}
		many := false
		for _, o := range c.verb.Operands {
			many = many || o.Many
		}
		if !many {
			lines = append(lines, name+strings.Repeat(" 1", len(c.verb.Operands)+1))
		}
		if len(c.verb.Operands) > 0 && c.verb.Operands[0].Needed {
			lines = append(lines, name)
		}
		for _, line := range lines {
			code, _, errs := call(t.Context(), "127.0.0.1:1", strings.Fields(line)...)
			if code != exitUsage || !strings.Contains(errs, "Usage: gregor "+name) {
				t.Errorf("gregor %s: exit code %d, want %d\n%s", line, code, exitUsage, errs)
			}
		}
	}
	for _, line := range []string{
		"bogus", "topics bogus", "help bogus", "server --bogus", "server a b", "server --override", "shims", "shims install", "shims install a b",
		"server stop --bogus", "server status --bogus", "topics list --bootstrap-server 127.0.0.1", "produce t --request-timeout-ms x",
	} {
		if code, out, errs := call(t.Context(), "127.0.0.1:1", strings.Fields(line)...); code != exitUsage || errs == "" {
			t.Errorf("gregor %s: exit code %d, want %d\n%s%s", line, code, exitUsage, out, errs)
		}
	}
}
