package storagetool

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// format writes meta.properties and the bootstrap checkpoint to the directories of the
// configuration.
func (c *command) format() error {
	cfg, err := c.load(c.args.String(c.config))
	if err != nil {
		return err
	}
	if c.args.Has(c.scram) {
		return opt.Errorf("--add-scram is not supported yet: the cluster has no SCRAM")
	}
	kind, voters, err := c.quorum(cfg)
	if err != nil {
		return err
	}
	levels, err := c.levels(kind.dynamic())
	if err != nil {
		return err
	}
	dirs := slices.Clone(cfg.LogDirs())
	if meta := cfg.MetadataLogDir(); !slices.Contains(dirs, meta) {
		dirs = append(dirs, meta)
	}
	if err := quorum.CheckDirs(vfs.OS(), cfg.LogDirs(), cfg.MetadataLogDir()); err != nil {
		return err
	}
	empty, err := c.empty(cfg, dirs)
	if err != nil {
		return err
	}
	if len(empty) == 0 {
		c.env.Print("All of the log directories are already formatted.\n")
		return nil
	}
	c.announce(cfg, empty, levels, kind, voters)
	_, err = quorum.Format(quorum.FormatOptions{
		FS: vfs.OS(), MetadataDir: cfg.MetadataLogDir(), LogDirs: cfg.LogDirs(), NodeID: cfg.NodeID(), ClusterID: c.args.String(c.clusterID),
		Observer: !cfg.IsController(), Standalone: kind == standalone, Voters: voters, NoVoters: kind == noVoters,
		ControllerEndpoints: endpoints(cfg), Features: levels, IgnoreFormatted: true, NewUUID: newUUID, NowMs: time.Now().UnixMilli(),
	})
	return err
}

// levels returns the levels of all features: those of --feature, and the defaults of the release.
func (c *command) levels(dynamic bool) (map[string]int16, error) {
	asked := map[string]int16{}
	for _, text := range c.args.Strings(c.feature) {
		name, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, opt.Worded(opt.Errorf("Can't parse feature=level string %s: equals sign not found.", text), featureForm, text)
		}
		n, err := strconv.ParseInt(value, 10, 16)
		if err != nil {
			return nil, opt.Worded(opt.Errorf("Can't parse feature=level string %s: unable to parse %s as a short.", text, value), featureForm, text)
		}
		asked[strings.TrimSpace(name)] = int16(n)
	}
	version, err := c.version(asked)
	if err != nil {
		return nil, err
	}
	for name := range asked {
		if name != metadata.FeatureMetadataVersion && findFeature(name) == nil {
			return nil, opt.Worded(opt.Errorf("Unsupported feature: %s. Supported features are: %s", name, featureNames()),
				"--feature %s: the features are %s", name, featureNames())
		}
	}
	levels := map[string]int16{metadata.FeatureMetadataVersion: version}
	for i := range features {
		f := &features[i]
		level, is := asked[f.name]
		switch {
		case f.name == metadata.FeatureKRaftVersion:
			if is && (level > 0) != dynamic {
				return nil, kraftVersionError(level)
			}
			continue // the bootstrap checkpoint carries it, not a record
		case !is && metadata.FeatureServed(f.name):
			level = f.at(version)
		case !is:
			level = 0
		case level < 0 || int(level) > len(f.from):
			return nil, opt.Worded(opt.Errorf("No feature:%s with feature level %d", f.name, level), "--feature %s=%d: the levels are 0 to %d", f.name, level, len(f.from))
		}
		if level > 0 && version < f.needs[level-1] {
			return nil, opt.Errorf("%s could not be set to %d because it depends on metadata.version level %d", f.name, level, f.needs[level-1])
		}
		if level > 0 && !metadata.FeatureServed(f.name) {
			return nil, opt.Errorf("gregor does not serve %s yet: leave --feature %s out, or set it to 0", f.name, f.name)
		}
		levels[f.name] = level
	}
	return levels, nil
}

const featureForm = "--feature %s: the form is FEATURE=LEVEL, such as group.version=1"

