package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/gregorhq/gregor/internal/properties"
)

func parsed(t *testing.T, text string) []Property {
	t.Helper()
	p, err := properties.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPrecedence(t *testing.T) {
	in := Input{
		Properties: parsed(t, "num.partitions=2\nnum.partitions=3\nnum.io.threads=4\nlog.dirs=/a"),
		Env:        []string{"KAFKA_NUM_IO_THREADS=5", "KAFKA_LOG_DIRS=/b", "HOME=/root", "KAFKA_HEAP_OPTS=-Xmx1g"},
		Overrides:  []string{"log.dirs=/c,/d", "controlled.shutdown.enable=false"},
	}
	b, _, err := Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	if b.Int("num.partitions") != 3 || b.Values().Int("num.io.threads") != 5 || display(b.LogDirs()) != "/c,/d" || b.Bool("controlled.shutdown.enable") {
		t.Fatalf("%d %d %v", b.Int("num.partitions"), b.Values().Int("num.io.threads"), b.LogDirs())
	}
	for _, bad := range []string{"num.partitions", "=1", ""} {
		if _, _, err := Parse(Input{Overrides: []string{bad}}); err == nil || !strings.Contains(err.Error(), "key=value") {
			t.Errorf("--override %q: %v", bad, err)
		}
	}
}

func TestEnvironment(t *testing.T) {
	for key, name := range map[string]string{
		"log.dirs": "KAFKA_LOG_DIRS", "a_b": "KAFKA_A__B", "a-b": "KAFKA_A___B", "ssl.keystore.location": "KAFKA_SSL_KEYSTORE_LOCATION",
		"listener.name.internal.scram-sha-256.sasl.jaas.config": "KAFKA_LISTENER_NAME_INTERNAL_SCRAM___SHA___256_SASL_JAAS_CONFIG",
	} {
		if got := envKey(strings.TrimPrefix(name, "KAFKA_")); got != key {
			t.Errorf("%s: %s, want %s", name, got, key)
		}
	}
	b, warnings, err := Parse(Input{Env: []string{
		"CLUSTER_ID=4L6g3nShT-eMCtK--X86sw", "KAFKA_NODE_ID=1", "KAFKA_PROCESS_ROLES=broker,controller", "KAFKA_VERSION=4.4.0",
		"KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://kafka.example:29092,PLAINTEXT_HOST://localhost:9092,CONTROLLER://kafka.example:9093",
		"KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER", "KAFKA_OPTS=x", "KAFKA_JMX_PORT=1",
		"KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,PLAINTEXT_HOST:PLAINTEXT",
		"KAFKA_CONTROLLER_QUORUM_VOTERS=1@localhost:9093", "KAFKA_LOG4J_LOGGERS=a=b", "KAFKA_JVM_PERFORMANCE_OPTS=x",
	}})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if s := display(b.List("listeners")); s != "PLAINTEXT://0.0.0.0:29092,PLAINTEXT_HOST://0.0.0.0:9092,CONTROLLER://0.0.0.0:9093" {
		t.Fatal(s)
	}
	if a := b.AdvertisedListeners(); len(a) != 3 || a[0].Host != "kafka.example" || a[1].Name != "PLAINTEXT_HOST" {
		t.Fatal(a)
	}
	if ClusterID([]string{"KAFKA_CLUSTER_ID=b", "CLUSTER_ID=a"}) != "a" || ClusterID(nil) != "" {
		t.Fatal("cluster id")
	}
}

func TestProviders(t *testing.T) {
	files := map[string]string{"/run/secrets/kafka": "dirs=/a,/b\nn: 7", "/run/secrets/racks/rack": "r1"}
	read := func(name string) ([]byte, error) {
		if s, ok := files[name]; ok {
			return []byte(s), nil
		}
		return nil, errors.New("no such file")
	}
	in := Input{ReadFile: read, Env: []string{"PARTS=12"}, Properties: parsed(t, `
log.dirs=${file:/run/secrets/kafka:dirs}
num.partitions=${env:PARTS}
broker.rack=x-${d:/run/secrets/racks:rack}
config.providers=d
config.providers.d.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
ssl.principal.mapping.rules=${vault:a:b}`)}
	b, _, err := Parse(in)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.LogDirs()) != 2 || b.Int("num.partitions") != 12 || b.String("broker.rack") != "x-r1" || b.String("ssl.principal.mapping.rules") != "${vault:a:b}" {
		t.Fatal(b.LogDirs(), b.Int("num.partitions"), b.String("broker.rack"))
	}
	for value, want := range map[string]string{
		"${env:NOPE}": "NOPE is not set", "${file:/x:y}": "no such file", "${file:/run/secrets/kafka:z}": "no key z",
		"${dir:/run/secrets:../etc/passwd}": "not the name of a file",
	} {
		in.Properties = []Property{{Key: "broker.rack", Value: value}}
		if _, _, err := Parse(in); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "broker.rack") {
			t.Errorf("%s: %v", value, err)
		}
	}
}

