package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// cluster is three processes with both roles on the loopback interface.
type cluster struct {
	bin   string
	dir   string
	addr  map[int32]string
	procs map[int32]*exec.Cmd
}

const nodes = 3

func newCluster(bin string) (*cluster, error) {
	dir, err := os.MkdirTemp("", "gregor-failover-")
	if err != nil {
		return nil, err
	}
	c := &cluster{bin: bin, dir: dir, addr: map[int32]string{}, procs: map[int32]*exec.Cmd{}}
	var voters []string
	controllers := map[int32]string{}
	for id := int32(1); id <= nodes; id++ {
		if controllers[id], err = freeAddr(); err != nil {
			return nil, err
		}
		if c.addr[id], err = freeAddr(); err != nil {
			return nil, err
		}
		voters = append(voters, fmt.Sprintf("%d@%s", id, controllers[id]))
	}
	for id := int32(1); id <= nodes; id++ {
		text := fmt.Sprintf(`process.roles=broker,controller
node.id=%d
controller.quorum.voters=%s
listeners=PLAINTEXT://%s,CONTROLLER://%s
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=%s
min.insync.replicas=2
`, id, strings.Join(voters, ","), c.addr[id], controllers[id], filepath.Join(dir, fmt.Sprint(id)))
		if err := os.WriteFile(c.file(id), []byte(text), 0o644); err != nil {
			return nil, err
		}
		out, err := exec.Command(bin, "kafka-storage", "format", "-t", "IAgICAgICAgICAgICAgICA", "-c", c.file(id)).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("format: %w: %s", err, out)
		}
		if err := c.start(id); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// freeAddr returns an address that nothing listens on.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer l.Close()
	return l.Addr().String(), nil
}

func (c *cluster) file(id int32) string {
	return filepath.Join(c.dir, fmt.Sprintf("%d.properties", id))
}

func (c *cluster) addrs() (out []string) {
	for id := int32(1); id <= nodes; id++ {
		out = append(out, c.addr[id])
	}
	return out
}

// start starts a node and does not wait for it.
func (c *cluster) start(id int32) error {
	log, err := os.OpenFile(filepath.Join(c.dir, fmt.Sprintf("%d.log", id)), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(c.bin, "server", c.file(id))
	cmd.Stdout, cmd.Stderr = log, log
	c.procs[id] = cmd
	return cmd.Start()
}

func (c *cluster) kill(id int32) {
	_ = c.procs[id].Process.Kill()
	_ = c.procs[id].Wait()
}

func (c *cluster) stop() {
	for id := range c.procs {
		c.kill(id)
	}
	_ = os.RemoveAll(c.dir)
}

// victim returns the active controller, or another node.
func (c *cluster) victim(cl *kgo.Client, controller bool) (int32, error) {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	req := kmsg.NewPtrDescribeQuorumRequest()
	t := kmsg.NewDescribeQuorumRequestTopic()
	t.Topic = "__cluster_metadata"
	t.Partitions = append(t.Partitions, kmsg.NewDescribeQuorumRequestTopicPartition())
	req.Topics = append(req.Topics, t)
	for id := int32(1); ; id = id%nodes + 1 { // only the leader answers
		answer, err := cl.Broker(int(id)).Request(ctx, req)
		if err == nil {
			resp := answer.(*kmsg.DescribeQuorumResponse)
			if len(resp.Topics) == 1 && len(resp.Topics[0].Partitions) == 1 && resp.Topics[0].Partitions[0].LeaderID > 0 {
				leader := resp.Topics[0].Partitions[0].LeaderID
				if controller {
					return leader, nil
				}
				return leader%nodes + 1, nil
			}
		}
		if ctx.Err() != nil {
			return 0, fmt.Errorf("no leader of the quorum: %w", ctx.Err())
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// awaitInSync waits until each partition has its leader and all its replicas in the ISR.
func (c *cluster) awaitInSync(admin *kadm.Client) error {
	limit := time.Now().Add(time.Minute)
	for {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		topics, err := admin.ListTopics(ctx, topic)
		cancel()
		if err == nil && inSync(topics[topic]) {
			return nil
		}
		if time.Now().After(limit) {
			return fmt.Errorf("the replicas are not in sync after a minute: %+v %w", topics[topic].Partitions, err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

func inSync(t kadm.TopicDetail) bool {
	for _, p := range t.Partitions {
		if p.Leader < 0 || len(p.ISR) != nodes {
			return false
		}
	}
	return len(t.Partitions) > 0
}
