package config

import (
	"math"
	"reflect"
	"testing"
	"time"
)

func TestTopicResolution(t *testing.T) {
	b, err := parseText(t, "log.segment.bytes=2097152\nlog.retention.hours=1\nlog.cleanup.policy=compact\nmessage.max.bytes=500\nwrite.caching.default=true\nlog.message.timestamp.type=LogAppendTime")
	if err != nil {
		t.Fatal(err)
	}
	c, warnings := Topic(b.Values(), nil)
	if warnings != nil {
		t.Fatal(warnings)
	}
	if c.Int("segment.bytes") != 2097152 || c.Int64("retention.ms") != 3600000 || display(c.List("cleanup.policy")) != "compact" ||
		c.Int("max.message.bytes") != 500 || !c.Bool("write.caching") || c.String("message.timestamp.type") != "LogAppendTime" {
		t.Fatalf("%+v", c)
	}
	c, warnings = Topic(b.Values(), map[string]string{"segment.bytes": "1048576", "retention.ms": "-1", "cleanup.policy": "delete,compact", "write.caching": "false",
		"compression.type": "zstd", "internal.segment.bytes": "2000000", "leader.replication.throttled.replicas": "0:1,0:1"})
	if warnings != nil {
		t.Fatal(warnings)
	}
	if c.Int("internal.segment.bytes") != 2000000 || c.Int64("retention.ms") != -1 || len(c.List("cleanup.policy")) != 2 || c.Bool("write.caching") ||
		c.String("compression.type") != "zstd" || len(c.List("leader.replication.throttled.replicas")) != 2 {
		t.Fatalf("%+v", c)
	}
	n, _ := b.With(map[string]string{"log.retention.ms": "9"}, nil)
	if c, _ := Topic(n, nil); c.Int64("retention.ms") != 9 {
		t.Fatal("a dynamic default of the broker does not reach the topic")
	}
}

func TestFillSetsTaggedFields(t *testing.T) {
	c, warnings := Topic(Default().Values(), map[string]string{"retention.ms": "1500", "min.cleanable.dirty.ratio": "0.25", "cleanup.policy": "compact"})
	if warnings != nil {
		t.Fatal(warnings)
	}
	got := struct {
		Retention time.Duration `config:"retention.ms"`
		Forever   time.Duration `config:"flush.ms"`
		Bytes     int32         `config:"segment.bytes"`
		Internal  int           `config:"internal.segment.bytes"` // null
		Type      string        `config:"compression.type"`
		Other     int
		Inner     struct {
			Ratio  float64  `config:"min.cleanable.dirty.ratio"`
			Policy []string `config:"cleanup.policy"`
			Cache  bool     `config:"write.caching"`
		}
	}{Other: 7, Internal: 7}
	c.Fill(&got)
	if got.Retention != 1500*time.Millisecond || got.Forever != math.MaxInt64 || got.Bytes != 1<<30 || got.Internal != 0 || got.Type != "producer" ||
		got.Other != 7 || got.Inner.Ratio != 0.25 || len(got.Inner.Policy) != 1 || got.Inner.Cache {
		t.Errorf("%+v", got)
	}
}

// A data directory of Kafka 2.x holds topic keys that are gone; the topic still opens.
func TestOldTopicKeys(t *testing.T) {
	old := map[string]string{"message.format.version": "2.8", "retention.ms": "5", "segment.bytes": "14"}
	c, warnings := Topic(Default().Values(), old)
	if c.Int64("retention.ms") != 5 || c.Int("segment.bytes") != 1<<20 || len(warnings) != 1 ||
		warnings[0].Text != "the topic configuration segment.bytes=14 is not valid, 1048576 applies" {
		t.Fatalf("%+v %v", c, warnings)
	}
	for _, e := range DescribeTopic(Default().Values(), old, []string{"message.format.version"}) {
		if e.Value != nil || !e.Sensitive || e.Source != DynamicTopic {
			t.Fatalf("%+v", e)
		}
	}
}

// Stored values that are not valid put no other override out of effect, whatever the broker's value
// is. Those that say what is deleted become the ones that delete nothing.
func TestInvalidStoredTopicValues(t *testing.T) {
	b, err := parseText(t, "log.cleanup.policy=delete\nlog.retention.ms=1\nlog.retention.bytes=1\nmin.insync.replicas=3\nlog.segment.bytes=2097152")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ key, value, want string }{
		{"segment.bytes", "100000", "1048576"},
		{"segment.bytes", "x", "1048576"},
		{"cleanup.policy", "compact,later", ""},
		{"retention.ms", "-2", "-1"},
		{"retention.bytes", "x", "-1"},
		{"min.insync.replicas", "0", "3"},
	} {
		stored := map[string]string{"max.message.bytes": "77", "unclean.leader.election.enable": "true", c.key: c.value}
		v, warnings := Topic(b.Values(), stored)
		if got := display(v.value(c.key)); got != c.want || v.Int("max.message.bytes") != 77 || !v.Bool("unclean.leader.election.enable") ||
			len(warnings) != 1 || warnings[0].Key != c.key {
			t.Errorf("%s=%s: %q, want %q; %v", c.key, c.value, got, c.want, warnings)
		}
		if ValidateTopic(b.Values(), stored) == nil {
			t.Errorf("%s=%s can be set", c.key, c.value)
		}
	}
}

