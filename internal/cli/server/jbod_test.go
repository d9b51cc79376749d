package server

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Several log.dirs share the partitions. When one is unusable at a start, the broker serves the
// partitions in the others, creates no empty log in place of a missing one, and serves all
// partitions again when the directory is back.
func TestSeveralLogDirs(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	root := t.TempDir()
	dirs := []string{filepath.Join(root, "a"), filepath.Join(root, "b"), filepath.Join(root, "c")}
	file := configFile(t, "log.dirs=%s\nnum.partitions=6\n%s", strings.Join(dirs, ","), anyPort)

	s := startServer(t, file)
	produceEach(ctx, t, s, nil)
	s.stop()
	lost := map[int32]bool{}
	for _, d := range dirs {
		found, err := filepath.Glob(filepath.Join(d, "t-*"))
		if err != nil || len(found) != 2 {
			t.Errorf("%s has %v", d, found)
		}
		for _, f := range found {
			var p int32
			if _, err := fmt.Sscanf(filepath.Base(f), "t-%d", &p); err != nil {
				t.Fatal(err)
			}
			lost[p] = d == dirs[1]
		}
	}

	if err := os.Rename(dirs[1], dirs[1]+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dirs[1], nil, 0o644); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, file)
	if !strings.Contains(s.out.String(), "log directory cannot be used dir="+dirs[1]) {
		t.Errorf("it does not say that %s is missing:\n%s", dirs[1], s.out)
	}
	produceEach(ctx, t, s, lost)
	s.stop()

	if err := os.Remove(dirs[1]); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(dirs[1]+".away", dirs[1]); err != nil {
		t.Fatal(err)
	}
	s = startServer(t, file)
	ends, err := kadm.NewClient(s.client()).ListEndOffsets(ctx, "t")
	if err != nil {
		t.Fatal(err)
	}
	for p, gone := range lost {
		want := int64(2)
		if gone {
			want = 1
		}
		if o, _ := ends.Lookup("t", p); o.Offset != want {
			t.Errorf("partition %d ends at %d, want %d", p, o.Offset, want)
		}
	}
	s.stop()
}

// produceEach sends a record to each of the six partitions. The broker must refuse the records of
// the lost partitions.
func produceEach(ctx context.Context, t *testing.T, s *testServer, lost map[int32]bool) {
	t.Helper()
	opts := []kgo.Opt{kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.DisableIdempotentWrite(), kgo.MaxProduceRequestsInflightPerBroker(1)}
	if lost != nil {
		// The topic exists, so a refusal is final: its partition has no leader.
		opts = append(opts, kgo.RecordRetries(4))
	}
	c := s.client(opts...)
	for p := range int32(6) {
		err := c.ProduceSync(ctx, &kgo.Record{Topic: "t", Partition: p, Value: []byte("v")}).FirstErr()
		if lost[p] != errors.Is(err, kerr.LeaderNotAvailable) || !lost[p] && err != nil {
			t.Errorf("partition %d, lost %v: %v", p, lost[p], err)
		}
	}
}
