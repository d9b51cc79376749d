package storage

import (
	"errors"
	"testing"

	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/storage/internal/checkpoint"
	"github.com/gregorhq/gregor/vfs"
)

// FuzzMetaProperties: a file that is read can be written again and says the same, one that is not
// is refused in words.
func FuzzMetaProperties(f *testing.F) {
	for _, name := range []string{"testdata/kafka/" + MetaPropertiesFile} {
		data, err := vfs.ReadFile(vfs.OS(), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	for _, s := range []string{
		"version=0\nbroker.id=7\ncluster.id=x\n", "version=1\nnode.id=-1\n", "version=2", "version=1\nnode.id=-5", "#\n!\n node.id : 3 \r\n\tversion:1", "version=1\ncluster.id=a b=c:d#e\\\n",
		"version=1\ndirectory.id=VDSCsHAaSB6ra8QQpCcoVQ\nnode.id=2147483648", "=\n:\n==",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		testkit.Bounded(t)
		var p MetaProperties
		var err error
		// A line of two bytes becomes a properties.Property of 40, in a slice that grows by copies.
		testkit.Cost(t, 5*len(data), 8<<10, func() { p, err = ParseMetaProperties("f", data) })
		var bad *checkpoint.Error
		if err != nil {
			if !errors.As(err, &bad) || p.NodeID != -1 {
				t.Fatalf("%+v, %v", p, err)
			}
			return
		}
		fsys := vfs.NewMem()
		if err := WriteMetaProperties(fsys, "/", p); err != nil {
			t.Fatal(err)
		}
		p.ZooKeeper = false // version 1 is written
		again, ok, err := ReadMetaProperties(fsys, "/")
		if err != nil || !ok || again != p {
			t.Fatalf("%+v became %+v, %v %v", p, again, ok, err)
		}
	})
}
