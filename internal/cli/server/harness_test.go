package server

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// TestMain lets the test binary act as the server that -daemon starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "server" {
		os.Exit(Run("gregor", os.Args[2:], os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// output collects the output of a server. It closes started at the line that Kafka's users wait
// for.
type output struct {
	mu      sync.Mutex
	text    strings.Builder
	started chan struct{}
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	before := strings.Contains(o.text.String(), startedLine)
	o.text.Write(p)
	if !before && strings.Contains(o.text.String(), startedLine) {
		close(o.started)
	}
	return len(p), nil
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

const startedLine = "Kafka Server started"

// testServer is a running server in the test's own process.
type testServer struct {
	t      *testing.T
	out    *output
	addr   string
	cancel context.CancelFunc
	code   chan int
}

// tryStart runs `gregor server args` until it serves or ends.
func tryStart(t *testing.T, env []string, args ...string) (s *testServer, code int, serves bool) {
	t.Helper()
	return tryRecorded(t, t.TempDir(), env, args...)
}

// tryRecorded is tryStart with the folder for the record of the process.
func tryRecorded(t *testing.T, runDir string, env []string, args ...string) (s *testServer, code int, serves bool) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	s = &testServer{t: t, out: &output{started: make(chan struct{})}, cancel: cancel, code: make(chan int, 1)}
	p := process{program: "gregor", stdout: s.out, stderr: s.out, env: env, runDir: runDir}
	go func() { s.code <- p.run(ctx, args) }()
	select {
	case <-s.out.started:
	case code = <-s.code:
		cancel()
		return s, code, false
	case <-time.After(time.Minute):
		cancel()
		t.Fatalf("neither serves nor ends:\n%s", s.out)
	}
	s.addr = regexp.MustCompile(`advertised=(\S+)`).FindStringSubmatch(s.out.String())[1]
	t.Cleanup(func() { s.stop() })
	return s, 0, true
}

func startServer(t *testing.T, args ...string) *testServer {
	t.Helper()
	s, code, ok := tryStart(t, nil, args...)
	if !ok {
		t.Fatalf("exit code %d:\n%s", code, s.out)
	}
	return s
}

// refused returns the output of a server that must not start.
func refused(t *testing.T, env []string, args ...string) string {
	t.Helper()
	s, code, ok := tryStart(t, env, args...)
	if ok {
		t.Fatalf("it starts:\n%s", s.out)
	}
	if code != exitFailed {
		t.Errorf("exit code %d", code)
	}
	return s.out.String()
}

func (s *testServer) stop() {
	s.t.Helper()
	if s.cancel == nil {
		return
	}
	s.cancel()
	s.cancel = nil
	if code := <-s.code; code != 0 {
		s.t.Errorf("exit code %d:\n%s", code, s.out)
	}
}

func (s *testServer) client(opts ...kgo.Opt) *kgo.Client {
	s.t.Helper()
	c, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(s.addr), kgo.AllowAutoTopicCreation(), kgo.UnknownTopicRetries(-1), kgo.RecordRetries(50), kgo.MetadataMinAge(20 * time.Millisecond)}, opts...)...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(c.Close)
	return c
}

// roundTrip produces one record and consumes it, and returns the number of the topic's partitions.
func (s *testServer) roundTrip(topic string, opts ...kgo.Opt) int {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	c := s.client(append(opts, kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...)
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("v")}).FirstErr(); err != nil {
		s.t.Fatalf("%v\n%s", err, s.out)
	}
	fs := c.PollFetches(ctx)
	if err := fs.Err(); err != nil || fs.NumRecords() != 1 {
		s.t.Fatal(err, fs.NumRecords())
	}
	d, err := kadm.NewClient(c).ListTopics(ctx, topic)
	if err != nil {
		s.t.Fatal(err)
	}
	return len(d[topic].Partitions)
}

// configFile writes a server.properties.
func configFile(t *testing.T, format string, args ...any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "server.properties")
	if err := os.WriteFile(path, fmt.Appendf(nil, format, args...), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

const anyPort = "listeners=PLAINTEXT://127.0.0.1:0\nstorage.format.on.start=true\n"
