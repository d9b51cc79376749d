package config

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// fact is one key as Apache Kafka 4.4.0's own ConfigDefs declare it.
type fact struct {
	Scope, Name, Type, Importance, Dynamic string
	Default, Valid                         *string
	Required, Internal                     bool
}

func readFacts(t *testing.T) []fact {
	t.Helper()
	f, err := os.Open(filepath.Join("testdata", "kafka", "configs-4.4.0.jsonl.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var out []fact
	for s := bufio.NewScanner(z); s.Scan(); {
		var x fact
		if err := json.Unmarshal(s.Bytes(), &x); err != nil {
			t.Fatal(err)
		}
		out = append(out, x)
	}
	return out
}

// dynamicOnly are the broker keys that Apache Kafka declares for dynamic configuration alone
// (QuotaConfig.brokerQuotaConfigs), so they are not in the file of facts.
var dynamicOnly = []string{"leader.replication.throttled.rate", "follower.replication.throttled.rate", "replica.alter.log.dirs.io.max.bytes.per.second"}

func dynamicOnlyFacts() []fact {
	var out []fact
	for _, name := range dynamicOnly {
		most, valid := "9223372036854775807", "[0,...]"
		out = append(out, fact{Scope: "broker", Name: name, Type: "LONG", Importance: "MEDIUM", Dynamic: "ALL_DYNAMIC", Default: &most, Valid: &valid})
	}
	return out
}

func updateOf(sets string) Update {
	switch {
	case strings.Contains(sets, "DYNAMIC_SECURITY"):
		return PerListener
	case strings.Contains(sets, "PER_BROKER"):
		return PerBroker
	case strings.Contains(sets, "ALL_DYNAMIC"):
		return ClusterWide
	case sets != "":
		return ListenerOnly
	}
	return ReadOnly
}

// fixed are keys that Apache Kafka can change while it runs and gregor, which binds its sockets
// once, cannot.
var fixed = []string{"listeners", "listener.security.protocol.map"}

func TestTableMatchesKafka(t *testing.T) {
	kinds := map[string]Kind{"broker": BrokerKey, "topic": TopicKey, "group": GroupKey}
	seen := map[*Definition]bool{}
	for _, f := range append(readFacts(t), dynamicOnlyFacts()...) {
		d := Lookup(kinds[f.Scope], f.Name)
		if d == nil {
			t.Errorf("%s key %s is not declared", f.Scope, f.Name)
			continue
		}
		seen[d] = true
		valid := d.Valid == nil && f.Valid == nil || d.Valid != nil && f.Valid != nil && d.Valid.String() == *f.Valid
		hasDefault := !d.Null && !d.Required
		def := hasDefault == (f.Default != nil) && (f.Default == nil || *f.Default == d.Default)
		switch {
		case d.Type.String() != f.Type:
			t.Errorf("%s: type %s, Kafka %s", f.Name, d.Type, f.Type)
		case !def:
			t.Errorf("%s: default %q, Kafka %v", f.Name, d.Default, f.Default)
		case !valid:
			t.Errorf("%s: valid %v, Kafka %v", f.Name, d.Valid, *f.Valid)
		case d.Importance.String() != f.Importance, d.Internal != f.Internal, d.Required != f.Required:
			t.Errorf("%s: importance %s, internal %v, required %v", f.Name, d.Importance, d.Internal, d.Required)
		case f.Scope == "broker" && slices.Contains(fixed, f.Name):
			if d.Update != ReadOnly {
				t.Errorf("%s: %s", f.Name, d.Update)
			}
		case f.Scope == "broker" && d.Update != updateOf(f.Dynamic):
			t.Errorf("%s: %s, Kafka %s", f.Name, d.Update, f.Dynamic)
		}
	}
	for kind := range tables {
		for _, d := range Definitions(Kind(kind)) {
			if !seen[d] && !d.Own {
				t.Errorf("%s is not a key of Kafka and not marked as gregor's own", d.Name)
			}
		}
	}
}

func TestTableIsComplete(t *testing.T) {
	for kind := range tables {
		for _, d := range Definitions(Kind(kind)) {
			if d.Doc == "" || !strings.HasSuffix(d.Doc, ".") {
				t.Errorf("%s: the doc is missing or is no sentence: %q", d.Name, d.Doc)
			}
			if !d.Null && !d.Required {
				if _, err := d.ParseValue(d.Default); err != nil {
					t.Errorf("%s: default: %v", d.Name, err)
				}
			}
			for _, s := range d.Synonyms {
				if Lookup(BrokerKey, s.Name) == nil {
					t.Errorf("%s: no synonym %s", d.Name, s.Name)
				}
			}
		}
	}
}
