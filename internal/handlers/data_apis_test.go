package handlers

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/config"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/logmanager"
	"github.com/gregorhq/gregor/internal/metadata"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	mr "github.com/gregorhq/gregor/internal/protocol/metadatarecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/replication"
	"github.com/gregorhq/gregor/record"
	"github.com/gregorhq/gregor/vfs"
)

var dataKafka = flag.String("kafka-data", "", "address of a fresh Apache Kafka node with auto.create.topics.enable=false: record its answers")

const dataAnswers = "testdata/data_apis_kafka-4.4.0.txt"

// dataTopics are the topics of the scenario: name, configs.
var dataTopics = []struct {
	name    string
	configs []string
}{
	{"t", nil},
	{"small", []string{"max.message.bytes", "200"}},
	{"compact", []string{"cleanup.policy", "compact"}},
	{"timed", []string{"message.timestamp.before.max.ms", "1000", "message.timestamp.after.max.ms", "1000"}},
	{"many", nil},
	{"sessions", nil},
	{"segments", []string{"internal.segment.bytes", "100000"}},
}

// TestDataAPIsAnswerAsKafka sends the same raw requests to our handlers that were sent to Apache
// Kafka 4.4.0 and compares the answers, record bytes included.
func TestDataAPIsAnswerAsKafka(t *testing.T) {
	addr := *dataKafka
	ids := map[string][16]byte{}
	if addr == "" {
		addr = dataServer(t, ids)
	} else {
		createDataTopics(t, addr, ids)
	}
	var got strings.Builder
	dataScenario(t, addr, ids, &got)
	compareRecorded(t, dataAnswers, *dataKafka != "", got.String())
}