// Kafka's defaults of a fresh topic, from its own ConfigDef through the broker keys.
func TestTopicDefaults(t *testing.T) {
	b := Default().Values()
	for _, d := range Definitions(TopicKey) {
		if v, _ := d.own(); len(d.Synonyms) > 0 && !reflect.DeepEqual(inherited(b, d), v) {
			t.Errorf("%s: %v by the broker's keys, %v by itself", d.Name, inherited(b, d), v)
		}
	}
	if c, warnings := Topic(b, nil); warnings != nil || c.Int64("flush.ms") != 1<<63-1 || c.Int64("segment.ms") != 604800000 || c.Int("min.insync.replicas") != 1 {
		t.Fatalf("%+v %v", c, warnings)
	}
}

func BenchmarkTopic(b *testing.B) {
	broker := Default().Values()
	for b.Loop() {
		if _, warnings := Topic(broker, nil); warnings != nil {
			b.Fatal(warnings)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	for b.Loop() {
		Default()
	}
}

func (d *Definition) own() (any, error) {
	if d.Null {
		return nil, nil
	}
	return d.ParseValue(d.Default)
}

// The texts are those of a running Apache Kafka 4.4.0 (test/configcompat asks it again).
func TestTopicRefusals(t *testing.T) {
	b := Default().Values()
	for _, c := range []struct{ key, value, want string }{
		{"foo", "1", "Unknown topic config name: foo"},
		{"message.timestamp.difference.max.ms", "1", "Unknown topic config name: message.timestamp.difference.max.ms"},
		{"segment.bytes", "100", "Invalid value 100 for configuration segment.bytes: Value must be at least 1048576"},
		{"segment.bytes", "abc", "Invalid value abc for configuration segment.bytes: Not a number of type INT"},
		{"segment.bytes", "", "Invalid value  for configuration segment.bytes: Not a number of type INT"},
		{"retention.ms", "-2", "Invalid value -2 for configuration retention.ms: Value must be at least -1"},
		{"cleanup.policy", "foo", "Invalid value foo for configuration cleanup.policy: String must be one of: compact, delete"},
		{"cleanup.policy", "delete,", "Configuration 'cleanup.policy' values must not be empty."},
		{"cleanup.policy", "", ""},
		{"cleanup.policy", "delete,delete", ""},
		{"compression.type", "lzma", "Invalid value lzma for configuration compression.type: String must be one of: uncompressed, zstd, lz4, snappy, gzip, producer"},
		{"compression.gzip.level", "10", "Invalid value 10 for configuration compression.gzip.level: Value must be between 1 and 9 or equal to -1"},
		{"min.cleanable.dirty.ratio", "1.5", "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no more than 1"},
		{"preallocate", "yes", "Invalid value yes for configuration preallocate: Expected value to be either true or false"},
		{"min.insync.replicas", "0", "Invalid value 0 for configuration min.insync.replicas: Value must be at least 1"},
		{"leader.replication.throttled.replicas", "0:1,x", "Invalid value [0:1, x] for configuration leader.replication.throttled.replicas: leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."},
		{"leader.replication.throttled.replicas", "a", "Invalid value [a] for configuration leader.replication.throttled.replicas: leader.replication.throttled.replicas must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],..."},
		{"remote.storage.enable", "true", "Tiered Storage functionality is disabled in the broker. Topic cannot be configured with remote log storage."},
		{"max.compaction.lag.ms", "1", ""},
		{"write.caching", "maybe", "Invalid value maybe for configuration write.caching: Expected value to be either true or false"},
	} {
		got := ""
		if err := ValidateTopic(b, map[string]string{c.key: c.value}); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%s=%s:\n got %s\nwant %s", c.key, c.value, got, c.want)
		}
	}
	err := ValidateTopic(b, map[string]string{"min.compaction.lag.ms": "5", "max.compaction.lag.ms": "4"})
	if err == nil || err.Error() != "conflict topic config setting min.compaction.lag.ms (5) > max.compaction.lag.ms (4)" {
		t.Error(err)
	}
}
