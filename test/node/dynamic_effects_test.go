package node_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/config"
)

// effects has one entry for each key that can change while a broker runs and has an effect. The
// test of a key changes it on all brokers while a partition is open, and checks the effect there.
var effects = map[string]func(*effect){
	"compression.type":       codecChanges,
	"compression.gzip.level": levelChanges("gzip", "1", "9"),
	"compression.lz4.level":  levelChanges("lz4", "1", "12"),
	"compression.zstd.level": levelChanges("zstd", "1", "19"),

	"log.cleanup.policy":                compacts("log.cleanup.policy", "delete", "compact", nil),
	"log.cleaner.min.cleanable.ratio":   compacts("log.cleaner.min.cleanable.ratio", "1", "0.01", nil),
	"log.cleaner.min.compaction.lag.ms": compacts("log.cleaner.min.compaction.lag.ms", "86400000", "0", nil),
	"log.cleaner.max.compaction.lag.ms": compacts("log.cleaner.max.compaction.lag.ms", "86400000", "1", map[string]string{"min.cleanable.dirty.ratio": "1"}),
	"log.cleaner.delete.retention.ms":   tombstonesGo,

	"log.index.interval.bytes":    indexGrows,
	"log.index.size.max.bytes":    rolls("log.index.size.max.bytes", "16", map[string]string{"index.interval.bytes": "0"}),
	"log.segment.bytes":           rolls("log.segment.bytes", "1048576", nil),
	"log.roll.ms":                 rolls("log.roll.ms", "1000", nil),
	"log.roll.jitter.ms":          jitterRolls,
	"log.retention.ms":            deletes("log.retention.ms", "60000"),
	"log.retention.bytes":         deletes("log.retention.bytes", "1"),
	"log.segment.delete.delay.ms": filesGo,

	"log.message.timestamp.after.max.ms":  refuses("log.message.timestamp.after.max.ms", "60000", kerr.InvalidTimestamp, at(10*time.Minute)),
	"log.message.timestamp.before.max.ms": refuses("log.message.timestamp.before.max.ms", "60000", kerr.InvalidTimestamp, at(-10*time.Minute)),
	"message.max.bytes":                   refuses("message.max.bytes", "1000", kerr.MessageTooLarge, sized(5000)),
	"max.decompressed.message.bytes":      refuses("max.decompressed.message.bytes", "1000", kerr.MessageTooLarge, sized(5000)),
	"log.message.timestamp.type":          brokerStamps,

	"producer.ids.per.partition.max":   fewProducers,
	"metrics.partition.enable":         partitionSeries,
	"max.connections":                  fewConnections,
	"max.connections.per.ip":           closesConnection("max.connections.per.ip", "1"),
	"max.connections.per.ip.overrides": closesConnection("max.connections.per.ip.overrides", "localhost:1"),

	"write.caching.default":       syncs("write.caching.default", "true", "false"),
	"log.flush.interval.messages": syncs("log.flush.interval.messages", "9223372036854775807", "1"),
	"log.flush.interval.ms":       syncs("log.flush.interval.ms", "9223372036854775807", "1"),
}

// elsewhere names the tests of keys whose effect a client cannot see.
var elsewhere = map[string]string{
	"config.providers":                    "its effect is at the start: internal/config TestProviders",
	"follower.replication.throttled.rate": "internal/replication TestThrottleRatesFollowTheSettings",
	"leader.replication.throttled.rate":   "internal/replication TestThrottleRatesFollowTheSettings",
	"log.cleaner.backoff.ms":              "internal/logmanager TestCleanerFollowsItsSettings",
	"log.cleaner.dedupe.buffer.size":      "internal/logmanager TestCleanerFollowsItsSettings",
	"log.cleaner.io.buffer.load.factor":   "internal/logmanager TestCleanerFollowsItsSettings",
	"log.cleaner.io.buffer.size":          "internal/logmanager TestCleanerFollowsItsSettings",
	"log.cleaner.io.max.bytes.per.second": "internal/logmanager TestCleanerFollowsItsSettings",
	"log.cleaner.threads":                 "internal/logmanager TestCleanerFollowsItsSettings",
	"max.connection.creation.rate":        "internal/broker TestConnectionLimitsFollowTheSettings",
	"min.insync.replicas":                 "internal/replication TestMinInsyncReplicasFollowsTheBroker",
	"num.recovery.threads.per.data.dir":   "TestLogsOpenWithTheDynamicSettings",
	"producer.id.expiration.ms":           "TestProducersExpireByTheCurrentSetting",
	"unclean.leader.election.enable":      "internal/controller TestScripts",
}

