package node_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
)

// A new, empty directory that has become the directory of the metadata log (it was put first in
// log.dirs, or its disk was replaced) must not be formatted beside directories of a cluster. The
// node would start without metadata and treat every partition as a stray.
func TestALostMetadataDirectoryIsNotMadeAnew(t *testing.T) {
	root := t.TempDir()
	a, b := filepath.Join(root, "a"), filepath.Join(root, "b")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	node, err := gregor.Start(ctx, gregor.Config{Dir: a})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, node)
	if err := c.ProduceSync(ctx, &kgo.Record{Topic: "kept", Value: []byte("x")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	c.Close()
	if err := node.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	refused := func(what string, p map[string]string) {
		t.Helper()
		node, err := gregor.Start(ctx, gregor.Config{Properties: p})
		if err == nil {
			_ = node.Shutdown(ctx)
			t.Errorf("%s: started as an empty cluster", what)
		} else if !strings.Contains(err.Error(), "metadata.log.dir") {
			t.Errorf("%s: the error does not say what to do: %v", what, err)
		}
		if _, err := os.Stat(filepath.Join(a, "kept-0")); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	refused("new directory first", map[string]string{"log.dirs": b + "," + a})
	// A new directory at the end of log.dirs is allowed.
	node, err = gregor.Start(ctx, gregor.Config{Properties: map[string]string{"log.dirs": a + "," + b}})
	if err != nil {
		t.Fatal(err)
	}
	if err := node.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(b, "meta.properties")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(a, "meta.properties")); err != nil {
		t.Fatal(err)
	}
	refused("meta.properties lost", map[string]string{"log.dirs": a})
}

// The directory of the metadata log is locked, also when it is no log directory.
func TestTwoBrokersOneMetadataDirectory(t *testing.T) {
	root := t.TempDir()
	props := func(data string) map[string]string {
		return map[string]string{"log.dirs": filepath.Join(root, data), "metadata.log.dir": filepath.Join(root, "meta")}
	}
	start(t, gregor.Config{Properties: props("a")})
	if b, err := gregor.Start(t.Context(), gregor.Config{Properties: props("b")}); err == nil {
		_ = b.Shutdown(t.Context())
		t.Fatal("a second broker took the same metadata directory")
	} else {
		t.Log(err)
	}
}
