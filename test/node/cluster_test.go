package node_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
)

// cluster is a cluster of combined nodes over sockets of the loopback interface.
type cluster struct {
	t      *testing.T
	config map[int]gregor.Config
	nodes  map[int]*gregor.Broker
	seeds  []string
}

// freePort returns a port that nothing listens on.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func startCluster(t *testing.T, n int) *cluster {
	t.Helper()
	c := &cluster{t: t, config: map[int]gregor.Config{}, nodes: map[int]*gregor.Broker{}}
	var voters []string
	controllers := map[int]string{}
	for id := 1; id <= n; id++ {
		controllers[id] = freePort(t)
		voters = append(voters, fmt.Sprintf("%d@%s", id, controllers[id]))
	}
	for id := 1; id <= n; id++ {
		addr := freePort(t)
		c.seeds = append(c.seeds, addr)
		c.config[id] = gregor.Config{Dir: t.TempDir(), ClusterID: "IAgICAgICAgICAgICAgICA", Properties: map[string]string{
			"process.roles": "broker,controller", "node.id": fmt.Sprint(id), "controller.quorum.voters": strings.Join(voters, ","),
			"listeners":                      "PLAINTEXT://" + addr + ",CONTROLLER://" + controllers[id],
			"controller.listener.names":      "CONTROLLER",
			"listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
			"default.replication.factor":     fmt.Sprint(n), "min.insync.replicas": "2",
			"offsets.topic.replication.factor": fmt.Sprint(n),
		}}
	}
	var all []int
	for id := range c.config {
		all = append(all, id)
	}
	c.start(all...)
	t.Cleanup(func() {
		for _, b := range c.nodes {
			b.Kill()
		}
	})
	return c
}

// start starts nodes together and returns when all of them serve.
func (c *cluster) start(ids ...int) {
	c.t.Helper()
	var wg sync.WaitGroup
	var mu sync.Mutex
	for _, id := range ids {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
			defer cancel()
			b, err := gregor.Start(ctx, c.config[id])
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				c.t.Errorf("node %d: %v", id, err)
				return
			}
			c.nodes[id] = b
		})
	}
	wg.Wait()
	if c.t.Failed() {
		c.t.FailNow()
	}
}

func (c *cluster) client(opts ...kgo.Opt) *kgo.Client {
	c.t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(c.seeds...)}, opts...)...)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(cl.Close)
	return cl
}

// Three nodes form a cluster over sockets. A topic has its replicas on all of them, records that
// are acknowledged survive the kill of any node, and the killed node catches up.
func TestThreeNodesSurviveAKill(t *testing.T) {
	c := startCluster(t, 3)
	cl := c.client(kgo.DefaultProduceTopic("orders"), kgo.MetadataMinAge(50*time.Millisecond), kgo.RetryBackoffFn(func(int) time.Duration { return 20 * time.Millisecond }))
	admin := kadm.NewClient(cl)
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	if _, err := admin.CreateTopic(ctx, 3, 3, nil, "orders"); err != nil {
		t.Fatal(err)
	}
	produce := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			r := kgo.StringRecord(fmt.Sprint(i))
			if err := cl.ProduceSync(ctx, r).FirstErr(); err != nil {
				t.Fatal(i, err)
			}
		}
	}
	produce(0, 100)
	for id := 1; id <= 3; id++ {
		c.nodes[id].Kill()
		delete(c.nodes, id)
		began := time.Now()
		produce(id*100, id*100+1)
		t.Log("kill", id, "first ack", time.Since(began))
		produce(id*100+1, id*100+100)
		t.Log("100 acks", time.Since(began))
		c.start(id)
		t.Log("started", time.Since(began))
		c.awaitInSync(ctx, admin, "orders", 3)
		t.Log("in sync", time.Since(began))
	}
	seen := map[string]int{}
	reader := c.client(kgo.ConsumeTopics("orders"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	for len(seen) < 400 {
		fetches := reader.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			t.Fatalf("%d of 400 records: %v", len(seen), err)
		}
		fetches.EachRecord(func(r *kgo.Record) { seen[string(r.Value)]++ })
	}
	for value, n := range seen {
		if n != 1 {
			t.Errorf("record %s: %d times", value, n)
		}
	}
}

// awaitInSync waits until all replicas of a topic are in the ISR.
func (c *cluster) awaitInSync(ctx context.Context, admin *kadm.Client, topic string, n int) {
	c.t.Helper()
	for {
		topics, err := admin.ListTopics(ctx, topic)
		if err == nil {
			in := 0
			for _, p := range topics[topic].Partitions {
				if len(p.ISR) == n {
					in++
				}
			}
			if in > 0 && in == len(topics[topic].Partitions) {
				return
			}
		}
		if ctx.Err() != nil {
			c.t.Fatalf("not in sync: %+v %v", topics[topic].Partitions, err)
		}
	}
}
