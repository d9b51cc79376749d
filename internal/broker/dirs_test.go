package broker

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/vfs"
)

// logLines collects the lines of a node's log from a level on.
type logLines struct {
	slog.Handler
	mu    sync.Mutex
	lines []string
}

func (l *logLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, string(p))
	return len(p), nil
}

func (l *logLines) with(text string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, line := range l.lines {
		if strings.Contains(line, text) {
			found = append(found, line)
		}
	}
	return found
}

// startNodeOn runs a node with the log directories dirs.
func startNodeOn(t *testing.T, fsys vfs.FS, lines *logLines, dirs string, props ...string) (*Node, error) {
	t.Helper()
	m := map[string]string{
		"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
		"listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "log.dirs": dirs, "metadata.log.dir": "/meta",
	}
	for _, p := range props {
		k, v, _ := strings.Cut(p, "=")
		m[k] = v
	}
	cfg, _, err := config.ParseMap(m)
	if err != nil {
		t.Fatal(err)
	}
	return Start(t.Context(), Options{Config: cfg, FS: fsys, Logger: func(string) *slog.Logger {
		return slog.New(slog.NewTextHandler(lines, &slog.HandlerOptions{Level: slog.LevelWarn}))
	}})
}

// awaitImage waits for a committed image that satisfies yes.
func awaitImage(t *testing.T, n *Node, what string, yes func(*metadata.Image) bool) {
	t.Helper()
	found := make(chan struct{})
	var once sync.Once
	n.quorum.Subscribe(func(image *metadata.Image, _ *metadata.Delta) {
		if yes(image) {
			once.Do(func() { close(found) })
		}
	})
	select {
	case <-found:
	case <-t.Context().Done():
		t.Fatal(what)
	}
}

// dirsOf counts the partitions of topics t0 to t5 by directory, and counts the partitions without a
// leader.
func dirsOf(image *metadata.Image) (byDir map[[16]byte]int, leaderless map[[16]byte]int) {
	byDir, leaderless = map[[16]byte]int{}, map[[16]byte]int{}
	for i := range 6 {
		if p := image.Topics().ByName(fmt.Sprint("t", i)).Partition(0); p != nil {
			byDir[p.DirectoryOf(1)]++
			if p.Leader < 0 {
				leaderless[p.DirectoryOf(1)]++
			}
		}
	}
	return byDir, leaderless
}

