package client

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// TestCheck compares with the answers of Apache Kafka 4.4's ProducerConfig, ConsumerConfig and
// AdminClientConfig.
func TestCheck(t *testing.T) {
	for _, c := range []struct{ kind, props, want string }{
		{producer, "acks=all", ""},
		{producer, "acks=-1", ""},
		{producer, "acks=", "Invalid value  for configuration acks: String must be one of: all, -1, 0, 1"},
		{producer, "acks=ALL", "Invalid value ALL for configuration acks: String must be one of: all, -1, 0, 1"},
		{consumer, "acks=nonsense", ""}, // not a property of a consumer
		{admin, "acks=nonsense", ""},
		{producer, "enable.idempotence=TRUE", ""},
		{producer, "enable.idempotence=maybe", "Invalid value maybe for configuration enable.idempotence: Expected value to be either true or false"},
		{producer, "batch.size=0", ""},
		{producer, "batch.size=-1", "Invalid value -1 for configuration batch.size: Value must be at least 0"},
		{producer, "batch.size=1.5", "Invalid value 1.5 for configuration batch.size: Not a number of type INT"},
		{producer, "batch.size=2147483648", "Invalid value 2147483648 for configuration batch.size: Not a number of type INT"},
		{producer, "linger.ms=9223372036854775807", ""},
		{producer, "linger.ms=", "Invalid value  for configuration linger.ms: Not a number of type LONG"},
		{producer, "compression.type=zstd", ""},
		{producer, "compression.type=brotli", "Invalid value brotli for configuration compression.type: String must be one of: none, gzip, snappy, lz4, zstd"},
		{producer, "compression.gzip.level=-1", ""},
		{producer, "compression.gzip.level=0", "Invalid value 0 for configuration compression.gzip.level: Value must be at least 1"},
		{producer, "compression.lz4.level=18", "Invalid value 18 for configuration compression.lz4.level: Value must be no more than 17"},
		{producer, "compression.zstd.level=-131072", ""},
		{producer, "send.buffer.bytes=-1", ""},
		{producer, "send.buffer.bytes=-2", "Invalid value -2 for configuration send.buffer.bytes: Value must be at least -1"},
		{producer, "transactional.id=", "Invalid value  for configuration transactional.id: String must be non-empty"},
		{producer, "metadata.max.idle.ms=1000", "Invalid value 1000 for configuration metadata.max.idle.ms: Value must be at least 5000"},
		{consumer, "fetch.min.bytes=-1", "Invalid value -1 for configuration fetch.min.bytes: Value must be at least 0"},
		{consumer, "max.poll.records=0", "Invalid value 0 for configuration max.poll.records: Value must be at least 1"},
		{consumer, "isolation.level=read_committed", ""},
		{consumer, "isolation.level=dirty", "Invalid value dirty for configuration isolation.level: String must be one of: read_committed, read_uncommitted"},
		{consumer, "group.protocol=Classic", ""},
		{consumer, "auto.offset.reset=by_duration:P1DT2H", ""},
		{consumer, "auto.offset.reset=EARLIEST", "Invalid value EARLIEST for configuration auto.offset.reset: Invalid value `EARLIEST` for configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the format 'by_duration:<PnDTnHnMn.nS.>'."},
		{admin, "security.protocol=plaintext", ""},
		{admin, "security.protocol=TLS", "Invalid value TLS for configuration security.protocol: String must be one of (case insensitive): SASL_SSL, PLAINTEXT, SSL, SASL_PLAINTEXT"},
		{admin, "request.timeout.ms=-1", "Invalid value -1 for configuration request.timeout.ms: Value must be at least 0"},
		{admin, "sasl.login.refresh.window.factor=0.4", "Invalid value 0.4 for configuration sasl.login.refresh.window.factor: Value must be at least 0.5"},
		{admin, "sasl.login.refresh.window.jitter=0.3", "Invalid value 0.3 for configuration sasl.login.refresh.window.jitter: Value must be no more than 0.25"},
		{admin, "sasl.login.refresh.window.jitter=x", "Invalid value x for configuration sasl.login.refresh.window.jitter: Not a number of type DOUBLE"},
		{admin, "sasl.login.refresh.buffer.seconds=3601", "Invalid value 3601 for configuration sasl.login.refresh.buffer.seconds: Value must be no more than 3600"},
		{admin, "bogus=1", ""}, // unknown properties are reported, not refused
	} {
		got := ""
		if err := ParsePairs([]string{c.props}).check(c.kind); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s of %q:\n%s\nwant\n%s", c.props, c.kind, got, c.want)
		}
	}
}

