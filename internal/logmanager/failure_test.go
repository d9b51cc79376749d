package logmanager

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// logged opens a manager whose log goes to the buffer, and whose failures to the list.
func logged(t *testing.T, fs vfs.FS, dirs ...string) (m *Manager, out *bytes.Buffer, failed *[]string) {
	t.Helper()
	out, failed = &bytes.Buffer{}, &[]string{}
	m, err := New(Options{FS: fs, Dirs: dirs, Config: defaultConfig(), Logger: slog.New(slog.NewTextHandler(out, nil)),
		OnOffline: func(dir string, logs []*Log, _ error) {
			for _, l := range logs {
				*failed = append(*failed, fmt.Sprintf("%s-%d in %s", l.TP.Topic, l.TP.Partition, dir))
			}
		}})
	must(t, err)
	load(t, m)
	return m, out, failed
}

func errorLines(out *bytes.Buffer) (lines []string) {
	for line := range strings.Lines(out.String()) {
		if strings.Contains(line, "level=ERROR") {
			lines = append(lines, line)
		}
	}
	return lines
}

func smallSegments() *storage.Config {
	c := storage.DefaultConfig()
	c.SegmentBytes = 300
	return c
}

// A segment file that is gone is reported at every start until it is back. Its partition and the
// other ones stay in service, and reads of the missing offsets fail.
func TestMissingSegmentIsReportedAtEveryStart(t *testing.T) {
	for _, clean := range []bool{false, true} {
		t.Run(fmt.Sprint("clean stop ", clean), func(t *testing.T) {
			fs := vfs.NewMem()
			m := open(t, fs, "/data")
			for i := range int32(3) {
				l := create(t, m, "t", i, smallSegments())
				fill(t, l, "k", make([]string, 50)...)
				must(t, l.Sync(50))
				must(t, l.SetLogStartOffset(1))
			}
			checkpointAll(m)
			segment := logFiles(t, fs, m.Log("t", 1).Dir())[2]
			m.Stop(clean, 1)
			must(t, fs.Rename(segment, "/away"))
			for range 2 {
				m, out, _ := logged(t, fs, "/data")
				l := m.Log("t", 1)
				if m.Dirs()[0].Err() != nil || len(m.Logs()) != 3 || l == nil || l.LogEndOffset() != 50 || len(l.Damage()) != 1 {
					t.Fatalf("%d logs, %v", len(m.Logs()), m.Dirs()[0].Err())
				}
				if got := errorLines(out); len(got) != 1 || !strings.Contains(got[0], "t-1") {
					t.Errorf("ERROR lines: %q", got)
				}
				if _, err := l.Read(l.Damage()[0].From, storage.ReadOptions{MaxBytes: 1000, Below: 50}); storage.Classify(err) != storage.ClassPartition {
					t.Errorf("read of a missing offset: %v", err)
				}
				m.Stop(clean, 1)
			}
			must(t, fs.Rename("/away", segment))
			m, out, _ := logged(t, fs, "/data")
			if l := m.Log("t", 1); len(errorLines(out)) > 0 || l == nil || len(l.Damage()) > 0 || l.LogEndOffset() != 50 || l.LogStartOffset() != 1 {
				t.Errorf("the log is not whole again: %s", out)
			}
		})
	}
}

// corrupt is a file system on which the folders that match cannot be opened as logs.
func corrupt(fs vfs.FS, match *atomic.Pointer[string]) vfs.FS {
	return vfs.WithHook(fs, func(op vfs.Op) error {
		if p := match.Load(); p != nil && op.Kind == vfs.OpReadDir && strings.HasPrefix(op.Path, *p) {
			return fmt.Errorf("%w in %s", storage.ErrCorruptLog, op.Path)
		}
		return nil
	})
}

