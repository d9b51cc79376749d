package quorum

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// Every topic and every setting that a client's request changes leaves one line at INFO, with the
// client, the old and the new value. Decisions of the controller's own leave none, and values of
// sensitive keys are hidden.
func TestChangesLeaveALine(t *testing.T) {
	var out bytes.Buffer
	fsys := vfs.NewMem()
	formatTest(t, fsys, true)
	o := testOptions(fsys, true)
	o.Logger = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == "topic.id" {
			return slog.Attr{}
		}
		return a
	}}))
	n := openNode(t, fsys, o, time.UnixMilli(1_800_000_000_000))
	n.register()
	alter := func(typ int8, name, key string, op int8, value string) {
		t.Helper()
		change := protocol.IncrementalAlterConfigsRequestAlterableConfig{Name: key, ConfigOperation: op, Value: &value}
		r := call(n, controller.IncrementalAlterConfigs, 1, &protocol.IncrementalAlterConfigsRequest{
			Resources: []protocol.IncrementalAlterConfigsRequestAlterConfigsResource{{ResourceType: typ, ResourceName: name,
				Configs: []protocol.IncrementalAlterConfigsRequestAlterableConfig{change}}}})
		if r.Responses[0].ErrorCode != 0 {
			t.Fatal(protocol.Error(r.Responses[0].ErrorCode), *r.Responses[0].ErrorMessage)
		}
	}
	out.Reset()
	if err := n.create("orders", 2); err != protocol.ErrNone {
		t.Fatal(err)
	}
	call(n, controller.CreatePartitions, 3, &protocol.CreatePartitionsRequest{TimeoutMs: 5000,
		Topics: []protocol.CreatePartitionsRequestTopic{{Name: "orders", Count: 5}}})
	alter(2, "orders", "retention.ms", 0, "1000")
	alter(2, "orders", "retention.ms", 0, "1000")
	alter(2, "orders", "retention.ms", 0, "2000")
	alter(2, "orders", "retention.ms", 1, "")
	alter(4, "1", "listener.name.plaintext.ssl.keystore.password", 0, "secret")
	alter(4, "", "no.such.key", 0, "secret")
	alter(16, "sub", "interval.ms", 0, "5000")
	call(n, controller.DeleteTopics, 5, &protocol.DeleteTopicsRequest{TimeoutMs: 5000, TopicNames: []string{"orders"}})
	n.now = n.now.Add(20 * time.Second) // the broker is fenced: no client asked for that
	for range 20 {
		n.now = n.now.Add(time.Second)
		n.c.engine.tick()
	}
	who := ` principal=User:test client.id=c-1 client.address=/10.0.0.1` + "\n"
	want := `msg="topic created" topic=orders partitions=2 replication.factor=1` + who +
		`msg="partitions added" topic=orders old=2 new=5` + who +
		`msg="configuration set" resource.type=TOPIC resource.name=orders key=retention.ms new=1000` + who +
		`msg="configuration changed" resource.type=TOPIC resource.name=orders key=retention.ms old=1000 new=2000` + who +
		`msg="configuration deleted" resource.type=TOPIC resource.name=orders key=retention.ms old=2000` + who +
		`msg="configuration set" resource.type=BROKER resource.name=1 key=listener.name.plaintext.ssl.keystore.password new=[hidden]` + who +
		`msg="configuration set" resource.type=BROKER resource.name="" key=no.such.key new=[hidden]` + who +
		`msg="configuration set" resource.type=CLIENT_METRICS resource.name=sub key=interval.ms new=5000` + who +
		`msg="topic deleted" topic=orders partitions=5` + who
	if got := out.String(); got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	if n.c.Image().IsActive(1) || strings.Contains(out.String(), "secret") {
		t.Error("the broker is not fenced, or a secret is in the log")
	}
}
