package perf

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// env is a call of a tool with these arguments; verb is nil under Kafka's name.
func env(verb *tool.Verb, args ...string) *tool.Env {
	return &tool.Env{Name: "x", Verb: verb, Args: args, Stdout: io.Discard, Stderr: io.Discard, Getenv: func(string) string { return "" }}
}

// properties writes a file of client properties.
func properties(t *testing.T, lines string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "client.properties")
	if err := os.WriteFile(file, []byte(lines+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// TestConsumerPrecedence checks for each property with an option of its own: an option that is
// given precedes the property, and the property precedes the default of the option.
func TestConsumerPrecedence(t *testing.T) {
	for _, verb := range []*tool.Verb{nil, &ConsumerTool.Verbs[0]} {
		for _, c := range []struct{ key, option, fallback, property, comes string }{
			{"max.partition.fetch.bytes", "--fetch-size 8", "1048576", "7", "8"},
			{"receive.buffer.bytes", "--socket-buffer-size 8", "2097152", "7", "8"},
			{"auto.offset.reset", "--from-latest", "earliest", "none", "latest"},
			{"group.id", "--group a", "perf-consumer-*", "b", "a"},
		} {
			file, pair := properties(t, c.key+"="+c.property), c.key+"="+c.property
			ofFile := c.property
			if c.key == "group.id" && verb == nil {
				ofFile = c.fallback // Kafka's own consumer.properties names a group
			}
			for _, line := range []struct {
				want string
				args []string
			}{
				{c.fallback, nil},
				{c.property, []string{"--command-property", pair}},
				{ofFile, []string{"--command-config", file}},
				{"9", []string{"--command-config", file, "--command-property", c.key + "=9"}},
				{c.comes, strings.Fields(c.option)},
				{c.comes, append(strings.Fields(c.option), "--command-property", pair)},
				{c.comes, append(strings.Fields(c.option), "--command-config", file)},
			} {
				o, err := parseConsumer(env(verb, append(line.args, "--bootstrap-server", "127.0.0.1:1", "--topic", "t", "--num-records", "1")...))
				if err != nil {
					t.Fatalf("%q: %v", line.args, err)
				}
				got := o.conn.Props[c.key]
				if prefix, is := strings.CutSuffix(line.want, "*"); is && strings.HasPrefix(got, prefix) {
					continue
				}
				if got != line.want {
					t.Errorf("%q: %s=%s, want %s", line.args, c.key, got, line.want)
				}
			}
		}
	}
}

// TestProducerPrecedence checks the same for the producer, whose only such options are those of the
// cluster and of transactions. Properties without an option stay as they are.
func TestProducerPrecedence(t *testing.T) {
	file := properties(t, "transactional.id=f\nacks=1\nlinger.ms=3\nbatch.size=5\nclient.id=me")
	for _, verb := range []*tool.Verb{nil, &ProducerTool.Verbs[0]} {
		block := ""
		if verb != nil {
			block = client.NativeBlock
		}
		for _, c := range []struct{ args, want string }{
			{"", "max.block.ms=" + block},
			{"", "transactional.id="},
			{"--command-property max.block.ms=7", "max.block.ms=7"},
			{"--command-property transactional.id=p", "transactional.id=p"},
			{"--transactional-id o --command-property transactional.id=p", "transactional.id=o"},
			{"--transaction-duration-ms 5 --command-property transactional.id=p", "transactional.id=p"},
			{"--transactional-id o --command-config " + file, "transactional.id=o"},
			{"--command-config " + file, "transactional.id=f"},
			{"--command-config " + file, "acks=1"},
			{"--command-config " + file, "linger.ms=3"},
			{"--command-config " + file, "batch.size=5"},
			{"--command-config " + file, "client.id=me"},
			{"--command-config " + file + " --command-property acks=0 linger.ms=4", "acks=0"},
			{"--command-config " + file + " --command-property acks=0 linger.ms=4", "linger.ms=4"},
			{"--command-config " + file + " --command-property bootstrap.servers=127.0.0.1:2", "bootstrap.servers=127.0.0.1:2"},
		} {
			args := append(strings.Fields(c.args), "--bootstrap-server", "127.0.0.1:1", "--topic", "t", "--num-records", "1", "--record-size", "1", "--throughput", "-1")
			o, err := parseProducer(env(verb, args...))
			if err != nil {
				t.Fatalf("%s: %v", c.args, err)
			}
			key, want, _ := strings.Cut(c.want, "=")
			if got := o.conn.Props[key]; got != want {
				t.Errorf("%s: %s=%s, want %s", c.args, key, got, want)
			}
			if o.conn.Bootstrap != "127.0.0.1:1" {
				t.Errorf("%s: connects to %s", c.args, o.conn.Bootstrap)
			}
		}
	}
}
