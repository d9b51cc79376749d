package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregorhq/gregor"
)

// A start whose metadata directory is another one than the one that holds the metadata log is
// refused, as by Apache Kafka ("Found unexpected metadata location in data directory ..."), and
// sets no partition aside.
func TestMetadataLogInAnotherDirectoryRefusesTheStart(t *testing.T) {
	for _, way := range []string{"log.dirs in another order", "metadata.log.dir names the other directory", "the folder is gone"} {
		t.Run(way, func(t *testing.T) {
			root := t.TempDir()
			d1, d2 := filepath.Join(root, "d1"), filepath.Join(root, "d2")
			c := gregor.Config{Dir: d1, Addr: "127.0.0.1:0", Properties: map[string]string{
				"log.dirs": d1 + "," + d2, "node.id": "1", "controller.quorum.voters": "1@127.0.0.1:45501"}}
			b := started(t, c)
			produceToNewTopic(t, b)
			mustDo(t, b.Shutdown(t.Context()))
			switch way {
			case "log.dirs in another order":
				c.Dir, c.Properties["log.dirs"] = d2, d2+","+d1
			case "the folder is gone":
				mustDo(t, os.Rename(filepath.Join(d1, "__cluster_metadata-0"), filepath.Join(root, "away")))
			default:
				c.Properties["metadata.log.dir"] = d2
			}
			b, err := gregor.Start(t.Context(), c)
			if err == nil {
				t.Errorf("the start is not refused")
				_ = b.Shutdown(t.Context())
			} else if !strings.Contains(err.Error(), "metadata") {
				t.Error(err)
			}
			for _, d := range []string{d1, d2} {
				entries, err := os.ReadDir(d)
				mustDo(t, err)
				for _, e := range entries {
					if strings.HasSuffix(e.Name(), "-stray") {
						t.Errorf("%s/%s: acknowledged records set aside", filepath.Base(d), e.Name())
					}
				}
			}
		})
	}
}
