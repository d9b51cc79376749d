package replication_test

import (
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/handlers"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// member is one broker of a cluster in this process, with real goroutines.
type member struct {
	id       int32
	logs     *logmanager.Manager
	m        *replication.Manager
	registry *handlers.Registry
}

type cluster struct {
	t     *testing.T
	nodes [3]*member
	image *metadata.Image
	parts []*mr.PartitionRecord
}

var clusterTopic = wire.UUID{7}

// links implements replication.Peers: a goroutine for each connection, one request after the other,
// and all requests of a connection at once at the broker.
type links struct {
	c    *cluster
	mu   sync.Mutex
	to   map[string]chan func()
	done chan struct{}
}

func (l *links) Send(to int32, r replication.PeerRequest, done func(protocol.Message, error)) {
	var w wire.Writer
	protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: r.Message.APIKey(), APIVersion: r.MaxVersion})
	r.Message.Encode(&w, r.MaxVersion)
	key, version, answer := r.Message.APIKey(), r.MaxVersion, r.Message.NewResponse()
	answers := make(chan []byte, 1)
	l.run(fmt.Sprint("to ", to, r.LongPoll), func() {
		l.c.nodes[to-1].registry.Call(w.Buf, handlers.Request{Received: time.Now(), Privileged: true}, func(a handlers.Answer) { answers <- a.Frame })
	})
	l.run(fmt.Sprint("from ", to, r.LongPoll), func() {
		select {
		case frame := <-answers:
			_, body, err := protocol.ParseResponseHeader(frame, key, version)
			if err == nil {
				err = answer.Decode(body, version)
			}
			done(answer, err)
		case <-l.done:
		}
	})
}

// run runs f on the goroutine of a name, in the order of the calls.
func (l *links) run(name string, f func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	ch := l.to[name]
	if ch == nil {
		ch = make(chan func(), 1000)
		l.to[name] = ch
		go func() {
			for {
				select {
				case f := <-ch:
					f()
				case <-l.done:
					return
				}
			}
		}()
	}
	ch <- f
}

func newCluster(t *testing.T, partitions int, stop chan struct{}) *cluster {
	c := &cluster{t: t}
	d := metadata.NewDelta(metadata.Empty())
	list := []metadata.Record{&mr.TopicRecord{Name: "t", TopicID: clusterTopic}}
	for i := range int32(partitions) {
		p := &mr.PartitionRecord{TopicID: clusterTopic, PartitionID: i, Replicas: []int32{1, 2, 3}, ISR: []int32{1, 2, 3}, Leader: i%3 + 1, Directories: make([]wire.UUID, 3)}
		c.parts, list = append(c.parts, p), append(list, p)
	}
	for id := int32(1); id <= 3; id++ {
		list = append(list, &mr.RegisterBrokerRecord{BrokerID: id, BrokerEpoch: int64(id)})
	}
	for _, r := range list {
		if err := d.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	var err error
	if c.image, err = d.Apply(1, 1); err != nil {
		t.Fatal(err)
	}
	for i := range c.nodes {
		c.nodes[i] = c.prepare(int32(i+1), stop)
	}
	for _, n := range c.nodes {
		n.logs.Run()
		n.m.Run()
		if err := n.m.Start(c.image, time.Now().UnixMilli(), nil, nil); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *cluster) prepare(id int32, stop chan struct{}) *member {
	n := &member{id: id}
	dynamic := config.NewDynamic(config.Default())
	h := host.Real()
	logger := slog.New(slog.DiscardHandler)
	var err error
	if n.logs, err = logmanager.New(logmanager.Options{FS: vfs.NewMem(), Dirs: []string{"/data"}, Config: logmanager.ConfigFrom(dynamic.Values()), Host: h, Logger: logger}); err != nil {
		c.t.Fatal(err)
	}
	n.m = replication.New(replication.Options{BrokerID: id, Logs: n.logs, Config: dynamic, Host: h, Logger: logger, Peers: &links{c: c, to: map[string]chan func(){}, done: stop}})
	n.registry = handlers.NewRegistry(handlers.Fetch(n.m, replication.NewSessions(10, h)), handlers.ListOffsets(n.m))
	return n
}

// elect makes another broker the leader of a partition. All brokers learn of it at the same time.
func (c *cluster) elect(i int) {
	p := *c.parts[i]
	p.Leader, p.LeaderEpoch, p.PartitionEpoch = p.Leader%3+1, p.LeaderEpoch+1, p.PartitionEpoch+1
	c.parts[i] = &p
	before := c.image
	var all sync.WaitGroup
	for _, n := range c.nodes {
		d := metadata.NewDelta(before)
		if err := d.Replay(&p); err != nil {
			c.t.Fatal(err)
		}
		image, err := d.Apply(before.Offset()+1, 1)
		if err != nil {
			c.t.Fatal(err)
		}
		c.image = image
		all.Go(func() { n.m.ApplyDelta(image, d, time.Now().UnixMilli()) })
	}
	all.Wait()
}

// Producers, followers, syncs and changes of leaders run at the same time. Every acknowledged
// record is in all logs, which are equal.
func TestFollowersBesideProducersAndElections(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const partitions = 6
		stop := make(chan struct{})
		c := newCluster(t, partitions, stop)
		var acked atomic.Int64
		var offsets [partitions]sync.Map
		var producers sync.WaitGroup
		var leaders [partitions]atomic.Int32
		for i := range leaders {
			leaders[i].Store(c.parts[i].Leader)
		}
		for k := range 4 {
			producers.Go(func() {
				for j := range 60 {
					i := (k + j) % partitions
					value := fmt.Sprintf("producer %d record %d", k, j)
					if offset := c.produce(c.nodes[leaders[i].Load()-1], i, value); offset >= 0 {
						acked.Add(1)
						offsets[i].Store(offset, value)
					}
				}
			})
		}
		for j := range 12 {
			<-time.NewTimer(30 * time.Millisecond).C
			c.elect(j % partitions)
			leaders[j%partitions].Store(c.parts[j%partitions].Leader)
		}
		producers.Wait()
		<-time.NewTimer(5 * time.Second).C
		if acked.Load() < 100 {
			t.Errorf("%d records are acknowledged", acked.Load())
		}
		for i := range partitions {
			c.compare(i, &offsets[i])
		}
		for _, n := range c.nodes {
			n.m.Stop()
		}
		close(stop)
		for _, n := range c.nodes {
			n.logs.Stop(true, int64(n.id))
		}
	})
}

