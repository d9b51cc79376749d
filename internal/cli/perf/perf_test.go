package perf_test

import (
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/perf"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/testkit"
)

func run(t *testing.T, tl tool.Tool, args ...string) (code int, out, errs string) {
	var o, e strings.Builder
	env := &tool.Env{Name: tl.Name, Args: args, Stdin: strings.NewReader(""), Stdout: &o, Stderr: &e,
		Getenv: func(string) string { return "" }, Context: t.Context()}
	code = tl.Run(env)
	return code, o.String(), e.String()
}

func broker(t *testing.T) string {
	t.Helper()
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	return b.Addr()
}

const summary = `[0-9.]+ records/sec \([0-9.]+ MB/sec\), [0-9.]+ ms avg latency, [0-9.]+ ms max latency, [0-9]+ ms 50th, [0-9]+ ms 95th, [0-9]+ ms 99th, [0-9]+ ms 99.9th.` + "\n"

func TestProduceAndConsume(t *testing.T) {
	addr := broker(t)
	dir := t.TempDir()
	payloads := filepath.Join(dir, "payloads.txt")
	if err := os.WriteFile(payloads, []byte("one;two;three;"), 0o600); err != nil {
		t.Fatal(err)
	}
	calls := []struct {
		tool tool.Tool
		args string
		code int
		out  string
	}{
		{perf.ProducerTool, "--topic pet --num-records 1000 --record-size 100 --throughput -1", 0, "1000 records sent, " + summary},
		{perf.ProducerTool, "--topic pet --num-records 100 --payload-monotonic --throughput 1000 --warmup-records 40 --command-property acks=1 linger.ms=0", 0,
			"Warmup first 40 records. Steady state results will print after the complete test summary.\n100 records sent, " + summary + "60 steady state records sent, " + summary},
		{perf.ProducerTool, "--topic pet --num-records 50 --throughput -1 --payload-delimiter ; --payload-file " + payloads, 0,
			"Reading payloads from: " + payloads + "\nNumber of records read: 3\n50 records sent, " + summary},
		{perf.ProducerTool, "--topic pet --num-records 1 --throughput -1 --record-size 2000000", 0, "0 records sent, 0.000000 records/sec .*NaN ms avg latency.*\n"},
		{perf.ProducerTool, "--topic pet --num-records 400 --record-size 10 --throughput 2000 --reporting-interval 50", 0,
			`(?:[0-9]+ records sent, [0-9.]+ records/sec \([0-9.]+ MB/sec\), [0-9.]+ ms avg latency, [0-9.]+ ms max latency.` + "\n)+400 records sent, " + summary},
		{perf.ConsumerTool, "--topic pet --num-records 1550", 0,
			"start.time, end.time, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec\n" +
				`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}, \d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}, 0\.\d{4}, \d+\.\d{4}, 1550, \d+\.\d{4}, \d+, -?\d+, -?[\d.Inf]\S*, \S+` + "\n"},
		{perf.ConsumerTool, "--include pe. --num-records 9999 --timeout 3000 --hide-header --date-format HH'h'mm", 0,
			`WARNING: Exiting before consuming the expected number of records: timeout \(3000 ms\) exceeded. You can use the --timeout option to increase the timeout.` +
				"\n" + `\d\dh\d\d, \d\dh\d\d, .*, 1550, .*` + "\n"},
	}
	for _, c := range calls {
		code, out, errs := run(t, c.tool, append(strings.Fields(c.args), "--bootstrap-server", addr)...)
		if code != c.code || !regexp.MustCompile("^(?:"+c.out+")$").MatchString(out) {
			t.Errorf("%s %s: %d\n%s%s", c.tool.Name, c.args, code, out, errs)
		}
	}
}

func TestMetrics(t *testing.T) {
	addr := broker(t)
	_, out, _ := run(t, perf.ProducerTool, strings.Fields("--topic pet --num-records 70 --record-size 10 --throughput -1 --print-metrics --bootstrap-server "+addr)...)
	if !regexp.MustCompile(`\nMetric Name +Value\n`).MatchString(out) || !regexp.MustCompile(`producer-metrics:record-send-total:\{client-id=perf-producer-client\} +: 70.000\n`).MatchString(out) {
		t.Error(out)
	}
	_, out, _ = run(t, perf.ConsumerTool, strings.Fields("--topic pet --num-records 70 --print-metrics --show-detailed-stats --bootstrap-server "+addr)...)
	if !regexp.MustCompile(`consumer-fetch-manager-metrics:records-consumed-total:\{client-id=perf-consumer-client\} +: 70.000\n`).MatchString(out) {
		t.Error(out)
	}
}

