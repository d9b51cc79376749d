//go:build hostile

package hostile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// week is a timeout that a client may ask for, but that no test waits for.
const week = math.MaxInt32

// longPoll is a fetch without data that waits for weeks.
func longPoll(id wire.UUID, partitions ...int32) *protocol.FetchRequest {
	req := protocol.New[protocol.FetchRequest]()
	req.MaxWaitMs, req.MinBytes, req.MaxBytes, req.SessionEpoch = week, 1<<20, 1<<30, -1
	t := protocol.FetchRequestTopic{TopicID: id}
	for _, p := range partitions {
		part := *protocol.New[protocol.FetchRequestPartition]()
		part.Partition, part.PartitionMaxBytes = p, 1<<20
		t.Partitions = append(t.Partitions, part)
	}
	req.Topics = append(req.Topics, t)
	return req
}

// padded adds n bytes to the end of a request, which Kafka tolerates.
func padded(frame []byte, n int) []byte {
	out := append(bytes.Clone(frame), make([]byte, n)...)
	binary.BigEndian.PutUint32(out, uint32(len(out)-4))
	return out
}

// TestParkedForWeeks checks requests with a very long wait. They must not hold the memory that all
// clients' frames share, must hold nothing after their client has disconnected, and must not delay
// the broker's stop.
func TestParkedForWeeks(t *testing.T) {
	before := heap()
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Properties: quickGroups})
	if err != nil {
		t.Fatal(err)
	}
	id := createTopics(t, b, 1, nil, "quiet")["quiet"]
	makeGroup(t, b, "some", "quiet") // creates the coordinator's topic
	frame := padded(encode(longPoll(id, 0), 13, 1, "parked"), 20<<20)
	join := protocol.New[protocol.JoinGroupRequest]()
	join.GroupID, join.ProtocolType, join.SessionTimeoutMs, join.RebalanceTimeoutMs = "waiting", "consumer", 2000, week
	join.Protocols = []protocol.JoinGroupRequestRequestProtocol{{Name: "range"}}
	joins := padded(encode(join, 3, 2, "parked"), 20<<20)
	var parked []net.Conn
	for i := range 40 { // 800 MiB, three times the budget
		nc := dial(t, b)
		f := frame
		if i%4 == 0 {
			f = joins
		}
		if _, err := nc.Write(f); err != nil {
			t.Fatal(err)
		}
		parked = append(parked, nc)
	}
	c := client(t, b, kgo.DefaultProduceTopic("quiet-no-more"), kgo.AllowAutoTopicCreation())
	for range 10 {
		if err := c.ProduceSync(t.Context(), &kgo.Record{Value: make([]byte, 900<<10)}).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	eventually(t, 20*time.Second, func() bool { return heap() < before+120<<20 }, func() string { return "parked requests hold their frames" })
	for _, nc := range parked[:20] {
		_ = nc.Close()
	}
	serves(t, b)
	began := time.Now()
	stop(t, b)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("the stop took %v", took)
	}
}

// TestLongPollsOfClientsThatLeft opens and closes connections. Nothing of their polls may remain.
func TestLongPollsOfClientsThatLeft(t *testing.T) {
	b := start(t, gregor.Config{InMemory: true, Properties: quickGroups})
	id := createTopics(t, b, 50, nil, "quiet")["quiet"]
	partitions := make([]int32, 50)
	for i := range partitions {
		partitions[i] = int32(i)
	}
	var polls []byte
	for i := range int32(100) {
		polls = append(polls, encode(longPoll(id, partitions...), 13, i, "parked")...)
	}
	round := func(n int) {
		for range n {
			nc := dial(t, b)
			if _, err := nc.Write(polls); err != nil {
				t.Fatal(err)
			}
			_ = nc.Close()
		}
		serves(t, b)
	}
	round(10)
	before := heap()
	round(100)
	eventually(t, 20*time.Second, func() bool { return heap() < before+20<<20 }, func() string {
		return fmt.Sprintf("%d MiB more after 10,000 polls of clients that left", (heap()-before)>>20)
	})
}
