//go:build peer

// Package followers shows that followers of gregor fetch from Apache Kafka, see run.sh.
package followers

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/vfs"
)

const topic = "followed"

// call is a request that waits for its answer.
type call struct {
	m    protocol.Request
	v    int16
	done func(protocol.Message, error)
}

// sockets implements replication.Peers: a connection for each broker and kind, one request after
// the other.
type sockets struct {
	addr map[int32]string
	mu   sync.Mutex
	to   map[string]chan call
}

func (s *sockets) Send(broker int32, r replication.PeerRequest, done func(protocol.Message, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fmt.Sprint(broker, r.LongPoll)
	if s.to[key] == nil {
		ch := make(chan call, 100)
		s.to[key] = ch
		go serve(s.addr[broker], ch)
	}
	s.to[key] <- call{r.Message, r.MaxVersion, done}
}

func serve(addr string, calls chan call) {
	conn, err := net.Dial("tcp", addr)
	for c := range calls {
		if err != nil {
			c.done(nil, err)
			continue
		}
		answer, _, aerr := exchange(conn, c.m, c.v)
		c.done(answer, aerr)
	}
}

// exchange sends a request and returns its answer and the bytes of the answer.
func exchange(conn net.Conn, m protocol.Request, v int16) (protocol.Message, []byte, error) {
	var w wire.Writer
	client := "gregor"
	protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: m.APIKey(), APIVersion: v, CorrelationID: 7, ClientID: &client})
	m.Encode(&w, v)
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		return nil, nil, err
	}
	if _, err := conn.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(w.Buf))), w.Buf...)); err != nil {
		return nil, nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return nil, nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(conn, frame); err != nil {
		return nil, nil, err
	}
	_, body, err := protocol.ParseResponseHeader(frame, m.APIKey(), v)
	if err != nil {
		return nil, nil, err
	}
	answer := m.NewResponse()
	return answer, body, answer.Decode(body, v)
}

func TestFollowerOfApacheKafka(t *testing.T) {
	seeds := strings.Split(os.Getenv("PEER"), ",")
	ctx, cancel := context.WithTimeout(context.Background(), 4*time.Minute)
	defer cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(seeds...), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(0))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	adm := kadm.NewClient(cl)
	create(t, ctx, cl)
	produce(t, ctx, cl, 0)
	name := os.Getenv("NAME") + "-3"
	if out, err := exec.Command("../peer/kafka-node", "kill", name).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	produce(t, ctx, cl, 1)
	meta, err := adm.Metadata(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	peers := &sockets{addr: map[int32]string{}, to: map[string]chan call{}}
	for _, b := range meta.Brokers {
		peers.addr[b.NodeID] = fmt.Sprintf("%s:%d", b.Host, b.Port)
	}
	ownField(t, peers.addr[meta.Topics[topic].Partitions[0].Leader], meta.Topics[topic])
	m := follow(t, meta.Topics[topic], peers)
	defer m.Stop()
	ends, err := adm.ListEndOffsets(ctx, topic)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int32(2) {
		end, _ := ends.Lookup(topic, i)
		l := m.Partition(topic, i).Log()
		for l.LogEndOffset() < end.Offset {
			select {
			case <-ctx.Done():
				t.Fatalf("partition %d: %d of %d records", i, l.LogEndOffset(), end.Offset)
			case <-time.After(10 * time.Millisecond):
			}
		}
		compare(t, i, meta.Topics[topic].Partitions[i].Leader, l)
	}
}

// create makes the topic: partition 0 on brokers 1 and 3, partition 1 on 2 and 3.
func create(t *testing.T, ctx context.Context, cl *kgo.Client) {
	req := protocol.New[protocol.CreateTopicsRequest]()
	req.TimeoutMs = 10_000
	req.Topics = []protocol.CreateTopicsRequestCreatableTopic{{Name: topic, NumPartitions: -1, ReplicationFactor: -1,
		Assignments: []protocol.CreateTopicsRequestCreatableReplicaAssignment{{PartitionIndex: 0, BrokerIDs: []int32{1, 3}}, {PartitionIndex: 1, BrokerIDs: []int32{2, 3}}}}}
	for range 100 {
		conn, err := net.Dial("tcp", strings.Split(os.Getenv("PEER"), ",")[0])
		if err != nil {
			t.Fatal(err)
		}
		answer, _, err := exchange(conn, req, 7)
		_ = conn.Close()
		if err != nil {
			t.Fatal(err)
		}
		code := protocol.Error(answer.(*protocol.CreateTopicsResponse).Topics[0].ErrorCode)
		if code == protocol.ErrNone {
			return
		}
		t.Log(code.Name())
		select {
		case <-ctx.Done():
		case <-time.After(300 * time.Millisecond):
		}
	}
	t.Fatal("no topic")
}