func TestCheckTogether(t *testing.T) {
	for _, c := range []struct{ props, want string }{
		{"", ""},
		{"acks=1", ""},
		{"acks=1 enable.idempotence=false", ""},
		{"acks=1 enable.idempotence=true", "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence."},
		{"retries=0 enable.idempotence=true", "Must set retries to non-zero when using the idempotent producer."},
		{"retries=0", ""},
		{"max.in.flight.requests.per.connection=6 enable.idempotence=true", "Must set max.in.flight.requests.per.connection to at most 5 to use the idempotent producer."},
		{"transactional.id=t", ""},
		{"transactional.id=t enable.idempotence=false", "Cannot set a transactional.id without also enabling idempotence."},
		{"transactional.id=t acks=1", "Cannot set a transactional.id without also enabling idempotence."},
		{"delivery.timeout.ms=1000", "delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms"},
		{"delivery.timeout.ms=1000 linger.ms=0 request.timeout.ms=1000", ""},
	} {
		got := ""
		if err := ParsePairs(strings.Fields(c.props)).checkTogether(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s:\n%s\nwant\n%s", c.props, got, c.want)
		}
	}
}

func TestWarnUnknown(t *testing.T) {
	var errs strings.Builder
	Props{"client.id": "x", "clientid": "y", "zookeeper.connect": "z", "bootstrap.controllers": "a:1"}.warnUnknown(&tool.Env{Stderr: &errs})
	want := "WARN The property clientid is unknown and has no effect; did you mean client.id?\n" +
		"WARN The property zookeeper.connect is unknown and has no effect\n"
	if errs.String() != want {
		t.Error(errs.String())
	}
}

// TestPropertiesAreUsed checks that each property of Java's clients is read by a tool, or has a
// stated reason for which it has no effect.
func TestPropertiesAreUsed(t *testing.T) {
	var text strings.Builder
	err := filepath.WalkDir("..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "unused.go" {
			return err
		}
		b, err := os.ReadFile(path)
		text.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// A tool reads a property by one of these, and writes it by others.
	read := regexp.MustCompile(`(?:[pP]rops\[|\bp\[|number\(|Millis\(|\{)"([a-z0-9.]+)"(?:\]( = |:))?`)
	used := map[string]bool{}
	for _, m := range read.FindAllStringSubmatch(text.String(), -1) {
		if m[2] != " = " {
			used[m[1]] = true
		}
	}
	for name := range keys() {
		switch none := strings.HasPrefix(name, "ssl.") || strings.HasPrefix(name, "sasl.") || name == "key.serializer" || name == "value.serializer"; {
		case !used[name] && !none && HasEffect(name):
			t.Errorf("%s is checked and not used: use it, or state the reason in noEffect", name)
		case used[name] && !HasEffect(name) && name != "retries" && name != "max.in.flight.requests.per.connection":
			t.Errorf("%s is used and said to have no effect", name)
		}
	}
	for name := range noEffect {
		if _, ok := keys()[name]; !ok {
			t.Errorf("%s is no property of a client", name)
		}
	}
}

func TestWarnUnused(t *testing.T) {
	for kind, want := range map[string]string{
		producer: "WARN The property retries has no effect: a batch is sent again until delivery.timeout.ms\n",
		consumer: "WARN The property group.protocol has no effect: the tools use the classic protocol\n",
		admin:    "",
	} {
		var errs strings.Builder
		Props{"retries": "3", "group.protocol": "consumer", "batch.size": "1", "ssl.protocol": "TLS"}.warnUnused(&tool.Env{Stderr: &errs}, kind)
		if errs.String() != want {
			t.Errorf("%s: %s", kind, errs.String())
		}
	}
}

func TestPause(t *testing.T) {
	for _, c := range []struct {
		props string
		try   int
		want  time.Duration
	}{
		{"", 1, 100 * time.Millisecond},
		{"", 3, 400 * time.Millisecond},
		{"", 1000, time.Second},
		{"retry.backoff.ms=10 retry.backoff.max.ms=15", 2, 15 * time.Millisecond},
		{"retry.backoff.ms=5000", 1, time.Second},
		{"retry.backoff.ms=0 retry.backoff.max.ms=0", 9, 0},
	} {
		got := ParsePairs(strings.Fields(c.props)).pause(c.try)
		if got < c.want*8/10 || got > c.want*12/10 {
			t.Errorf("%s: %s before try %d, want about %s", c.props, got, c.try, c.want)
		}
	}
}
