package node_test

import (
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/testkit"
)

// openFiles returns the open files of this process below dir.
func openFiles(t *testing.T, dir string) (names []string) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("open files cannot be listed here: %v", err)
		return nil
	}
	for _, e := range entries {
		if name, err := os.Readlink(filepath.Join("/proc/self/fd", e.Name())); err == nil && strings.HasPrefix(name, dir) {
			names = append(names, name)
		}
	}
	return names
}

// Shutdown leaves no file in a temporary directory, and no open file in a permanent one. (TestMain
// checks after all tests that no goroutine is left.)
func TestShutdownLeavesNothing(t *testing.T) {
	temp, kept := t.TempDir(), t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, c := range []gregor.Config{{}, {Dir: kept}} {
		ctx := bounded(t)
		b, err := gregor.Start(ctx, c)
		if err != nil {
			t.Fatal(err)
		}
		testkit.RoundTrip(t, b.Addr(), 100)
		if err := b.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
	}
	left, err := os.ReadDir(temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left in the temporary folder: %v %v", left, err)
	}
	if open := openFiles(t, kept); len(open) > 0 {
		t.Errorf("still open: %v", open)
	}
	if open := openFiles(t, temp); len(open) > 0 {
		t.Errorf("still open: %v", open)
	}
}

// A broker in memory serves within 50 ms of Start. The best of several starts counts, because the
// machine may be busy.
func TestReadyInFiftyMilliseconds(t *testing.T) {
	best := time.Hour
	for range 10 {
		began := time.Now()
		b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true})
		best = min(best, time.Since(began))
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("best of ten starts: %v", best)
	if best > 50*time.Millisecond && !raceEnabled {
		t.Errorf("best of ten starts took %v", best)
	}
}

// Listeners may have any names, and each returns its own addresses to its clients.
func TestEachListenerHandsOutItsOwnAddress(t *testing.T) {
	b := start(t, gregor.Config{InMemory: true, Properties: map[string]string{
		"listeners":                      "INSIDE://127.0.0.1:0,OUTSIDE://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
		"advertised.listeners":           "INSIDE://127.0.0.1:0,OUTSIDE://kafka.example.org:19092",
		"listener.security.protocol.map": "INSIDE:PLAINTEXT,OUTSIDE:PLAINTEXT,CONTROLLER:PLAINTEXT",
		"inter.broker.listener.name":     "INSIDE",
	}})
	if got := b.ListenerAddr("OUTSIDE"); got != "kafka.example.org:19092" {
		t.Fatalf("OUTSIDE hands out %s", got)
	}
	for listener, want := range map[string]string{"INSIDE": "127.0.0.1", "OUTSIDE": "kafka.example.org"} {
		c, err := kgo.NewClient(kgo.SeedBrokers(b.BoundAddr(listener)))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, seed := range c.SeedBrokers() {
			resp, err := seed.Request(bounded(t), kmsg.NewPtrMetadataRequest())
			if err != nil {
				t.Fatal(err)
			}
			if brokers := resp.(*kmsg.MetadataResponse).Brokers; len(brokers) != 1 || brokers[0].Host != want {
				t.Errorf("%s hands out %+v", listener, brokers)
			}
		}
	}
}

func TestIdleConnectionsAreClosed(t *testing.T) {
	b := start(t, gregor.Config{InMemory: true, Properties: map[string]string{"connections.max.idle.ms": "200"}})
	c, err := net.Dial("tcp", b.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetReadDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Fatalf("an idle connection: %v", err)
	}
}
