// Package gregor runs a whole Kafka broker inside a Go program or test. It is the same code as the
// gregor binary, on a random port, with its data in a temporary directory, in memory, or in a
// directory of your choice.
//
//	b, err := gregor.Start(ctx, gregor.Config{})
//	if err != nil { ... }
//	defer b.Shutdown(context.Background())
//	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
//
// Start returns when the broker serves, within milliseconds. Several brokers in one process are
// independent of each other. Shutdown ends all goroutines and removes a temporary data directory.
// In a test, package gregortest does the rest.
package gregor

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// Config describes a broker. The zero value is a broker on a random port of the loopback interface
// with its data in a temporary directory.
type Config struct {
	// Dir is the data directory. The first start formats it, and later starts find the data again.
	// Empty means a temporary directory that Shutdown removes.
	Dir string
	// InMemory keeps all data in memory. Dir and FS must be empty.
	InMemory bool
	// FS is the file system that holds the data, at Dir or at /data. A broker that starts on the FS
	// of a stopped one finds its data. Nil means the operating system's file system.
	FS vfs.FS
	// Addr is the host:port to listen on. Empty means 127.0.0.1 and a free port. The property
	// listeners overrides it.
	Addr string
	// Topics exist when Start returns. Start does not change a topic that already exists.
	Topics []Topic
	// Properties are keys of server.properties. They override the defaults of a single node (one
	// partition and one replica for a topic, no rebalance delay). Every key of Apache Kafka is
	// accepted. Start refuses other keys.
	Properties map[string]string
	// ClusterID is the cluster id for a new Dir. Empty means a random one.
	ClusterID string
	// Logger receives the broker's log. Nil means no log.
	Logger *slog.Logger
}

// Broker is a running broker.
type Broker struct {
	node    *broker.Node
	tempDir string
}

// Err returns ErrShutdown after Shutdown, and ErrKilled after Kill.
var (
	ErrShutdown = errors.New("gregor: the broker was shut down")
	ErrKilled   = errors.New("gregor: the broker was killed")
)

// SingleNodeDefaults returns the keys in which a single node for development and tests differs from
// Apache Kafka's defaults. Kafka's quick-start configuration has the same differences.
func SingleNodeDefaults() map[string]string {
	return map[string]string{
		"offsets.topic.replication.factor":                 "1",
		"transaction.state.log.replication.factor":         "1",
		"transaction.state.log.min.isr":                    "1",
		"share.coordinator.state.topic.replication.factor": "1",
		"share.coordinator.state.topic.min.isr":            "1",
		"group.initial.rebalance.delay.ms":                 "0",
	}
}

// Start runs a broker and returns when it serves. ctx bounds the start only. The error names the
// invalid setting, or the failed call of the operating system.
func Start(ctx context.Context, c Config) (*Broker, error) {
	b := &Broker{}
	if err := b.start(ctx, c); err != nil {
		b.removeTemp()
		return nil, fmt.Errorf("gregor: %w", err)
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context, c Config) error {
	opts := broker.Options{ClusterID: c.ClusterID, FS: c.FS}
	if c.Logger != nil {
		opts.Logger = func(component string) *slog.Logger { return c.Logger.With("component", component) }
	}
	dir, err := b.place(c, &opts)
	if err != nil {
		return err
	}
	if opts.Config, err = b.configure(c, dir); err != nil {
		return err
	}
	if b.node, err = broker.Start(ctx, opts); err != nil {
		return err
	}
	if err := createTopics(ctx, b.node, c.Topics); err != nil {
		return errors.Join(err, b.node.Stop(context.WithoutCancel(ctx)))
	}
	return nil
}

// place decides where the data is.
func (b *Broker) place(c Config, opts *broker.Options) (dir string, err error) {
	switch {
	case c.InMemory && (c.Dir != "" || c.FS != nil):
		return "", errors.New("Config.InMemory excludes Config.Dir and Config.FS")
	case c.InMemory:
		opts.FS = vfs.NewMem()
		return "/data", nil
	case c.Dir != "":
		return c.Dir, nil
	case c.FS != nil:
		return "/data", nil
	}
	b.tempDir, err = os.MkdirTemp("", "gregor-")
	return b.tempDir, err
}

func (b *Broker) configure(c Config, dir string) (*config.Broker, error) {
	if err := config.CheckKnown(c.Properties); err != nil {
		return nil, err
	}
	props := SingleNodeDefaults()
	addr := c.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	props["listeners"] = "PLAINTEXT://" + addr
	if c.Properties["log.dir"] == "" { // Properties may name another place
		props["log.dirs"] = dir
	}
	props["storage.format.on.start"] = "true" // the caller creates the directory, for example t.TempDir()
	if c.Properties["broker.id"] == "" {
		props["node.id"] = "1"
	}
	maps.Copy(props, c.Properties)
	cfg, warnings, err := config.ParseMap(props)
	if err != nil {
		return nil, err
	}
	if c.Logger != nil {
		for _, w := range warnings {
			c.Logger.Warn(w.String())
		}
	}
	return cfg, nil
}

// Addr returns the host:port of the first listener for clients.
func (b *Broker) Addr() string { return b.node.Addr("") }

// ListenerAddr returns the advertised host:port of a listener. It is empty for an unknown listener.
func (b *Broker) ListenerAddr(name string) string { return b.node.Addr(name) }

// BoundAddr returns the host:port of a listener's socket. It differs from ListenerAddr when
// advertised.listeners names another address. It is empty for an unknown listener.
func (b *Broker) BoundAddr(name string) string { return b.node.BoundAddr(name) }

// AdminAddr returns the host:port of the HTTP server for metrics and health (the property
// admin.listener). It is empty without that property.
func (b *Broker) AdminAddr() string { return b.node.AdminAddr() }

// ClusterID returns the cluster's id.
func (b *Broker) ClusterID() string { return b.node.ClusterID() }

// Done returns a channel that is closed when the broker has stopped. Err returns the reason.
func (b *Broker) Done() <-chan struct{} { return b.node.Done() }

// Err returns nil while the broker runs, ErrShutdown after Shutdown, ErrKilled after Kill, and
// otherwise the reason why the broker stopped by itself.
func (b *Broker) Err() error {
	switch err := b.node.Err(); {
	case errors.Is(err, broker.ErrStopped):
		return ErrShutdown
	case errors.Is(err, broker.ErrKilled):
		return ErrKilled
	default:
		return err
	}
}

// WaitReady returns nil when the broker serves. It returns an error when the broker has stopped or
// ctx ends. After Start the broker serves.
func (b *Broker) WaitReady(ctx context.Context) error {
	select {
	case <-b.node.Ready():
	case <-b.node.Done():
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return b.Err() // a stopped broker was ready before
}

// Shutdown stops the broker cleanly: it answers pending requests until ctx ends, and syncs and
// closes the logs. The error is the reason why the broker had stopped by itself before.
func (b *Broker) Shutdown(ctx context.Context) error {
	err := b.node.Stop(ctx)
	b.removeTemp()
	return err
}

// Kill stops the broker as the end of its process would: it answers no request, syncs no log and
// leaves no clean-shutdown marker. A later start on the same data recovers the logs.
func (b *Broker) Kill() {
	b.node.Kill()
	b.removeTemp()
}

func (b *Broker) removeTemp() {
	if b.tempDir != "" {
		// A leftover in the system's temporary folder must not fail a test.
		_ = os.RemoveAll(b.tempDir)
	}
}
