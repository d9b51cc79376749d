package server

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// A broker that does not start names the reason in one line.
func TestRefusals(t *testing.T) {
	dir := t.TempDir()
	good := startServer(t, configFile(t, "node.id=1\nlog.dirs=%s\n%s", dir, anyPort))
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"missing file":    {[]string{"/no/such/server.properties"}, "there is no configuration file /no/such/server.properties"},
		"folder":          {[]string{dir}, "the configuration file cannot be read: "},
		"bad value":       {[]string{configFile(t, "num.partitions=many")}, "Invalid value many for configuration num.partitions: Not a number of type INT"},
		"bad override":    {[]string{configFile(t, "node.id=1"), "--override", "x"}, "--override x: the form is key=value"},
		"taken address":   {[]string{configFile(t, "log.dirs=%s/data\nlisteners=PLAINTEXT://%s", t.TempDir(), taken.Addr())}, "the address is already in use"},
		"locked dir":      {[]string{configFile(t, "log.dirs=%s\n%s", dir, anyPort)}, "failed to acquire lock on file .lock in " + dir},
		"dir is a file":   {[]string{configFile(t, "log.dirs=%s\n%s", file, anyPort)}, "no log directory can be used"},
		"metadata dir":    {[]string{configFile(t, "log.dirs=%s,%s\n%s", file, t.TempDir(), anyPort)}, "the directory of the metadata log cannot be used"},
		"TLS":             {[]string{configFile(t, "listeners=SSL://127.0.0.1:0")}, "listener SSL asks for SSL"},
		"another address": {[]string{configFile(t, "log.dirs=%s/data\nlisteners=PLAINTEXT://192.0.2.1:0", t.TempDir())}, "cannot listen on PLAINTEXT://192.0.2.1:0"},
	} {
		out := refused(t, nil, c.args...)
		last := lastLine(out)
		if !strings.HasPrefix(last, "gregor: ") || !strings.Contains(last, c.want) {
			t.Errorf("%s: got %q, want %q", name, last, c.want)
		}
	}
	out := refused(t, []string{"GREGOR_LOG_LEVEL=LOUD"}, configFile(t, "node.id=1"))
	if !strings.Contains(out, "GREGOR_LOG_LEVEL: unknown log level") {
		t.Error(out)
	}
	old := t.TempDir()
	if err := os.WriteFile(filepath.Join(old, "meta.properties"), []byte("version=0\nbroker.id=0\ncluster.id=abc\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out := refused(t, nil, configFile(t, "broker.id=0\nlog.dirs=%s\n%s", old, anyPort)); !strings.Contains(out, "holds the data of a cluster with ZooKeeper") {
		t.Error(out)
	}
	if err := os.WriteFile(filepath.Join(old, "meta.properties"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if out := refused(t, nil, configFile(t, "log.dirs=%s\n%s", old, anyPort)); !strings.Contains(out, "meta.properties is empty or damaged") {
		t.Error(out)
	}
	good.roundTrip("t")
	good.stop()
	out = refused(t, nil, configFile(t, "node.id=2\nlog.dirs=%s\n%s", dir, anyPort))
	if !strings.Contains(out, "meta.properties says node.id 1, the configuration 2") {
		t.Error(out)
	}
	out = refused(t, []string{"CLUSTER_ID=another"}, configFile(t, "node.id=1\nlog.dirs=%s\n%s", dir, anyPort))
	if !strings.Contains(out, "belong to cluster") {
		t.Error(out)
	}
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

// The environment of Kafka's official image, without a file.
func TestEnvironmentOfTheImage(t *testing.T) {
	dir := t.TempDir()
	s, code, ok := tryStart(t, []string{
		"CLUSTER_ID=4L6g3nShT-eMCtK--X86sw", "KAFKA_NODE_ID=7", "KAFKA_PROCESS_ROLES=broker,controller", "KAFKA_LOG_DIRS=" + dir,
		"KAFKA_LISTENERS=CONTROLLER://127.0.0.1:0,PLAINTEXT://127.0.0.1:0", "KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://127.0.0.1:0",
		"KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER", "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT",
		"KAFKA_NUM_PARTITIONS=5", "KAFKA_HEAP_OPTS=-Xmx1g", "KAFKA_LOG4J_ROOT_LOGLEVEL=WARN", "GREGOR_LOG_LEVEL=INFO", "KAFKA_STORAGE_FORMAT_ON_START=true", "PATH=/bin",
	})
	if !ok {
		t.Fatalf("exit code %d:\n%s", code, s.out)
	}
	if n := s.roundTrip("t"); n != 5 {
		t.Errorf("%d partitions", n)
	}
	s.stop()
	out := s.out.String()
	for _, want := range []string{"node=7", "cluster=4L6g3nShT-eMCtK--X86sw", "data=" + dir, "Transitioning from RECOVERY to RUNNING"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "WARN") {
		t.Errorf("warnings about what the image sets:\n%s", out)
	}
}

// A key of the user replaces the default that contradicts it: with a listener on another port, for
// example, clients do not get port 9092.
func TestOwnDefaultsGiveWay(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	s, code, ok := tryStart(t, []string{"KAFKA_LISTENERS=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "KAFKA_BROKER_ID=7"}, "--override", "log.dir="+dir)
	if !ok {
		t.Fatalf("exit code %d:\n%s", code, s.out)
	}
	s.roundTrip("t")
	s.stop()
	for _, want := range []string{"node=7", "data=" + dir, "advertised=127.0.0.1:"} {
		if !strings.Contains(s.out.String(), want) {
			t.Errorf("no %q in\n%s", want, s.out)
		}
	}
}

// No warning mentions gregor's own defaults.
func TestOwnDefaultsWarnOfNothing(t *testing.T) {
	s, _, ok := tryStart(t, nil, "--override", "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0",
		"--override", "advertised.listeners=PLAINTEXT://127.0.0.1:0", "--override=log.dirs="+filepath.Join(t.TempDir(), "data"))
	if !ok {
		t.Fatal(s.out)
	}
	s.stop()
	if strings.Contains(s.out.String(), "WARN") {
		t.Error(s.out)
	}
}

func TestUserKeysWarnOnce(t *testing.T) {
	s := startServer(t, configFile(t, "num.io.threads=16 # as many as disks\nnum.network.threads=3 # three\nnum.partitons=2\nlog.dirs=%s\n%s", t.TempDir(), anyPort))
	s.stop()
	for _, want := range []string{"num.io.threads has no effect", "did you mean num.partitions?", "the comments after the values of 2 keys are ignored"} {
		if strings.Count(s.out.String(), want) != 1 {
			t.Errorf("not once: %q in\n%s", want, s.out)
		}
	}
}

// With more replicas than brokers the topic cannot be created. The client that asks for the topic
// does not learn the reason, so the broker logs it once.
func TestTopicsThatCannotBeMade(t *testing.T) {
	s := startServer(t, configFile(t, "offsets.topic.replication.factor=3\ndefault.replication.factor=2\nlog.dirs=%s\n%s", t.TempDir(), anyPort))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	c := s.client(kgo.ConsumeTopics("t"))
	find := kmsg.NewPtrFindCoordinatorRequest()
	find.CoordinatorKey, find.CoordinatorKeys = "g", []string{"g"}
	for range 3 {
		if _, err := c.SeedBrokers()[0].Request(ctx, find); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"topic=__consumer_offsets error=INVALID_REPLICATION_FACTOR", "offsets.topic.replication.factor", "topic=t error=INVALID_REPLICATION_FACTOR"} {
		for !strings.Contains(s.out.String(), want) {
			if ctx.Err() != nil {
				t.Fatalf("no %q in\n%s", want, s.out)
			}
		}
	}
	s.stop()
	if n := strings.Count(s.out.String(), "topic=__consumer_offsets"); n != 1 {
		t.Errorf("it says so %d times", n)
	}
}

// A configured directory that exists and is empty may be the mount point of a disk that is not
// mounted. ./data, the default without a configuration, is no mount point.
func TestEmptyDirectoryNeedsTheFormatOption(t *testing.T) {
	dir := t.TempDir()
	file := configFile(t, "log.dirs=%s\nlisteners=PLAINTEXT://127.0.0.1:0\n", dir)
	out := refused(t, nil, file)
	if want := "No readable meta.properties files found. " + dir + " exists and is empty, so its disk may not be mounted: mount it, or start with --format"; !strings.Contains(out, want) {
		t.Errorf("no %q in\n%s", want, out)
	}
	startServer(t, "--format", file).stop()
	startServer(t, file).stop()

	t.Chdir(t.TempDir())
	if err := os.Mkdir("data", 0o755); err != nil {
		t.Fatal(err)
	}
	startServer(t, "--override", "listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "--override", "advertised.listeners=PLAINTEXT://127.0.0.1:0").stop()
}
