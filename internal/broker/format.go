package broker

import (
	"fmt"
	"slices"

	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/storage"
)

// format reads meta.properties of every directory and formats the directories without the file.
// checkDirs has allowed them. Apache Kafka needs kafka-storage format before the first start.
func (n *Node) format() error {
	cfg := n.opts.Config
	if err := n.dirErr(cfg.MetadataLogDir()); err != nil {
		return fmt.Errorf("the directory of the metadata log cannot be used; metadata.log.dir may name another: %w", err)
	}
	cluster, fresh, err := n.readIdentity()
	if err != nil {
		return err
	}
	if cluster == "" {
		cluster = n.opts.ClusterID
	}
	switch {
	case cluster != "":
	case cfg.Alone():
		cluster = n.newUUID().String()
	default:
		return fmt.Errorf("No readable meta.properties files found. %v must be formatted with the cluster id of the other nodes: kafka-storage format --cluster-id", fresh)
	}
	if n.opts.ClusterID != "" && cluster != n.opts.ClusterID {
		return fmt.Errorf("the log directories belong to cluster %s, not to %s", cluster, n.opts.ClusterID)
	}
	if len(fresh) > 0 {
		_, err := quorum.Format(quorum.FormatOptions{
			FS: n.opts.FS, MetadataDir: cfg.MetadataLogDir(), LogDirs: n.logDirs(), NodeID: n.id, ClusterID: cluster,
			Observer: !cfg.IsController(), Standalone: cfg.Alone() && len(cfg.Voters()) == 0, NoVoters: !cfg.Alone() && len(cfg.Voters()) == 0,
			ControllerEndpoints: n.controllerEndpoints(), IgnoreFormatted: true, NewUUID: n.newUUID, NowMs: n.nowMs(),
		})
		if err != nil {
			return fmt.Errorf("cannot format %v: %w", fresh, err)
		}
		n.log.Info("formatted", "dirs", fresh, "cluster", cluster)
	}
	if err := n.removeMarkers(); err != nil {
		return err
	}
	return n.readDirIDs(cluster)
}

// readIdentity returns the cluster that the formatted directories name, and the directories that
// are not formatted.
func (n *Node) readIdentity() (cluster string, fresh []string, err error) {
	for _, dir := range n.dirs() {
		p, ok, err := storage.ReadMetaProperties(n.opts.FS, dir)
		if err != nil {
			return "", nil, err
		}
		if !ok {
			fresh = append(fresh, dir)
			continue
		}
		if p.ZooKeeper && p.NodeID == -1 && p.ClusterID == "" {
			return "", nil, fmt.Errorf("%s/meta.properties is empty or damaged: it names neither version nor broker.id", dir)
		}
		if p.ZooKeeper {
			return "", nil, fmt.Errorf("%s holds the data of a cluster with ZooKeeper (meta.properties version 0): what its topics are stands in ZooKeeper, so it cannot be opened; "+
				"start with another log.dirs and copy the topics", dir)
		}
		if p.NodeID != n.id {
			return "", nil, fmt.Errorf("%s/meta.properties says node.id %d, the configuration %d", dir, p.NodeID, n.id)
		}
		if cluster != "" && p.ClusterID != cluster {
			return "", nil, fmt.Errorf("%s/meta.properties says cluster.id %s, other directories %s", dir, p.ClusterID, cluster)
		}
		cluster = p.ClusterID
	}
	return cluster, fresh, nil
}

// dirErr returns the error that took a log directory offline. It is nil for a directory that
// serves, and for a path that is no log directory.
func (n *Node) dirErr(path string) error {
	for _, d := range n.logs.Dirs() {
		if d.Path() == path {
			return d.Err()
		}
	}
	return nil
}

// logDirs returns the usable log directories. As in Apache Kafka, an unusable directory leaves the
// broker the others.
func (n *Node) logDirs() (dirs []string) {
	for _, dir := range n.opts.Config.LogDirs() {
		if n.dirErr(dir) == nil {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// dirs returns all usable directories with meta.properties.
func (n *Node) dirs() []string {
	dirs := n.logDirs()
	if meta := n.opts.Config.MetadataLogDir(); !slices.Contains(dirs, meta) {
		dirs = append(dirs, meta)
	}
	return dirs
}

func (n *Node) readDirIDs(cluster string) error {
	n.ids.cluster = cluster
	n.registration.incarnation = n.newUUID()
	for _, dir := range n.dirs() {
		p, ok, err := storage.ReadMetaProperties(n.opts.FS, dir)
		if err != nil {
			return err
		}
		if !ok {
			return fmt.Errorf("%s was not formatted", dir)
		}
		id := wire.UUID(p.DirectoryID)
		if dir == n.opts.Config.MetadataLogDir() {
			n.ids.metadataDir = id
		}
		if slices.Contains(n.opts.Config.LogDirs(), dir) {
			n.ids.logDirs = append(n.ids.logDirs, id)
			n.logs.SetDirID(dir, id)
		}
	}
	return nil
}

func (n *Node) newUUID() wire.UUID { return protocol.NewUUID(n.host) }

// staticVoters returns the voters of controller.quorum.voters.
func (n *Node) staticVoters() []quorum.Voter {
	var out []quorum.Voter
	for _, v := range n.opts.Config.Voters() {
		out = append(out, quorum.Voter{ID: v.ID, Endpoints: []metadata.Endpoint{{Name: n.controllerListener(), Host: v.Host, Port: uint16(v.Port)}}})
	}
	return out
}

func (n *Node) controllerListener() string {
	if names := n.opts.Config.List("controller.listener.names"); len(names) > 0 {
		return names[0]
	}
	return "CONTROLLER"
}