// compareRecorded compares answers with Apache Kafka's answers in the file. With fromKafka it
// records them.
func compareRecorded(t *testing.T, file string, fromKafka bool, got string) {
	t.Helper()
	if fromKafka {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	compareLines(t, strings.Split(got, "\n"), strings.Split(string(want), "\n"))
}

func compareLines(t *testing.T, got, want []string) {
	t.Helper()
	differ := 0
	for i := range max(len(got), len(want)) {
		var g, w string
		if i < len(got) {
			g = got[i]
		}
		if i < len(want) {
			w = want[i]
		}
		if g != w {
			differ++
			t.Errorf("line %d\n  got  %s\n  want %s", i+1, g, w)
		}
	}
	if differ > 0 {
		t.Logf("%d of %d answers differ from Kafka's", differ, len(want))
	}
}

// dataServer serves the data APIs over real files and returns its address.
func dataServer(t *testing.T, ids map[string][16]byte) string {
	_, addr := dataRegistry(t, ids)
	return addr
}

func dataRegistry(t *testing.T, ids map[string][16]byte) (*Registry, string) {
	b := config.NewDynamic(config.Default())
	quiet := slog.New(slog.NewTextHandler(io.Discard, nil))
	logs, err := logmanager.New(logmanager.Options{FS: vfs.OS(), Dirs: []string{t.TempDir()}, Config: logmanager.ConfigFrom(b.Values()), Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	clock := func() int64 { return time.Now().UnixMilli() }
	m := replication.New(replication.Options{BrokerID: 1, Logs: logs, Config: b, Logger: quiet})
	if err := m.Start(dataImage(t, ids), clock(), nil, nil); err != nil {
		t.Fatal(err)
	}
	logs.Run()
	m.Run()
	r := NewRegistry(Produce(m), Fetch(m, replication.NewSessions(1000, host.Real())), ListOffsets(m), DeleteRecords(m), OffsetForLeaderEpoch(m),
		DescribeProducers(m), DescribeLogDirs(m), InitProducerID(&countingIDs{}))
	s := network.NewServer(overSockets(r), network.Options{Logger: quiet})
	l := &network.Listener{Name: "PLAINTEXT", Protocol: "PLAINTEXT"}
	if err := s.Bind(l, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Serve()
	t.Cleanup(func() {
		stop, done := context.WithTimeout(context.Background(), time.Millisecond)
		s.Stop(stop)
		done()
		m.Stop()
		logs.Stop(true, -1)
	})
	return r, l.Addr().String()
}

type countingIDs struct{ next int64 }

func (c *countingIDs) NextProducerID(done func(int64, protocol.Error)) {
	c.next++
	done(c.next-1, protocol.ErrNone)
}

func dataImage(t *testing.T, ids map[string][16]byte) *metadata.Image {
	d := metadata.NewDelta(metadata.Empty())
	records := []metadata.Record{}
	for i, topic := range dataTopics {
		id := wire.UUID{0: byte(i + 1), 15: 1}
		ids[topic.name] = id
		records = append(records, &mr.TopicRecord{Name: topic.name, TopicID: id},
			&mr.PartitionRecord{TopicID: id, Replicas: []int32{1}, ISR: []int32{1}, Leader: 1, Directories: make([]wire.UUID, 1)})
		for j := 0; j < len(topic.configs); j += 2 {
			records = append(records, &mr.ConfigRecord{ResourceType: metadata.ResourceTopic, ResourceName: topic.name, Name: topic.configs[j], Value: &topic.configs[j+1]})
		}
	}
	for _, r := range records {
		if err := d.Replay(r); err != nil {
			t.Fatal(err)
		}
	}
	image, err := d.Apply(int64(len(records)), 1)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func createDataTopics(t *testing.T, addr string, ids map[string][16]byte) {
	w := dialWire(t, addr)
	create := kmsg.NewPtrCreateTopicsRequest()
	create.TimeoutMillis = 10_000
	for _, topic := range dataTopics {
		c := kmsg.NewCreateTopicsRequestTopic()
		c.Topic, c.NumPartitions, c.ReplicationFactor = topic.name, 1, 1
		for j := 0; j < len(topic.configs); j += 2 {
			conf := kmsg.NewCreateTopicsRequestTopicConfig()
			conf.Name, conf.Value = topic.configs[j], &topic.configs[j+1]
			c.Configs = append(c.Configs, conf)
		}
		create.Topics = append(create.Topics, c)
	}
	for _, topic := range w.do(create, 7).(*kmsg.CreateTopicsResponse).Topics {
		if topic.ErrorCode != 0 {
			t.Fatalf("create %s: error %d", topic.Topic, topic.ErrorCode)
		}
		ids[topic.Topic] = topic.TopicID
	}
	// Leaders take up their work a moment after the topics are there.
	deadline := time.Now().Add(10 * time.Second)
	for _, topic := range dataTopics {
		for {
			resp := w.do(listRequest(topic.name, 0, -1), 1).(*kmsg.ListOffsetsResponse)
			if resp.Topics[0].Partitions[0].ErrorCode == 0 {
				break
			}
			if time.Now().After(deadline) {
				t.Fatalf("%s: error %d", topic.name, resp.Topics[0].Partitions[0].ErrorCode)
			}
		}
	}
}

// dataProbe is one connection of the scenario and where its lines go.
type dataProbe struct {
	t    *testing.T
	addr string
	ids  map[string][16]byte
	out  io.Writer
	w    *wireConn
	// names replaces topic ids, which differ from run to run.
	names map[string]string
}

func (p *dataProbe) ask(title string, r kmsg.Request, version int16) kmsg.Response {
	p.t.Helper()
	resp := p.w.do(r, version)
	if f, ok := resp.(*kmsg.FetchResponse); ok {
		wholeBatches(f)
	}
	fmt.Fprintf(p.out, "%s v%d: %s\n", title, version, canonical(p.t, resp, p.names))
	return resp
}

// wholeBatches takes off what Kafka sends of a batch that did not fit: we do not.
func wholeBatches(f *kmsg.FetchResponse) {
	for i := range f.Topics {
		for j := range f.Topics[i].Partitions {
			p := &f.Topics[i].Partitions[j]
			for rest := p.RecordBatches; ; {
				_, tail, err := record.Next(rest)
				if err != nil {
					p.RecordBatches = p.RecordBatches[:len(p.RecordBatches)-len(rest)]
					break
				}
				rest = tail
			}
		}
	}
}