// produce appends one record with acks=all, and returns its offset, -1 for an error.
func (c *cluster) produce(n *member, i int, value string) int64 {
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	if err := b.Append(0, time.Now().UnixMilli(), nil, []byte(value), nil); err != nil {
		c.t.Error(err)
		return -1
	}
	batch, err := b.Bytes()
	if err != nil {
		c.t.Error(err)
		return -1
	}
	done := make(chan int64, 1)
	r := replication.NewAppendRequest()
	r.Acks, r.TimeoutMs, r.NowMs, r.Origin = replication.AcksAll, 5000, time.Now().UnixMilli(), storage.OriginClient
	a := r.Add()
	a.Topic, a.TopicID, a.Partition, a.Records = "t", clusterTopic, int32(i), append([]byte(nil), batch...)
	r.Done = func(r *replication.AppendRequest) {
		offset := r.Parts[0].BaseOffset
		r.Release()
		done <- offset
	}
	n.m.Append(r)
	return <-done
}

// compare compares the logs of a partition, and looks for the acknowledged records.
func (c *cluster) compare(i int, acked *sync.Map) {
	var logs [3]map[int64]string
	for k, n := range c.nodes {
		l := n.m.Partition("t", int32(i)).Log()
		logs[k] = map[int64]string{}
		for from := int64(0); from < l.LogEndOffset(); {
			r, err := l.Read(from, storage.ReadOptions{MaxBytes: 1 << 20, MinOneBatch: true, Below: l.LogEndOffset()})
			if err != nil {
				c.t.Fatal(err)
			}
			data, err := r.Slice.ReadInto(nil)
			r.Slice.Close()
			if err != nil {
				c.t.Fatal(err)
			}
			for rest := data; len(rest) > 0; {
				b, tail, err := record.Next(rest)
				if err != nil {
					c.t.Fatal(err)
				}
				logs[k][b.BaseOffset()] = string(b)
				rest = tail
			}
			from = r.NextOffset
		}
		if hw := l.HighWatermark(); hw != l.LogEndOffset() {
			c.t.Errorf("partition %d: broker %d has the high watermark %d, its log ends at %d", i, n.id, hw, l.LogEndOffset())
		}
	}
	for k := 1; k < 3; k++ {
		if fmt.Sprint(logs[k]) != fmt.Sprint(logs[0]) {
			c.t.Errorf("partition %d: brokers 1 and %d differ", i, k+1)
		}
	}
	acked.Range(func(offset, value any) bool {
		var r record.Reader
		r.Reset(record.Batch(logs[0][offset.(int64)]), record.Limits{})
		if !r.Next() || string(r.Record().Value) != value {
			c.t.Errorf("partition %d: the record at %v is lost", i, offset)
		}
		return true
	})
}
