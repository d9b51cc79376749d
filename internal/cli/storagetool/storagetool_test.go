package storagetool_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/cli/storagetool"
	"github.com/gregorhq/gregor/internal/cli/tool"
)

const cluster = "5L6g3nShT-eMCtK--X86sw"

func run(args ...string) (code int, out, errs string) {
	var o, e strings.Builder
	code = storagetool.Tool.Run(&tool.Env{Args: args, Stdout: &o, Stderr: &e})
	return code, o.String(), e.String()
}

func TestFormatAndInfo(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "server.properties")
	logs := filepath.Join(dir, "logs")
	text := "process.roles=broker,controller\nnode.id=1\nlisteners=PLAINTEXT://127.0.0.1:9092,CONTROLLER://127.0.0.1:9093\n" +
		"controller.listener.names=CONTROLLER\ncontroller.quorum.bootstrap.servers=127.0.0.1:9093\nlog.dirs=" + logs + "\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := run("info", "-c", file); code != 1 || out != "Found problem:\n  "+logs+" does not exist\n\n" {
		t.Errorf("%d %q", code, out)
	}
	if code, _, errs := run("format", "-c", file, "-t", cluster); code != 1 || !strings.HasPrefix(errs, "Because controller.quorum.voters is not set on this controller") {
		t.Errorf("%d %q", code, errs)
	}
	want := "Bootstrap metadata: BootstrapMetadata(records=[ApiMessageAndVersion(FeatureLevelRecord(name='metadata.version', featureLevel=25) at version 0)], " +
		"metadataVersionLevel=25, source=format command)\n" +
		"Formatting dynamic metadata voter directory " + logs + " with metadata.version 4.0-IV3.\n"
	if code, out, errs := run("format", "-c", file, "-t", cluster, "--standalone", "-r", "4.0", "-f", "group.version=0"); code != 0 || out != want {
		t.Errorf("%d %q %q", code, out, errs)
	}
	if code, _, errs := run("format", "-c", file, "-t", cluster, "-s"); code != 1 || errs != "Log directory "+logs+" is already formatted. Use --ignore-formatted to ignore this directory and format the others.\n" {
		t.Errorf("%d %q", code, errs)
	}
	if code, out, _ := run("format", "-c", file, "-t", cluster, "-s", "-g"); code != 0 || out != "All of the log directories are already formatted.\n" {
		t.Errorf("%d %q", code, out)
	}
	code, out, _ := run("info", "-c", file)
	out = regexp.MustCompile(`directory\.id=[A-Za-z0-9_-]{22},`).ReplaceAllString(out, "directory.id=ID,")
	if code != 0 || out != "Found log directory:\n  "+logs+"\n\nFound metadata: {cluster.id="+cluster+", directory.id=ID, node.id=1, version=1}\n\n" {
		t.Errorf("%d %q", code, out)
	}
	if _, err := os.Stat(filepath.Join(logs, "__cluster_metadata-0", "00000000000000000000-0000000000.checkpoint")); err != nil {
		t.Error(err)
	}
}

func TestMapping(t *testing.T) {
	for _, c := range []struct{ args, out, errs string }{
		{"version-mapping", "metadata.version=33 (4.4-IV2)\nkraft.version=1\ntransaction.version=2\ngroup.version=1\neligible.leader.replicas.version=1\nshare.version=2\nstreams.version=1\n", ""},
		{"version-mapping -r 3.9-IV0", "metadata.version=21 (3.9-IV0)\nkraft.version=1\ntransaction.version=0\ngroup.version=0\neligible.leader.replicas.version=0\nshare.version=0\nstreams.version=0\n", ""},
		{"version-mapping --release 4.1", "metadata.version=27 (4.1)\nkraft.version=1\ntransaction.version=2\ngroup.version=1\neligible.leader.replicas.version=1\nshare.version=0\nstreams.version=0\n", ""},
		{"feature-dependencies -f share.version=1", "share.version=1 has no dependencies.\n", ""},
		{"feature-dependencies -f eligible.leader.replicas.version=1", "eligible.leader.replicas.version=1 requires:\n    metadata.version=23 (4.0-IV1)\n", ""},
		{"feature-dependencies -f bogus=1", "", "Unknown feature: bogus\n"},
		{"feature-dependencies -f group.version=9", "", "Feature level 9 is not supported for feature group.version\n"},
		{"feature-dependencies -f metadata.version=6", "", "Unknown metadata.version 6\n"},
	} {
		if _, out, errs := run(strings.Fields(c.args)...); out != c.out || errs != c.errs {
			t.Errorf("%s:\n%s%s", c.args, out, errs)
		}
	}
	if _, a, _ := run("random-uuid"); len(a) != 23 || a[0] == '-' {
		t.Errorf("%q", a)
	}
}
