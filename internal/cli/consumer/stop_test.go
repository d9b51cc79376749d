package consumer

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

// screen collects what a tool prints, and calls when a text has been there.
type screen struct {
	mu    sync.Mutex
	text  bytes.Buffer
	await string
	then  func()
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(b)
	if s.then != nil && strings.Contains(s.text.String(), s.await) {
		s.then()
		s.then = nil
	}
	return len(b), nil
}

func start(t *testing.T, props map[string]string) *gregor.Broker {
	t.Helper()
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Properties: props})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.DefaultProduceTopic("pet"), kgo.AllowAutoTopicCreation())
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := cl.ProduceSync(t.Context(), kgo.StringRecord("cat")).FirstErr(); err != nil {
		t.Fatal(err)
	}
	return b
}

func consume(ctx context.Context, b *gregor.Broker, out, errs *screen, args string) int {
	return consumeTo(ctx, b, out, errs, args)
}

func consumeTo(ctx context.Context, b *gregor.Broker, out, errs io.Writer, args string) int {
	return run(&tool.Env{Name: "gregor consume", Verb: &Tool.Verbs[0], Context: ctx, Stdout: out, Stderr: errs,
		Getenv: func(string) string { return b.Addr() }, Args: strings.Fields(args)})
}

// TestNoCoordinator checks a group without a coordinator. The tool reports it, and still ends at
// its timeout or at a signal.
func TestNoCoordinator(t *testing.T) {
	t.Parallel()
	b := start(t, map[string]string{"offsets.topic.replication.factor": "3"})
	for _, args := range []string{"--timeout-ms 2000", ""} {
		ctx := t.Context()
		if args == "" {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, 2*time.Second)
			defer cancel()
		}
		var out, errs screen
		code := consume(ctx, b, &out, &errs, "pet --from-beginning --group zoo "+args)
		want := "WARN The coordinator of group zoo is not available, so nothing could be read\nProcessed a total of 0 messages\n"
		if code != 0 || errs.text.String() != want || out.text.String() != "" {
			t.Errorf("%q: code %d, %q, %q", args, code, out.text.String(), errs.text.String())
		}
	}
}

// TestBrokerGone: --timeout-ms counts from the last record, also when the broker is gone meanwhile.
func TestBrokerGone(t *testing.T) {
	t.Parallel()
	b := start(t, nil)
	out := &screen{await: "cat\n", then: func() { _ = b.Shutdown(context.Background()) }}
	var errs screen
	if code := consume(t.Context(), b, out, &errs, "pet --from-beginning --group zoo --timeout-ms 5000"); code != 0 {
		t.Errorf("ended with %d", code)
	}
	if got := out.text.String(); got != "cat\n" || !strings.HasSuffix(errs.text.String(), "Processed a total of 1 messages\n") {
		t.Errorf("%q, %q", got, errs.text.String())
	}
}

func TestNoSuchPartition(t *testing.T) {
	b := start(t, nil)
	for partition, want := range map[int]string{0: "", 9: "WARN Topic pet has no partition 9, there are 1; waiting for it\n"} {
		var errs screen
		consume(t.Context(), b, &screen{}, &errs, fmt.Sprintf("pet --partition %d --timeout-ms 500", partition))
		if got := errs.text.String(); got != want+"Processed a total of 0 messages\n" {
			t.Errorf("partition %d: %q", partition, got)
		}
	}
}

// full is an output that takes some bytes and then fails, as on a full disk.
type full struct {
	left int
	text bytes.Buffer
	err  error
}

func (f *full) Write(b []byte) (int, error) {
	n := min(len(b), f.left)
	f.text.Write(b[:n])
	f.left -= n
	if n < len(b) {
		return n, f.err
	}
	return n, nil
}

// The group's position never passes a record that the output did not take. A reader that has enough
// is no failure, a full disk is one.
func TestPositionsAreNotAheadOfTheOutput(t *testing.T) {
	b := start(t, nil)
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()), kgo.DefaultProduceTopic("pet"))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	for i := range 5000 {
		cl.Produce(t.Context(), kgo.StringRecord(fmt.Sprintf("%050d", i)), nil)
	}
	if err := cl.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	for cause, code := range map[error]int{syscall.ENOSPC: 1, syscall.EPIPE: 0} {
		group := fmt.Sprint("full-", code)
		out := &full{left: 100_000, err: cause}
		got := run(&tool.Env{Name: "gregor consume", Verb: &Tool.Verbs[0], Context: t.Context(), Stdout: out, Stderr: &screen{},
			Getenv: func(string) string { return b.Addr() }, Args: []string{"pet", "--from-beginning", "--group", group}})
		if got != code {
			t.Errorf("%v: exit code %d, want %d", cause, got, code)
		}
		offsets, err := kadm.NewClient(cl).FetchOffsets(t.Context(), group)
		if err != nil {
			t.Fatal(err)
		}
		written := int64(bytes.Count(out.text.Bytes(), []byte("\n")))
		if o, ok := offsets.Lookup("pet", 0); ok && o.At > written {
			t.Errorf("%v: the output has %d records, the position is %d", cause, written, o.At)
		}
	}
}
