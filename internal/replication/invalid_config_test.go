package replication

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// One stored override that is not valid (segment.bytes below 1 MiB was, before Kafka 4.0) puts no
// other override of the topic out of effect. The leader uses the settings that the controller uses,
// and says so in one line.
func TestOneInvalidOverrideKeepsTheOthers(t *testing.T) {
	n := newNode(t, vfs.NewMem(), nil)
	var lines bytes.Buffer
	n.m.logger = slog.New(slog.NewTextHandler(&lines, nil))
	n.createTopic("t", 1, "segment.bytes", "100000", "retention.ms", "-1", "cleanup.policy", "compact", "min.insync.replicas", "2")
	p := n.m.Partition("t", 0)
	check := func(minISR int) {
		t.Helper()
		got := p.config.Load()
		want, _ := config.Topic(n.m.config.Values(), n.image.Configs(metadata.ResourceTopic, "t"))
		if got.storage.RetentionMs != -1 || got.storage.CleanupPolicy != storage.CleanupCompact || got.storage.SegmentBytes != 1<<20 ||
			got.MinInsyncReplicas != minISR || want.Int("min.insync.replicas") != minISR {
			t.Errorf("%+v, %+v, want %d for the minimum ISR", got, got.storage, minISR)
		}
	}
	check(2)
	n.apply(topicConfigRecord("t", "min.insync.replicas", "3"))
	check(3)
	n.m.ConfigChanged()
	check(3)
	if got := lines.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "topic=t") || !strings.Contains(got, "segment.bytes=100000") {
		t.Errorf("log lines:\n%s", got)
	}
}

// Records that retention.ms=-1 keeps stay, whatever else of the topic's configuration is not valid.
func TestRetentionOfATopicWithAnInvalidOverride(t *testing.T) {
	for _, c := range [][]string{
		{},
		{"retention.ms", "-1"},
		{"retention.ms", "-1", "segment.bytes", "100000"},
		{"retention.ms", "-1", "compression.type", "later"},
		{"retention.ms", "unlimited"},
		{"cleanup.policy", "compact,later"},
	} {
		n := newNode(t, vfs.NewMem(), nil)
		n.createTopic("t", 1, append([]string{"segment.ms", "1000"}, c...)...)
		p := n.m.Partition("t", 0)
		for range 3 {
			if _, err := p.log.AppendAsLeader(batchOf(t, record.BuilderOptions{LeaderEpoch: -1}, "v"), storage.AppendOptions{LeaderEpoch: 0, NowMs: n.now.Load()}); err != nil {
				t.Fatal(err)
			}
			n.now.Add(2000)
		}
		p.log.SetHighWatermark(p.log.LogEndOffset())
		n.now.Add(31 * 24 * 3600 * 1000)
		_, reason, err := p.log.DeleteOldSegments(n.now.Load())
		if kept := p.log.LogStartOffset() == 0; kept != (len(c) > 0) || err != nil {
			t.Errorf("%v: the log starts at %d (%s, %v)", c, p.log.LogStartOffset(), reason, err)
		}
	}
}
