package node_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/vfs"
)

// syncCounter counts the syncs of segments, by partition folder.
type syncCounter struct {
	mu sync.Mutex
	n  map[string]int
}

func (s *syncCounter) fs() vfs.FS {
	return vfs.NewLogged(vfs.OS(), func(op vfs.Op) {
		if op.Kind == vfs.OpSync && strings.HasSuffix(op.Path, ".log") {
			s.mu.Lock()
			defer s.mu.Unlock()
			if s.n == nil {
				s.n = map[string]int{}
			}
			s.n[filepath.Base(filepath.Dir(op.Path))]++
		}
	})
}

func (s *syncCounter) of(topic string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.n[topic+"-0"]
}

// syncs checks for syncs of a partition that otherwise stays in memory.
func syncs(key, without, with string) func(*effect) {
	return func(e *effect) {
		if key == "write.caching.default" {
			e.set(key, without)
			e.create(nil)
		} else {
			e.create(map[string]string{"write.caching": "true"})
			e.set(key, without)
		}
		e.mustProduce(value(1))
		if n := e.syncs.of(e.topic); n > 0 {
			e.Errorf("%d syncs before the change", n)
		}
		e.set(key, with)
		e.mustProduce(value(1))
		e.eventually("a sync", func() bool { return e.syncs.of(e.topic) > 0 })
	}
}

func partitionSeries(e *effect) {
	e.create(nil)
	page := func() string {
		resp, err := http.Get("http://" + e.b.AdminAddr() + "/metrics")
		if err != nil {
			e.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			e.Fatal(err)
		}
		return string(text)
	}
	series := `topic="` + e.topic + `"`
	if strings.Contains(page(), series) {
		e.Fatal("the page has series of the partition before the change")
	}
	e.set("metrics.partition.enable", "true")
	if !strings.Contains(page(), series) {
		e.Error("the page has no series of the partition after the change")
	}
	http.DefaultClient.CloseIdleConnections()
}

// fewProducers counts the producers that a partition remembers.
func fewProducers(e *effect) {
	e.create(nil)
	send := func() int {
		for range 4 {
			c := client(e.T, e.b, kgo.DefaultProduceTopic(e.topic))
			if err := c.ProduceSync(e.ctx, value(1)).FirstErr(); err != nil {
				e.Fatal(err)
			}
			c.Close()
		}
		described, err := e.admin.DescribeProducers(e.ctx, kadm.TopicsSet{e.topic: {0: {}}})
		if err != nil {
			e.Fatal(err)
		}
		return len(described.SortedProducers())
	}
	if n := send(); n != 4 {
		e.Fatalf("%d producers before the change", n)
	}
	e.set("producer.ids.per.partition.max", "2")
	if n := send(); n > 2 {
		e.Errorf("%d producers after the change", n)
	}
}

// answered reports whether the broker answers on a new connection before it closes it. It waits
// until ctx ends.
func answered(ctx context.Context, addr string) (conn net.Conn, ok bool) {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, false
	}
	if d, has := ctx.Deadline(); has {
		_ = c.SetDeadline(d)
	}
	req := kmsg.NewPtrApiVersionsRequest()
	req.Version = 0
	_, err = c.Write(kmsg.NewRequestFormatter().AppendRequest(nil, req, 1))
	if err == nil {
		_, err = io.ReadFull(c, make([]byte, 8))
	}
	return c, err == nil
}

// fewConnections allows only the existing connections.
func fewConnections(e *effect) {
	held, ok := answered(e.ctx, e.b.Addr())
	if !ok {
		e.Fatal("no answer before the change")
	}
	defer held.Close()
	e.set("max.connections", "1")
	waiting := make(chan bool, 1)
	go func() {
		c, ok := answered(e.ctx, e.b.Addr())
		if ok {
			_ = c.Close()
		}
		waiting <- ok
	}()
	e.eventually("a second connection that waits to be accepted", func() bool {
		select {
		case <-waiting:
			e.Fatal("the connection is accepted")
		default:
		}
		return acceptorBlocked(e)
	})
	alter(e.T, e.ctx, e.admin, "", "max.connections", kadm.StringPtr("1000"))
	if !<-waiting {
		e.Error("the connection is not accepted after the limit is raised")
	}
}

