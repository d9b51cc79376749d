// Package storagetool is kafka-storage: it formats log directories and shows what they hold.
package storagetool

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/opt"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/properties"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// command is the command line.
type command struct {
	env  *tool.Env
	args *opt.Args

	infoConfig                          *opt.Arg
	config, clusterID, scram, ignore    *opt.Arg
	release, feature                    *opt.Arg
	standalone, noControllers, initials *opt.Arg
	mapRelease, dependencies            *opt.Arg
}

const configHelp = "The server.properties to use."

func (c *command) infoArgs(p *opt.ArgParser) {
	c.infoConfig = p.Add(opt.Arg{Names: []string{"--config", "-c"}, Metavar: "CONFIG", Required: true, Help: configHelp})
}

func (c *command) formatArgs(p *opt.ArgParser) {
	c.config = p.Add(opt.Arg{Names: []string{"--config", "-c"}, Metavar: "CONFIG", Required: true, Help: configHelp})
	c.clusterID = p.Add(opt.Arg{Names: []string{"--cluster-id", "-t"}, Metavar: "CLUSTER_ID", Required: true, Help: "The id of the cluster."})
	c.scram = p.Add(opt.Arg{Names: []string{"--add-scram", "-S"}, Metavar: "ADD_SCRAM", Many: true, Help: "A SCRAM credential of the new cluster."})
	c.ignore = p.Add(opt.Arg{Names: []string{"--ignore-formatted", "-g"}, Help: "Skip directories that are formatted already."})
	c.release = p.Add(opt.Arg{Names: []string{"--release-version", "-r"}, Metavar: "RELEASE_VERSION", Help: "The release that sets the feature levels of the new cluster, " + releases[0] + " or later (default: " + latest() + ")."})
	c.feature = p.Add(opt.Arg{Names: []string{"--feature", "-f"}, Metavar: "FEATURE", Many: true, Help: "A level of a feature, feature=level; may be repeated."})
	c.standalone = p.Add(opt.Arg{Names: []string{"--standalone", "-s"}, Help: "This controller is the only voter, and others may join later."})
	c.noControllers = p.Add(opt.Arg{Names: []string{"--no-initial-controllers", "-N"}, Help: "This node joins voters on other nodes."})
	c.initials = p.Add(opt.Arg{Names: []string{"--initial-controllers", "-I"}, Metavar: "INITIAL_CONTROLLERS", Help: "The voters, id@host:port:directory with commas between."})
	p.OneOf(false, c.standalone, c.noControllers, c.initials)
}

func (c *command) mappingArgs(p *opt.ArgParser) {
	c.mapRelease = p.Add(opt.Arg{Names: []string{"--release-version", "-r"}, Metavar: "RELEASE_VERSION", Help: "The release (default: the latest)."})
}

func (c *command) dependencyArgs(p *opt.ArgParser) {
	c.dependencies = p.Add(opt.Arg{Names: []string{"--feature", "-f"}, Metavar: "FEATURE", Required: true, Many: true, Help: "feature=level; may be repeated."})
}

func latest() string { return releases[len(releases)-1] }

func run(e *tool.Env) int {
	c := &command{env: e}
	p := &opt.ArgParser{Prog: "kafka-storage", About: "The Kafka storage tool.", Commands: commands.Parsers(e, c)}
	var err error
	if c.args, err = e.ParseArgs(p); err != nil {
		return e.Refuse(err)
	}
	return e.Fail(commands.Do(c.args, c))
}

func (c *command) randomUUID() error {
	c.env.Print("%s\n", newUUID())
	return nil
}

func newUUID() wire.UUID { return protocol.NewUUID(host.Real()) }

func (c *command) load(file string) (*config.Broker, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	props, err := properties.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	cfg, warnings, err := config.Parse(config.Input{Properties: props, ReadFile: os.ReadFile})
	for _, w := range warnings {
		c.env.Warn("WARN %s", w)
	}
	return cfg, err
}

func (c *command) mapping() error {
	name := c.args.String(c.mapRelease)
	if name == "" {
		name = latest()
	}
	level, err := releaseLevel(name)
	if err != nil {
		return err
	}
	c.env.Print("metadata.version=%d (%s)\n", level, name)
	for i := range features {
		c.env.Print("%s=%d\n", features[i].name, features[i].at(level))
	}
	return nil
}

func (c *command) showDependencies() error {
	for _, text := range c.args.Strings(c.dependencies) {
		name, value, ok := strings.Cut(text, "=")
		if !ok || strings.Contains(value, "=") {
			return opt.Worded(opt.Errorf("Invalid feature format: %s. Expected format: 'feature=version' (e.g. 'group.version=1')", text), featureForm, text)
		}
		n, err := strconv.ParseInt(value, 10, 16)
		if err != nil {
			return opt.Worded(opt.Errorf("Invalid version format: %s for feature %s", value, name), featureForm, text)
		}
		level := int16(n)
		if name == metadata.FeatureMetadataVersion {
			if releaseName(level) == "" {
				return opt.Errorf("Unknown metadata.version %d", level)
			}
			c.env.Print("%s=%d (%s) has no dependencies.\n", name, level, releaseName(level))
			continue
		}
		f := findFeature(name)
		if f == nil {
			return opt.Worded(opt.Errorf("Unknown feature: %s", name), "--feature %s: the features are %s", text, featureNames())
		}
		if level < 0 || int(level) > len(f.from) {
			return opt.Errorf("Feature level %d is not supported for feature %s", level, name)
		}
		if level == 0 || f.needs[level-1] == 0 {
			c.env.Print("%s=%d has no dependencies.\n", name, level)
			continue
		}
		needs := f.needs[level-1]
		c.env.Print("%s=%d requires:\n    metadata.version=%d (%s)\n", name, level, needs, releaseName(needs))
	}
	return nil
}
