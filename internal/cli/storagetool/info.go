package storagetool

import (
	"fmt"
	"os"
	"slices"

	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// info shows the directories of the configuration: exit code 1 when something is wrong with them.
func (c *command) info() error {
	cfg, err := c.load(c.args.String(c.infoConfig))
	if err != nil {
		return err
	}
	dirs := slices.Clone(cfg.LogDirs())
	if meta := cfg.MetadataLogDir(); !slices.Contains(dirs, meta) {
		dirs = append(dirs, meta)
	}
	slices.Sort(dirs)
	var found, problems []string
	var first *storage.MetaProperties
	for _, dir := range dirs {
		st, err := os.Stat(dir)
		switch {
		case err != nil:
			problems = append(problems, dir+" does not exist")
			continue
		case !st.IsDir():
			problems = append(problems, dir+" is not a directory")
			continue
		}
		found = append(found, dir)
		p, ok, err := storage.ReadMetaProperties(vfs.OS(), dir)
		switch {
		case err != nil:
			problems = append(problems, fmt.Sprintf("Error loading %s/meta.properties: %v", dir, err))
		case !ok:
			problems = append(problems, dir+" is not formatted.")
		case first == nil:
			first = &p
		case first.ClusterID != p.ClusterID:
			problems = append(problems, "Mismatched cluster IDs between storage directories.")
		case first.NodeID != p.NodeID:
			problems = append(problems, "Mismatched node IDs between storage directories.")
		}
	}
	c.section("Found log director", "y:", "ies:", found)
	if first != nil {
		id := ""
		if first.DirectoryID != [16]byte{} {
			id = "directory.id=" + wire.UUID(first.DirectoryID).String() + ", "
		}
		c.env.Print("Found metadata: {cluster.id=%s, %snode.id=%d, version=1}\n\n", first.ClusterID, id, first.NodeID)
	}
	c.section("Found problem", ":", "s:", problems)
	if len(problems) > 0 {
		return tool.Exit(1)
	}
	return nil
}

func (c *command) section(title, one, many string, lines []string) {
	switch len(lines) {
	case 0:
		return
	case 1:
		c.env.Print("%s%s\n", title, one)
	default:
		c.env.Print("%s%s\n", title, many)
	}
	for _, l := range lines {
		c.env.Print("  %s\n", l)
	}
	c.env.Print("\n")
}
