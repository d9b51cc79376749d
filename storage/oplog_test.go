package storage

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

var rewrite = flag.Bool("rewrite", false, "rewrite golden files")

// TestOperationLogs compares what the log does to the disk, call by call, with golden files: the
// order of writes, syncs, renames and directory syncs is the durability of everything, and a change
// in it must be seen in a review.
func TestOperationLogs(t *testing.T) {
	c := testConfig()
	c.SegmentBytes, c.IndexIntervalBytes, c.RetentionBytes, c.RetentionMs = 1000, 200, 1000, -1
	for name, play := range map[string]func(t *testing.T, l *Log, say func(string)){
		"append-sync": func(t *testing.T, l *Log, say func(string)) {
			for range 2 {
				say("append")
				mustAppend(t, l, batchOf(t, 2, 50, 1))
			}
			say("sync")
			check(t, l.Sync(4))
			say("sync again, nothing to do")
			check(t, l.Sync(4))
		},
		"roll": func(t *testing.T, l *Log, say func(string)) {
			fillLog(t, l, 5)
			say("sync")
			check(t, l.Sync(10))
			say("append that rolls")
			fillLog(t, l, 1)
			say("sync after the roll")
			check(t, l.Sync(12))
			say("group commit")
			fillLog(t, l, 6)
			_, _, err := l.PrepareSync()
			check(t, err)
		},
		"close": func(t *testing.T, l *Log, say func(string)) {
			fillLog(t, l, 7)
			say("clean close")
			check(t, l.Close(true))
		},
		"close-idle": func(t *testing.T, l *Log, say func(string)) {
			say("clean close of an empty log")
			check(t, l.Close(true))
		},
		"truncate": func(t *testing.T, l *Log, say func(string)) {
			fillLog(t, l, 13)
			check(t, l.Sync(26))
			say("truncate to 5")
			check(t, l.TruncateTo(5))
			fillLog(t, l, 6)
			say("truncate fully, start at 100")
			check(t, l.TruncateFullyAndStartAt(100))
		},
		"retention": func(t *testing.T, l *Log, say func(string)) {
			fillLog(t, l, 13)
			l.SetHighWatermark(26)
			say("retention by size")
			_, _, err := l.DeleteOldSegments(1)
			check(t, err)
			say("unlink")
			_, err = l.DeleteFiles(1 << 40)
			check(t, err)
		},
	} {
		t.Run(name, func(t *testing.T) {
			var lines []string
			say := func(s string) { lines = append(lines, "# "+s) }
			fsys := vfs.NewLogged(withDir(vfs.NewMem()), func(op vfs.Op) {
				if op.Mutates() {
					lines = append(lines, op.String())
				}
			})
			say("open a new log")
			l := mustOpen(t, testOptions(fsys, c))
			play(t, l, say)
			if name == "close" {
				say("open after the clean close")
				o := testOptions(fsys, c)
				o.CleanShutdown, o.RecoveryPoint = true, 14
				l = mustOpen(t, o)
				say("close, nothing was done")
				check(t, l.Close(true))
			}
			golden(t, filepath.Join("testdata", "oplog", name+".txt"), strings.Join(lines, "\n")+"\n")
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func fillLog(t *testing.T, l *Log, n int) {
	t.Helper()
	for range n {
		mustAppend(t, l, batchOf(t, 2, 50, 1))
	}
}

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *rewrite {
		check(t, os.MkdirAll(filepath.Dir(path), 0o755))
		check(t, os.WriteFile(path, []byte(got), 0o644))
	}
	want, err := os.ReadFile(path)
	if err != nil || string(want) != got {
		t.Fatalf("%s (rewrite with -rewrite): %v, got:\n%s", path, err, got)
	}
}