func produce(t *testing.T, ctx context.Context, cl *kgo.Client, round int) {
	var list []*kgo.Record
	for i := range 4000 {
		list = append(list, &kgo.Record{Topic: topic, Partition: int32(i % 2), Value: fmt.Appendf(nil, "round %d value %d %0200d", round, i, i)})
	}
	if err := cl.ProduceSync(ctx, list...).FirstErr(); err != nil {
		t.Fatal(err)
	}
}

// ownField compares the answers to a fetch with and without gregor's own field.
func ownField(t *testing.T, addr string, topic kadm.TopicDetail) {
	for v := int16(13); v <= 18; v++ {
		var bodies [2][]byte
		for i := range bodies {
			req := protocol.New[protocol.FetchRequest]()
			req.MaxBytes, req.SessionEpoch = 1<<20, -1
			p := *protocol.New[protocol.FetchRequestPartition]()
			p.PartitionMaxBytes = 100_000
			if i == 1 {
				p.DurableOffset = 12345
			}
			req.Topics = []protocol.FetchRequestTopic{{TopicID: wire.UUID(topic.ID), Partitions: []protocol.FetchRequestPartition{p}}}
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			answer, body, err := exchange(conn, req, v)
			_ = conn.Close()
			if err != nil {
				t.Fatalf("version %d: %v", v, err)
			}
			x := answer.(*protocol.FetchResponse)
			if x.ErrorCode != 0 || len(x.Responses) != 1 || x.Responses[0].Partitions[0].ErrorCode != 0 || len(x.Responses[0].Partitions[0].Records.Bytes) < 10_000 {
				t.Fatalf("version %d: %d bytes, %+v", v, len(body), x.ErrorCode)
			}
			bodies[i] = body
		}
		if !bytes.Equal(bodies[0], bodies[1]) {
			t.Errorf("version %d: the answers differ", v)
		}
	}
}

// follow starts a broker 3 of gregor's replication that follows the leaders.
func follow(t *testing.T, topic kadm.TopicDetail, peers replication.Peers) *replication.Manager {
	dynamic := config.NewDynamic(config.Default())
	logs, err := logmanager.New(logmanager.Options{FS: vfs.NewMem(), Dirs: []string{"/data"}, Config: logmanager.ConfigFrom(dynamic.Values())})
	if err != nil {
		t.Fatal(err)
	}
	d := metadata.NewDelta(metadata.Empty())
	list := []metadata.Record{&mr.TopicRecord{Name: topic.Topic, TopicID: wire.UUID(topic.ID)}}
	for _, p := range topic.Partitions.Sorted() {
		list = append(list, &mr.PartitionRecord{TopicID: wire.UUID(topic.ID), PartitionID: p.Partition, Replicas: p.Replicas, ISR: p.ISR,
			Leader: p.Leader, LeaderEpoch: p.LeaderEpoch, Directories: make([]wire.UUID, len(p.Replicas))})
	}
	for _, r := range list {
		err = errors.Join(err, d.Replay(r))
	}
	image, aerr := d.Apply(10, 1)
	if err = errors.Join(err, aerr); err != nil {
		t.Fatal(err)
	}
	m := replication.New(replication.Options{BrokerID: 3, Logs: logs, Config: dynamic, Peers: peers})
	if err := m.Start(image, time.Now().UnixMilli(), nil, nil); err != nil {
		t.Fatal(err)
	}
	logs.Run()
	m.Run()
	return m
}

// compare compares the log with the leader's file.
func compare(t *testing.T, i, leader int32, l *logmanager.Log) {
	home := os.Getenv("PEER_HOME")
	if home == "" {
		home = filepath.Join(os.Getenv("HOME"), ".cache/gregor-peer")
	}
	want, err := os.ReadFile(filepath.Join(home, "nodes", fmt.Sprintf("%s-%d", os.Getenv("NAME"), leader), "data", fmt.Sprintf("%s-%d", topic, i), "00000000000000000000.log"))
	if err != nil {
		t.Fatal(err)
	}
	if l.Size() != int64(len(want)) {
		t.Errorf("partition %d: %d bytes, the leader has %d", i, l.Size(), len(want))
	}
	got := readAll(t, l)
	if !bytes.Equal(got, want) {
		t.Errorf("partition %d: the bytes differ", i)
	}
	t.Logf("partition %d: %d bytes, equal to those of broker %d, high watermark %d", i, len(got), leader, l.HighWatermark())
}
