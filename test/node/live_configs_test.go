package node_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/testkit"
)

// bounded returns a context for one test.
func bounded(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until ok holds, as long as ctx lasts.
func eventually(t *testing.T, ctx context.Context, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("never came: %s", what)
		}
	}
}

func alter(t *testing.T, ctx context.Context, admin *kadm.Client, topic, name string, value *string) {
	t.Helper()
	op := kadm.SetConfig
	if value == nil {
		op = kadm.DeleteConfig
	}
	var answers kadm.AlterConfigsResponses
	var err error
	change := []kadm.AlterConfig{{Op: op, Name: name, Value: value}}
	if topic == "" {
		answers, err = admin.AlterBrokerConfigs(ctx, change)
	} else {
		answers, err = admin.AlterTopicConfigs(ctx, change, topic)
	}
	if err != nil || len(answers) != 1 || answers[0].Err != nil {
		t.Fatalf("%s=%v: %v %v", name, value, answers, err)
	}
}

// tooLarge reports whether the broker refuses a record of 5,000 bytes.
func tooLarge(t *testing.T, ctx context.Context, c *kgo.Client, topic string) bool {
	t.Helper()
	err := c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: make([]byte, 5000)}).FirstErr()
	if err != nil && !errors.Is(err, kerr.MessageTooLarge) {
		t.Fatal(err)
	}
	return err != nil
}

// A changed configuration is in effect when the change is answered: for a topic, for all topics
// that do not set the key, and after a restart.
func TestAlteredConfigsAreInEffectAtOnce(t *testing.T) {
	ctx, dir := bounded(t), t.TempDir()
	b, err := gregor.Start(ctx, gregor.Config{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, b, kgo.ProducerBatchCompression(kgo.NoCompression()))
	admin := kadm.NewClient(c)
	if _, err := admin.CreateTopics(ctx, 1, 1, nil, "a", "b"); err != nil {
		t.Fatal(err)
	}
	limit := "1000"
	for _, step := range []struct {
		topic, name string
		value       *string
		a, b        bool // whether the broker refuses the record
	}{
		{"a", "max.message.bytes", &limit, true, false},
		{"a", "max.message.bytes", nil, false, false},
		{"", "message.max.bytes", &limit, true, true},
		{"", "message.max.bytes", nil, false, false},
		{"", "message.max.bytes", &limit, true, true},
	} {
		alter(t, ctx, admin, step.topic, step.name, step.value)
		if onA, onB := tooLarge(t, ctx, c, "a"), tooLarge(t, ctx, c, "b"); onA != step.a || onB != step.b {
			t.Fatalf("after %+v: refused on a %t, on b %t", step, onA, onB)
		}
	}
	c.Close()
	if err := b.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	b = start(t, gregor.Config{Dir: dir})
	c = client(t, b, kgo.ProducerBatchCompression(kgo.NoCompression()))
	if !tooLarge(t, ctx, c, "a") {
		t.Error("after a restart the broker's dynamic configuration is forgotten")
	}
	alter(t, ctx, kadm.NewClient(c), "b", "max.message.bytes", kadm.StringPtr("10000"))
	if tooLarge(t, ctx, c, "b") || !tooLarge(t, ctx, c, "a") {
		t.Error("the topic's own value does not win")
	}
}

// Segments roll by time, the periodic work deletes whole ones by retention.ms, and their files
// disappear after file.delete.delay.ms.
func TestRollRetentionAndDeletionOfFiles(t *testing.T) {
	ctx, dir := bounded(t), t.TempDir()
	b := start(t, gregor.Config{Dir: dir, Properties: map[string]string{
		"log.retention.check.interval.ms": "50", "log.initial.task.delay.ms": "0",
	}})
	c := client(t, b)
	admin := kadm.NewClient(c)
	configs := map[string]*string{"segment.ms": kadm.StringPtr("1000"), "file.delete.delay.ms": kadm.StringPtr("200")}
	if _, err := admin.CreateTopic(ctx, 1, 1, configs, "old"); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Add(-time.Hour)
	for i := range 3 {
		r := &kgo.Record{Topic: "old", Value: []byte("x"), Timestamp: now.Add(time.Duration(i) * time.Minute)}
		if err := c.ProduceSync(ctx, r).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	files := func(suffix string) (n int) {
		entries, err := os.ReadDir(filepath.Join(dir, "old-0"))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if strings.HasSuffix(e.Name(), suffix) {
				n++
			}
		}
		return n
	}
	if n := files(".log"); n != 3 {
		t.Fatalf("%d segments, records lie a minute apart and segment.ms is a second", n)
	}
	alter(t, ctx, admin, "old", "retention.ms", kadm.StringPtr("60000"))
	eventually(t, ctx, "the log start offset at 3", func() bool {
		starts, err := admin.ListStartOffsets(ctx, "old")
		o, _ := starts.Lookup("old", 0)
		return err == nil && o.Offset == 3
	})
	eventually(t, ctx, "only the new segment is left", func() bool { return files(".deleted") == 0 && files(".log") == 1 })
}

// The log names a key without effect once, also when it is set while the broker runs. A change of
// listeners, which are bound at the start, is refused.
func TestDynamicKeysWithoutEffectAreNamed(t *testing.T) {
	ctx := bounded(t)
	var log testkit.Buffer
	b := start(t, gregor.Config{InMemory: true, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	admin := kadm.NewClient(client(t, b))
	for _, n := range []string{"4", "5"} {
		alter(t, ctx, admin, "", "num.io.threads", &n)
	}
	yes := "true"
	for _, topic := range []string{"a", "b"} {
		if _, err := admin.CreateTopic(ctx, 1, 1, map[string]*string{"preallocate": &yes}, topic); err != nil {
			t.Fatal(err)
		}
	}
	for _, key := range []string{"num.io.threads", "preallocate"} {
		if n := strings.Count(log.String(), key+" has no effect"); n != 1 {
			t.Errorf("%s is named %d times", key, n)
		}
	}
	at := "PLAINTEXT://127.0.0.1:0"
	answers, err := admin.AlterBrokerConfigs(ctx, []kadm.AlterConfig{{Name: "listeners", Value: &at}}, 1)
	if err != nil || len(answers) != 1 || !errors.Is(answers[0].Err, kerr.InvalidRequest) {
		t.Errorf("%v %v", answers, err)
	}
}
