package producer

import (
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/gregortest"
	"github.com/gregorhq/gregor/internal/cli/client"
	"github.com/gregorhq/gregor/internal/cli/tool"
	"github.com/gregorhq/gregor/vfs"
)

// lines is a Writer that passes each line on.
type lines chan string

func (l lines) Write(b []byte) (int, error) {
	l <- string(b)
	return len(b), nil
}

// A record whose partition has no leader waits for two minutes. The tool must say why.
func TestARecordThatWaitsForALeaderIsReported(t *testing.T) {
	var dead atomic.Bool
	fsys := vfs.NewErrorFS(vfs.NewMem(), func(op vfs.Op) error {
		if dead.Load() && strings.HasPrefix(op.Path, "/b/") {
			return syscall.EIO
		}
		return nil
	})
	b := gregortest.New(t, gregor.Config{FS: fsys, Properties: map[string]string{"log.dirs": "/a,/b"},
		Topics: []gregor.Topic{{Name: "many", Partitions: 8}}})
	said := make(lines, 100)
	e := &tool.Env{Name: "produce", Verb: &tool.Verb{}, Args: []string{"many"}, Stderr: said}
	sender, err := client.NewSender(e, client.Options{Bootstrap: b.Addr(), Props: client.Props{}})
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	ticks := make(chan time.Time)
	var done sync.WaitGroup
	done.Go(func() { stallWatch{e, sender, "many"}.run(t.Context(), ticks) })
	dead.Store(true)
	for key := range byte(64) {
		sender.Produce(t.Context(), &kgo.Record{Topic: "many", Key: []byte{key}}, func(*kgo.Record, error) {})
	}
	for {
		select {
		case line := <-said:
			if !strings.Contains(line, "partition many-") || !strings.Contains(line, "There is no leader for this topic-partition") {
				t.Fatal(line)
			}
			return
		case ticks <- time.Time{}:
		case <-t.Context().Done():
			t.Fatal("no line")
		}
	}
}
