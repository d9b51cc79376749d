package broker

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/coordinator"
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/telemetry"
	"github.com/gregorhq/gregor/vfs"
)

// Node is one broker and controller.
type Node struct {
	opts Options
	log  *slog.Logger
	id   int32
	// began is when the node was made.
	began time.Time
	// ids are what meta.properties of the directories say.
	ids identity

	config atomic.Pointer[config.Broker]
	// image is the last one that was published in full; what clients are told comes from it.
	image atomic.Pointer[metadata.Image]
	// appliedMs is the time stamp of the last change in image.
	appliedMs atomic.Int64

	quorum *quorum.Controller
	logs   *logmanager.Manager
	// metadataLock holds the directory of the metadata log, nil when that is a log directory.
	metadataLock io.Closer
	replicas     *replication.Manager
	groups       *coordinator.Groups
	registry     *handlers.Registry
	net          *network.Server
	bound        map[string]*net.TCPAddr
	metrics      *requestMetrics
	elections    elections
	groupLoads   telemetry.Recent
	// Telemetry is what /metrics shows; Health what /healthz and /readyz do.
	Telemetry *telemetry.Registry
	Health    *telemetry.Health
	admin     *adminServer

	publications *publications
	loaded       bool            // by the publishing goroutine only
	warned       map[string]bool // dynamic keys without effect that were named; by the publishing goroutine only
	autoCreator  *quorum.AutoCreator
	registration registration
	producerIDs  producerIDs

	drivers drivers
	// ready is closed when the node is unfenced and serves.
	ready chan struct{}
	done  chan struct{}
	// failure is why the node stopped by itself.
	failure  atomic.Pointer[error]
	stopOnce sync.Once
}

func (n *Node) nowMs() int64 { return time.Now().UnixMilli() }

// elapsedMs is how long the node has been there, from 1 on: a clock that nobody sets.
func (n *Node) elapsedMs() int64 { return time.Since(n.began).Milliseconds() + 1 }

// Start brings a node up and returns when it serves. When it fails, or ctx ends first, everything is taken down again.
func Start(ctx context.Context, o Options) (*Node, error) {
	if o.FS == nil {
		o.FS = vfs.OS()
	}
	n := &Node{
		opts: o, log: o.logger("broker"), id: o.Config.NodeID(), began: time.Now(), bound: map[string]*net.TCPAddr{},
		publications: newPublications(), ready: make(chan struct{}), done: make(chan struct{}),
		Telemetry: telemetry.NewRegistry(), Health: telemetry.NewHealth(),
		warned: map[string]bool{},
	}
	n.registry = handlers.NewRegistry()
	n.metrics = newRequestMetrics(n.Telemetry)
	n.config.Store(o.Config)
	n.image.Store(metadata.Empty())
	if err := n.start(ctx); err != nil {
		n.takeDown(context.WithoutCancel(ctx), false)
		return nil, err
	}
	return n, nil
}

// start runs the phases; takeDown undoes whatever of them was done.
func (n *Node) start(ctx context.Context) error {
	for _, phase := range []func(context.Context) error{n.openDirs, n.listen, n.format, n.openQuorum, n.build, n.join} {
		if err := phase(ctx); err != nil {
			return err
		}
	}
	return nil
}

// openDirs locks the log directories, and that of the metadata log if it is none of them.
func (n *Node) openDirs(context.Context) error {
	cfg := n.opts.Config
	var err error
	n.logs, err = logmanager.New(logmanager.Options{
		FS: n.opts.FS, Dirs: cfg.LogDirs(), Config: logmanager.ConfigFrom(cfg), Logger: n.opts.logger("logs"), OnOffline: n.dirFailed,
		OnSync: n.syncObserver(),
	})
	if err != nil {
		return err
	}
	if meta := cfg.MetadataLogDir(); !slices.Contains(cfg.LogDirs(), meta) {
		n.metadataLock, err = logmanager.LockDir(n.opts.FS, meta)
	}
	return err
}

// openQuorum opens the metadata log and starts its driver.
func (n *Node) openQuorum(context.Context) error {
	cfg := n.opts.Config
	c, err := quorum.Open(quorum.Options{
		FS: n.opts.FS, Dir: cfg.MetadataLogDir(), NodeID: n.id, ClusterID: n.ids.cluster, DirectoryID: n.ids.metadataDir,
		Voters: n.staticVoters(), Registration: n.controllerNode(), Broker: cfg, Logger: n.opts.logger("quorum"),
		OnFailure: func(err error) { n.fail(fmt.Errorf("the metadata log can no longer be written: %w", err)) },
	})
	if err != nil {
		return fmt.Errorf("cannot open the metadata log in %s: %w", cfg.MetadataLogDir(), err)
	}
	n.quorum = c
	c.Start()
	return nil
}

