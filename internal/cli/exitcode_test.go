package cli_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/client"
)

// TestExitCodes runs the failing calls of test/cli/cases/failures.txt, which holds the exit code of
// Apache Kafka's own tool for each call. test/cli/run.sh compares the outputs too, with Kafka's
// tools beside gregor's.
func TestExitCodes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../test/cli/cases/failures.txt")
	if err != nil {
		t.Fatal(err)
	}
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	dir := t.TempDir()
	fill := strings.NewReplacer("$B", b.Addr(), "$D", dir, "$T", "f")
	calls, want := 0, 0
	for line := range strings.Lines(string(text)) {
		line = strings.TrimSpace(line)
		directive, rest, _ := strings.Cut(strings.TrimPrefix(line, "% "), " ")
		switch {
		case line == "" || line[0] == '#':
		case line[0] != '%':
			call, in, _ := strings.Cut(line, "<<<")
			args := words(strings.TrimSpace(call))
			for i := range args {
				args[i] = fill.Replace(args[i])
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			out, errs, code := run(ctx, args, strings.NewReader(strings.TrimSpace(in)), map[string]string{client.BootstrapEnv: b.Addr()})
			cancel()
			calls++
			if code != want {
				t.Errorf("%s\nexit code %d, want %d\n%.300s\n%.300s", line, code, want, out, errs)
			}
			if code != 0 && out+errs == "" {
				t.Errorf("%s\nexits with %d without a message", line, code)
			}
		case directive == "code" || directive == "own":
			if want, err = strconv.Atoi(rest); err != nil {
				t.Fatal(line)
			}
		case directive == "file":
			name, content, _ := strings.Cut(rest, " ")
			if err := os.WriteFile(filepath.Join(dir, name), []byte(content+"\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if calls < 80 {
		t.Errorf("only %d calls", calls)
	}
}