// A log that cannot be opened takes its partition out of service, and no other one. What the
// checkpoints say about it stays.
func TestDamagedLogFailsOnlyItsPartition(t *testing.T) {
	var match atomic.Pointer[string]
	fs := corrupt(vfs.NewMem(), &match)
	m := open(t, fs, "/data")
	for i := range int32(3) {
		l := create(t, m, "t", i, nil)
		fill(t, l, "k", make([]string, 50)...)
		must(t, l.Sync(50))
		must(t, l.SetLogStartOffset(7))
	}
	checkpointAll(m)
	m.Stop(false, 1)
	folder := "/data/t-1"
	match.Store(&folder)
	for range 2 {
		m, out, _ := logged(t, fs, "/data")
		if m.Dirs()[0].Err() != nil || len(m.Logs()) != 2 || m.Log("t", 1) != nil {
			t.Fatalf("%d logs, %v", len(m.Logs()), m.Dirs()[0].Err())
		}
		if got := errorLines(out); len(got) != 1 || !strings.Contains(got[0], "t-1") {
			t.Errorf("ERROR lines: %q", got)
		}
		var damaged *LogError
		if _, err := m.Create(CreateOptions{Topic: "t", Partition: 1, TopicID: [16]byte{1}, MayExist: true, NowMs: nowMs}); !errors.As(err, &damaged) || storage.Classify(err) != storage.ClassPartition {
			t.Errorf("Create: %v", err)
		}
		m.Stop(true, 1)
	}
	match.Store(nil)
	m, _, _ = logged(t, fs, "/data")
	if l := m.Log("t", 1); l == nil || l.LogEndOffset() != 50 || l.LogStartOffset() != 7 {
		t.Errorf("the log is not back: %+v", l)
	}
}

// logFiles are the paths of the .log files of a folder.
func logFiles(t *testing.T, fs vfs.FS, dir string) (paths []string) {
	t.Helper()
	entries, err := fs.ReadDir(dir)
	must(t, err)
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".log") {
			paths = append(paths, filepath.Join(dir, e.Name()))
		}
	}
	return paths
}

func TestSegmentThatVanishesFailsOnlyItsPartition(t *testing.T) {
	fs := vfs.NewMem()
	m, out, failed := logged(t, fs, "/data")
	l, other := create(t, m, "t", 0, smallSegments()), create(t, m, "t", 1, nil)
	fill(t, l, "k", make([]string, 50)...)
	closeFiles(m)
	for _, path := range logFiles(t, fs, l.Dir()) {
		must(t, fs.Remove(path))
	}
	w, wo := &waiter{}, &waiter{}
	fill(t, other, "k", "v")
	m.AwaitSync(l, 50, w)
	m.AwaitSync(other, 1, wo)
	m.Commit()
	if w.calls != 1 || w.err == nil || wo.calls != 1 || wo.err != nil {
		t.Errorf("%+v %+v", w, wo)
	}
	if m.Dirs()[0].Err() != nil || m.Log("t", 0) != nil || m.Log("t", 1) != other || m.Damaged(l.TP, l.TopicID) == nil {
		t.Error("the wrong logs are out of service")
	}
	if got := errorLines(out); len(got) != 1 || fmt.Sprint(*failed) != "[t-0 in /data]" {
		t.Errorf("ERROR lines %q, callbacks %q", got, *failed)
	}
	// Its deletion takes the folder away.
	must(t, m.Delete(l, nowMs))
	m.removeDeleted(m.dirs[0], nowMs+1<<40)
	if entries, err := fs.ReadDir("/data"); err != nil || len(entries) < 1 || vfs.Exists(fs, "/data/t-0") {
		t.Errorf("the folder of the deleted partition is left: %v", err)
	}
	if l = create(t, m, "t", 0, nil); l.LogEndOffset() != 0 {
		t.Error("a new topic of the same name is not empty")
	}
}

func TestManyDamagedLogsAreReportedInFewLines(t *testing.T) {
	var match atomic.Pointer[string]
	fs := corrupt(vfs.NewMem(), &match)
	m := open(t, fs, "/data")
	for i := range int32(3 * maxNamed) {
		create(t, m, "t", i, nil)
	}
	m.Stop(true, 1)
	folders := "/data/t-"
	match.Store(&folders)
	m, out, _ := logged(t, fs, "/data")
	if got := errorLines(out); len(got) != maxNamed+1 || !strings.Contains(got[maxNamed], fmt.Sprintf("partitions=%d", 2*maxNamed)) {
		t.Errorf("%d lines, the last one is %q", len(got), got[len(got)-1])
	}
	if len(m.Logs()) != 0 || m.Dirs()[0].Err() != nil {
		t.Error("the directory is offline")
	}
}

