package handlers

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/internal/shard"
	"github.com/gregorhq/gregor/vfs"
)

var adminKafka = flag.String("kafka-admin", "", "address of a fresh Apache Kafka node: record its answers")

const adminAnswers = "testdata/admin_apis_kafka-4.4.0.txt"

// TestAdminAPIsAnswerAsKafka sends the same raw requests to our handlers that were sent to Apache
// Kafka 4.4.0 and compares the answers. Lists are sorted: Kafka's have the order of its hash maps.
func TestAdminAPIsAnswerAsKafka(t *testing.T) {
	addr := *adminKafka
	if addr == "" {
		addr = adminServer(t)
	}
	var got strings.Builder
	p := &adminProbe{t: t, w: dialWire(t, addr), out: &got}
	p.scenario()
	compareRecorded(t, adminAnswers, *adminKafka != "", got.String())
}

// adminServer serves the admin APIs over a quorum of one in memory, with one registered broker.
func adminServer(t *testing.T) string {
	b, _, err := config.Parse(config.Input{Overrides: []string{"offsets.topic.replication.factor=1", "node.id=1"}})
	if err != nil {
		t.Fatal(err)
	}
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	fsys, id := vfs.NewMem(), wire.UUID{1, 15: 200}
	if _, err := quorum.Format(quorum.FormatOptions{FS: fsys, MetadataDir: "/d", LogDirs: []string{"/d"}, NodeID: 1, ClusterID: "c",
		NewUUID: func() wire.UUID { return id }}); err != nil {
		t.Fatal(err)
	}
	c, err := quorum.Open(quorum.Options{FS: fsys, Dir: "/d", NodeID: 1, ClusterID: "c", DirectoryID: id, Broker: b, Logger: quiet,
		Voters: []quorum.Voter{{ID: 1, Endpoints: []metadata.Endpoint{{Name: "CONTROLLER", Host: "127.0.0.1", Port: 1}}}}})
	if err != nil {
		t.Fatal(err)
	}
	c.Start()
	r := NewRegistry(append(ControllerAPIs(Forwarding{Controller: c, NodeID: 1}),
		DescribeConfigs(ConfigDescriber{Images: c, Static: b, NodeID: 1}), ListConfigResources(c), DescribeCluster(c, "c", 1),
		Metadata(MetadataSource{Images: c, ClusterID: "c", NodeID: 1, AutoCreate: quorum.NewAutoCreator(c, c, b, []shard.Topic{group.Topic})}),
		DescribeTopicPartitions(c, 2000), DescribeQuorum(c))...)
	s := network.NewServer(overSockets(r), network.Options{Logger: quiet})
	l := &network.Listener{Name: "PLAINTEXT", Protocol: "PLAINTEXT"}
	if err := s.Bind(l, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Serve()
	t.Cleanup(func() {
		stop, done := context.WithTimeout(context.Background(), time.Millisecond)
		s.Stop(stop)
		done()
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	registerForTest(t, c, id)
	return l.Addr().String()
}

func registerForTest(t *testing.T, c *quorum.Controller, dir wire.UUID) {
	req := &protocol.BrokerRegistrationRequest{BrokerID: 1, ClusterID: "c", IncarnationID: wire.UUID{1}, LogDirs: []wire.UUID{dir}, PreviousBrokerEpoch: -1,
		Listeners: []protocol.BrokerRegistrationRequestListener{{Name: "PLAINTEXT", Host: "127.0.0.1", Port: 1}}}
	for _, f := range metadata.SupportedFeatures() {
		req.Features = append(req.Features, protocol.BrokerRegistrationRequestFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	registered := make(chan *protocol.BrokerRegistrationResponse, 1)
	controller.BrokerRegistration.Call(c, controller.Request{Version: 4}, req, func(r *protocol.BrokerRegistrationResponse) { registered <- r })
	r := <-registered
	beat := make(chan *protocol.BrokerHeartbeatResponse, 1)
	controller.BrokerHeartbeat.Call(c, controller.Request{Version: 2}, &protocol.BrokerHeartbeatRequest{BrokerID: 1, BrokerEpoch: r.BrokerEpoch, CurrentMetadataOffset: c.Image().Offset()},
		func(r *protocol.BrokerHeartbeatResponse) { beat <- r })
	if h := <-beat; h.ErrorCode != 0 || h.IsFenced {
		t.Fatalf("registered %+v, heartbeat %+v", r, h)
	}
}

// adminProbe is one connection of the scenario and where its lines go.
type adminProbe struct {
	t   *testing.T
	w   *wireConn
	out io.Writer
}

// what differs from run to run or from node to node.
var adminNoise = []struct {
	pattern *regexp.Regexp
	instead string
}{
	{regexp.MustCompile(`"(TopicID|ReplicaDirectoryID)":\[(0,){15}0\]`), `"$1":"zero"`},
	{regexp.MustCompile(`"(TopicID|ReplicaDirectoryID)":\[(\d+,){15}\d+\]`), `"$1":"some"`},
	{regexp.MustCompile(`"ClusterID":"[^"]+"`), `"ClusterID":"some"`},
	{regexp.MustCompile(`"Port":[1-9]\d*`), `"Port":"some"`},
	{regexp.MustCompile(`"(LastFetchTimestamp|LastCaughtUpTimestamp)":\d+`), `"$1":"some"`},
	{regexp.MustCompile(`"(LogEndOffset|HighWatermark|LeaderEpoch)":\d+`), `"$1":"some"`},
}

func (p *adminProbe) ask(title string, r kmsg.Request, version int16) kmsg.Response {
	p.t.Helper()
	resp := p.w.do(r, version)
	b, err := json.Marshal(resp)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, n := range adminNoise {
		b = n.pattern.ReplaceAll(b, []byte(n.instead))
	}
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		p.t.Fatal(err)
	}
	out, err := json.Marshal(tidy(withoutOwnKeys(v)))
	if err != nil {
		p.t.Fatal(err)
	}
	fmt.Fprintf(p.out, "%s v%d: %s\n", title, version, out)
	return resp
}

// withoutOwnKeys drops the configs that Kafka does not have.
func withoutOwnKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = withoutOwnKeys(e)
		}
	case []any:
		out := v[:0]
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				if name, _ := m["Name"].(string); name != "" {
					if d := config.Lookup(config.TopicKey, name); d != nil && d.Own {
						continue
					}
				}
			}
			out = append(out, withoutOwnKeys(e))
		}
		return out
	}
	return v
}
