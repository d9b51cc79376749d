package node_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
)

type lockedLines struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lockedLines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(b)
}

func (l *lockedLines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// A flipped bit in a partition of __consumer_offsets costs the offsets in one batch. The groups of
// the partition are served, and one line names the offsets and the file.
func TestDamagedOffsetsCostOneBatch(t *testing.T) {
	for what, at := range map[string]int{"key": 10, "length": -60, "magic": -55} {
		t.Run(what, func(t *testing.T) { damageOffsets(t, at) })
	}
}

// damageOffsets flips a bit so many bytes behind the group id in the fifth batch.
func damageOffsets(t *testing.T, at int) {
	ctx := t.Context()
	var lines lockedLines
	c := gregor.Config{Dir: t.TempDir(), Topics: []gregor.Topic{{Name: "t", Partitions: 1}},
		Properties: map[string]string{"offsets.topic.num.partitions": "1"}, Logger: slog.New(slog.NewTextHandler(&lines, nil))}
	b := started(t, c)
	cl, err := kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	mustDo(t, err)
	for i := range 10 {
		offsets := kadm.Offsets{}
		offsets.Add(kadm.Offset{Topic: "t", Partition: 0, At: int64(100 + i), LeaderEpoch: -1})
		_, err := kadm.NewClient(cl).CommitOffsets(ctx, fmt.Sprint("group", i), offsets)
		mustDo(t, err)
	}
	cl.Close()
	mustDo(t, b.Shutdown(context.Background()))

	name := filepath.Join(c.Dir, "__consumer_offsets-0", "00000000000000000000.log")
	data, err := os.ReadFile(name)
	mustDo(t, err)
	data[bytes.Index(data, []byte("group4"))+at] ^= 1
	mustDo(t, os.WriteFile(name, data, 0o644))

	b = started(t, c)
	defer b.Shutdown(context.Background())
	cl, err = kgo.NewClient(kgo.SeedBrokers(b.Addr()))
	mustDo(t, err)
	defer cl.Close()
	for i := range 10 {
		got, err := kadm.NewClient(cl).FetchOffsets(ctx, fmt.Sprint("group", i))
		mustDo(t, err)
		if o, ok := got.Lookup("t", 0); ok != (i != 4) || ok && o.At != int64(100+i) {
			t.Errorf("group%d: %v %+v", i, ok, o)
		}
	}
	found := 0
	for line := range strings.Lines(lines.String()) {
		if strings.Contains(line, "level=ERROR") && strings.Contains(line, "component=groups") {
			found++
			if !strings.Contains(line, "topic=__consumer_offsets partition=0 offsets=4-4 ranges=1 files=00000000000000000000.log") {
				t.Error(line)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d lines of level ERROR by the coordinator:\n%s", found, lines.String())
	}
}
