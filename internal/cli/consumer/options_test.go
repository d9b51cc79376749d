package consumer

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// TestPrecedence checks for each property with an option of its own: an option that is given
// precedes the property, and the property precedes the default of the option.
func TestPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "consumer.properties")
	if err := os.WriteFile(file, []byte("isolation.level=read_committed\nauto.offset.reset=none\ngroup.id=f\nclient.id=me\nfetch.min.bytes=5\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, verb := range []*tool.Verb{nil, &Tool.Verbs[0]} {
		for _, c := range []struct{ args, want string }{
			{"", "isolation.level=read_uncommitted auto.offset.reset=latest group.id=console-consumer-* enable.auto.commit=false"},
			{"--from-beginning", "auto.offset.reset=earliest"},
			{"--isolation-level read_committed", "isolation.level=read_committed"},
			{"--command-property isolation.level=read_committed", "isolation.level=read_committed"},
			{"--command-property isolation.level=read_committed --isolation-level read_uncommitted", "isolation.level=read_uncommitted"},
			{"--command-property auto.offset.reset=earliest", "auto.offset.reset=earliest"},
			{"--command-property auto.offset.reset=earliest --from-beginning", "auto.offset.reset=earliest"},
			{"--command-property group.id=g", "group.id=g enable.auto.commit="},
			{"--command-property group.id=g --group g", "group.id=g"},
			{"--group g", "group.id=g enable.auto.commit="},
			{"--command-property enable.auto.commit=true", "enable.auto.commit=true"},
			{"--command-config " + file, "isolation.level=read_committed auto.offset.reset=none group.id=f client.id=me fetch.min.bytes=5"},
			{"--command-config " + file + " --isolation-level read_uncommitted", "isolation.level=read_uncommitted"},
			{"--command-config " + file + " --command-property auto.offset.reset=latest", "auto.offset.reset=latest"},
			{"--command-config " + file + " --command-property fetch.min.bytes=6", "fetch.min.bytes=6"},
		} {
			e := &tool.Env{Name: "x", Verb: verb, Args: append(strings.Fields(c.args), "--bootstrap-server", "127.0.0.1:1", "--topic", "t"), Stdout: io.Discard, Stderr: io.Discard}
			o, err := parse(e)
			if err != nil {
				t.Fatalf("%s: %v", c.args, err)
			}
			for _, pair := range strings.Fields(c.want) {
				key, want, _ := strings.Cut(pair, "=")
				got := o.props[key]
				if prefix, is := strings.CutSuffix(want, "*"); got != want && !(is && strings.HasPrefix(got, prefix)) {
					t.Errorf("%s: %s=%s, want %s", c.args, key, got, want)
				}
			}
		}
	}
}
