//go:build peer

// Package configcompat compares gregor's configuration with a running, fresh Apache Kafka 4.4 node
// that was started with internal/config/testdata/kafka/peer.properties:
//
//	PEER=127.0.0.1:19292 go test -tags peer ./test/configcompat/
package configcompat

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/properties"
)

const topic = "config-compat"

type peer struct {
	t   *testing.T
	cl  *kgo.Client
	ctx context.Context
}

func dial(t *testing.T) *peer {
	t.Helper()
	cl, err := kgo.NewClient(kgo.SeedBrokers(os.Getenv("PEER")))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	t.Cleanup(cancel)
	if _, err := kadm.NewClient(cl).CreateTopic(ctx, 1, 1, nil, topic); err != nil && !strings.Contains(err.Error(), "ALREADY_EXISTS") {
		t.Fatal(err)
	}
	return &peer{t, cl, ctx}
}

// describe returns one line per configuration, in the form of lines.
func (p *peer) describe(kind kmsg.ConfigResourceType, name string) []string {
	p.t.Helper()
	req := kmsg.NewPtrDescribeConfigsRequest()
	req.IncludeSynonyms = true
	r := kmsg.NewDescribeConfigsRequestResource()
	r.ResourceType, r.ResourceName = kind, name
	req.Resources = append(req.Resources, r)
	resp, err := req.RequestWith(p.ctx, p.cl.Broker(1))
	for err == nil && resp.Resources[0].ErrorCode != 0 { // the broker may not know a new topic yet
		resp, err = req.RequestWith(p.ctx, p.cl.Broker(1))
	}
	if err != nil {
		p.t.Fatal(err)
	}
	var out []string
	for _, c := range resp.Resources[0].Configs {
		s := fmt.Sprintf("%s=%s %d readonly=%v sensitive=%v type=%d", c.Name, text(c.Value), c.Source, c.ReadOnly, c.IsSensitive, c.ConfigType)
		for _, y := range c.ConfigSynonyms {
			s += fmt.Sprintf(" %d:%s=%s", y.Source, y.Name, text(y.Value))
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// fixed are keys that are read-only in gregor: it binds its sockets once.
var fixed = []string{"listeners", "listener.security.protocol.map"}

// lines returns gregor's entries in the same form, without its own keys.
func lines(kind config.Kind, entries []config.Entry) []string {
	var out []string
	for _, e := range entries {
		if d := config.Lookup(kind, e.Name); d != nil && d.Own {
			continue
		}
		s := fmt.Sprintf("%s=%s %d readonly=%v sensitive=%v type=%d", e.Name, text(e.Value), e.Source, e.ReadOnly && !slices.Contains(fixed, e.Name), e.Sensitive, e.Type)
		for _, y := range e.Synonyms {
			s += fmt.Sprintf(" %d:%s=%s", y.Source, y.Name, text(y.Value))
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

func text(s *string) string {
	if s == nil {
		return "<null>"
	}
	return *s
}

func compare(t *testing.T, what string, kafka, gregor []string) {
	t.Helper()
	for _, l := range kafka {
		if !slices.Contains(gregor, l) {
			t.Errorf("%s: only Kafka:  %s", what, l)
		}
	}
	for _, l := range gregor {
		if !slices.Contains(kafka, l) {
			t.Errorf("%s: only gregor: %s", what, l)
		}
	}
}

func parse(t *testing.T) (*config.Broker, *config.Values) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("..", "..", "internal", "config", "testdata", "kafka", "peer.properties"))
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := properties.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := config.Parse(config.Input{Properties: pairs})
	if err != nil {
		t.Fatal(err)
	}
	// A cluster with eligible leader replicas is formatted with this cluster-wide default
	// (KIP-966).
	v, _ := b.With(map[string]string{"min.insync.replicas": "1"}, nil)
	return b, v
}

// alter sends one IncrementalAlterConfigs and returns its error text.
func (p *peer) alter(kind kmsg.ConfigResourceType, name string, ops ...config.AlterOp) string {
	p.t.Helper()
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	r := kmsg.NewIncrementalAlterConfigsRequestResource()
	r.ResourceType, r.ResourceName = kind, name
	for _, op := range ops {
		c := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		c.Name, c.Op, c.Value = op.Name, kmsg.IncrementalAlterConfigOp(op.Op), op.Value
		r.Configs = append(r.Configs, c)
	}
	req.Resources = append(req.Resources, r)
	resp, err := req.RequestWith(p.ctx, p.cl.Broker(1))
	if err != nil {
		p.t.Fatal(err)
	}
	if resp.Resources[0].ErrorCode == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s", resp.Resources[0].ErrorCode, text(resp.Resources[0].ErrorMessage))
}

// update rewrites the descriptions with which internal/config compares itself when no Kafka is
// available.
var update = flag.Bool("update", false, "rewrite internal/config/testdata/kafka/describe-*.txt")

func TestDescribeIsTheSame(t *testing.T) {
	p := dial(t)
	_, b := parse(t)
	if *update {
		for file, lines := range map[string][]string{"topic": p.describe(2, topic), "broker": p.describe(4, "1"), "group": p.describe(32, "some-group")} {
			name := filepath.Join("..", "..", "internal", "config", "testdata", "kafka", "describe-"+file+".txt")
			if err := os.WriteFile(name, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	compare(t, "topic", p.describe(2, topic), lines(config.TopicKey, config.DescribeTopic(b, nil, nil)))
	compare(t, "broker", p.describe(4, "1"), lines(config.BrokerKey, b.Describe(nil)))
	compare(t, "group", p.describe(32, "some-group"), lines(config.GroupKey, config.DescribeGroup(b, nil, nil)))
}

func value(s string) *string { return &s }

func set(k, v string) config.AlterOp { return config.AlterOp{Name: k, Value: value(v)} }

// alterCases are changes that one of the two brokers might refuse.
var alterCases = []struct {
	kind kmsg.ConfigResourceType
	name string
	op   config.AlterOp
}{
	{2, topic, set("foo", "1")},
	{2, topic, set("segment.bytes", "100")},
	{2, topic, set("segment.bytes", "abc")},
	{2, topic, set("segment.bytes", "99999999999")},
	{2, topic, set("segment.bytes", "")},
	{2, topic, set("retention.ms", "-2")},
	{2, topic, set("retention.ms", " 5000 ")},
	{2, topic, set("message.timestamp.difference.max.ms", "1")},
	{2, topic, set("cleanup.policy", "foo")},
	{2, topic, set("cleanup.policy", "")},
	{2, topic, set("cleanup.policy", "delete,delete")},
	{2, topic, set("cleanup.policy", "delete,")},
	{2, topic, set("cleanup.policy", ",delete")},
	{2, topic, set("cleanup.policy", "delete,,compact")},
	{2, topic, set("compression.type", "lzma")},
	{2, topic, set("compression.gzip.level", "10")},
	{2, topic, set("compression.gzip.level", "0")},
	{2, topic, set("compression.lz4.level", "18")},
	{2, topic, set("min.cleanable.dirty.ratio", "1.5")},
	{2, topic, set("min.cleanable.dirty.ratio", "x")},
	{2, topic, set("preallocate", "yes")},
	{2, topic, set("min.insync.replicas", "0")},
	{2, topic, set("message.timestamp.type", "createtime")},
	{2, topic, set("leader.replication.throttled.replicas", "a")},
	{2, topic, set("leader.replication.throttled.replicas", "0:1,1:2")},
	{2, topic, set("leader.replication.throttled.replicas", "*")},
	{2, topic, set("remote.storage.enable", "true")},
	{2, topic, set("min.compaction.lag.ms", "9223372036854775807")},
	{2, topic, set("internal.segment.bytes", "14")},
	{2, topic, set("max.compaction.lag.ms", "0")},
	{2, topic, set("local.retention.ms", "999999999999")},
	{2, topic, set("local.retention.bytes", "100")},
	{2, topic, config.AlterOp{Name: "retention.ms", Op: config.Append, Value: value("1")}},
	{2, topic, config.AlterOp{Name: "retention.ms", Op: config.Subtract, Value: value("1")}},
	{2, topic, config.AlterOp{Name: "foo", Op: config.Append, Value: value("1")}},
	{2, topic, config.AlterOp{Name: "retention.ms", Op: config.Set}},
	{2, topic, config.AlterOp{Name: "retention.ms", Op: 9, Value: value("1")}},
	{2, topic, config.AlterOp{Name: "cleanup.policy", Op: config.Append, Value: value("compact")}},
	{2, topic, config.AlterOp{Name: "cleanup.policy", Op: config.Subtract, Value: value("compact,delete")}},
	{4, "1", set("num.partitions", "3")},
	{4, "1", set("log.segment.bytes", "100")},
	{4, "1", set("log.segment.bytes", "x")},
	{4, "1", set("num.io.threads", "0")},
	{4, "1", set("some.unknown", "x")},
	{4, "", set("some.unknown", "x")},
	{4, "", set("listeners", "PLAINTEXT://:1")},
	{4, "", set("ssl.keystore.password", "x")},
	{4, "", set("num.io.threads", "x")},
	{4, "", set("log.retention.ms", "0")},
	{4, "", set("log.retention.hours", "1")},
	{4, "", set("max.connections.per.ip", "0")},
	{4, "", set("max.connections.per.ip.overrides", "a")},
	{4, "", set("max.connections.per.ip.overrides", "127.0.0.1:x")},
	{4, "", set("log.cleaner.threads", "0")},
	{4, "", set("log.cleaner.dedupe.buffer.size", "100")},
	{4, "", config.AlterOp{Name: "log.cleanup.policy", Op: config.Append, Value: value("foo")}},
	{4, "", config.AlterOp{Name: "num.io.threads", Op: config.Append, Value: value("1")}},
	{32, "some-group", set("consumer.session.timeout.ms", "1")},
	{32, "some-group", set("consumer.session.timeout.ms", "999999")},
	{32, "some-group", set("consumer.heartbeat.interval.ms", "x")},
	{32, "some-group", set("foo", "x")},
	{32, "some-group", set("share.auto.offset.reset", "none")},
	{32, "some-group", set("share.auto.offset.reset", "by_duration:PT1H")},
	{32, "some-group", set("share.auto.offset.reset", "by_duration:x")},
	{32, "some-group", set("share.isolation.level", "x")},
	{32, "some-group", set("share.delivery.count.limit", "1")},
	{32, "some-group", set("share.delivery.count.limit", "11")},
	{32, "some-group", set("share.record.lock.duration.ms", "1000")},
	{32, "some-group", set("streams.num.standby.replicas", "3")},
}

// ours returns gregor's answer to the same change, in the form of alter.
func ours(b *config.Broker, kind kmsg.ConfigResourceType, name string, op config.AlterOp) string {
	kinds := map[kmsg.ConfigResourceType]config.Kind{2: config.TopicKey, 4: config.BrokerKey, 32: config.GroupKey}
	next, err := config.Alter(kinds[kind], nil, []config.AlterOp{op})
	if err == nil {
		switch kind {
		case 2:
			err = config.ValidateTopic(b.Values(), next)
		case 4:
			err = config.ValidateBroker(b, name != "", next)
		case 32:
			err = config.ValidateGroup(b.Values(), next)
		}
	}
	if err == nil {
		return ""
	}
	if e, ok := err.(*config.Error); ok && e.Request {
		return "42 " + e.Message
	}
	return "40 " + err.Error()
}

// deviations are answers of Kafka to which gregor gives a better text.
var deviations = map[string]string{
	"-1 <null>": "an unknown operation is the client's mistake, not the server's",
	"42 Error parsing configuration property 'max.connections.per.ip.overrides': begin 0, end -1, length 1": "names what is allowed",
	"42 For input string: \"x\"": "names the key",
	"42 / by zero":               "names the key and the bound",
	"42 Cannot update these configs at default cluster level, broker id must be specified: [listeners]": "sockets are bound once: read-only",
}

func TestRefusalsAreTheSame(t *testing.T) {
	p := dial(t)
	b, _ := parse(t)
	for _, c := range alterCases {
		kafka := p.alter(c.kind, c.name, c.op)
		if kafka == "" {
			p.alter(c.kind, c.name, config.AlterOp{Name: c.op.Name, Op: config.Delete})
		}
		if gregor := ours(b, c.kind, c.name, c.op); gregor != kafka && deviations[kafka] == "" {
			t.Errorf("%v %s=%s op %v:\n  Kafka:  %s\n  gregor: %s", c.kind, c.op.Name, text(c.op.Value), c.op.Op, kafka, gregor)
		}
	}
}

func TestDynamicDescribeIsTheSame(t *testing.T) {
	p := dial(t)
	static, _ := parse(t)
	topicOverrides := map[string]string{"cleanup.policy": "delete,delete", "retention.ms": " 5000 ", "segment.bytes": "1048577",
		"leader.replication.throttled.replicas": "0:1,0:1", "min.cleanable.dirty.ratio": "1"}
	cluster := map[string]string{"log.retention.ms": "70000", "num.io.threads": "9", "some.unknown": "x",
		"log.cleaner.io.max.bytes.per.second": "1000000000", "min.insync.replicas": "1"}
	broker := map[string]string{"num.io.threads": "10", "log.cleaner.threads": "2", "message.max.bytes": "2000000"}
	group := map[string]string{"consumer.session.timeout.ms": "50000"}
	for _, r := range []struct {
		kind    kmsg.ConfigResourceType
		name    string
		entries map[string]string
	}{{2, topic, topicOverrides}, {4, "", cluster}, {4, "1", broker}, {32, "some-group", group}} {
		for k, v := range r.entries {
			if e := p.alter(r.kind, r.name, set(k, v)); e != "" {
				t.Fatal(e)
			}
			if k != "min.insync.replicas" {
				defer p.alter(r.kind, r.name, config.AlterOp{Name: k, Op: config.Delete})
			}
		}
	}
	b, warnings := static.With(cluster, broker)
	if len(warnings) > 0 {
		t.Fatal(warnings)
	}
	ours := lines(config.BrokerKey, b.Describe(nil))
	// A Kafka broker applies a change shortly after the controller has committed it.
	for start := time.Now(); !slices.Equal(p.describe(4, "1"), ours) && time.Since(start) < 10*time.Second; {
		runtime.Gosched()
	}
	compare(t, "broker", p.describe(4, "1"), ours)
	compare(t, "default", p.describe(4, ""), lines(config.BrokerKey, b.DescribeDefault(nil)))
	compare(t, "topic", p.describe(2, topic), lines(config.TopicKey, config.DescribeTopic(b, topicOverrides, nil)))
	compare(t, "group", p.describe(32, "some-group"), lines(config.GroupKey, config.DescribeGroup(b, group, nil)))
}
