package handlers

import (
	"encoding/json"
	"fmt"
	"io"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/record"
)

const probeMs = 1_700_000_000_000

func dataScenario(t *testing.T, addr string, ids map[string][16]byte, out io.Writer) {
	p := &dataProbe{t: t, addr: addr, ids: ids, out: out, w: dialWire(t, addr), names: map[string]string{}}
	for name, id := range ids {
		b, err := json.Marshal(id)
		if err != nil {
			t.Fatal(err)
		}
		p.names[string(b)] = name
	}
	p.produceVersions()
	p.produceErrors()
	p.idempotent()
	p.fetchVersions()
	p.fetchErrors()
	p.fetchLimits()
	p.sessions()
	p.offsets()
	p.epochs()
	p.producers()
	p.deletions()
	p.unusual()
}

func probeBatch(t *testing.T, o record.BuilderOptions, timestamp int64, values ...string) record.Batch {
	t.Helper()
	o.LeaderEpoch = record.NoPartitionLeaderEpoch
	b := record.NewBuilder(o)
	for i, v := range values {
		if err := b.Append(int64(i), timestamp+int64(i), []byte("key"), []byte(v), nil); err != nil {
			t.Fatal(err)
		}
	}
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(record.Batch(nil), out...)
}

func (p *dataProbe) produceRequest(topic string, partition int32, acks int16, records []byte) *kmsg.ProduceRequest {
	r := kmsg.NewPtrProduceRequest()
	r.Acks, r.TimeoutMillis = acks, 5000
	rt := kmsg.NewProduceRequestTopic()
	rt.Topic = topic
	rt.TopicID = p.ids[topic]
	if _, known := p.ids[topic]; !known {
		rt.TopicID = [16]byte{9, 9}
	}
	rp := kmsg.NewProduceRequestTopicPartition()
	rp.Partition, rp.Records = partition, records
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	return r
}

func (p *dataProbe) produceVersions() {
	for v := int16(3); v <= 13; v++ {
		r := p.produceRequest("t", 0, -1, probeBatch(p.t, record.BuilderOptions{}, probeMs+int64(v)*1000, "a", "b"))
		p.ask("produce", r, v)
	}
}

// silence are messages whose wording is ours: Kafka names them with per-record errors only.
func silence(resp kmsg.Response) {
	for i := range resp.(*kmsg.ProduceResponse).Topics {
		t := &resp.(*kmsg.ProduceResponse).Topics[i]
		for j := range t.Partitions {
			t.Partitions[j].ErrorMessage = nil
			for k := range t.Partitions[j].ErrorRecords {
				t.Partitions[j].ErrorRecords[k].ErrorMessage = nil
			}
		}
	}
}

func (p *dataProbe) produceErrors() {
	fine := func() record.Batch { return probeBatch(p.t, record.BuilderOptions{}, probeMs, "x") }
	broken := fine()
	broken[len(broken)-2]++
	old := fine()
	old[16] = 1
	based := fine()
	based.SetBaseOffset(5)
	long := probeBatch(p.t, record.BuilderOptions{}, probeMs, string(make([]byte, 300)))
	zstd := probeBatch(p.t, record.BuilderOptions{Codec: record.Zstd}, probeMs, "x")
	for _, c := range []struct {
		title   string
		topic   string
		part    int32
		acks    int16
		records []byte
		version int16
	}{
		{"unknown topic", "nope", 0, -1, fine(), 9},
		{"unknown topic id", "nope", 0, -1, fine(), 13},
		{"unknown partition", "t", 7, -1, fine(), 9},
		{"unknown partition", "t", 7, -1, fine(), 13},
		{"acks 2", "t", 0, 2, fine(), 9},
		{"acks -2", "t", 0, -2, fine(), 11},
		{"checksum", "t", 0, -1, broken, 9},
		{"magic 1", "t", 0, -1, old, 9},
		{"base offset", "t", 0, -1, based, 9},
		{"no records", "t", 0, -1, []byte{}, 9},
		{"cut batch", "t", 0, -1, fine()[:70], 9},
		{"two batches", "t", 0, -1, append(fine(), fine()...), 9},
		{"batch and garbage", "t", 0, 1, append(fine(), 1, 2, 3), 9},
		{"too large", "small", 0, -1, long, 9},
		{"zstd", "t", 0, -1, zstd, 6},
		{"zstd", "t", 0, 1, zstd, 7},
		{"old timestamp", "timed", 0, 1, fine(), 9},
		{"no key", "compact", 0, 1, keyless(p.t), 9},
	} {
		resp := p.w.do(p.produceRequest(c.topic, c.part, c.acks, c.records), c.version)
		silence(resp)
		fmt.Fprintf(p.out, "produce %s v%d: %s\n", c.title, c.version, canonical(p.t, resp, p.names))
	}
}

