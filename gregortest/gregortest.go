// Package gregortest runs Kafka brokers for tests.
//
//	func TestOrders(t *testing.T) {
//		b := gregortest.New(t, gregor.Config{
//			InMemory: true,
//			Topics:   []gregor.Topic{{Name: "orders", Partitions: 3}},
//		})
//		client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
//		...
//		b.Kill()    // as kill -9
//		b.Restart() // the data and the address are the same
//	}
//
// The broker stops at the end of the test. Its log appears with go test -v and when the test fails.
package gregortest

import (
	"context"
	"log/slog"
	"maps"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/vfs"
)

// Broker is a broker that stops at the end of its test. Its methods must be called from the test's
// goroutine.
type Broker struct {
	*gregor.Broker
	t testing.TB
	c gregor.Config
	// running means that the broker was neither killed nor shut down.
	running bool
}

// stopTimeout bounds the wait for pending requests at the end of a test.
const stopTimeout = 20 * time.Second

// New starts a broker and fails the test when it does not start. Without Config.Dir and
// Config.InMemory the data is in a temporary directory of the test. Without Config.Logger the log
// goes to t.Log.
func New(t testing.TB, c gregor.Config) *Broker {
	t.Helper()
	switch {
	case c.InMemory && c.Dir == "" && c.FS == nil:
		c.InMemory, c.FS = false, vfs.NewMem() // kept for Restart
	case c.Dir == "" && c.FS == nil && !c.InMemory:
		c.Dir = t.TempDir()
	}
	if c.Logger == nil {
		c.Logger = newLogger(t)
	}
	b := &Broker{t: t, c: c}
	b.start()
	t.Cleanup(b.stop)
	return b
}

func (b *Broker) start() {
	b.t.Helper()
	var err error
	if b.Broker, err = gregor.Start(b.t.Context(), b.c); err != nil {
		b.t.Fatal(err)
	}
	b.running = true
	b.c.Addr = b.Addr()
	b.keepPorts()
}

// keepPorts gives the ports that the system chose for the next start.
func (b *Broker) keepPorts() {
	props := maps.Clone(b.c.Properties)
	if listeners, ok := props["listeners"]; ok {
		var bound []string
		for l := range strings.SplitSeq(listeners, ",") {
			name, addr, _ := strings.Cut(strings.TrimSpace(l), "://")
			if at := b.BoundAddr(name); strings.HasSuffix(addr, ":0") && at != "" {
				addr = at
			}
			bound = append(bound, name+"://"+addr)
		}
		props["listeners"] = strings.Join(bound, ",")
	}
	if at := b.AdminAddr(); at != "" && strings.HasSuffix(props["admin.listener"], ":0") {
		props["admin.listener"] = at
	}
	b.c.Properties = props
}

func (b *Broker) stop() {
	if !b.running {
		return
	}
	b.running = false
	ctx, cancel := context.WithTimeout(context.Background(), stopTimeout)
	defer cancel()
	if err := b.Broker.Shutdown(ctx); err != nil {
		b.t.Errorf("gregortest: the broker had stopped: %v", err)
	}
}

// Kill stops the broker as kill -9 would. Restart starts it again.
func (b *Broker) Kill() {
	if b.running {
		b.running = false
		b.Broker.Kill()
	}
}

// Restart starts the broker again on the same data and the same address. It shuts down a running
// broker first.
func (b *Broker) Restart() {
	b.t.Helper()
	b.stop()
	b.start()
}

// Shutdown stops the broker cleanly. Restart starts it again.
func (b *Broker) Shutdown(ctx context.Context) error {
	if !b.running {
		return nil
	}
	b.running = false
	return b.Broker.Shutdown(ctx)
}

// DataDir returns the directory of the data, the first one of several (log.dirs). It is empty for a
// broker in memory.
func (b *Broker) DataDir() string {
	if b.c.FS != nil {
		return ""
	}
	for _, key := range []string{"log.dirs", "log.dir"} {
		if first, _, _ := strings.Cut(b.c.Properties[key], ","); strings.TrimSpace(first) != "" {
			return strings.TrimSpace(first)
		}
	}
	return b.c.Dir
}

// newLogger writes to t.Log until the test ends.
func newLogger(t testing.TB) *slog.Logger {
	w := &testWriter{t: t}
	t.Cleanup(w.end)
	level := slog.LevelInfo
	if os.Getenv("GREGOR_TEST_DEBUG") != "" {
		level = slog.LevelDebug
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