// A directory that fails writes one line, which names the first partitions.
func TestOfflineDirectoryWritesOneLine(t *testing.T) {
	m, out, failed := logged(t, vfs.NewMem(), "/a", "/b")
	for i := range int32(4 * maxNamed) {
		create(t, m, "t", i, nil)
	}
	l := m.Logs()[0]
	m.Fail(l, syscall.EIO)
	m.Fail(l, syscall.EIO)
	got := errorLines(out)
	if len(got) != 1 || !strings.Contains(got[0], "partitions=20") || !strings.Contains(got[0], "and 10 more") || !strings.Contains(got[0], "input/output error") || !strings.Contains(got[0], "online_dirs=1") {
		t.Errorf("%q", got)
	}
	if len(*failed) != 20 || len(m.Logs()) != 20 {
		t.Errorf("%d partitions failed, %d are left", len(*failed), len(m.Logs()))
	}
	if err := l.Sync(1); err == nil {
		t.Error("a log of the directory can be used")
	}
}

// A disk that is unmounted while the broker runs leaves an empty directory. The whole directory
// goes offline with one line, and nothing is written below its mount point.
func TestUnmountedDirectoryGoesOffline(t *testing.T) {
	for name, notice := range map[string]func(m *Manager, l *Log){
		"sync": func(m *Manager, l *Log) {
			m.AwaitSync(l, 50, &waiter{})
			m.Commit()
		},
		"checkpoint":  func(m *Manager, _ *Log) { m.CheckpointHighWatermarks() },
		"missing log": func(m *Manager, l *Log) { m.Fail(l, fmt.Errorf("%w: a segment", storage.ErrMissingFile)) },
	} {
		t.Run(name, func(t *testing.T) {
			fsys := vfs.NewMem()
			for i, dir := range []string{"/a", "/b"} {
				must(t, vfs.MakeDir(fsys, dir))
				must(t, storage.WriteMetaProperties(fsys, dir, storage.MetaProperties{ClusterID: "c", NodeID: 1, DirectoryID: [16]byte{byte(i + 1)}}))
			}
			m, out, failed := logged(t, fsys, "/a", "/b")
			for i := range int32(4) {
				fill(t, create(t, m, "t", i, smallSegments()), "k", make([]string, 50)...)
			}
			var l *Log
			for _, x := range m.Logs() {
				if x.LogDir().path == "/a" {
					l = x
				}
			}
			l.SetHighWatermark(50)
			closeFiles(m)
			must(t, fsys.Rename("/a", "/away"))
			must(t, vfs.MakeDir(fsys, "/a"))
			notice(m, l)
			if got := errorLines(out); len(got) != 1 || !strings.Contains(got[0], "log directory is offline") || !strings.Contains(got[0], "mounted") {
				t.Errorf("ERROR lines %q", got)
			}
			if len(*failed) != 2 || len(m.Logs()) != 2 || m.Damaged(l.TP, l.TopicID) != nil {
				t.Errorf("%q failed, %d logs are left", *failed, len(m.Logs()))
			}
			if entries, err := fsys.ReadDir("/a"); err != nil || len(entries) > 0 {
				t.Errorf("below the mount point: %v %v", entries, err)
			}
		})
	}
}

// descriptorOps are operations of a manager that open files. Each returns true when it is done.
var descriptorOps = map[string]func(t *testing.T, m *Manager, l *Log) (done bool){
	"checkpoint of high watermarks": func(t *testing.T, m *Manager, l *Log) bool {
		m.CheckpointHighWatermarks()
		said, _ := storage.ReadOffsetCheckpoint(m.opts.FS, "/data/"+storage.ReplicationOffsetCheckpoint)
		return said[l.TP] == 60
	},
	"checkpoint of recovery points": func(t *testing.T, m *Manager, l *Log) bool {
		m.CheckpointRecoveryPoints()
		said, _ := storage.ReadOffsetCheckpoint(m.opts.FS, "/data/"+storage.RecoveryPointCheckpoint)
		return said[l.TP] > 0
	},
	"flush": func(t *testing.T, m *Manager, l *Log) bool {
		m.FlushSoon(l, 60)
		return m.Flush() && l.RecoveryPoint() == 60
	},
	"retention": func(t *testing.T, m *Manager, l *Log) bool {
		m.retain(l.dir, nowMs)
		return l.LogStartOffset() > 0
	},
	"deletion of files": func(t *testing.T, m *Manager, l *Log) bool {
		m.retain(l.dir, nowMs)
		m.deleteFiles(l.dir, nowMs+1<<40)
		return l.LogStartOffset() > 0 && !l.PendingDeletes()
	},
	"compaction": func(t *testing.T, m *Manager, l *Log) bool {
		return m.Clean(nowMs)
	},
	"creation": func(_ *testing.T, m *Manager, _ *Log) bool {
		_, err := m.Create(CreateOptions{Topic: "new", NowMs: nowMs})
		return err == nil
	},
	"truncation": func(t *testing.T, m *Manager, l *Log) bool {
		err := l.TruncateTo(30)
		m.Fail(l, err)
		return err == nil && l.LogEndOffset() == 30
	},
	"deletion": func(t *testing.T, m *Manager, l *Log) bool {
		err := m.Delete(l, nowMs)
		m.removeDeleted(m.dirs[0], nowMs+1<<40)
		return err == nil || m.Delete(l, nowMs) == nil
	},
	"append with a roll": func(t *testing.T, m *Manager, l *Log) bool {
		b := batchOf(t, strings.Repeat("v", 200))
		_, err := l.AppendAsLeader(b, storage.AppendOptions{NowMs: nowMs})
		m.Fail(l, err)
		return err == nil
	},
}

