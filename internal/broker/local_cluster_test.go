package broker

import (
	"context"
	"fmt"
	"maps"
	"net"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/vfs"
)

// localCluster are nodes in one process that reach each other over the loopback interface. A
// controller's address in the settings is 127.0.0.1:ID; its real port takes the place of ID.
type localCluster struct {
	t     *testing.T
	nodes map[int32]*Node
	disks map[int32]vfs.FS
	props map[int32]map[string]string
	// controllers are the addresses of the controller listeners.
	controllers map[string]string
}

// controller returns the address of the controller with an id.
func (c *localCluster) controller(id string) string {
	if c.controllers[id] == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			c.t.Fatal(err)
		}
		c.controllers[id] = l.Addr().String()
		_ = l.Close()
	}
	return c.controllers[id]
}

const localClusterID = "Z3JlZ29yLXBlZXItMDAwMA"

func newLocalCluster(t *testing.T) *localCluster {
	c := &localCluster{t: t, nodes: map[int32]*Node{}, disks: map[int32]vfs.FS{}, props: map[int32]map[string]string{}, controllers: map[string]string{}}
	t.Cleanup(func() {
		for _, id := range slices.Sorted(maps.Keys(c.nodes)) {
			c.nodes[id].Kill()
		}
	})
	return c
}

var controllerOf = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// add gives a node its roles and further settings, KEY=VALUE.
func (c *localCluster) add(id int32, roles string, props ...string) {
	all := map[string]string{"process.roles": roles, "node.id": fmt.Sprint(id), "controller.listener.names": "CONTROLLER", "log.dirs": "/data",
		"offsets.topic.replication.factor": "1", "offsets.topic.num.partitions": "2"}
	var listeners []string
	if strings.Contains(roles, "broker") {
		listeners = append(listeners, "PLAINTEXT://127.0.0.1:0")
	}
	if strings.Contains(roles, "controller") {
		listeners = append(listeners, "CONTROLLER://"+c.controller(fmt.Sprint(id)))
	}
	all["listeners"] = strings.Join(listeners, ",")
	for _, p := range props {
		k, v, _ := strings.Cut(p, "=")
		all[k] = controllerOf.ReplaceAllStringFunc(v, func(at string) string { return c.controller(strings.TrimPrefix(at, "127.0.0.1:")) })
	}
	c.props[id], c.disks[id] = all, vfs.NewMem()
}

// start starts nodes together, and returns when all serve.
func (c *localCluster) start(ids ...int32) {
	c.t.Helper()
	begun := make(chan error, len(ids))
	for _, id := range ids {
		cfg, _, err := config.ParseMap(c.props[id])
		if err != nil {
			c.t.Fatal(err)
		}
		n := New(Options{Config: cfg, FS: c.disks[id], ClusterID: localClusterID})
		n.Begin(func(err error) { begun <- err })
		c.nodes[id] = n
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

// kill ends a node as kill -9 does.
func (c *localCluster) kill(id int32) {
	c.nodes[id].Kill()
	delete(c.nodes, id)
}

// stop stops a node in order.
func (c *localCluster) stop(id int32) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := c.nodes[id].Stop(ctx); err != nil {
		c.t.Error(err)
	}
	delete(c.nodes, id)
}

// leader returns the id of the active controller.
func (c *localCluster) leader() int32 {
	for id, n := range c.nodes { // any order: one at most
		if n.quorum.Status().Active {
			return id
		}
	}
	return -1
}

// await waits until a published image of a node has what yes wants.
func (c *localCluster) await(id int32, what string, yes func(*metadata.Image) bool) {
	c.t.Helper()
	awaitImage(c.t, c.nodes[id], what, yes)
}

// create creates a topic through a node, and repeats the request while there is no active
// controller.
func (c *localCluster) create(through int32, name string, partitions int32, factor int16) {
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
