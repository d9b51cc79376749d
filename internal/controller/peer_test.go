package controller

import (
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

var kafkaController = flag.String("kafka-controller", "", "controller listener of a fresh Apache Kafka node with node.id=1: record its answers in testdata/kafka")

// TestControllerDecidesAsKafka runs the scripts of testdata/kafka, whose expected output an Apache
// Kafka 4.4.0 controller wrote: its answers, and the records that it appended to the metadata log
// for each request. The brokers 101 to 103 of the scripts are not real; the scripts speak for them.
func TestControllerDecidesAsKafka(t *testing.T) {
	files, err := filepath.Glob("testdata/kafka/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := newScript(t)
			s.core.cfg.UncleanInterval = 2 * time.Second // as record.sh
			if *kafkaController != "" {
				s.peer = dialPeer(t, s, *kafkaController)
			} else {
				s.run("features")
				s.run("register id=1")
				s.run("heartbeat id=1")
			}
			got, want := masked(s.runText(string(text))), masked(string(text))
			if *kafkaController != "" {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("%s was recorded from Apache Kafka and differs:\n%s", file, differences(want, got))
			}
		})
	}
}

// masked hides broker epochs, producer ids and the number of configs, which differ from cluster to
// cluster, and partition epochs: Kafka records some changes twice. It sorts the settings and the
// partitions of one decision: Kafka's have the order of its hash maps.
func masked(text string) string {
	text = regexp.MustCompile(` BrokerEpoch=\d+`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`NONE \d+\+1000`).ReplaceAllString(text, "NONE some+1000")
	text = regexp.MustCompile(` NextProducerID=\d+| configs=\w+| LogDirs=\[\]| (Removing|Adding)Replicas=\[\]|(?m:: $)`).ReplaceAllString(text, "")
	text = regexp.MustCompile(`( epoch=\d+)/\d+| partitionEpoch=\d+`).ReplaceAllString(text, "$1")
	lines := slices.Compact(strings.Split(text, "\n"))
	for _, name := range []string{"  ConfigRecord", "  PartitionChangeRecord"} {
		for i := 0; i < len(lines); i++ {
			from := i
			for i < len(lines) && strings.HasPrefix(lines[i], name) {
				i++
			}
			slices.Sort(lines[from:i])
		}
	}
	return strings.Join(lines, "\n")
}

// differences lists the blocks of two outputs that are not equal.
func differences(want, got string) string {
	var b strings.Builder
	w, g := strings.Split(want, "\n\n"), strings.Split(got, "\n\n")
	for i := range max(len(w), len(g)) {
		block := func(s []string) string {
			if i < len(s) {
				return s[i]
			}
			return "nothing"
		}
		if block(w) != block(g) {
			fmt.Fprintf(&b, "Apache Kafka:\n%s\ngregor:\n%s\n\n", block(w), block(g))
		}
	}
	return b.String()
}

// peer is a connection to the controller listener of an Apache Kafka node. Its answers bring the
// records that Kafka appended, read with the Fetch of a metadata observer.
type peer struct {
	t      *testing.T
	c      net.Conn
	id     int32
	next   int64 // offset of the next record to fetch
	epoch  int32 // of the record before
	leader int32 // leader epoch of the quorum
}

func dialPeer(t *testing.T, s *script, addr string) *peer {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	p := &peer{t: t, c: c}
	var cluster protocol.DescribeClusterResponse
	p.call(&protocol.DescribeClusterRequest{EndpointType: 2}, 1, &cluster)
	s.clusterID = cluster.ClusterID
	var quorum protocol.DescribeQuorumResponse
	p.call(&protocol.DescribeQuorumRequest{Topics: []protocol.DescribeQuorumRequestTopicData{{TopicName: "__cluster_metadata",
		Partitions: []protocol.DescribeQuorumRequestPartitionData{{}}}}}, 2, &quorum)
	p.leader = quorum.Topics[0].Partitions[0].LeaderEpoch
	s.replay(p.records())
	return p
}

func (p *peer) call(req protocol.Message, version int16, resp protocol.Message) {
	p.t.Helper()
	p.id++
	var w wire.Writer
	client := "script"
	protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: req.APIKey(), APIVersion: version, CorrelationID: p.id, ClientID: &client})
	req.Encode(&w, version)
	if _, err := p.c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(w.Buf))), w.Buf...)); err != nil {
		p.t.Fatal(err)
	}
	var size [4]byte
	if _, err := io.ReadFull(p.c, size[:]); err != nil {
		p.t.Fatalf("%s: %v", req.MessageName(), err)
	}
	frame := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(p.c, frame); err != nil {
		p.t.Fatal(err)
	}
	_, body, err := protocol.ParseResponseHeader(frame, req.APIKey(), version)
	if err != nil {
		p.t.Fatal(err)
	}
	if err := resp.Decode(body, version); err != nil {
		p.t.Fatalf("%s: %v", resp.MessageName(), err)
	}
}

// decide sends a request and returns the records that it caused.
func (p *peer) decide(req protocol.Message, version int16, resp protocol.Message) []Record {
	p.t.Helper()
	p.call(req, version, resp)
	return p.records()
}

// records fetches the records that were committed since the last call, without the records that
// only show that the controller lives.
func (p *peer) records() (out []Record) {
	p.t.Helper()
	for {
		req := protocol.New[protocol.FetchRequest]()
		req.MinBytes, req.ReplicaState.ReplicaID, req.ReplicaState.ReplicaEpoch = 1, -1, -1
		req.Topics = []protocol.FetchRequestTopic{{TopicID: wire.UUID{15: 1}, Partitions: []protocol.FetchRequestPartition{{
			CurrentLeaderEpoch: p.leader, FetchOffset: p.next, LastFetchedEpoch: p.epoch, LogStartOffset: -1, PartitionMaxBytes: 8 << 20}}}}
		var resp protocol.FetchResponse
		p.call(req, 17, &resp)
		if resp.ErrorCode != 0 || len(resp.Responses) == 0 {
			p.t.Fatalf("fetch of the metadata log: %v", protocol.Error(resp.ErrorCode))
		}
		part := resp.Responses[0].Partitions[0]
		if part.ErrorCode != 0 || len(part.Records.Bytes) == 0 {
			if part.ErrorCode != 0 {
				p.t.Fatalf("fetch of the metadata log: %v", protocol.Error(part.ErrorCode))
			}
			return out
		}
		out = append(out, p.decoded(part.Records.Bytes)...)
	}
}

func (p *peer) decoded(data []byte) (out []Record) {
	p.t.Helper()
	for batch, err := range record.Batches(data) {
		if err != nil {
			p.t.Fatal(err)
		}
		p.next, p.epoch = batch.NextOffset(), batch.PartitionLeaderEpoch()
		if batch.IsControl() {
			continue
		}
		var r record.Reader
		for r.Reset(batch, record.Limits{}); r.Next(); {
			m, _, err := mr.Unmarshal(r.Record().Value)
			if err != nil {
				p.t.Fatal(err)
			}
			if _, ok := m.(*mr.NoOpRecord); !ok {
				out = append(out, m)
			}
		}
	}
	return out
}