func TestCommandLines(t *testing.T) {
	for _, c := range []struct {
		tool tool.Tool
		args string
		errs string
	}{
		{perf.ProducerTool, "--topic a --num-records 10 --throughput -1 --bootstrap-server b:1", "one of the arguments --record-size --payload-file --payload-monotonic is required"},
		{perf.ProducerTool, "--topic a --num-records 0 --throughput -1 --record-size 5 --bootstrap-server b:1", "--num-records should be greater than zero."},
		{perf.ProducerTool, "--topic a --num-records x --throughput -1 --record-size 5 --bootstrap-server b:1", "could not convert 'x'"},
		{perf.ProducerTool, "--topic a --num-records 9 --throughput -1 --record-size 5", "At least one of --bootstrap-server"},
		{perf.ProducerTool, "--topic a --num-records 9 --throughput -1 --record-size 5 --bootstrap-server b:1 --command-property foo", "Invalid property: foo"},
		{perf.ConsumerTool, "--topic a --num-records 10", `Missing required argument "[bootstrap-server]"`},
		{perf.ConsumerTool, "--bootstrap-server b:1 --num-records 10", "Exactly one of the following arguments is required: [topic], [include]"},
		{perf.ConsumerTool, "--bootstrap-server b:1 --topic a", "Exactly one of the following arguments is required: [messages], [num-records]"},
		{perf.ConsumerTool, "--bootstrap-server b:1 --topic a --num-records 1 --date-format b", "Illegal pattern character 'b'"},
	} {
		if code, _, errs := run(t, c.tool, strings.Fields(c.args)...); code != 1 || !strings.Contains(strings.Join(strings.Fields(errs), " "), c.errs) {
			t.Errorf("%s %s: %d\n%s", c.tool.Name, c.args, code, errs)
		}
	}
	if code, out, _ := run(t, perf.ProducerTool); code != 0 || !strings.HasPrefix(out, "usage: kafka-producer-perf-test") {
		t.Errorf("without arguments: %d %.100s", code, out)
	}
	if code, out, _ := run(t, perf.ProducerTool, "-h"); code != 1 || !strings.HasPrefix(out, "usage: kafka-producer-perf-test") {
		t.Errorf("-h: %d %.100s", code, out)
	}
}

// TestProducerInterrupted checks that an interrupted run reports the unanswered records in one
// line.
func TestProducerInterrupted(t *testing.T) {
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Shutdown(context.Background()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs testkit.Buffer // the library logs while the tool prints
	env := &tool.Env{Name: perf.ProducerTool.Name, Stdout: &out, Stderr: &errs, Getenv: func(string) string { return "" }, Context: ctx,
		Args: strings.Fields("--bootstrap-server " + b.Addr() + " --topic pet --num-records 5 --record-size 10 --throughput -1")}
	perf.ProducerTool.Run(env)
	// The library may have tried to connect before it saw the interruption.
	got := regexp.MustCompile(`(?m)^WARN .* could not be established.*\n`).ReplaceAllString(errs.String(), "")
	if got != "Interrupted: 1 records were not acknowledged.\n" {
		t.Errorf("%q", errs.String())
	}
}

// TestDetailedStats checks the lines of progress of the consumer, which need an interval shorter
// than the test.
func TestDetailedStats(t *testing.T) {
	addr := broker(t)
	if code, out, errs := run(t, perf.ProducerTool, strings.Fields("--topic pet --num-records 20 --record-size 100 --throughput -1 --bootstrap-server "+addr)...); code != 0 {
		t.Fatal(out, errs)
	}
	code, out, errs := run(t, perf.ConsumerTool, strings.Fields("--topic pet --num-records 20 --show-detailed-stats --reporting-interval 1 --bootstrap-server "+addr)...)
	if code != 0 {
		t.Fatal(out, errs)
	}
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if lines[0] != "time, threadId, data.consumed.in.MB, MB.sec, data.consumed.in.nMsg, nMsg.sec, rebalance.time.ms, fetch.time.ms, fetch.MB.sec, fetch.nMsg.sec" || len(lines) < 2 {
		t.Fatal(out)
	}
	number := `-?[0-9]+(\.[0-9]+)?`
	progress := regexp.MustCompile(`^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}, 0(, ` + number + `){8}$`)
	for _, l := range lines[1:] {
		if !progress.MatchString(l) {
			t.Errorf("%q is no line of progress", l)
		}
	}
}
