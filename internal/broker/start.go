package broker

import (
	"errors"
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/internal/topicname"
)

// Begin starts the node and returns at once. It calls started once: with nil when the node serves,
// else with the reason of the failure. After an error the caller calls BeginStop, which undoes the
// completed phases.
func (n *Node) Begin(started func(error)) {
	n.life.begin(started)
	defer func() {
		if n.life.built() {
			n.closeDoorsSoon()
		}
	}()
	for _, phase := range []func() error{n.checkRoles, n.openDirs, n.listen, n.format, n.openQuorum, n.build} {
		err := phase()
		if err == nil {
			err = n.Err() // an engine failed meanwhile
		}
		if err != nil {
			n.life.report(err)
			return
		}
	}
	n.join()
}

// openDirs locks the log directories, and the directory of the metadata log if it is another one.
func (n *Node) openDirs() error {
	cfg := n.opts.Config
	err := n.checkDirs()
	if err != nil {
		return err
	}
	n.logs, err = logmanager.New(logmanager.Options{
		FS: n.opts.FS, Dirs: cfg.LogDirs(), Config: logmanager.ConfigFrom(n.config.Values()), Logger: n.opts.logger("logs"), OnOffline: n.dirFailed,
		OnSync: n.syncObserver(), Host: n.host,
	})
	if err != nil {
		return err
	}
	if meta := cfg.MetadataLogDir(); !slices.Contains(cfg.LogDirs(), meta) {
		n.metadataLock, err = logmanager.LockDir(n.opts.FS, meta)
	}
	return err
}

// listen binds the front end, so that the ports are known. It does not accept yet.
func (n *Node) listen() error {
	n.registerHealth()
	return n.front.Bind()
}

func (n *Node) registerHealth() {
	n.Health.Ready("broker", func() error {
		if isClosed(n.ready) {
			return nil
		}
		return errors.New("the broker is starting: it is not registered and unfenced yet")
	})
	n.Health.Live("log.dirs", func() error {
		for _, d := range n.logs.Dirs() {
			if err := d.Err(); err != nil {
				return fmt.Errorf("%s is offline: %w", d.Path(), err)
			}
		}
		return nil
	})
}

// openQuorum opens the metadata log and starts its driver.
func (n *Node) openQuorum() error {
	cfg := n.opts.Config
	epoch := n.logs.PreviousBrokerEpoch()
	n.openLinks()
	c, err := quorum.Open(n.quorumOptions(quorum.Options{
		FS: n.logs.GuardDir(cfg.MetadataLogDir(), n.ids.metadataDir), Dir: cfg.MetadataLogDir(), NodeID: n.id, ClusterID: n.ids.cluster, DirectoryID: n.ids.metadataDir,
		CleanStop: epoch >= 0, BrokerEpoch: epoch,
		BeforeWrite: func() error { return n.logs.EndCleanStop(cfg.MetadataLogDir()) },
		Host:        n.host, Broker: cfg, Logger: n.opts.logger("quorum"),
		OnActive:  n.probeAllSoon,
		OnFailure: func(err error) { n.fail(fmt.Errorf("the metadata log can no longer be written: %w", err)) },
	}))
	if err != nil {
		return fmt.Errorf("cannot open the metadata log in %s: %w", cfg.MetadataLogDir(), err)
	}
	n.quorum = c
	n.openChannel()
	c.Start()
	return nil
}

// build creates the engines and the tables of APIs. Controllers serve each other from here on,
// because they elect a leader.
func (n *Node) build() error {
	var sessions *replication.Sessions
	if n.isBroker() {
		sessions = n.buildBroker()
	}
	n.addAPIs(sessions)
	n.addControllerAPIs()
	n.registerMetrics(sessions)
	if n.isBroker() {
		n.logs.Run()
		n.replicas.Run()
	}
	n.front.ServeControllers()
	return nil
}

// buildBroker creates the engines of a broker.
func (n *Node) buildBroker() *replication.Sessions {
	n.replicas = replication.New(replication.Options{
		BrokerID: n.id, Logs: n.logs, Config: n.config, Host: n.host, Logger: n.opts.logger("replication"),
		OnConversion: n.conversionObserver(), Controller: newAlterSender(n), BrokerEpoch: n.registration.epoch.Load,
		Peers: n.followedPeers(),
	})
	n.coordinators = n.coordinatorKinds()
	n.autoCreator = quorum.NewAutoCreator(n.quorum, n.controller, n.opts.Config, n.internalTopics())
	return replication.NewSessions(n.opts.Config.Int("max.incremental.fetch.session.cache.slots"), n.host)
}

// join registers the broker with the controller. It serves after everything that the metadata
// names is in place. A node that is a controller only serves after its first image.
func (n *Node) join() {
	n.quorum.Subscribe(func(image *metadata.Image, delta *metadata.Delta) {
		n.publications.add(image, delta, n.quorum.Stats().AppliedMs.Load())
	})
	if n.isBroker() {
		n.joined = n.host.Elapsed()
		n.ticks.Wake()
		n.heartbeats.Wake()
	}
}

// serve starts to accept clients. The node is registered and unfenced, and every partition is in
// place.
func (n *Node) serve() {
	if !n.life.report(nil) {
		return
	}
	n.front.Serve() // the clients' listeners
	close(n.ready)
	n.life.notify()
}

// firstImage opens the logs of the first metadata image.
func (n *Node) firstImage(image *metadata.Image) error {
	err := n.replicas.Start(image, n.nowMs(), func(topic string) bool { return topic == topicname.ClusterMetadata }, nil)
	n.loaded = err == nil
	return err
}
