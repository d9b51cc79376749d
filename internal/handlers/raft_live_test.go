package handlers

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/kraft"
	"github.com/gregorhq/gregor/internal/kraftwire"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/quorum"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

var (
	raftWithKafka = flag.String("kafka-quorum", "", "folder in which internal/handlers/testdata/raft.sh has started the voters 1 and 2")
	raftDynamic   = flag.Bool("kafka-dynamic", false, "the voters of -kafka-quorum are dynamic")
)

// raftLinks sends to peers over sockets: a connection for each request in flight.
type raftLinks struct{ wg sync.WaitGroup }

func (l *raftLinks) send(to kraftwire.Peer, m protocol.Message, _, version int16, timeout time.Duration, done func(protocol.Message, int16, kraft.Failure)) {
	l.wg.Go(func() {
		q := m.(protocol.Request)
		answer, err := raftExchange(fmt.Sprintf("%s:%d", to.Host, to.Port), q, version, timeout)
		var late net.Error
		switch {
		case err == nil:
			done(answer, version, kraft.NotFailed)
		case errors.As(err, &late) && late.Timeout():
			done(nil, 0, kraft.TimedOut)
		default:
			done(nil, 0, kraft.Unreachable)
		}
	})
}

func raftExchange(addr string, q protocol.Request, version int16, timeout time.Duration) (protocol.Message, error) {
	c, err := net.DialTimeout("tcp", addr, timeout)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(timeout)); err != nil {
		return nil, err
	}
	if _, err := c.Write(raftFrame(q, version)); err != nil {
		return nil, err
	}
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil, err
	}
	frame := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(c, frame); err != nil {
		return nil, err
	}
	_, body, err := protocol.ParseResponseHeader(frame, q.APIKey(), version)
	if err != nil {
		return nil, err
	}
	m := q.NewResponse()
	return m, m.Decode(body, version)
}

// raftLive opens voter 3 of a quorum whose other voters are Apache Kafka's.
func raftLive(t *testing.T, dir string) *quorum.Controller {
	t.Helper()
	var voters []quorum.Voter
	for id := int32(1); id <= 3; id++ {
		voters = append(voters, raftVoter(id))
		if !*raftDynamic {
			voters[id-1].DirectoryID = wire.UUID{}
		}
	}
	format := quorum.FormatOptions{FS: vfs.OS(), MetadataDir: dir, LogDirs: []string{dir}, NodeID: 3, ClusterID: raftClusterID,
		NowMs: time.Now().UnixMilli(), NewUUID: func() wire.UUID { return raftDirectory(3) }}
	open := quorum.Options{FS: vfs.OS(), Dir: dir, NodeID: 3, ClusterID: raftClusterID, DirectoryID: raftDirectory(3), Endpoints: raftVoter(3).Endpoints,
		Logger: slog.New(slog.NewTextHandler(os.Stdout, nil))}
	if *raftDynamic {
		format.Voters = voters
	} else {
		open.Voters = voters
	}
	cfg, _, err := config.ParseMap(map[string]string{"log.dirs": dir, "listeners": "PLAINTEXT://127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := quorum.Format(format); err != nil {
		t.Fatal(err)
	}
	links := &raftLinks{}
	open.Broker = cfg
	open.Transport = &kraftwire.Transport{ClusterID: raftClusterID, Listener: "CONTROLLER", Timeout: 2 * time.Second, To: links.send}
	q, err := quorum.Open(open)
	if err != nil {
		t.Fatal(err)
	}
	r := NewRegistry(append(RaftAPIs(Raft{Quorum: q, ClusterID: raftClusterID}), DescribeQuorum(q))...)
	r.Add(APIVersions(r, raftVersions{}))
	s := network.NewServer(overSockets(r), network.Options{Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := s.Bind(&network.Listener{Name: "CONTROLLER", Protocol: "PLAINTEXT"}, fmt.Sprintf("127.0.0.1:%d", raftPort(3))); err != nil {
		t.Fatal(err)
	}
	s.Serve()
	q.Start()
	t.Cleanup(func() {
		stop, done := context.WithTimeout(context.Background(), time.Millisecond)
		s.Stop(stop)
		done()
		if err := q.Close(); err != nil {
			t.Error(err)
		}
		links.wg.Wait()
	})
	return q
}

// TestOneQuorumWithKafka runs one of our voters with two of Apache Kafka. It ends epochs, until
// each node has led. All replicas keep up, and the logs are equal byte by byte.
func TestOneQuorumWithKafka(t *testing.T) {
	if *raftWithKafka == "" {
		t.Skip("needs two controllers of Apache Kafka: see testdata/raft.sh")
	}
	q := raftLive(t, filepath.Join(*raftWithKafka, "3"))
	p := &raftProbe{t: t, nodes: raftSockets{t}, out: io.Discard, live: true}
	led := map[int32]int{}
	for deadline := time.Now().Add(5 * time.Minute); len(led) < 3 || led[1]+led[2]+led[3] < 12; {
		if time.Now().After(deadline) {
			t.Fatalf("the nodes have led %v times", led)
		}
		p.find()
		led[p.leader]++
		fmt.Printf("leader %d of epoch %d, high watermark %d\n", p.leader, p.epoch, p.end)
		f := p.followers[(led[1]+led[2]+led[3])%2]
		p.nodes.do(f, p.vote(f, func(d *protocol.VoteRequestPartitionData) {
			d.ReplicaID, d.ReplicaEpoch, d.LastOffsetEpoch = 9, p.epoch+1, p.epoch
		}), 2)
	}
	p.find()
	committed := q.Status().HighWatermark
	for id := range int32(2) {
		if n := equalLogs(t, filepath.Join(*raftWithKafka, "3"), filepath.Join(*raftWithKafka, fmt.Sprint(id+1)), committed); n == 0 {
			t.Errorf("no batch was compared with node %d", id+1)
		}
	}
}

// equalLogs compares the batches of two metadata logs below an offset. It returns their number.
func equalLogs(t *testing.T, ours, theirs string, below int64) (n int) {
	t.Helper()
	a, b := batchesIn(t, ours), batchesIn(t, theirs)
	for offset, batch := range a {
		if offset >= below || batch.BaseOffset() < slices.Min(slices.Collect(maps.Keys(b))) {
			continue
		}
		n++
		if !bytes.Equal(batch, b[offset]) {
			t.Errorf("the batches at offset %d differ from those in %s", offset, theirs)
		}
	}
	return n
}

func batchesIn(t *testing.T, dir string) map[int64]record.Batch {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "__cluster_metadata-0", "*.log"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[int64]record.Batch{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for batch, err := range record.Batches(data) {
			if err != nil || batch.BaseOffset() == 0 && len(out) > 0 {
				break // the rest of the file is preallocated
			}
			out[batch.BaseOffset()] = batch
		}
	}
	return out
}