// When a log directory fails, the controller makes its partitions leaderless, and the log has one
// line about the failure.
func TestPartitionsOfAFailedDirectoryLoseTheirLeader(t *testing.T) {
	var broken atomic.Bool
	fsys := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if broken.Load() && strings.HasPrefix(op.Path, "/b") {
			return syscall.EIO
		}
		return nil
	})
	var lines logLines
	n, err := startNodeOn(t, fsys, &lines, "/a,/b")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		createTopic(t, n, fmt.Sprint("t", i))
	}
	var b [16]byte
	awaitImage(t, n, "the metadata do not name the directories", func(image *metadata.Image) bool {
		byDir, _ := dirsOf(image)
		return len(byDir) == 2 && byDir[[16]byte{}] == 0
	})
	for _, d := range n.logs.Dirs() {
		if d.Path() == "/b" {
			b = n.logs.DirID(d)
		}
	}
	broken.Store(true)
	for _, l := range n.logs.Logs() {
		if l.LogDir().Path() == "/b" {
			n.logs.Fail(l, errors.Join(syscall.EIO))
			break
		}
	}
	awaitImage(t, n, "the partitions keep their leader", func(image *metadata.Image) bool {
		_, leaderless := dirsOf(image)
		return len(leaderless) == 1 && leaderless[b] == 3
	})
	if got := lines.with("level=ERROR"); len(got) != 1 || !strings.Contains(got[0], "partitions=3") || !strings.Contains(got[0], "dir=/b") || !strings.Contains(got[0], "input/output error") {
		t.Errorf("ERROR lines: %q", got)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The next start finds the directory offline. One line names the partitions.
	lines.lines = nil
	if n, err = startNodeOn(t, fsys, &lines, "/a,/b"); err != nil {
		t.Fatal(err)
	}
	if _, leaderless := dirsOf(n.image.Load()); leaderless[b] != 3 {
		t.Errorf("%v partitions have no leader", leaderless)
	}
	if got := lines.with("partitions are offline"); len(got) != 1 || !strings.Contains(got[0], "partitions=3") {
		t.Errorf("lines: %q", got)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	// The disk is back.
	broken.Store(false)
	if n, err = startNodeOn(t, fsys, &lines, "/a,/b"); err != nil {
		t.Fatal(err)
	}
	awaitImage(t, n, "the partitions get no leader", func(image *metadata.Image) bool {
		_, leaderless := dirsOf(image)
		return len(leaderless) == 0
	})
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A new partition whose folder cannot be made in a failing directory is made in the next one. When
// the directory fails later in the creation, the partition has no leader until the disk is back.
func TestPartitionsThatAFailingDirectoryShouldGet(t *testing.T) {
	for _, step := range []vfs.OpKind{"", vfs.OpWrite} {
		var broken atomic.Bool
		fsys := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
			if broken.Load() && strings.HasPrefix(op.Path, "/b/") && (step == "" || op.Kind == step && strings.HasPrefix(op.Path, "/b/t")) {
				return syscall.EIO
			}
			return nil
		})
		var lines logLines
		n, err := startNodeOn(t, fsys, &lines, "/a,/b")
		if err != nil {
			t.Fatal(err)
		}
		broken.Store(true)
		for i := range 6 {
			createTopic(t, n, fmt.Sprint("t", i))
		}
		absent := 0
		for i := range 6 {
			if n.logs.Log(fmt.Sprint("t", i), 0) == nil {
				absent++
			}
		}
		if offline := lines.with(`msg="log directory is offline"`); len(offline) != 1 || step == "" && absent > 0 || step != "" && absent != 1 {
			t.Fatalf("%d partitions have no log: %q", absent, offline)
		}
		awaitImage(t, n, "a partition without a log keeps its leader", func(image *metadata.Image) bool {
			_, leaderless := dirsOf(image)
			return len(leaderless) == absent
		})
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
		// The disk is back, and nothing was ever stored there.
		broken.Store(false)
		if n, err = startNodeOn(t, fsys, &lines, "/a,/b"); err != nil {
			t.Fatal(err)
		}
		awaitImage(t, n, "a partition gets no leader", func(image *metadata.Image) bool {
			_, leaderless := dirsOf(image)
			return len(leaderless) == 0
		})
		if len(n.logs.Logs()) != 6 {
			t.Errorf("%d logs", len(n.logs.Logs()))
		}
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// A directory fails before the metadata names it for a new partition.
func TestDirectoryThatFailsBeforeItIsReported(t *testing.T) {
	n, err := startNodeOn(t, vfs.NewMem(), &logLines{}, "/a,/b")
	if err != nil {
		t.Fatal(err)
	}
	n.assignments.ask(true) // no report leaves the broker
	for i := range 6 {
		createTopic(t, n, fmt.Sprint("t", i))
	}
	for _, l := range n.logs.Logs() {
		if l.LogDir().Path() == "/b" {
			n.logs.Fail(l, syscall.EIO)
			break
		}
	}
	n.assignments.ask(false)
	n.registration.nudge()
	awaitImage(t, n, "the partitions keep their leader", func(image *metadata.Image) bool {
		byDir, leaderless := dirsOf(image)
		return len(leaderless) == 1 && len(byDir) == 2 && byDir[[16]byte{}] == 0
	})
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// A partition whose folder is gone has no leader, and the broker does not create it again. When the
// folder is back, the partition serves again.
func TestPartitionWithoutItsFolderIsLost(t *testing.T) {
	fsys := vfs.NewMem()
	var lines logLines
	n, err := startNodeOn(t, fsys, &lines, "/a,/b")
	if err != nil {
		t.Fatal(err)
	}
	for i := range 6 {
		createTopic(t, n, fmt.Sprint("t", i))
	}
	dir := n.logs.Log("t3", 0).LogDir().Path()
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := fsys.Rename(dir+"/t3-0", "/elsewhere"); err != nil {
		t.Fatal(err)
	}
	lost := func(image *metadata.Image) bool {
		_, leaderless := dirsOf(image)
		return len(leaderless) == 1 && leaderless[metadata.DirectoryLost] == 1
	}
	for range 2 {
		if n, err = startNodeOn(t, fsys, &lines, "/a,/b"); err != nil {
			t.Fatal(err)
		}
		awaitImage(t, n, "the partition keeps its leader", lost)
		if vfs.Exists(fsys, dir+"/t3-0") || n.logs.Log("t3", 0) != nil {
			t.Error("the log is created again")
		}
		if got := lines.with("partitions are offline"); len(got) != 1 || !strings.Contains(got[0], "names=t3-0") {
			t.Errorf("lines: %q", got)
		}
		lines.lines = nil
		if err := n.Stop(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if err := fsys.Rename("/elsewhere", dir+"/t3-0"); err != nil {
		t.Fatal(err)
	}
	if n, err = startNodeOn(t, fsys, &lines, "/a,/b"); err != nil {
		t.Fatal(err)
	}
	awaitImage(t, n, "the partition gets no leader", func(image *metadata.Image) bool {
		byDir, leaderless := dirsOf(image)
		return len(leaderless) == 0 && byDir[metadata.DirectoryLost] == 0
	})
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
}
