package producer

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// propsOf returns the properties that a command line comes to.
func propsOf(t *testing.T, verb *tool.Verb, args ...string) client.Props {
	t.Helper()
	e := &tool.Env{Name: "x", Verb: verb, Args: append([]string{"--bootstrap-server", "127.0.0.1:1", "--topic", "t"}, args...), Stdout: io.Discard, Stderr: io.Discard}
	o, err := parse(e)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	p, err := o.props(e)
	if err != nil {
		t.Fatalf("%q: %v", args, err)
	}
	return p
}

// TestPrecedence checks for each property with an option of its own: an option that is given
// precedes the property, and the property precedes the default of the option. The defaults are
// those of Apache Kafka's ConsoleProducer.
func TestPrecedence(t *testing.T) {
	own := &Tool.Verbs[0]
	for _, c := range []struct {
		key, option            string
		fallback, native       string // defaults under Kafka's name and in gregor's own form
		property, given, comes string
	}{
		{"compression.type", "compression-codec", "none", "none", "zstd", "lz4", "lz4"},
		{"acks", "request-required-acks", "-1", "-1", "1", "0", "0"},
		{"linger.ms", "timeout", "1000", "1000", "7", "8", "8"},
		{"request.timeout.ms", "request-timeout-ms", "1500", "1500", "7", "8", "8"},
		{"retries", "message-send-max-retries", "", "", "7", "8", "8"}, // no effect
		{"retry.backoff.ms", "retry-backoff-ms", "100", "100", "7", "8", "8"},
		{"send.buffer.bytes", "socket-buffer-size", "102400", "102400", "7", "8", "8"},
		{"buffer.memory", "max-memory-bytes", "33554432", "33554432", "7", "8", "8"},
		{"metadata.max.age.ms", "metadata-expiry-ms", "300000", "300000", "7", "8", "8"},
		{"max.block.ms", "max-block-ms", "60000", client.NativeBlock, "7", "8", "8"},
		{"batch.size", "batch-size", "16384", "16384", "7", "8", "8"},
		{"batch.size", "max-partition-memory-bytes", "16384", "16384", "7", "8", "8"},
	} {
		file := filepath.Join(t.TempDir(), "producer.properties")
		if err := os.WriteFile(file, []byte(c.key+"="+c.property+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		pair := c.key + "=" + c.property
		for _, verb := range []*tool.Verb{nil, own} {
			config, property, fallback := "--producer.config", "--producer-property", c.fallback
			if verb != nil && c.option == "max-partition-memory-bytes" {
				continue // gregor's own form has --batch-size only
			}
			if verb != nil {
				config, property, fallback = "--command-config", "--command-property", c.native
			}
			for _, line := range []struct {
				want string
				args []string
			}{
				{fallback, nil},
				{c.property, []string{"--command-property", pair}},
				{c.property, []string{config, file}},
				{"9", []string{config, file, "--command-property", c.key + "=9"}},
				{c.comes, []string{"--" + c.option, c.given}},
				{c.comes, []string{"--" + c.option, c.given, "--command-property", pair}},
				{c.comes, []string{"--" + c.option, c.given, config, file}},
			} {
				if verb == nil && len(line.args) == 2 && line.args[0] == "--command-property" {
					line.args[0] = property
				}
				if got := propsOf(t, verb, line.args...)[c.key]; got != line.want {
					t.Errorf("%q: %s=%s, want %s", line.args, c.key, got, line.want)
				}
			}
		}
	}
	if got := propsOf(t, own, "--compression-codec")["compression.type"]; got != "gzip" {
		t.Errorf("--compression-codec without an argument is %s", got)
	}
	if got := propsOf(t, own, "--command-property", "compression.type=zstd", "--compression-codec")["compression.type"]; got != "gzip" {
		t.Errorf("--compression-codec without an argument over a property is %s", got)
	}
}
