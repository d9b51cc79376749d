package config

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// acceptsMore lists files that Apache Kafka refuses and gregor takes, with the reason.
var acceptsMore = map[string]string{
	"controller.quorum.voters=<unset>":     "the only node is the only voter",
	"controller.listener.names=controller": "listener names ignore case",
}

// refusesMore lists files that Apache Kafka takes and gregor refuses, with the reason.
var refusesMore = map[string]string{
	"listeners=PLAINTEXT://:-1,CONTROLLER://:9093":                                          "Apache Kafka fails later, when it binds the socket",
	"listeners=PLAINTEXT://:70000,CONTROLLER://:9093":                                       "Apache Kafka fails later, when it binds the socket",
	"listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT:SSL": "TLS is not served yet",
	"authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer":         "ACLs are not enforced yet",
	"listener.name.plaintext.max.connections=abc":                                           "Apache Kafka ignores the line",
	"listener.name.plaintext.num.network.threads=0":                                         "Apache Kafka ignores the line",
}

// TestParseTakesWhatKafkaTakes compares the files that are accepted with those of Apache Kafka
// 4.4.0.
func TestParseTakesWhatKafkaTakes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "kafka", "parse-4.4.0.txt"))
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for line := range strings.Lines(string(text)) {
		lines, want, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !ok {
			continue
		}
		seen++
		file := map[string]string{"process.roles": "broker,controller", "node.id": "1", "controller.quorum.voters": "1@localhost:9093",
			"controller.listener.names": "CONTROLLER", "listeners": "PLAINTEXT://:9092,CONTROLLER://:9093"}
		for _, p := range parsed(t, strings.ReplaceAll(lines, ";;", "\n")) {
			if p.Value == "<unset>" {
				delete(file, p.Key)
			} else {
				file[p.Key] = p.Value
			}
		}
		in := Input{}
		for _, k := range slices.Sorted(maps.Keys(file)) {
			in.Properties = append(in.Properties, Property{Key: k, Value: file[k]})
		}
		_, _, err := Parse(in)
		_, more := acceptsMore[lines]
		_, less := refusesMore[lines]
		switch {
		case (err == nil) == (want == "ok") && (more || less):
			t.Errorf("%s: is no difference any more", lines)
		case err != nil && want == "ok" && !less:
			t.Errorf("%s: refused with %q, Apache Kafka takes it", lines, err)
		case err == nil && want != "ok" && !more:
			t.Errorf("%s: accepted, Apache Kafka says %q", lines, want)
		}
	}
	if seen < 150 {
		t.Errorf("%d cases", seen)
	}
}
