package config

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/properties"
)

// peerBroker is the node that the descriptions in testdata/kafka were taken from.
func peerBroker(t *testing.T) (*Broker, *Values) {
	t.Helper()
	src, err := os.ReadFile(filepath.Join("testdata", "kafka", "peer.properties"))
	if err != nil {
		t.Fatal(err)
	}
	pairs, err := properties.Parse(src)
	if err != nil {
		t.Fatal(err)
	}
	b, _, err := Parse(Input{Properties: pairs})
	if err != nil {
		t.Fatal(err)
	}
	// A cluster with eligible leader replicas is formatted with this cluster-wide default
	// (KIP-966).
	v, _ := b.With(map[string]string{"min.insync.replicas": "1"}, nil)
	return b, v
}

func orNull(s *string) string {
	if s == nil {
		return "<null>"
	}
	return *s
}

func describeLines(kind Kind, entries []Entry) []string {
	var out []string
	for _, e := range entries {
		if d := Lookup(kind, e.Name); d != nil && d.Own {
			continue
		}
		s := fmt.Sprintf("%s=%s %d readonly=%v sensitive=%v type=%d", e.Name, orNull(e.Value), e.Source, e.ReadOnly && !slices.Contains(fixed, e.Name), e.Sensitive, e.Type)
		for _, y := range e.Synonyms {
			s += fmt.Sprintf(" %d:%s=%s", y.Source, y.Name, orNull(y.Value))
		}
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// The files were written by a running Apache Kafka 4.4.0 (go test -tags peer ./test/configcompat
// -args -update).
func TestDescribeMatchesKafka(t *testing.T) {
	_, b := peerBroker(t)
	for file, got := range map[string][]string{
		"topic":  describeLines(TopicKey, DescribeTopic(b, nil, nil)),
		"broker": describeLines(BrokerKey, b.Describe(nil)),
		"group":  describeLines(GroupKey, DescribeGroup(b, nil, nil)),
	} {
		want, err := os.ReadFile(filepath.Join("testdata", "kafka", "describe-"+file+".txt"))
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range strings.Split(strings.TrimSpace(string(want)), "\n") {
			if !slices.Contains(got, l) {
				t.Errorf("%s: missing %s", file, l)
			}
		}
		if n := strings.Count(string(want), "\n"); n != len(got) {
			t.Errorf("%s: %d entries, Kafka has %d", file, len(got), n)
		}
	}
}

func TestDescribeNames(t *testing.T) {
	_, b := peerBroker(t)
	got := DescribeTopic(b, map[string]string{"retention.ms": " 5000 "}, []string{"retention.ms", "nope"})
	if len(got) != 1 || *got[0].Value != "5000" || got[0].Source != DynamicTopic || got[0].Synonyms[0].Name != "retention.ms" {
		t.Fatalf("%+v", got)
	}
	if got := b.Describe([]string{}); got != nil {
		t.Fatalf("an empty list of names asks for nothing, got %d entries", len(got))
	}
	for _, e := range b.Describe([]string{"ssl.keystore.password"}) {
		if e.Value != nil || !e.Sensitive || e.Synonyms[0].Value != nil {
			t.Fatalf("a password shows: %+v", e)
		}
	}
}

// TestThrottledRates compares the keys of replication throttles with a running Apache Kafka 4.4.0:
// it checks their values, and describes them only where they are set.
func TestThrottledRates(t *testing.T) {
	b, v := peerBroker(t)
	for _, key := range dynamicOnly {
		for value, want := range map[string]string{
			"-1": "Invalid value -1 for configuration " + key + ": Value must be at least 0",
			"x":  "Invalid value x for configuration " + key + ": Not a number of type LONG",
			" ":  "Invalid value   for configuration " + key + ": Not a number of type LONG",
			"0":  "",
		} {
			for _, perBroker := range []bool{true, false} {
				got := ""
				if err := ValidateBroker(b, perBroker, map[string]string{key: value}); err != nil {
					got = err.Error()
				}
				if got != want {
					t.Errorf("%s=%q: %q, want %q", key, value, got, want)
				}
			}
		}
		if got := v.Describe([]string{key}); len(got) != 0 {
			t.Errorf("%s is not set, and described as %+v", key, got)
		}
		set, _ := b.With(map[string]string{key: "1000"}, nil)
		got := describeLines(BrokerKey, set.Describe([]string{key}))
		want := key + "=1000 3 readonly=false sensitive=false type=5 3:" + key + "=1000"
		if len(got) != 1 || got[0] != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDynamicOverlay(t *testing.T) {
	b, _ := peerBroker(t)
	n, warnings := b.With(map[string]string{"log.retention.ms": "70000", "num.partitions": "9", "num.io.threads": "zero"},
		map[string]string{"log.cleaner.threads": "2"})
	if len(warnings) != 2 {
		t.Fatalf("want num.partitions and num.io.threads refused, got %v", warnings)
	}
	if n.Int64("log.retention.ms") != 70000 || n.Int("log.cleaner.threads") != 2 || n.Int("num.partitions") != 1 {
		t.Fatal("dynamic entries are not in force")
	}
	if b.Values().Int64("log.retention.ms") != 700*60000 {
		t.Fatalf("the old configuration changed: %d", b.Values().Int64("log.retention.ms"))
	}
	// A dynamic entry hides the static ones in other units.
	for _, e := range n.Describe([]string{"log.retention.hours"}) {
		if *e.Value != "168" || e.Source != StaticBroker {
			t.Fatalf("%+v", e)
		}
	}
	if d := n.DescribeDefault(nil); len(d) != 1 || d[0].Name != "log.retention.ms" || d[0].Source != DynamicDefaultBroker {
		t.Fatalf("%+v", d)
	}
	// Of entries that do not hold together only those are left out that no order of adding makes
	// valid.
	m, warnings := b.With(map[string]string{"max.connections.per.ip": "0", "log.retention.ms": "70000"}, nil)
	if len(warnings) != 1 || m.Int("max.connections.per.ip") == 0 || m.Int64("log.retention.ms") != 70000 {
		t.Fatalf("%v %d", warnings, m.Int("max.connections.per.ip"))
	}
	m, warnings = b.With(map[string]string{"max.connections.per.ip": "0", "max.connections.per.ip.overrides": "a:1", "log.retention.ms": "0"}, nil)
	if len(warnings) != 1 || m.Int("max.connections.per.ip") != 0 || m.MaxConnectionsPerIPOverrides()["a"] != 1 {
		t.Fatalf("%v %d", warnings, m.Int("max.connections.per.ip"))
	}
}

// TestStaticGettersRefuseChangeableKeys checks that the configuration at the start cannot give a
// stale value.
func TestStaticGettersRefuseChangeableKeys(t *testing.T) {
	b := Default()
	panics := func(f func()) (did bool) {
		defer func() { did = recover() != nil }()
		f()
		return false
	}
	type stale struct {
		Threads int `config:"log.cleaner.threads"`
	}
	for name, f := range map[string]func(){
		"Int": func() { b.Int("log.cleaner.threads") }, "Int64": func() { b.Int64("log.retention.ms") },
		"String": func() { b.String("compression.type") }, "List": func() { b.List("log.cleanup.policy") },
		"Has": func() { b.Has("log.retention.ms") }, "Fill": func() { b.Fill(&stale{}) },
		"a key that is not declared": func() { b.Int("no.such.key") },
	} {
		if !panics(f) {
			t.Errorf("%s returns a value", name)
		}
	}
	if panics(func() { b.Int("num.partitions") }) {
		t.Error("a read-only key is refused")
	}
}

func TestDynamicGivesTheCurrentValue(t *testing.T) {
	d := NewDynamic(Default())
	held := d.Values()
	if warnings := d.Set(map[string]string{"log.cleaner.threads": "2", "compression.type": "zstd", "write.caching.default": "true"},
		map[string]string{"log.cleaner.threads": "3"}); len(warnings) > 0 {
		t.Fatal(warnings)
	}
	if d.Int("log.cleaner.threads") != 3 || d.String("compression.type") != "zstd" || !d.Bool("write.caching.default") || held.Int("log.cleaner.threads") != 1 {
		t.Error("the current values are not the last ones set")
	}
	d.Set(nil, nil)
	if d.Int("log.cleaner.threads") != 1 || d.String("compression.type") != "producer" {
		t.Error("a removed entry is still in force")
	}
}