// build makes the engines and the table of APIs.
func (n *Node) build(context.Context) error {
	n.replicas = replication.New(replication.Options{
		BrokerID: n.id, Logs: n.logs, Config: n.opts.Config, Clock: n.nowMs, Elapsed: n.elapsedMs, Logger: n.opts.logger("replication"),
		OnConversion: n.conversionObserver(),
	})
	n.groups = coordinator.NewGroups(n.groupOptions())
	n.autoCreator = quorum.NewAutoCreator(n.quorum, n.opts.Config)
	sessions := replication.NewSessions(n.opts.Config.Int("max.incremental.fetch.session.cache.slots"))
	n.addAPIs(sessions)
	n.registerMetrics(sessions)
	n.logs.Run()
	n.replicas.Run()
	n.drivers.start(n)
	return nil
}

// listen binds the sockets, so that ports are known, and does not accept yet.
func (n *Node) listen(context.Context) error {
	if err := n.bind(); err != nil {
		return err
	}
	return n.listenAdmin()
}

// join registers with the controller, waits until everything the metadata says is in place, and opens the doors.
func (n *Node) join(ctx context.Context) error {
	n.quorum.Subscribe(func(image *metadata.Image, delta *metadata.Delta) {
		n.publications.add(image, delta, n.quorum.Stats().AppliedMs.Load())
	})
	n.register()
	select {
	case <-n.ready:
	case <-n.done:
		return n.Err()
	case <-ctx.Done():
		return fmt.Errorf("stopped while starting: %w", context.Cause(ctx))
	}
	n.net.Serve()
	return nil
}

// Err is why the node stopped by itself, nil otherwise.
func (n *Node) Err() error {
	if p := n.failure.Load(); p != nil {
		return *p
	}
	return nil
}

// fail ends a node that cannot go on. It returns at once: whoever owns the node sees Done and calls Stop.
func (n *Node) fail(err error) {
	if n.failure.CompareAndSwap(nil, &err) {
		n.log.Error("the broker cannot go on", "error", err)
		close(n.done)
	}
}

// dirFailed is told of log directories that went offline.
func (n *Node) dirFailed(dir string, logs []*logmanager.Log, err error) {
	n.log.Error("log directory is offline", "dir", dir, "partitions", len(logs), "error", err)
	if n.replicas != nil {
		n.replicas.LogsFailed(dir, logs, err)
	}
	for _, d := range n.logs.Dirs() {
		if d.Err() == nil {
			return
		}
	}
	n.fail(fmt.Errorf("all log directories have failed: %w", err))
}

// Ready is closed once the node serves.
func (n *Node) Ready() <-chan struct{} { return n.ready }

// Done is closed when the node stopped, by Stop or by itself; Err tells which.
func (n *Node) Done() <-chan struct{} { return n.done }

// ClusterID names the cluster.
func (n *Node) ClusterID() string { return n.ids.cluster }

// NodeID is the broker's id.
func (n *Node) NodeID() int32 { return n.id }

// Stop shuts the node down in order: it leaves the cluster, answers what is under way until ctx ends, syncs and closes its logs and
// leaves the marker of a clean stop.
func (n *Node) Stop(ctx context.Context) error {
	n.stopOnce.Do(func() {
		n.takeDown(ctx, n.Err() == nil)
		n.failure.CompareAndSwap(nil, &errStopped)
		select {
		case <-n.done:
		default:
			close(n.done)
		}
	})
	if err := n.Err(); err != nil && !errors.Is(err, errStopped) {
		return err
	}
	return nil
}

var errStopped = errors.New("stopped")

// takeDown stops whatever runs. It is called once, after start failed or by Stop.
func (n *Node) takeDown(ctx context.Context, clean bool) {
	if clean {
		n.leave(ctx)
	}
	if n.net != nil {
		n.net.CloseListeners()
	}
	if n.groups != nil {
		n.groups.Shutdown()
	}
	if n.net != nil {
		n.net.Stop(ctx)
	}
	n.drivers.halt()
	if n.admin != nil {
		n.admin.close()
	}
	if n.replicas != nil {
		n.replicas.Stop()
	}
	if n.quorum != nil {
		if err := n.quorum.Close(); err != nil {
			n.log.Error("closing the metadata log", "error", err)
		}
	}
	if n.logs != nil {
		n.logs.Stop(clean && n.loaded, n.registration.epoch.Load())
	}
	if n.metadataLock != nil {
		_ = n.metadataLock.Close()
	}
}

// firstImage opens the logs that the metadata knows.
func (n *Node) firstImage(image *metadata.Image) error {
	err := n.replicas.Start(image, n.nowMs(), func(topic string) bool { return topic == quorum.TopicName }, nil)
	n.loaded = err == nil
	return err
}

// identity is what the directories say the node is.
type identity struct {
	cluster     string
	metadataDir wire.UUID
	logDirs     []wire.UUID
}