// No operation takes a directory offline for want of file descriptors. It succeeds later.
func TestNoDescriptorsNeverTakeADirectoryOffline(t *testing.T) {
	for name, op := range descriptorOps {
		t.Run(name, func(t *testing.T) {
			fs, armed := noFiles(vfs.NewMem())
			m := open(t, fs, "/data")
			c := smallSegments()
			c.CleanupPolicy |= storage.CleanupCompact
			c.RetentionBytes, c.FileDeleteDelayMs = 600, 0
			l := create(t, m, "t", 0, c)
			fill(t, l, "k", make([]string, 60)...)
			must(t, l.Sync(10))
			closeFiles(m)
			armed.Store(true)
			op(t, m, l)
			armed.Store(false)
			if err := m.Dirs()[0].Err(); err != nil {
				t.Fatal(err)
			}
			if name != "deletion" && m.Log("t", 0) != l {
				t.Fatal("the log is out of service")
			}
			if !op(t, m, l) {
				t.Error("a second try without the lack does not succeed")
			}
			m.Stop(true, 1)
			m = open(t, fs, "/data")
			if m.Dirs()[0].Err() != nil {
				t.Error(m.Dirs()[0].Err())
			}
		})
	}
}

// A start without file descriptors fails with a hint, and changes nothing.
func TestLoadWithoutDescriptors(t *testing.T) {
	fs, armed := noFiles(vfs.NewMem())
	m := open(t, fs, "/data")
	fill(t, create(t, m, "t", 0, nil), "k", "1", "2")
	m.Stop(true, 1)
	m, err := New(Options{FS: fs, Dirs: []string{"/data"}, Config: defaultConfig(), Logger: quiet})
	must(t, err)
	var inFolder atomic.Bool
	armedFS := vfs.WithHook(fs, func(op vfs.Op) error {
		if strings.HasPrefix(op.Path, "/data/t-0") {
			inFolder.Store(true)
			armed.Store(true)
		}
		return nil
	})
	m.opts.FS = armedFS
	err = m.Load(LoadOptions{NowMs: nowMs, Describe: func(string, int32, [16]byte) Spec { return Spec{} }})
	armed.Store(false)
	if err == nil || !storage.OutOfDescriptors(err) || !strings.Contains(err.Error(), "ulimit -n") || !inFolder.Load() {
		t.Fatal(err)
	}
	if m.Dirs()[0].Err() != nil {
		t.Error(m.Dirs()[0].Err())
	}
	m.Stop(false, 0)
	if l := open(t, fs, "/data").Log("t", 0); l == nil || l.LogEndOffset() != 2 {
		t.Error("the log is not there at the next start")
	}
}

// A partition folder may be a symbolic link, as in Apache Kafka.
func TestSymbolicLinkToAPartitionFolder(t *testing.T) {
	root := t.TempDir()
	dir, big := filepath.Join(root, "data"), filepath.Join(root, "big")
	m := open(t, vfs.OS(), dir)
	fill(t, create(t, m, "t", 0, nil), "k", "1", "2", "3")
	m.Stop(true, 1)
	must(t, os.Rename(filepath.Join(dir, "t-0"), big))
	if err := os.Symlink(big, filepath.Join(dir, "t-0")); err != nil {
		t.Skip("no symbolic links here: ", err)
	}
	m = open(t, vfs.OS(), dir)
	if l := m.Log("t", 0); l == nil || l.LogEndOffset() != 3 {
		t.Error("the log behind the link is not found")
	}
	m.Stop(true, 1)
}