// effect is one run: a broker and a topic of its own.
type effect struct {
	*testing.T
	ctx   context.Context
	b     *gregor.Broker
	dir   string
	topic string
	c     *kgo.Client
	admin *kadm.Client
	syncs *syncCounter
}

// TestDynamicKeysHaveTheirEffect changes every key that can change while the broker runs.
func TestDynamicKeysHaveTheirEffect(t *testing.T) {
	dir, counter := t.TempDir(), &syncCounter{}
	b := start(t, gregor.Config{Dir: dir, FS: counter.fs(), Properties: map[string]string{
		"log.retention.check.interval.ms": "20", "log.initial.task.delay.ms": "0", "log.cleaner.backoff.ms": "20",
		"log.flush.scheduler.interval.ms": "20", "admin.listener": "127.0.0.1:0", "auto.create.topics.enable": "false",
	}})
	for _, d := range config.Definitions(config.BrokerKey) {
		test, reason := effects[d.Name], elsewhere[d.Name]
		dynamic := d.Update != config.ReadOnly && d.NoEffect == ""
		if dynamic != (test != nil || reason != "") || test != nil && reason != "" {
			t.Errorf("%s: dynamic with an effect %v, tested here %v, elsewhere %q", d.Name, dynamic, test != nil, reason)
		}
		if test == nil {
			continue
		}
		t.Run(d.Name, func(t *testing.T) {
			e := &effect{T: t, ctx: bounded(t), b: b, dir: dir, topic: strings.ReplaceAll(d.Name, ".", "-"), syncs: counter}
			e.c = client(t, b, kgo.ProducerBatchCompression(kgo.NoCompression()), kgo.DefaultProduceTopic(e.topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
			e.admin = kadm.NewClient(e.c)
			test(e)
		})
	}
}

// set changes a key on all brokers until the end of the test.
func (e *effect) set(key, value string) {
	e.Helper()
	alter(e.T, e.ctx, e.admin, "", key, &value)
	e.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		// The connection exists: the key may refuse new ones.
		alter(e.T, ctx, e.admin, "", key, nil)
	})
}

func (e *effect) create(configs map[string]string) {
	e.Helper()
	own := map[string]*string{}
	for k, v := range configs {
		own[k] = &v
	}
	if _, err := e.admin.CreateTopic(e.ctx, 1, 1, own, e.topic); err != nil {
		e.Fatal(err)
	}
}

// produce sends each record as a batch of its own.
func (e *effect) produce(rs ...*kgo.Record) error {
	e.Helper()
	for _, r := range rs {
		if err := e.c.ProduceSync(e.ctx, r).FirstErr(); err != nil {
			return err
		}
	}
	return nil
}

func (e *effect) mustProduce(rs ...*kgo.Record) {
	e.Helper()
	if err := e.produce(rs...); err != nil {
		e.Fatal(err)
	}
}

// eventually waits until ok holds.
func (e *effect) eventually(what string, ok func() bool) {
	e.Helper()
	eventually(e.T, e.ctx, what, ok)
}

// files returns the number of the partition's files with a suffix, and their bytes.
func (e *effect) files(suffix string) (n int, bytes int64) {
	e.Helper()
	entries, err := os.ReadDir(filepath.Join(e.dir, e.topic+"-0"))
	if err != nil {
		e.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), suffix) {
			info, err := entry.Info()
			if errors.Is(err, os.ErrNotExist) {
				continue // renamed or deleted at this moment
			}
			n, bytes = n+1, bytes+info.Size()
		}
	}
	return n, bytes
}

func value(n int) *kgo.Record { return &kgo.Record{Value: make([]byte, n)} }

// words returns text that compresses better at a higher level.
func words(n int) []byte {
	r := rand.New(rand.NewPCG(1, 2))
	var b []byte
	for len(b) < n {
		b = fmt.Appendf(b, "%d-%s ", r.IntN(5000), [...]string{"alpha", "beta", "gamma", "delta", "epsilon"}[r.IntN(5)])
	}
	return b[:n]
}