func TestWarnings(t *testing.T) {
	_, warnings, err := Parse(Input{Properties: parsed(t, `
num.partitons=3
zookeeper.connect=a:2181,b:2181/kafka
zookeeper.connection.timeout.ms=18000
log.message.format.version=2.8
num.io.threads=16
completely.different.thing=1
zookeper.conect=a:2181
super.users=User:a
listener.name.plaintext.max.connections=5
num.network.threads=5 # line 42`)})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]Warning{}
	for _, w := range warnings {
		if got[w.Key].Key != "" && w.Kind == got[w.Key].Kind {
			t.Errorf("%s warns twice", w.Key)
		}
		got[w.Key+"/"+string('0'+rune(w.Kind))] = w
	}
	for key, want := range map[string]string{
		"num.partitons/0":                   "did you mean num.partitions?",
		"zookeper.conect/0":                 "did you mean zookeeper.connect?",
		"super.users/1":                     "ACLs are not enforced",
		"completely.different.thing/0":      "unknown configuration completely.different.thing",
		"num.io.threads/1":                  "Go schedules",
		"num.network.threads/1":             "Go schedules",
		"num.network.threads/3":             "comment after the value",
		"log.message.format.version/1":      "Apache Kafka 4.0 removed it",
		"zookeeper.connect/2":               "starts alone",
		"zookeeper.connection.timeout.ms/2": "no ZooKeeper",
	} {
		if !strings.Contains(got[key].Text, want) {
			t.Errorf("%s: %q, want %q", key, got[key].Text, want)
		}
	}
	if len(got) != 10 {
		t.Errorf("%d warnings: %v", len(got), got)
	}
}