func kraftVersionError(level int16) error {
	if level == 0 {
		return opt.Errorf("Cannot set kraft.version to 0 if controller.quorum.voters is empty and one of the flags --standalone, --initial-controllers, or --no-initial-controllers is used. For dynamic controllers support, try removing the --feature flag for kraft.version.")
	}
	return opt.Errorf("Cannot set kraft.version to %d unless controller.quorum.voters is empty and one of the flags --standalone, --initial-controllers, or --no-initial-controllers is used. For dynamic controllers support, try using one of --standalone, --initial-controllers, or --no-initial-controllers and removing controller.quorum.voters.", level)
}

// version is the metadata.version that the command line asks for.
func (c *command) version(asked map[string]int16) (int16, error) {
	level, byFeature := asked[metadata.FeatureMetadataVersion]
	release := c.args.String(c.release)
	switch {
	case byFeature && release != "":
		return 0, opt.Errorf("Use --release-version instead of --feature metadata.version=X to avoid ambiguity.")
	case byFeature:
		if releaseName(level) == "" {
			return 0, opt.Errorf("No MetadataVersion with feature level %d. Valid feature levels are from %d to %d.", level, metadata.MinMetadataVersion, metadata.LatestMetadataVersion)
		}
		return level, nil
	case release != "":
		return releaseLevel(release)
	}
	return metadata.LatestMetadataVersion, nil
}

// empty returns the directories that have no meta.properties yet.
func (c *command) empty(cfg *config.Broker, dirs []string) (empty []string, err error) {
	cluster := c.args.String(c.clusterID)
	formatted := ""
	for _, dir := range dirs {
		p, ok, err := storage.ReadMetaProperties(vfs.OS(), dir)
		switch {
		case err != nil:
			return nil, err
		case !ok:
			empty = append(empty, dir)
		case p.ClusterID != cluster:
			return nil, fmt.Errorf("Invalid cluster.id in: %s/meta.properties. Expected %s, but read %s", dir, cluster, p.ClusterID)
		case p.NodeID != cfg.NodeID():
			return nil, fmt.Errorf("Stored node id %d doesn't match previous node id %d in: %s/meta.properties. If you moved your data, make sure your configured node id matches. If you intend to create a new node, you should remove all data in your data directories.", p.NodeID, cfg.NodeID(), dir)
		case formatted == "":
			formatted = dir
		}
	}
	if formatted != "" && !c.args.Has(c.ignore) {
		return nil, fmt.Errorf("Log directory %s is already formatted. Use --ignore-formatted to ignore this directory and format the others.", formatted)
	}
	slices.Sort(empty)
	return empty, nil
}

func (c *command) announce(cfg *config.Broker, dirs []string, levels map[string]int16, kind quorumKind, voters []quorum.Voter) {
	record := func(name string, level int16) string {
		return fmt.Sprintf("ApiMessageAndVersion(FeatureLevelRecord(name='%s', featureLevel=%d) at version 0)", name, level)
	}
	version := levels[metadata.FeatureMetadataVersion]
	records := []string{record(metadata.FeatureMetadataVersion, version)}
	for _, name := range strings.Split(featureNames(), ", ") {
		if levels[name] > 0 {
			records = append(records, record(name, levels[name]))
		}
	}
	c.env.Print("Bootstrap metadata: BootstrapMetadata(records=[%s], metadataVersionLevel=%d, source=format command)\n", strings.Join(records, ", "), version)
	for _, dir := range dirs {
		what := "data directory"
		if dir == cfg.MetadataLogDir() {
			what = metadataDirectory(cfg.NodeID(), kind, voters)
		}
		c.env.Print("Formatting %s %s with metadata.version %s.\n", what, dir, releaseName(version))
	}
}

// metadataDirectory is the kind of a metadata directory in a line about its formatting.
func metadataDirectory(node int32, kind quorumKind, voters []quorum.Voter) string {
	own := slices.ContainsFunc(voters, func(v quorum.Voter) bool { return v.ID == node })
	switch {
	case kind == standalone, own:
		return "dynamic metadata voter directory"
	case kind == initialVoters:
		return "dynamic metadata directory"
	}
	return "metadata directory"
}

// endpoints is the address of this controller: its first listener, as in Apache Kafka.
func endpoints(cfg *config.Broker) (out []metadata.Endpoint) {
	for _, l := range cfg.AdvertisedControllers() {
		if l.Name == controllerListener(cfg) {
			out = append(out, metadata.Endpoint{Name: l.Name, Host: hostString(l.Host), Port: uint16(l.Port), SecurityProtocol: l.Protocol.Code()})
		}
	}
	return out
}
