package server

import (
	"strings"
	"testing"
)

const clusterListeners = "process.roles=broker,controller\ncontroller.listener.names=CONTROLLER\n" +
	"listeners=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0\nstorage.format.on.start=true\n"

// TestNodeID checks which number a node gets. Apache Kafka 4.4 gave the texts of the refusals.
func TestNodeID(t *testing.T) {
	for name, text := range map[string]string{
		"Missing required configuration \"node.id\" which has no default value.":         "",
		"Invalid value -1 for configuration node.id: Value must be at least 0":           "broker.id=-1\n",
		"Invalid value -2 for configuration node.id: Value must be at least 0":           "node.id=-2\n",
		"`node.id` and `broker.id` must be set to the same value. `broker.id` is deprec": "node.id=1\nbroker.id=2\n",
	} {
		if last := lastLine(refused(t, nil, configFile(t, "%s%slog.dirs=%s\n", clusterListeners, text, t.TempDir()))); !strings.Contains(last, name) {
			t.Errorf("%q: %s", text, last)
		}
	}
	env := []string{"KAFKA_PROCESS_ROLES=broker,controller", "KAFKA_CONTROLLER_LISTENER_NAMES=CONTROLLER",
		"KAFKA_LISTENERS=PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "KAFKA_STORAGE_FORMAT_ON_START=true"}
	for _, c := range []struct {
		what string
		want string
		env  []string
		file string // empty for a start without a file
	}{
		{"a file with broker.id", "node=4", nil, clusterListeners + "broker.id=4\n"},
		{"a file of the ZooKeeper age with an id of its own", "node=0", nil, anyPort + "broker.id=0\nzookeeper.connect=a:2181\n"},
		{"a file of the ZooKeeper age that asks for a generated id", "node=1", nil, anyPort + "broker.id=-1\nzookeeper.connect=a:2181\n"},
		{"a file of the ZooKeeper age without an id", "node=1", nil, anyPort + "zookeeper.connect=a:2181\n"},
		{"a file without roles", "node=1", nil, anyPort},
		{"the id from the environment", "node=6", []string{"KAFKA_NODE_ID=6"}, clusterListeners},
		{"no file", "node=1", env, ""},
		{"no file, and another id", "node=8", append(env, "KAFKA_NODE_ID=8"), ""},
		{"no file, and broker.id", "node=9", append(env, "KAFKA_BROKER_ID=9"), ""},
	} {
		args := []string{"--override", "log.dirs=" + t.TempDir()}
		if c.file != "" {
			args = append([]string{configFile(t, "%s", c.file)}, args...)
		}
		s, code, ok := tryStart(t, c.env, args...)
		if !ok {
			t.Errorf("%s: exit code %d\n%s", c.what, code, s.out)
			continue
		}
		s.stop()
		if !strings.Contains(s.out.String(), c.want+" ") {
			t.Errorf("%s: not %s\n%s", c.what, c.want, s.out)
		}
	}
}