// The texts are those of a running Apache Kafka 4.4.0, without Java's class names and "requirement
// failed: ".
func TestRefusals(t *testing.T) {
	for text, want := range map[string]string{
		"num.partitions=abc":                            "Invalid value abc for configuration num.partitions: Not a number of type INT. It must be a whole number of at least 1.",
		"num.partitions=0":                              "Invalid value 0 for configuration num.partitions: Value must be at least 1",
		"group.initial.rebalance.delay.ms=99999999999":  "Invalid value 99999999999 for configuration group.initial.rebalance.delay.ms: Not a number of type INT. It must be a whole number.",
		"controlled.shutdown.enable=maybe":              "Invalid value maybe for configuration controlled.shutdown.enable: Expected value to be either true or false",
		"log.cleanup.policy=foo":                        "Invalid value foo for configuration log.cleanup.policy: String must be one of: compact, delete",
		"log.flush.interval.ms=x":                       "Invalid value x for configuration log.flush.interval.ms: Not a number of type LONG. It must be a whole number.",
		"log.retention.hours=0":                         "log.retention.ms must be unlimited (-1) or, greater than or equal to 1",
		"log.dirs=":                                     "Configuration 'log.dirs' must not be empty. Valid values include: any non-empty value",
		"node.id=first":                                 "Invalid value first for configuration node.id: Not a number of type INT. It must be a whole number of at least 0.",
		"log.cleaner.min.cleanable.ratio=half":          "Invalid value half for configuration log.cleaner.min.cleanable.ratio: Not a number of type DOUBLE. It must be a number from 0 to 1.",
		"node.id=1\nprocess.roles=broker,controller":    "Missing required configuration \"controller.listener.names\" which has no default value.",
		"process.roles=broker,controller":               "Missing required configuration \"node.id\" which has no default value.",
		"process.roles=broker,controller\nbroker.id=-1": "Invalid value -1 for configuration node.id: Value must be at least 0",
		"node.id=-1":                                    "Invalid value -1 for configuration node.id: Value must be at least 0",
		"node.id=1\nbroker.id=7":                        "`node.id` and `broker.id` must be set to the same value. `broker.id` is deprecated, please use `node.id` instead.",
		"node.id=1\nprocess.roles=broker,foo\ncontroller.listener.names=PLAINTEXT": "Invalid value foo for configuration process.roles: String must be one of: broker, controller",
		"max.connections.per.ip=0":                                                      "max.connections.per.ip can be set to zero only if max.connections.per.ip.overrides property is set.",
		"queued.max.request.bytes=10":                                                   "queued.max.request.bytes must be larger or equal to socket.request.max.bytes",
		"replica.fetch.wait.max.ms=40000":                                               "replica.socket.timeout.ms should always be at least replica.fetch.wait.max.ms to prevent unnecessary socket timeouts",
		"group.consumer.max.session.timeout.ms=1000":                                    "group.consumer.max.session.timeout.ms must be greater than or equal to group.consumer.min.session.timeout.ms",
		"controller.quorum.voters=abc@localhost:9093":                                   "Failed to parse voter ID as an integer from abc",
		"controller.quorum.voters=1localhost:9093":                                      "Invalid configuration value for controller.quorum.voters. Each entry should be in the form `{id}@{host}:{port}`.",
		"controller.quorum.voters=1@localhost":                                          "Failed to parse host name from entry 1@localhost for the configuration controller.quorum.voters. Each entry should be in the form `{id}@{host}:{port}`.",
		"controller.quorum.voters=2@localhost:9093":                                     "If process.roles contains the 'controller' role, the node id 1 must be included in the set of voters controller.quorum.voters=Set(2)",
		"authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer": "Invalid value org.apache.kafka.metadata.authorizer.StandardAuthorizer for configuration authorizer.class.name: gregor does not enforce ACLs yet; remove the key to start without an authorizer",
	} {
		if _, _, err := Parse(Input{Properties: parsed(t, text)}); err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", text, err, want)
		}
	}
}

func TestUnits(t *testing.T) {
	for text, want := range map[string]int64{
		"": 168 * 3600000, "log.retention.hours=2": 2 * 3600000, "log.retention.minutes=3\nlog.retention.hours=2": 180000,
		"log.retention.ms=5\nlog.retention.minutes=3": 5, "log.retention.hours=-1": -1, "log.retention.minutes=2147483647": 2147483647 * 60000,
	} {
		b, _, err := Parse(Input{Properties: parsed(t, text)})
		if err != nil || b.Values().Int64("log.retention.ms") != want {
			t.Errorf("%q: %d %v, want %d", text, b.Values().Int64("log.retention.ms"), err, want)
		}
	}
	b, v := Default(), Default().Values()
	if v.Int64("log.roll.ms") != 168*3600000 || v.Int64("log.roll.jitter.ms") != 0 || v.Int64("log.flush.interval.ms") != 1<<63-1 {
		t.Fatal(v.Int64("log.roll.ms"), v.Int64("log.flush.interval.ms"))
	}
	if b.MetadataLogDir() != "/tmp/kafka-logs" || b.NodeID() != 1 || !v.Has("log.retention.ms") || b.Has("broker.rack") || b.IsSet("num.partitions") {
		t.Fatal("defaults")
	}
}

