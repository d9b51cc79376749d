package vfs

import (
	"os"
	"path/filepath"
	"testing"
)

func TestInside(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"data/disk-1", "other"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "data", "deep": "data/disk-1", "data/out-1": "other"} {
		if err := os.Symlink(filepath.Join(root, to), filepath.Join(root, link)); err != nil {
			t.Skip("no symbolic links here: ", err)
		}
	}
	const apart, same, inside = "apart", "same", "inside"
	for _, c := range []struct{ dir, outer, want string }{
		{"data", "data", same},
		{"data/", "data", same},
		{"other/../data", "data", same},
		{"link", "data", same},
		{"data", "link", same},
		{"data/disk-1", "data", inside},
		{"data/new", "data", inside},
		{"link/disk-1", "data", inside},
		{"link/new/newer", "data", inside},
		{"deep", "data", inside},
		{"deep/new", "link", inside},
		{"data/out-1", "data", inside},
		{"data", "data/disk-1", apart},
		{"data2", "data", apart},
		{"other", "data", apart},
		{"other", "link", apart},
		{"missing", "absent", apart},
	} {
		got := apart
		switch s, in := Inside(OS(), root+"/"+c.dir, root+"/"+c.outer); {
		case s:
			got = same
		case in:
			got = inside
		}
		if got != c.want {
			t.Errorf("%s and %s: %s, want %s", c.dir, c.outer, got, c.want)
		}
	}
	if _, in := Inside(NewMem(), "/x/y", "/"); !in {
		t.Error("everything is inside of /")
	}
	mem := NewMem()
	if err := mem.MkdirAll("/a/b", 0o755); err != nil {
		t.Fatal(err)
	}
	if s, in := Inside(mem, "/a/b", "/c"); s || in {
		t.Error("/a/b is in /c")
	}
}
