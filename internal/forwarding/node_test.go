package forwarding_test

import (
	"context"
	"fmt"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/forwarding"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// other is another node of a cluster: its connections and its channel to the controller.
type other struct {
	t    *testing.T
	h    host.Host
	pool *client.Pool
	ch   *forwarding.Channel
	// addr is the address of the controller that leads, and id its node id.
	addr string
	id   int32
}

func newOther(t *testing.T, cluster, addr string, id int32) *other {
	sockets := &client.Sockets{}
	t.Cleanup(sockets.Wait)
	o := &other{t: t, h: host.Real(), addr: addr, id: id}
	o.pool = client.New(client.Options{Host: o.h, Transport: sockets, ClientID: "broker-77", ClusterID: cluster})
	t.Cleanup(o.pool.Close)
	o.ch = forwarding.New(forwarding.Options{Host: o.h, NodeID: 77, Remote: o.pool, Leader: func() forwarding.Leader {
		return forwarding.Leader{ID: o.id, Epoch: 1, Address: o.addr, Listener: "CONTROLLER"}
	}})
	t.Cleanup(o.ch.Close)
	return o
}

// call sends a request over the channel, as the node itself or for a client.
func call[R protocol.Message](o *other, version int16, address string, req protocol.Message) R {
	out := make(chan protocol.Message, 1)
	o.ch.Call(controller.Request{Version: version, Principal: "User:ANONYMOUS", ClientID: "app", Address: address}, req, func(m protocol.Message) { out <- m })
	return (<-out).(R)
}

// send sends a request to an address.
func send[R protocol.Message](o *other, to client.Peer, req protocol.Request) R {
	o.t.Helper()
	out := make(chan R, 1)
	o.pool.Send(to, client.NewRequest(req, o.h.Elapsed()+30*time.Second), func(a client.Answer, err error) {
		if err != nil {
			o.t.Error(err)
			close(out)
			return
		}
		out <- a.Message.(R)
	})
	return <-out
}

func createRequest(name string) *protocol.CreateTopicsRequest {
	req := protocol.New[protocol.CreateTopicsRequest]()
	topic := protocol.New[protocol.CreateTopicsRequestCreatableTopic]()
	topic.Name, topic.NumPartitions, topic.ReplicationFactor = name, 1, 1
	req.Topics, req.TimeoutMs = append(req.Topics, *topic), 20_000
	return req
}

func registration(cluster string) *protocol.BrokerRegistrationRequest {
	req := protocol.New[protocol.BrokerRegistrationRequest]()
	req.BrokerID, req.ClusterID, req.IncarnationID[0] = 77, cluster, 5
	req.Listeners = []protocol.BrokerRegistrationRequestListener{{Name: "PLAINTEXT", Host: "127.0.0.1", Port: 7777}}
	for _, f := range metadata.SupportedFeatures() {
		req.Features = append(req.Features, protocol.BrokerRegistrationRequestFeature{Name: f.Name, MinSupportedVersion: f.Min, MaxSupportedVersion: f.Max})
	}
	req.LogDirs = append(req.LogDirs, [16]byte{1, 2, 3, 4, 5})
	return req
}

// exercise sends what a broker sends to a controller.
func (o *other) exercise(cluster string, broker client.Peer) {
	t := o.t
	t.Helper()
	registered := call[*protocol.BrokerRegistrationResponse](o, 4, "", registration(cluster))
	if registered.ErrorCode != 0 || registered.BrokerEpoch <= 0 {
		t.Errorf("registration: %+v", registered)
	}
	beat := protocol.New[protocol.BrokerHeartbeatRequest]()
	beat.BrokerID, beat.BrokerEpoch, beat.WantFence = 77, registered.BrokerEpoch, true
	if r := call[*protocol.BrokerHeartbeatResponse](o, 1, "", beat); r.ErrorCode != 0 || !r.IsFenced {
		t.Errorf("heartbeat: %+v", r)
	}
	ids := protocol.New[protocol.AllocateProducerIDsRequest]()
	ids.BrokerID, ids.BrokerEpoch = 77, registered.BrokerEpoch
	if r := call[*protocol.AllocateProducerIDsResponse](o, 0, "", ids); r.ErrorCode != 0 || r.ProducerIDLen != 1000 {
		t.Errorf("producer ids: %+v", r)
	}
	alter := protocol.New[protocol.AlterPartitionRequest]()
	alter.BrokerID, alter.BrokerEpoch = 77, registered.BrokerEpoch+100
	alter.Topics = make([]protocol.AlterPartitionRequestTopicData, 1)
	if r := call[*protocol.AlterPartitionResponse](o, 3, "", alter); r.ErrorCode != protocol.ErrStaleBrokerEpoch.Code() {
		t.Errorf("alter partition: %+v", r)
	}
	wrong := registration("another-cluster")
	if r := call[*protocol.BrokerRegistrationResponse](o, 4, "", wrong); r.ErrorCode != protocol.ErrInconsistentClusterID.Code() {
		t.Errorf("another cluster: %+v", r)
	}
	run := time.Now().UnixNano() // the cluster may know the topics of an earlier run
	for i := range 20 {
		name := fmt.Sprintf("by-envelope-%d-%d", run, i)
		if r := call[*protocol.CreateTopicsResponse](o, 7, "/127.0.0.1", createRequest(name)); r.Topics[0].ErrorCode != 0 || r.Topics[0].NumPartitions != 1 {
			t.Errorf("create topic: %+v", r)
		}
	}
	if r := call[*protocol.CreateTopicsResponse](o, 7, "/::1", createRequest(fmt.Sprintf("by-envelope-%d-3", run))); r.Topics[0].ErrorCode != protocol.ErrTopicAlreadyExists.Code() {
		t.Errorf("create topic again: %+v", r)
	}
	meta := protocol.New[protocol.MetadataRequest]()
	meta.Topics = nil
	if r := send[*protocol.MetadataResponse](o, broker, meta); r != nil && len(r.Topics) < 20 {
		t.Errorf("%d topics", len(r.Topics))
	}
	for _, s := range o.pool.Links() {
		t.Logf("%s %s: %s, %d requests, %d answers", s.Peer, s.Peer.Class, s.State, s.Requests, s.Answers)
	}
}

func freePort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func startNode(t *testing.T, fs vfs.FS, controllerAddr string) *gregor.Broker {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	b, err := gregor.Start(ctx, gregor.Config{FS: fs, Properties: map[string]string{"process.roles": "broker,controller", "node.id": "1",
		"controller.listener.names": "CONTROLLER", "listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://" + controllerAddr}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBesideGregor: a broker in this test, and the controller of a gregor node.
func TestBesideGregor(t *testing.T) {
	b := startNode(t, vfs.NewMem(), "127.0.0.1:0")
	defer b.Kill()
	o := newOther(t, b.ClusterID(), b.BoundAddr("CONTROLLER"), 1)
	o.exercise(b.ClusterID(), client.Peer{ID: 1, Address: b.Addr()})
}

// TestAnotherNodeAtTheAddress: ApiVersions names the node and the cluster that are expected.
func TestAnotherNodeAtTheAddress(t *testing.T) {
	b := startNode(t, vfs.NewMem(), "127.0.0.1:0")
	defer b.Kill()
	namedNodes(t, b.ClusterID(), b.BoundAddr("CONTROLLER"), 1, link.WrongNode)
}

// namedNodes names the right node and wrong ones. wrong is the failure that must follow.
func namedNodes(t *testing.T, cluster, addr string, id int32, wrong link.Kind) {
	t.Helper()
	for _, c := range []struct {
		cluster string
		id      int32
		kind    link.Kind
	}{{cluster, id, 0}, {cluster, id + 1, wrong}, {"another", id, wrong}} {
		o := newOther(t, c.cluster, addr, c.id)
		out := make(chan error, 1)
		req := client.NewRequest(protocol.New[protocol.DescribeQuorumRequest](), o.h.Elapsed()+10*time.Second)
		o.pool.Send(client.Peer{ID: c.id, Address: addr}, req, func(_ client.Answer, err error) { out <- err })
		if err := <-out; client.KindOf(err) != c.kind {
			t.Errorf("node %d of %s at %s: %v", c.id, c.cluster, addr, err)
		}
	}
}

// TestControllerRestarts: requests that come while the controller is down are answered by its next
// process.
func TestControllerRestarts(t *testing.T) {
	fs, addr := vfs.NewMem(), freePort(t)
	b := startNode(t, fs, addr)
	o := newOther(t, b.ClusterID(), addr, 1)
	if r := call[*protocol.CreateTopicsResponse](o, 7, "/127.0.0.1", createRequest("before")); r.Topics[0].ErrorCode != 0 {
		t.Fatalf("%+v", r)
	}
	b.Kill()
	answered := make(chan *protocol.CreateTopicsResponse, 1)
	go func() {
		answered <- call[*protocol.CreateTopicsResponse](o, 7, "/127.0.0.1", createRequest("while-down"))
	}()
	for o.ch.Stats().Repeated.Load() == 0 {
		runtime.Gosched()
	}
	b = startNode(t, fs, addr)
	defer b.Kill()
	if r := <-answered; r.Topics[0].ErrorCode != 0 {
		t.Errorf("%+v", r)
	}
}

// TestFetchHasItsOwnConnection: a long poll does not delay other requests.
func TestFetchHasItsOwnConnection(t *testing.T) {
	b, err := gregor.Start(context.Background(), gregor.Config{InMemory: true, Topics: []gregor.Topic{{Name: "t", Partitions: 1}}})
	if err != nil {
		t.Fatal(err)
	}
	defer b.Kill()
	o := newOther(t, b.ClusterID(), b.Addr(), 1)
	fetch := protocol.New[protocol.FetchRequest]()
	fetch.MaxWaitMs, fetch.MinBytes, fetch.MaxBytes = 20_000, 1, 1<<20
	part := protocol.New[protocol.FetchRequestPartition]()
	part.PartitionMaxBytes = 1 << 20
	topic := protocol.New[protocol.FetchRequestTopic]()
	topic.Topic, topic.Partitions = "t", append(topic.Partitions, *part)
	fetch.Topics = append(fetch.Topics, *topic)
	r := client.NewRequest(fetch, o.h.Elapsed()+time.Minute)
	r.Allowed.Max = 12
	polled := make(chan error, 1)
	to := client.Peer{ID: 1, Address: b.Addr()}
	o.pool.Send(client.Peer{ID: 1, Address: b.Addr(), Class: client.Fetch}, r, func(_ client.Answer, err error) { polled <- err })
	for range 100 {
		send[*protocol.MetadataResponse](o, to, protocol.New[protocol.MetadataRequest]())
	}
	select {
	case err := <-polled:
		t.Fatalf("the fetch has ended: %v", err)
	default:
	}
	o.pool.Drop(client.Peer{ID: 1, Address: b.Addr(), Class: client.Fetch})
	if err := <-polled; client.KindOf(err) != link.Closed {
		t.Error(err)
	}
}