// Configurations of widespread tutorials and images, with their addresses and paths.
func TestSeedConfigurations(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "seeds", "*.properties"))
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		src, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		b, warnings, err := Parse(Input{Properties: parsed(t, string(src))})
		if err != nil {
			t.Errorf("%s: %v", f, err)
			continue
		}
		for _, w := range warnings {
			if w.Kind == UnknownKey {
				t.Errorf("%s: %s", f, w)
			}
		}
		if len(b.Listeners()) == 0 || len(b.LogDirs()) == 0 || display(b.List("process.roles")) != "broker,controller" {
			t.Errorf("%s: %v %v", f, b.Listeners(), b.LogDirs())
		}
	}
}

// TestKafkasOwnFileStartsWithoutWarnings parses the settings of config/server.properties of Apache
// Kafka 4.4.
func TestKafkasOwnFileStartsWithoutWarnings(t *testing.T) {
	src, err := os.ReadFile(filepath.Join("testdata", "kafka", "server.properties"))
	if err != nil {
		t.Fatal(err)
	}
	b, warnings, err := Parse(Input{Properties: parsed(t, string(src))})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	if b.NodeID() != 1 || len(b.Listeners()) != 2 || b.Values().Int("num.io.threads") != 8 {
		t.Error(b.NodeID(), b.Listeners())
	}
}

func TestCheckKnownNamesTheNearestKey(t *testing.T) {
	for key, want := range map[string]string{
		"num.partitons":                          "unknown configuration num.partitons; did you mean num.partitions?",
		"something.else.entirely":                "unknown configuration something.else.entirely",
		"num.partitions":                         "",
		"num.io.threads":                         "", // has no effect
		"log.message.format.version":             "", // removed
		"super.users":                            "", // of a plug-in
		"listener.name.internal.max.connections": "",
		"write.caching.default":                  "",
		"config.providers.x.class":               "",
	} {
		got := ""
		if err := CheckKnown(map[string]string{key: "16"}); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if err := CheckKnown(map[string]string{"a.b.c.d": "1", "num.partitons": "1"}); err == nil || strings.Count(err.Error(), "unknown") != 2 {
		t.Error(err)
	}
}

// TestValuesAreValidUTF8 checks what becomes of bytes that are not ASCII. A running Apache Kafka
// 4.4.0 makes the directory of this log.dirs, in a locale with UTF-8. Clients get the rack, so it
// must be valid.
func TestValuesAreValidUTF8(t *testing.T) {
	file := "log.dirs=/d\xc3\xa4t\xc3\xa4\nbroker.rack=Z\xfcrich"
	b, err := parseText(t, file)
	if err != nil || b.LogDirs()[0] != "/d\u00c3\u00a4t\u00c3\u00a4" || b.String("broker.rack") != "Z\u00fcrich" {
		t.Errorf("%q %q %v", b.LogDirs(), b.String("broker.rack"), err)
	}
	for _, in := range []Input{
		{Env: []string{"KAFKA_BROKER_RACK=a\xff", "KAFKA_LOG_DIRS=/d\xc3\xa4"}},
		{Overrides: []string{"broker.rack=a\xff", "log.dirs=/d\xc3\xa4"}},
		{Env: []string{"R=a\xff"}, Overrides: []string{"broker.rack=${env:R}"}},
	} {
		b, _, err := Parse(in)
		if err != nil || !utf8.ValidString(b.String("broker.rack")) {
			t.Errorf("%q %v", b.String("broker.rack"), err)
		}
		if want := "/d\u00c3\u00a4"; in.Env != nil && in.Overrides == nil && b.LogDirs()[0] != want {
			t.Errorf("%q, Kafka's image makes %q", b.LogDirs(), want)
		}
	}
	in := Input{Overrides: []string{"broker.rack=${directory:/d:f}"}, ReadFile: func(string) ([]byte, error) { return []byte("a\xff"), nil }}
	if _, _, err := Parse(in); err == nil || !strings.Contains(err.Error(), "not UTF-8") {
		t.Error(err)
	}
}
