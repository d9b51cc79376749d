package broker

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/vfs"
)

func startWith(t *testing.T, props map[string]string) *Node {
	t.Helper()
	all := map[string]string{"log.dirs": "/data", "listeners": "PLAINTEXT://127.0.0.1:0", "offsets.topic.replication.factor": "1"}
	for k, v := range props {
		all[k] = v
	}
	cfg, _, err := config.ParseMap(all)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	n, err := Start(ctx, Options{Config: cfg, FS: vfs.NewMem()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = n.Stop(context.Background()) })
	return n
}

// TestControllerListenerServesControllerAPIsOnly compares with Apache Kafka 4.4: ApiVersions of a
// controller does not list METADATA, so that clients say "The node does not support METADATA", and
// a request for it closes the connection.
func TestControllerListenerServesControllerAPIsOnly(t *testing.T) {
	n := startWith(t, map[string]string{"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER",
		"listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0"})
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(n.BoundAddr("CONTROLLER")), kgo.RetryTimeout(time.Second))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	seed := cl.SeedBrokers()[0]
	ask := kmsg.NewPtrApiVersionsRequest()
	ask.ClientSoftwareName, ask.ClientSoftwareVersion = "test", "1"
	versions, err := ask.RequestWith(ctx, seed)
	if err != nil {
		t.Fatal(err)
	}
	served := map[int16]bool{}
	for _, k := range versions.ApiKeys {
		served[k.ApiKey] = true
	}
	for key, want := range map[int16]bool{18: true, 19: true, 44: true, 55: true, 60: true, 1: true, 52: true, 53: true, 54: true, 59: true, 80: true, 81: true, 82: true, 0: false, 3: false, 10: false, 11: false, 16: false} {
		if served[key] != want {
			t.Errorf("API %d is served: %v", key, served[key])
		}
	}
	req := kmsg.NewPtrDescribeClusterRequest()
	req.EndpointType = 2
	cluster, err := req.RequestWith(ctx, seed)
	if err != nil || cluster.ErrorCode != 0 || cluster.ControllerID != 1 || len(cluster.Brokers) != 1 ||
		net.JoinHostPort(cluster.Brokers[0].Host, "") == ":" || int(cluster.Brokers[0].Port) != boundPort(n, "CONTROLLER") {
		t.Errorf("%+v %v", cluster, err)
	}
	req.EndpointType = 1
	cluster, err = req.RequestWith(ctx, seed)
	if err != nil || cluster.ErrorCode != 114 || !strings.Contains(*cluster.ErrorMessage, "endpoint of type CONTROLLER, but we wanted an endpoint of type BROKER") {
		t.Errorf("%+v %v", cluster, err)
	}
	// At the end: the client may notice the end of its connection only with its next request.
	if _, err := kadm.NewClient(cl).ListTopics(ctx); err == nil {
		t.Error("METADATA is answered")
	}
}

// TestNodeAloneHasOnePort checks that a node without a controller listener binds no port for
// controllers, and that the metadata still holds an address of its voter.
func TestNodeAloneHasOnePort(t *testing.T) {
	n := startWith(t, nil)
	if n.BoundAddr("CONTROLLER") != "" {
		t.Error("a controller port is bound")
	}
	c := n.image.Load().Controller(1)
	if c == nil || len(c.Endpoints) != 1 || c.Endpoints[0].Name != "CONTROLLER" || int(c.Endpoints[0].Port) != boundPort(n, "PLAINTEXT") {
		t.Errorf("%+v", c)
	}
}

// TestRemovedVotersAreNamed starts a node on a directory that was formatted for static voters, with
// a configuration that does not name the voters.
func TestRemovedVotersAreNamed(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	fs := vfs.NewMem()
	props := map[string]string{"process.roles": "broker,controller", "node.id": "1", "controller.listener.names": "CONTROLLER", "log.dirs": "/data",
		"listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "controller.quorum.voters": "1@127.0.0.1:9093"}
	for _, want := range []string{"", "controller.quorum.voters, and that key is not set"} {
		cfg, _, err := config.ParseMap(props)
		if err != nil {
			t.Fatal(err)
		}
		n, err := Start(ctx, Options{Config: cfg, FS: fs})
		if err == nil {
			err = n.Stop(ctx)
		}
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		delete(props, "controller.quorum.voters")
	}
}
