package broker

import (
	"strings"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// Directories that are one and the same, or inside of a log directory, are refused before anything
// is made.
func TestNestedAndRepeatedDirectoriesAreRefused(t *testing.T) {
	for _, c := range []struct{ dirs, meta, want string }{
		{"/data,/data/disk-1", "/meta", "the log directory /data/disk-1 is inside of the log directory /data, where only partitions may be"},
		{"/data/sub,/data", "/meta", "the log directory /data/sub is inside of the log directory /data, where only partitions may be"},
		{"/data,/data/", "/meta", "log.dirs names one directory twice, as /data and as /data/"},
		{"/x/../data,/data", "/meta", "log.dirs names one directory twice, as /x/../data and as /data"},
		{"/data", "/data/meta", "metadata.log.dir (/data/meta) is inside of the log directory /data"},
		{"/data,/data2", "/data/", ""},
		{"/meta/data", "/meta", ""},
	} {
		fsys := vfs.NewMem()
		got := starts(t, fsys, c.dirs, "metadata.log.dir="+c.meta)
		if c.want == "" && got != "" || !strings.HasPrefix(got, c.want) {
			t.Errorf("%s and %s: %q", c.dirs, c.meta, got)
		}
		if c.want != "" && vfs.Exists(fsys, "/data") {
			t.Errorf("%s and %s: the refused start has made a directory", c.dirs, c.meta)
		}
	}
}

// A folder that only has the name of a partition is left alone. A partition of no topic is set
// aside.
func TestFoldersOfOthersAreLeftAlone(t *testing.T) {
	fsys := vfs.NewMem()
	must(t, starts(t, fsys, "/a"))
	mkdir(t, fsys, "/a/backup-2024", "/a/empty-1")
	if err := vfs.WriteFile(fsys, "/a/backup-2024/notes.log", []byte("mine")); err != nil {
		t.Fatal(err)
	}
	partition(t, fsys, "/a/gone-0")
	var lines logLines
	n, err := startNodeOn(t, fsys, &lines, "/a")
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !vfs.Exists(fsys, "/a/backup-2024/notes.log") || !vfs.Exists(fsys, "/a/empty-1") || vfs.Exists(fsys, "/a/gone-0") {
		t.Error("the wrong folders are set aside")
	}
	if got := lines.with("left alone"); len(got) != 1 || !strings.Contains(got[0], "backup-2024, empty-1") {
		t.Errorf("%q", got)
	}
}