func keyless(t *testing.T) record.Batch {
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: record.NoPartitionLeaderEpoch})
	for i := range 2 {
		if err := b.Append(int64(i), probeMs, nil, []byte("v"), nil); err != nil {
			t.Fatal(err)
		}
	}
	out, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return append(record.Batch(nil), out...)
}

func (p *dataProbe) idempotent() {
	send := func(title string, id int64, epoch int16, seq int32, values ...string) {
		o := record.BuilderOptions{Producer: &record.Producer{ID: id, Epoch: epoch, Sequence: seq}}
		resp := p.w.do(p.produceRequest("many", 0, -1, probeBatch(p.t, o, probeMs, values...)), 9)
		silence(resp)
		fmt.Fprintf(p.out, "idempotent %s: %s\n", title, canonical(p.t, resp, p.names))
	}
	send("first", 4000, 0, 0, "a", "b")
	send("second", 4000, 0, 2, "c")
	send("duplicate of the first", 4000, 0, 0, "a", "b")
	send("gap", 4000, 0, 9, "z")
	send("new epoch", 4000, 1, 0, "d")
	send("new epoch, not from 0", 4000, 2, 3, "d")
	send("old epoch", 4000, 0, 3, "e")
	send("unknown producer in the middle", 4001, 0, 7, "f")
	for i := range 6 {
		send(fmt.Sprintf("run %d", i), 4002, 0, int32(i), "r")
	}
	send("fifth last", 4002, 0, 1, "r")
	send("sixth last", 4002, 0, 0, "r")
}

func (p *dataProbe) fetchRequest(topic string, partition int32, offset int64) *kmsg.FetchRequest {
	r := kmsg.NewPtrFetchRequest()
	r.ReplicaID, r.MaxWaitMillis, r.MinBytes, r.MaxBytes, r.SessionEpoch = -1, 0, 1, 1<<20, -1
	r.Topics = append(r.Topics, p.fetchTopic(topic, partition, offset))
	return r
}

func (p *dataProbe) fetchTopic(topic string, partition int32, offset int64) kmsg.FetchRequestTopic {
	rt := kmsg.NewFetchRequestTopic()
	rt.Topic, rt.TopicID = topic, p.ids[topic]
	if _, known := p.ids[topic]; !known {
		rt.TopicID = [16]byte{9, 9}
	}
	rp := kmsg.NewFetchRequestTopicPartition()
	rp.Partition, rp.FetchOffset, rp.PartitionMaxBytes, rp.CurrentLeaderEpoch, rp.LogStartOffset = partition, offset, 1<<20, -1, -1
	rt.Partitions = append(rt.Partitions, rp)
	return rt
}

func (p *dataProbe) fetchVersions() {
	for v := int16(4); v <= min(18, kmsg.NewPtrFetchRequest().MaxVersion()); v++ {
		for _, isolation := range []int8{0, 1} {
			r := p.fetchRequest("t", 0, 20)
			r.IsolationLevel = isolation
			p.ask(fmt.Sprintf("fetch isolation %d", isolation), r, v)
		}
		p.ask("fetch at the end", p.fetchRequest("small", 0, 0), v)
	}
}