// acceptorBlocked reports whether the limit blocks the acceptor, according to the metrics.
func acceptorBlocked(e *effect) bool {
	resp, err := http.Get("http://" + e.b.AdminAddr() + "/metrics")
	if err != nil {
		e.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		e.Fatal(err)
	}
	http.DefaultClient.CloseIdleConnections()
	for line := range strings.Lines(string(text)) {
		if strings.Contains(line, "acceptorblocked_percent{") && !strings.HasSuffix(strings.TrimSpace(line), " 0") {
			return true
		}
	}
	return false
}

func closesConnection(key, limit string) func(*effect) {
	return func(e *effect) {
		held, ok := answered(e.ctx, e.b.Addr())
		if !ok {
			e.Fatal("no answer before the change")
		}
		defer held.Close()
		e.set(key, limit)
		e.eventually("a connection that is closed", func() bool {
			c, ok := answered(e.ctx, e.b.Addr())
			if c != nil {
				_ = c.Close()
			}
			return !ok
		})
	}
}

// TestProducersExpireByTheCurrentSetting changes producer.id.expiration.ms while a partition
// remembers a producer, and checks that partition and one that is created later.
func TestProducersExpireByTheCurrentSetting(t *testing.T) {
	ctx := bounded(t)
	b := start(t, gregor.Config{InMemory: true, Properties: map[string]string{
		"producer.id.expiration.check.interval.ms": "20", "log.initial.task.delay.ms": "0"}})
	c := client(t, b)
	admin := kadm.NewClient(c)
	remembered := func(topic string) int {
		described, err := admin.DescribeProducers(ctx, kadm.TopicsSet{topic: {0: {}}})
		if err != nil {
			t.Fatal(err)
		}
		return len(described.SortedProducers())
	}
	send := func(topic string) {
		if err := c.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("x")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	send("old")
	if n := remembered("old"); n != 1 {
		t.Fatalf("%d producers before the change", n)
	}
	alter(t, ctx, admin, "", "producer.id.expiration.ms", kadm.StringPtr("1"))
	send("new")
	for _, topic := range []string{"old", "new"} {
		eventually(t, ctx, "no producer of "+topic, func() bool { return remembered(topic) == 0 })
	}
}

// TestLogsOpenWithTheDynamicSettings restarts a broker with a dynamic number of recovery threads.
// The opening of each log waits until as many logs are opening as there are threads.
func TestLogsOpenWithTheDynamicSettings(t *testing.T) {
	const threads = 9
	ctx, mem := bounded(t), vfs.NewMem()
	b, err := gregor.Start(ctx, gregor.Config{FS: mem, Topics: []gregor.Topic{{Name: "t", Partitions: threads}}})
	if err != nil {
		t.Fatal(err)
	}
	c := client(t, b)
	alter(t, ctx, kadm.NewClient(c), "", "num.recovery.threads.per.data.dir", kadm.StringPtr("9"))
	c.Close()
	if err := b.Shutdown(ctx); err != nil {
		t.Fatal(err)
	}
	var opening atomic.Int64
	all := make(chan struct{})
	fs := vfs.WithHook(mem, func(op vfs.Op) error {
		if dir := filepath.Base(filepath.Dir(op.Path)); strings.HasPrefix(dir, "t-") && strings.HasSuffix(op.Path, "partition.metadata") {
			if opening.Add(1) == threads {
				close(all)
			}
			select {
			case <-all:
			case <-ctx.Done():
			}
		}
		return nil
	})
	again, err := gregor.Start(ctx, gregor.Config{FS: fs})
	if err != nil {
		t.Fatalf("%d logs were opened at the same time: %v", opening.Load(), err)
	}
	if err := again.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
}
