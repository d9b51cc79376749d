package cli_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli"
	"github.com/gregorhq/gregor/internal/cli/client"
)

// script is a file of calls and what they print. A line that begins with $ is a call ($B is the broker, $D a folder),
// one with < a line of its input, with > of its stdout, with ! of its stderr, and "? 1" is its exit code. Ids of topics
// and times are replaced by ID and TIME.
type script struct {
	at      string
	args    []string
	in, out string
	errs    string
	code    int
}

func readScripts(t *testing.T, file string) (calls []script) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(string(text), "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		rest := strings.NewReplacer(`\t`, "\t").Replace(strings.TrimPrefix(line[1:], " "))
		if line[0] == '$' {
			calls = append(calls, script{at: filepath.Base(file) + ": " + rest, args: words(rest)})
			continue
		}
		c := &calls[len(calls)-1]
		switch line[0] {
		case '<':
			c.in += rest + "\n"
		case '>':
			c.out += rest + "\n"
		case '!':
			c.errs += rest + "\n"
		case '?':
			c.code = int(rest[0] - '0')
		default:
			t.Fatalf("%s: what is %q?", file, line)
		}
	}
	return calls
}

// words splits at blanks, and takes what stands between single quotes as one.
func words(s string) (w []string) {
	for i, part := range strings.Split(s, "'") {
		if i%2 == 1 {
			w = append(w, part)
		} else {
			w = append(w, strings.Fields(part)...)
		}
	}
	return w
}

var (
	topicID = regexp.MustCompile(`TopicId: [A-Za-z0-9_-]{22}`)
	created = regexp.MustCompile(`CreateTime:\d+`)
)

// TestScripts runs the tools on a broker in this process, each file on one of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no scripts", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			b, err := gregor.Start(context.Background(), gregor.Config{ClusterID: base64.RawURLEncoding.EncodeToString([]byte("cli-test-cluster"))})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := b.Shutdown(context.Background()); err != nil {
					t.Error(err)
				}
			}()
			t.Setenv(client.BootstrapEnv, b.Addr())
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "delete.json"), []byte(`{"partitions":[{"topic":"pet","partition":0,"offset":1}]}`), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, "client.properties"), []byte("client.id=me\nsecurity.protocol=SSL\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, c := range readScripts(t, file) {
				c.run(t, b.Addr(), dir)
			}
		})
	}
}

func (c *script) run(t *testing.T, broker, dir string) {
	t.Helper()
	fill := strings.NewReplacer("$B", broker, "$D", dir)
	args := make([]string, len(c.args))
	for i, a := range c.args {
		args[i] = fill.Replace(a)
	}
	var out, errs strings.Builder
	code := cli.Main(args, strings.NewReader(c.in), &out, &errs)
	back := strings.NewReplacer(broker, "$B", dir, "$D")
	got := created.ReplaceAllString(topicID.ReplaceAllString(back.Replace(out.String()), "TopicId: ID"), "CreateTime:TIME")
	told := back.Replace(errs.String())
	if at := strings.Index(told, "\nOption "); at >= 0 { // the usage has a test of its own
		told = told[:at+1]
	}
	if code != c.code || got != c.out || told != c.errs {
		t.Errorf("%s\ncode %d, want %d\nstdout %q\n  want %q\nstderr %q\n  want %q", c.at, code, c.code, got, c.out, told, c.errs)
	}
}
