package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

const shimsUsage = `gregor shims install DIR   puts links to this program into DIR under the names of Kafka's tools:
                           kafka-topics.sh, kafka-console-producer.sh, kafka-server-start.sh ...
`

// shims is `gregor shims install DIR`. A link that is there already is replaced, any other file is
// left alone.
func shims(env *tool.Env, args []string) int {
	if len(args) > 0 && (args[len(args)-1] == "--help" || args[len(args)-1] == "-h") {
		fmt.Fprint(env.Stdout, shimsUsage)
		return 0
	}
	if len(args) != 2 || args[0] != "install" || strings.HasPrefix(args[1], "-") {
		fmt.Fprint(env.Stderr, shimsUsage)
		return exitUsage
	}
	self, err := os.Executable()
	if err == nil {
		self, err = filepath.EvalSymlinks(self)
	}
	if err == nil {
		err = installShims(self, args[1])
	}
	if err != nil {
		fmt.Fprintln(env.Stderr, "gregor:", err)
		return 1
	}
	fmt.Fprintf(env.Stdout, "%d links in %s; put it first in PATH, or call them by path\n", len(shimNames()), args[1])
	return 0
}

// shimNames are Kafka's names of all that gregor does.
func shimNames() []string {
	names := []string{"kafka-server-start", "kafka-server-stop"}
	for _, t := range tools {
		names = append(names, t.Name)
	}
	return names
}

func installShims(self, dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, n := range shimNames() {
		path := filepath.Join(dir, n+".sh")
		if st, err := os.Lstat(path); err == nil {
			if st.Mode()&os.ModeSymlink == 0 {
				return fmt.Errorf("%s is there and is no link", path)
			}
			if err := os.Remove(path); err != nil {
				return err
			}
		}
		if err := os.Symlink(self, path); err != nil {
			return err
		}
	}
	return nil
}