func (p *dataProbe) fetchErrors() {
	for _, v := range []int16{4, 9, 12, 13, 16} {
		p.ask("fetch unknown topic", p.fetchRequest("nope", 0, 0), v)
		p.ask("fetch unknown partition", p.fetchRequest("t", 5, 0), v)
		p.ask("fetch beyond the end", p.fetchRequest("t", 0, 1000), v)
		p.ask("fetch negative offset", p.fetchRequest("t", 0, -5), v)
		for _, epoch := range []int32{0, 1} {
			r := p.fetchRequest("t", 0, 20)
			r.Topics[0].Partitions[0].CurrentLeaderEpoch = epoch
			p.ask(fmt.Sprintf("fetch in epoch %d", epoch), r, v)
		}
	}
	for _, last := range []int32{0, 3} {
		r := p.fetchRequest("t", 0, 20)
		r.Topics[0].Partitions[0].LastFetchedEpoch = last
		p.ask(fmt.Sprintf("fetch after epoch %d", last), r, 12)
	}
	beyond := p.fetchRequest("t", 0, 500)
	beyond.Topics[0].Partitions[0].LastFetchedEpoch = 0
	p.ask("fetch ahead of epoch 0", beyond, 12)
}

func (p *dataProbe) fetchLimits() {
	for _, limit := range []int32{-1, 0, 1, 90, 200, 1000} {
		r := p.fetchRequest("t", 0, 3)
		r.MaxBytes = limit
		p.ask(fmt.Sprintf("fetch max %d", limit), r, 12)
		r = p.fetchRequest("t", 0, 3)
		r.Topics[0].Partitions[0].PartitionMaxBytes = limit
		p.ask(fmt.Sprintf("fetch partition max %d", limit), r, 12)
		r = p.fetchRequest("t", 0, 3)
		r.Topics[0].Partitions[0].PartitionMaxBytes = limit
		r.Topics = append(r.Topics, p.fetchTopic("many", 0, 0))
		p.ask(fmt.Sprintf("fetch two, max %d", limit), r, 12)
	}
}

func (p *dataProbe) sessions() {
	for _, v := range []int16{7, 12, 13} {
		id := int32(0)
		fetch := func(title string, session, epoch int32, topics ...kmsg.FetchRequestTopic) *kmsg.FetchResponse {
			r := p.fetchRequest("t", 0, 0)
			r.SessionID, r.SessionEpoch, r.Topics = session, epoch, topics
			resp := p.w.do(r, v).(*kmsg.FetchResponse)
			id = resp.SessionID
			if resp.SessionID > 0 {
				resp.SessionID = 1
			}
			fmt.Fprintf(p.out, "session %s v%d: %s\n", title, v, canonical(p.t, resp, p.names))
			return resp
		}
		fetch("none", -1, -1, p.fetchTopic("sessions", 0, 0))
		fetch("unknown", 12345, 3)
		fetch("no id but an epoch", 0, 3)
		fetch("new", 0, 0, p.fetchTopic("t", 0, 20), p.fetchTopic("small", 0, 0))
		s := id
		fetch("data again", s, 1)
		fetch("moved", s, 2, p.fetchTopic("t", 0, 23))
		fetch("stale epoch", s, 2)
		r := p.fetchRequest("t", 0, 0)
		r.SessionID, r.SessionEpoch, r.Topics = s, 3, nil
		forgotten := kmsg.NewFetchRequestForgottenTopic()
		forgotten.Topic, forgotten.TopicID, forgotten.Partitions = "small", p.ids["small"], []int32{0}
		r.ForgottenTopics = append(r.ForgottenTopics, forgotten)
		resp := p.w.do(r, v).(*kmsg.FetchResponse)
		resp.SessionID = min(resp.SessionID, 1)
		fmt.Fprintf(p.out, "session forgot v%d: %s\n", v, canonical(p.t, resp, p.names))
		fetch("added again", s, 4, p.fetchTopic("small", 0, 0))
		fetch("unknown topic added", s, 5, p.fetchTopic("nope", 0, 0))
		fetch("the error again", s, 6)
		if v == 12 {
			// The same session with topic ids.
			v = 13
			fetch("with topic ids", s, 7)
			v = 12
		}
		fetch("ended", s, -1)
		fetch("after its end", s, 7)
	}
}
