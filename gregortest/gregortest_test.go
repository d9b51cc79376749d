package gregortest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/gregortest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func client(t *testing.T, b *gregortest.Broker) *kgo.Client {
	t.Helper()
	c, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

func produce(t *testing.T, c *kgo.Client, value string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: "orders", Partition: 0, Value: []byte(value)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

func end(t *testing.T, c *kgo.Client) int64 {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	ends, err := kadm.NewClient(c).ListEndOffsets(ctx, "orders")
	if err != nil {
		t.Fatal(err)
	}
	var n int64
	ends.Each(func(o kadm.ListedOffset) { n += o.Offset })
	return n
}

// A broker keeps its address, its cluster id and its data over Kill, Shutdown and Restart.
func TestDataAndAddressSurviveARestart(t *testing.T) {
	topics := []gregor.Topic{{Name: "orders", Partitions: 3, Configs: map[string]string{"retention.ms": "-1"}}}
	for name, c := range map[string]gregor.Config{"memory": {InMemory: true, Topics: topics}, "disk": {Topics: topics}} {
		t.Run(name, func(t *testing.T) {
			b := gregortest.New(t, c)
			addr, cluster := b.Addr(), b.ClusterID()
			one := client(t, b)
			produce(t, one, "1")
			b.Kill()
			if !errors.Is(b.Err(), gregor.ErrKilled) {
				t.Errorf("after Kill: %v", b.Err())
			}
			b.Restart()
			produce(t, one, "2")
			if err := b.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if !errors.Is(b.Err(), gregor.ErrShutdown) {
				t.Errorf("after Shutdown: %v", b.Err())
			}
			b.Restart()
			if b.Err() != nil {
				t.Errorf("while it runs: %v", b.Err())
			}
			if b.Addr() != addr || b.ClusterID() != cluster {
				t.Errorf("address %s, was %s; cluster %s, was %s", b.Addr(), addr, b.ClusterID(), cluster)
			}
			if n := end(t, client(t, b)); n != 2 {
				t.Errorf("%d records, want 2", n)
			}
			if (b.DataDir() == "") != c.InMemory {
				t.Errorf("data directory %q", b.DataDir())
			}
		})
	}
}

// DataDir is the folder that holds the data, also where properties name it.
func TestDataDirOfProperties(t *testing.T) {
	for _, key := range []string{"log.dirs", "log.dir"} {
		first, second := t.TempDir(), t.TempDir()
		b := gregortest.New(t, gregor.Config{Properties: map[string]string{key: " " + first + ", " + second}})
		if b.DataDir() != first {
			t.Errorf("%s: %s, want %s", key, b.DataDir(), first)
		}
		if _, err := os.Stat(filepath.Join(b.DataDir(), "meta.properties")); err != nil {
			t.Error(err)
		}
	}
}

// Restart keeps the ports that the system chose for listeners and for the HTTP server. Properties
// may name them, too.
func TestRestartKeepsThePortsOfProperties(t *testing.T) {
	b := gregortest.New(t, gregor.Config{InMemory: true, Properties: map[string]string{
		"listeners": "PLAINTEXT://127.0.0.1:0, SECOND://127.0.0.1:0", "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,SECOND:PLAINTEXT",
		"admin.listener": "127.0.0.1:0"}})
	before := [...]string{b.Addr(), b.BoundAddr("SECOND"), b.AdminAddr()}
	b.Kill()
	b.Restart()
	if after := [...]string{b.Addr(), b.BoundAddr("SECOND"), b.AdminAddr()}; after != before {
		t.Errorf("addresses %v after the restart, %v before", after, before)
	}
}

// fakeT records a failure instead of ending the test.
type fakeT struct {
	testing.TB
	failed string
}

func (f *fakeT) Helper() {}
func (f *fakeT) Fatal(args ...any) {
	f.failed = args[0].(error).Error()
	panic(f)
}

func TestAFailedStartFailsTheTest(t *testing.T) {
	f := &fakeT{TB: t}
	func() {
		defer func() { _ = recover() }()
		gregortest.New(f, gregor.Config{InMemory: true, Properties: map[string]string{"num.partitions": "many"}})
	}()
	if f.failed == "" {
		t.Error("the test did not fail")
	}
}
