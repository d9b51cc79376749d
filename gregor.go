// Package gregor runs a whole Kafka broker inside a Go program or test: the same code as the gregor binary, on a random
// port, with its data in a temporary directory, in memory, or where it is told.
//
//	b, err := gregor.Start(ctx, gregor.Config{})
//	if err != nil { ... }
//	defer b.Shutdown(context.Background())
//	client, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
//
// Start returns when the broker serves, within milliseconds. Several brokers in one process do not know of each other.
// Shutdown leaves no goroutine and, where the data directory was temporary, no file behind.
package gregor

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"os"

	"github.com/gregorhq/gregor/internal/broker"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

// Config says what to run. The zero value is a broker on a random port of the loopback interface with its data in a
// temporary directory.
type Config struct {
	// Dir is the data directory. It is formatted at the first start and found again at the next. Empty means a temporary
	// directory that Shutdown removes.
	Dir string
	// InMemory keeps all data in memory instead; Dir must be empty.
	InMemory bool
	// Addr is host:port to listen on; empty means 127.0.0.1 and a port that is free. Properties may say listeners instead.
	Addr string
	// Properties are keys of server.properties, laid over the defaults of a single node (one partition and one replica a
	// topic, no rebalance delay). Any key of Apache Kafka is taken.
	Properties map[string]string
	// ClusterID is the cluster's id when Dir is formatted; empty means a random one.
	ClusterID string
	// Logger takes the broker's log; nil means silence.
	Logger *slog.Logger
}

// Broker is a running broker.
type Broker struct {
	node    *broker.Node
	tempDir string
}

// SingleNodeDefaults are the keys in which a lone node for development and tests differs from Apache Kafka's
// defaults, as its own quick-start configuration does.
func SingleNodeDefaults() map[string]string {
	return map[string]string{
		"process.roles":                                    "broker,controller",
		"node.id":                                          "1",
		"controller.listener.names":                        "CONTROLLER",
		"offsets.topic.replication.factor":                 "1",
		"transaction.state.log.replication.factor":         "1",
		"transaction.state.log.min.isr":                    "1",
		"share.coordinator.state.topic.replication.factor": "1",
		"share.coordinator.state.topic.min.isr":            "1",
		"group.initial.rebalance.delay.ms":                 "0",
	}
}

// Start runs a broker and returns when it serves. ctx bounds the start only. The error says which setting is wrong, or
// what the operating system refused.
func Start(ctx context.Context, c Config) (*Broker, error) {
	b := &Broker{}
	opts := broker.Options{ClusterID: c.ClusterID}
	if c.Logger != nil {
		opts.Logger = func(component string) *slog.Logger { return c.Logger.With("component", component) }
	}
	dir := c.Dir
	switch {
	case c.InMemory && dir != "":
		return nil, fmt.Errorf("gregor: Config.InMemory and Config.Dir exclude each other")
	case c.InMemory:
		opts.FS, dir = vfs.NewMem(), "/data"
	case dir == "":
		var err error
		if dir, err = os.MkdirTemp("", "gregor-"); err != nil {
			return nil, fmt.Errorf("gregor: %w", err)
		}
		b.tempDir = dir
	}
	err := b.start(ctx, c, opts, dir)
	if err != nil {
		b.removeTemp()
		return nil, fmt.Errorf("gregor: %w", err)
	}
	return b, nil
}

func (b *Broker) start(ctx context.Context, c Config, opts broker.Options, dir string) error {
	props := SingleNodeDefaults()
	addr := c.Addr
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	props["listeners"] = "PLAINTEXT://" + addr + ",CONTROLLER://127.0.0.1:0"
	props["log.dirs"] = dir
	maps.Copy(props, c.Properties)
	cfg, warnings, err := config.ParseMap(props)
	if err != nil {
		return err
	}
	if c.Logger != nil {
		for _, w := range warnings {
			c.Logger.Warn(w.String())
		}
	}
	opts.Config = cfg
	b.node, err = broker.Start(ctx, opts)
	return err
}

// Addr is the host:port that clients use, of the first listener.
func (b *Broker) Addr() string { return b.node.Addr("") }

// ListenerAddr is the host:port that a listener hands out to clients; empty when there is no listener of that name.
func (b *Broker) ListenerAddr(name string) string { return b.node.Addr(name) }

// BoundAddr is the host:port that a listener's socket is bound to, which differs from what it hands out where
// advertised.listeners says so; empty when there is no listener of that name.
func (b *Broker) BoundAddr(name string) string { return b.node.BoundAddr(name) }

// ClusterID is the cluster's id.
func (b *Broker) ClusterID() string { return b.node.ClusterID() }

// Done is closed when the broker has stopped, by Shutdown or because it could not go on; Err tells which.
func (b *Broker) Done() <-chan struct{} { return b.node.Done() }

// Err is why the broker stopped by itself, nil while it runs.
func (b *Broker) Err() error { return b.node.Err() }

// WaitReady returns when the broker serves, or with an error when it has stopped or ctx ends. After Start it is ready.
func (b *Broker) WaitReady(ctx context.Context) error {
	select {
	case <-b.node.Ready():
		return nil
	case <-b.node.Done():
		return b.node.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Shutdown stops the broker cleanly: requests that are under way are answered until ctx ends, logs are synced and closed.
func (b *Broker) Shutdown(ctx context.Context) error {
	err := b.node.Stop(ctx)
	b.removeTemp()
	return err
}

func (b *Broker) removeTemp() {
	if b.tempDir != "" {
		// What is left in the system's temporary folder is no reason to fail a test.
		_ = os.RemoveAll(b.tempDir)
	}
}
