package broker

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/vfs"
)

// memCluster are nodes in one process whose messages to each other are function calls.
type memCluster struct {
	t     *testing.T
	mu    sync.Mutex
	nodes map[int32]*Node
	disks map[int32]vfs.FS
	props map[int32]map[string]string
	// pending are the requests in flight, by number, with the node that they are for.
	pending map[int]*inFlight
	last    int
}

type inFlight struct {
	to   int32
	done func(kraft.ResponseBody, kraft.Failure)
}

// memNetwork is the network of one node.
type memNetwork struct {
	c  *memCluster
	id int32
}

// Send implements quorum.Transport. The port of a bootstrap server is the id of its node.
func (m memNetwork) Send(to int32, endpoints []kraft.Endpoint, request kraft.RequestBody, done func(kraft.ResponseBody, kraft.Failure)) {
	if to < 0 {
		to = int32(endpoints[0].Port)
	}
	m.c.mu.Lock()
	n := m.c.nodes[to]
	m.c.last++
	number := m.c.last
	if n != nil {
		m.c.pending[number] = &inFlight{to, done}
	}
	m.c.mu.Unlock()
	if n == nil {
		m.c.end(number)
		done(nil, kraft.Unreachable)
		return
	}
	n.quorum.Serve(request, func(r kraft.ResponseBody) {
		if p := m.c.end(number); p != nil {
			p.done(r, kraft.NotFailed)
		}
	})
}

// end takes a request from those in flight, nil when it was taken before.
func (c *memCluster) end(number int) *inFlight {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.pending[number]
	delete(c.pending, number)
	return p
}

// Controller implements Network.
func (m memNetwork) Controller(local *quorum.Controller) controller.Channel {
	return memChannel{m, local}
}

type memChannel struct {
	memNetwork
	local *quorum.Controller
}

// Call implements controller.Channel.
func (m memChannel) Call(ctx controller.Request, req protocol.Message, done func(protocol.Message)) {
	leader := m.local.Status().LeaderID
	m.c.mu.Lock()
	n := m.c.nodes[leader]
	m.c.mu.Unlock()
	if n == nil {
		controller.NewCommand(ctx, req, done).Finish(protocol.ErrNotController)
		return
	}
	n.quorum.Call(ctx, req, done)
}

const memClusterID = "Z3JlZ29yLXBlZXItMDAwMA"

func newMemCluster(t *testing.T) *memCluster {
	c := &memCluster{t: t, nodes: map[int32]*Node{}, disks: map[int32]vfs.FS{}, props: map[int32]map[string]string{}, pending: map[int]*inFlight{}}
	t.Cleanup(func() {
		for _, id := range slices.Sorted(maps.Keys(c.nodes)) {
			c.remove(id).Kill()
		}
	})
	return c
}

// add gives a node its roles and further settings, KEY=VALUE.
func (c *memCluster) add(id int32, roles string, props ...string) {
	all := map[string]string{"process.roles": roles, "node.id": fmt.Sprint(id), "controller.listener.names": "CONTROLLER", "log.dirs": "/data",
		"offsets.topic.replication.factor": "1", "offsets.topic.num.partitions": "2"}
	var listeners []string
	if strings.Contains(roles, "broker") {
		listeners = append(listeners, "PLAINTEXT://127.0.0.1:0")
	}
	if strings.Contains(roles, "controller") {
		listeners = append(listeners, "CONTROLLER://127.0.0.1:0")
	}
	all["listeners"] = strings.Join(listeners, ",")
	for _, p := range props {
		k, v, _ := strings.Cut(p, "=")
		all[k] = v
	}
	c.props[id], c.disks[id] = all, vfs.NewMem()
}

// start starts nodes together, and returns when all serve.
func (c *memCluster) start(ids ...int32) {
	c.t.Helper()
	begun := make(chan error, len(ids))
	for _, id := range ids {
		cfg, _, err := config.ParseMap(c.props[id])
		if err != nil {
			c.t.Fatal(err)
		}
		n := New(Options{Config: cfg, FS: c.disks[id], Network: memNetwork{c, id}, ClusterID: memClusterID})
		n.Begin(func(err error) { begun <- err })
		c.mu.Lock()
		c.nodes[id] = n // its quorum is open
		c.mu.Unlock()
	}
	for range ids {
		select {
		case err := <-begun:
			if err != nil {
				c.t.Fatal(err)
			}
		case <-time.After(30 * time.Second):
			for _, id := range ids {
				n := c.nodes[id]
				c.t.Logf("node %d: %+v", id, n.quorum.Status())
			}
			c.t.Fatal("the nodes do not serve")
		}
	}
}

// remove cuts a node from the others. Their requests to it fail.
func (c *memCluster) remove(id int32) *Node {
	c.mu.Lock()
	n := c.nodes[id]
	delete(c.nodes, id)
	var lost []*inFlight
	for number, p := range c.pending { // any order
		if p.to == id {
			lost = append(lost, p)
			delete(c.pending, number)
		}
	}
	c.mu.Unlock()
	for _, p := range lost {
		p.done(nil, kraft.Unreachable)
	}
	return n
}

// kill ends a node as kill -9 does.
func (c *memCluster) kill(id int32) {
	n := c.remove(id)
	n.Kill()
}

// stop stops a node in order.
func (c *memCluster) stop(id int32) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.nodes[id].Stop(ctx); err != nil {
		c.t.Error(err)
	}
	c.remove(id)
}

// leader returns the id of the active controller.
func (c *memCluster) leader() int32 {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, n := range c.nodes { // any order: one at most
		if n.quorum.Status().Active {
			return id
		}
	}
	return -1
}

// await waits until a published image of a node has what yes wants.
func (c *memCluster) await(id int32, what string, yes func(*metadata.Image) bool) {
	c.t.Helper()
	awaitImage(c.t, c.nodes[id], what, yes)
}

// create creates a topic through a node, and repeats the request while there is no active
// controller.
func (c *memCluster) create(through int32, name string, partitions int32, factor int16) {
	c.t.Helper()
	n := c.nodes[through]
	for range 1000 {
		answered := make(chan *protocol.CreateTopicsResponse, 1)
		controller.CreateTopics.Call(n.controller, n.request(7), &protocol.CreateTopicsRequest{TimeoutMs: 10_000,
			Topics: []protocol.CreateTopicsRequestCreatableTopic{{Name: name, NumPartitions: partitions, ReplicationFactor: factor}}},
			func(r *protocol.CreateTopicsResponse) { answered <- r })
		switch err := protocol.Error((<-answered).Topics[0].ErrorCode); err {
		case protocol.ErrNone, protocol.ErrTopicAlreadyExists:
			return
		case protocol.ErrNotController:
			select {
			case <-time.After(10 * time.Millisecond):
			case <-c.t.Context().Done():
			}
		default:
			c.t.Fatalf("create %s: %v", name, err)
		}
	}
	c.t.Fatalf("no active controller creates %s", name)
}
