package compact

import (
	"slices"
	"testing"

	"github.com/gregorhq/gregor/vfs"
)

// The names of files decide what RecoverSwaps does. The contents then identify the files.
func TestRecoverSwaps(t *testing.T) {
	newLog := string(keyed(t, at(0), "a=1")) + string(keyed(t, at(1), "b=1", "c=1")) // offsets 0 to 2
	for _, c := range []struct {
		name     string
		in, want map[string]string
	}{
		{"nothing to do", map[string]string{"0.log": "old", "x": "y"}, map[string]string{"0.log": "old", "x": "y"}},
		{"undecided: still written", map[string]string{"0.log": "old", "0.log.cleaned": "new", "0.index.cleaned": "new"}, map[string]string{"0.log": "old"}},
		{"undecided: partly renamed", map[string]string{"0.log": "old", "0.index.swap": "new", "0.txnindex.cleaned": "new", "0.log.cleaned": newLog}, map[string]string{"0.log": "old"}},
		{"undecided: the transaction index is not renamed yet", map[string]string{"0.log": "old", "0.log.swap": newLog, "0.txnindex.cleaned": "new"}, map[string]string{"0.log": "old"}},
		{"decided: nothing done yet", map[string]string{"0.log": "old", "0.txnindex": "old", "2.log": "old", "2.index": "old", "3.log": "next", "0.log.swap": newLog, "0.index.swap": "new"},
			map[string]string{"0.log": newLog, "0.index": "new", "3.log": "next"}},
		{"decided: old ones partly gone", map[string]string{"0.log.deleted": "old", "0.txnindex": "old", "2.index": "old", "0.log.swap": newLog, "0.txnindex.swap": "new"},
			map[string]string{"0.log": newLog, "0.txnindex": "new"}},
		{"decided: partly named", map[string]string{"0.log": newLog, "0.index.swap": "new", "0.log.deleted": "old"}, map[string]string{"0.log": newLog, "0.index": "new"}},
		{"decided: empty", map[string]string{"0.log": "old", "0.txnindex": "old", "1.log": "next", "0.log.swap": "", "0.index.swap": ""}, map[string]string{"0.log": "", "0.index": "", "1.log": "next"}},
		{"decided and another one undecided", map[string]string{"0.log": "old", "0.log.swap": newLog, "9.log": "old", "9.log.cleaned": "new", "9.index.swap": "new"},
			map[string]string{"0.log": newLog, "9.log": "old"}},
	} {
		fsys := vfs.NewMem()
		full := func(name string) string {
			if name[0] >= '0' && name[0] <= '9' {
				return "/d/0000000000000000000" + name
			}
			return "/d/" + name
		}
		if err := fsys.MkdirAll("/d", vfs.DirPerm); err != nil {
			t.Fatal(err)
		}
		for name, content := range c.in {
			if err := vfs.WriteFile(fsys, full(name), []byte(content)); err != nil {
				t.Fatal(err)
			}
		}
		if err := RecoverSwaps(fsys, "/d"); err != nil {
			t.Fatal(c.name, err)
		}
		entries, _ := fsys.ReadDir("/d")
		var got []string
		for _, e := range entries {
			got = append(got, e.Name())
		}
		if len(got) != len(c.want) {
			t.Errorf("%s: %v", c.name, got)
		}
		for name, content := range c.want {
			if data, err := vfs.ReadFile(fsys, full(name)); err != nil || string(data) != content {
				t.Errorf("%s: %s is %.20q %v, among %v", c.name, name, data, err, slices.Sorted(slices.Values(got)))
			}
		}
	}
}
