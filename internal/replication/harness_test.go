package replication

import (
	"fmt"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/storage"
	"github.com/gregorhq/gregor/vfs"
)

// testHost is a host whose clocks a test sets: now in milliseconds since 1970, and elapsed, which
// follows now until the test sets it. It drops the steps of loops, and its timers never fire, so a
// test that calls a step itself never races with the same step.
type testHost struct {
	host.Host
	now     *atomic.Int64
	elapsed atomic.Int64
}

func (*testHost) Go(func()) {}

func (*testHost) AfterFunc(time.Duration, func()) host.Timer { return time.NewTimer(0) }

func (h *testHost) Now() time.Time { return time.UnixMilli(h.now.Load()) }

func (h *testHost) Elapsed() time.Duration {
	ms := h.elapsed.Load()
	if ms == 0 {
		ms = h.now.Load()
	}
	return time.Duration(ms-1) * time.Millisecond
}

// node is the partitions of one broker on a file system. Nothing runs by itself: tests call Commit
// and Expire.
type node struct {
	t     testing.TB
	fs    vfs.FS
	logs  *logmanager.Manager
	m     *Manager
	image *metadata.Image
	now   atomic.Int64
	host  *testHost
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

const startMs = 1_700_000_000_000

// newNode starts a broker with id 1 on fs and the topics of image, which may be nil.
func newNode(t testing.TB, fs vfs.FS, image *metadata.Image, dirs ...string) *node {
	t.Helper()
	if len(dirs) == 0 {
		dirs = []string{"/data"}
	}
	n := &node{t: t, fs: fs, image: image}
	if image == nil {
		n.image = metadata.Empty()
	}
	n.now.Store(startMs)
	n.host = &testHost{Host: host.Real(), now: &n.now}
	b := config.NewDynamic(config.Default())
	logs, err := logmanager.New(logmanager.Options{FS: fs, Dirs: dirs, Config: logmanager.ConfigFrom(b.Values()), Logger: quiet,
		OnOffline: func(dir string, logs []*logmanager.Log, err error) { n.m.LogsFailed(dir, logs, err) }})
	if err != nil {
		t.Fatal(err)
	}
	n.logs = logs
	n.m = New(Options{BrokerID: 1, Logs: logs, Config: b, Host: n.host, Logger: quiet})
	if err := n.m.Start(n.image, startMs, nil, nil); err != nil {
		t.Fatal(err)
	}
	return n
}

// newNodeWith starts a broker on fs with the image of another one, which has stopped.
func newNodeWith(t testing.TB, fs vfs.FS, before *node, peers Peers) *Manager {
	t.Helper()
	b := config.NewDynamic(config.Default())
	logs, err := logmanager.New(logmanager.Options{FS: fs, Dirs: []string{"/data"}, Config: logmanager.ConfigFrom(b.Values()), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	m := New(Options{BrokerID: 1, Logs: logs, Config: b, Host: before.host, Logger: quiet, Peers: peers})
	if err := m.Start(before.image, startMs, nil, nil); err != nil {
		t.Fatal(err)
	}
	return m
}

// apply publishes records as a new image.
func (n *node) apply(records ...metadata.Record) {
	n.t.Helper()
	d := metadata.NewDelta(n.image)
	for _, r := range records {
		if err := d.Replay(r); err != nil {
			n.t.Fatal(err)
		}
	}
	image, err := d.Apply(n.image.Offset()+int64(len(records)), 1)
	if err != nil {
		n.t.Fatal(err)
	}
	n.image = image
	n.m.ApplyDelta(image, d, n.now.Load())
}

func topicID(name string) (id wire.UUID) {
	copy(id[:], "id of "+name+"................")
	return id
}

// createTopic makes a topic of which this broker leads all partitions alone.
func (n *node) createTopic(name string, partitions int, configs ...string) {
	n.t.Helper()
	id := topicID(name)
	records := []metadata.Record{&mr.TopicRecord{Name: name, TopicID: id}}
	for i := range partitions {
		records = append(records, partitionRecord(id, int32(i), 1, 0, 1))
	}
	for i := 0; i < len(configs); i += 2 {
		records = append(records, topicConfigRecord(name, configs[i], configs[i+1]))
	}
	n.apply(records...)
}

func topicConfigRecord(topic, key, value string) *mr.ConfigRecord {
	return &mr.ConfigRecord{ResourceType: metadata.ResourceTopic, ResourceName: topic, Name: key, Value: &value}
}

func partitionRecord(id wire.UUID, index, leader, epoch int32, replicas ...int32) *mr.PartitionRecord {
	return &mr.PartitionRecord{PartitionID: index, TopicID: id, Replicas: replicas, ISR: replicas, Leader: leader,
		LeaderEpoch: epoch, PartitionEpoch: epoch, Directories: make([]wire.UUID, len(replicas))}
}

// batch is records with the given values.
func batch(t testing.TB, values ...string) record.Batch {
	return batchOf(t, record.BuilderOptions{LeaderEpoch: -1}, values...)
}

func batchOf(t testing.TB, o record.BuilderOptions, values ...string) record.Batch {
	t.Helper()
	b := record.NewBuilder(o)
	for i, v := range values {
		if err := b.Append(int64(i), startMs, nil, []byte(v), nil); err != nil {
			t.Fatal(err)
		}
	}
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(record.Batch(nil), out...)
}

// send begins an append to one partition. The result is nil until it is done.
func (n *node) send(topic string, partition int32, acks int16, records []byte) *atomic.Pointer[AppendPart] {
	var out atomic.Pointer[AppendPart]
	r := NewAppendRequest()
	r.Acks, r.TimeoutMs, r.NowMs, r.Origin = acks, 1000, n.now.Load(), storage.OriginClient
	a := r.Add()
	a.Topic, a.Partition, a.Records = topic, partition, records
	r.Done = func(r *AppendRequest) {
		part := r.Parts[0]
		out.Store(&part)
		r.Release()
	}
	n.m.Append(r)
	return &out
}

// produce appends with acks=all, commits, and expects success.
func (n *node) produce(topic string, partition int32, values ...string) AppendPart {
	n.t.Helper()
	res := n.send(topic, partition, AcksAll, batch(n.t, values...))
	n.logs.Commit()
	p := res.Load()
	if p == nil {
		n.t.Fatal("produce is not answered")
	}
	if p.Err != 0 {
		n.t.Fatalf("produce to %s-%d: %v %s", topic, partition, p.Err, p.Message)
	}
	return *p
}

// got is the result of a fetch of one partition.
type got struct {
	FetchPart
	data []byte
}

func (g got) batches(t testing.TB) (out []record.Batch) {
	t.Helper()
	for rest := g.data; len(rest) > 0; {
		b, tail, err := record.Next(rest)
		if err != nil {
			t.Fatalf("fetched bytes: %v", err)
		}
		out, rest = append(out, b), tail
	}
	return out
}

// fetchOptions are set by tests; zero means the default of a consumer that does not wait.
type fetchOptions struct {
	maxBytes, partMaxBytes, maxWaitMs, minBytes int32
	isolation                                   int8
	epoch, lastEpoch                            int32
}

// fetch begins a fetch of one partition; the result is nil until it is done.
func (n *node) fetch(topic string, partition int32, offset int64, o fetchOptions) *atomic.Pointer[got] {
	var out atomic.Pointer[got]
	f := NewFetchRequest()
	f.MaxWaitMs, f.MinBytes, f.NowMs, f.Isolation = o.maxWaitMs, max(o.minBytes, 1), n.now.Load(), o.isolation
	if o.maxBytes > 0 {
		f.MaxBytes = o.maxBytes
	}
	p := f.Add()
	p.Topic, p.Partition, p.Offset, p.MaxBytes = topic, partition, offset, 1<<20
	p.CurrentLeaderEpoch, p.LastFetchedEpoch = o.epoch-1, o.lastEpoch-1
	if o.partMaxBytes > 0 {
		p.MaxBytes = o.partMaxBytes
	}
	f.Done = func(f *FetchRequest) {
		g := got{FetchPart: f.Parts[0]}
		var err error
		if g.data, err = f.Parts[0].Slice.ReadInto(nil); err != nil {
			n.t.Errorf("read of a slice: %v", err)
		}
		f.Parts[0].Slice.Close()
		out.Store(&g)
		f.Release()
	}
	n.m.Fetch(f)
	return &out
}

// fetchNow expects an answer without a wait.
func (n *node) fetchNow(topic string, partition int32, offset int64, o fetchOptions) got {
	n.t.Helper()
	g := n.fetch(topic, partition, offset, o).Load()
	if g == nil {
		n.t.Fatal("fetch is not answered")
	}
	return *g
}

// values reads a partition from its start to its end.
func (n *node) values(topic string, partition int32) (out []string) {
	n.t.Helper()
	p := n.m.Partition(topic, partition)
	for at := p.Log().LogStartOffset(); at < p.Log().HighWatermark(); {
		g := n.fetchNow(topic, partition, at, fetchOptions{})
		if g.Err != 0 || len(g.data) == 0 {
			n.t.Fatalf("fetch of %s-%d at %d: %v, %d bytes", topic, partition, at, g.Err, len(g.data))
		}
		for _, b := range g.batches(n.t) {
			var r record.Reader
			for r.Reset(b, record.Limits{}); r.Next(); {
				if rec := r.Record(); rec.Offset >= at {
					out = append(out, fmt.Sprintf("%d:%s", rec.Offset, rec.Value))
				}
			}
			if r.Err() != nil {
				n.t.Fatal(r.Err())
			}
			at = b.NextOffset()
		}
	}
	return out
}
