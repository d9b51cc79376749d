package protocol_test

import (
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

type fakePayload int

func (p fakePayload) Size() int { return int(p) }

func produceRequest() *protocol.ProduceRequest {
	m := protocol.New[protocol.ProduceRequest]()
	m.Acks, m.TimeoutMs = -1, 30_000
	m.TopicData = []protocol.ProduceRequestTopicProduceData{{
		Name: "payments", TopicID: wire.UUID{1, 2, 3},
		PartitionData: []protocol.ProduceRequestPartitionProduceData{{Index: 3, Records: wire.Records{Bytes: make([]byte, 16<<10)}}},
	}}
	return m
}

func fetchRequest(partitions int) *protocol.FetchRequest {
	m := protocol.New[protocol.FetchRequest]()
	m.MaxWaitMs, m.SessionID, m.SessionEpoch = 500, 77, 1
	m.Topics = []protocol.FetchRequestTopic{{Topic: "payments", TopicID: wire.UUID{1, 2, 3}}}
	for i := range partitions {
		m.Topics[0].Partitions = append(m.Topics[0].Partitions, protocol.FetchRequestPartition{Partition: int32(i), PartitionMaxBytes: 1 << 20})
	}
	return m
}

func fetchResponse() *protocol.FetchResponse {
	m := protocol.New[protocol.FetchResponse]()
	p := protocol.New[protocol.FetchResponsePartitionData]()
	p.Records.External = fakePayload(1 << 20)
	m.Responses = []protocol.FetchResponseFetchableTopicResponse{{Topic: "payments", Partitions: []protocol.FetchResponsePartitionData{*p}}}
	return m
}

func produceResponse() *protocol.ProduceResponse {
	m := protocol.New[protocol.ProduceResponse]()
	p := protocol.New[protocol.ProduceResponsePartitionProduceResponse]()
	m.Responses = []protocol.ProduceResponseTopicProduceResponse{{Name: "payments", PartitionResponses: []protocol.ProduceResponsePartitionProduceResponse{*p}}}
	return m
}

func apiVersionsResponse() *protocol.APIVersionsResponse {
	m := protocol.New[protocol.APIVersionsResponse]()
	for _, a := range protocol.APIs() {
		m.APIKeys = append(m.APIKeys, protocol.APIVersionsResponseAPIVersion{APIKey: a.Key, MinVersion: a.MinVersion, MaxVersion: a.MaxStable})
	}
	return m
}

// TestAllocations checks that encoding and decoding a hot message makes a fixed number of
// allocations, at the first and at repeated uses.
func TestAllocations(t *testing.T) {
	header := frame(protocol.KeyProduce, 13)
	for _, c := range []struct {
		name         string
		m            protocol.Message
		version      int16
		first, again float64
	}{
		{"Produce v13, one partition", produceRequest(), 13, 2, 0},                    // topics, partitions
		{"Produce v9, one partition", produceRequest(), 9, 3, 0},                      // and the topic's name
		{"Fetch v18, a hundred partitions", fetchRequest(100), 18, 2, 0},              // topics, partitions
		{"Fetch v12, a hundred partitions", fetchRequest(100), 12, 3, 0},              // and the topic's name
		{"ProduceResponse v13", produceResponse(), 13, 2, 0},                          // as a client reads it
		{"ApiVersionsResponse v4, all keys", apiVersionsResponse(), 4, 1, 0},          // keys
		{"Heartbeat v4", protocol.New[protocol.HeartbeatRequest](), 4, 0, 0},          // nothing
		{"FetchResponse v18, inline", fetchResponseInline(fetchResponse()), 18, 2, 0}, // topics, partitions
	} {
		b := encode(c.m, c.version)
		check := func(what string, want float64, f func()) {
			if got := testing.AllocsPerRun(50, f); got > want {
				t.Errorf("%s, %s: %v allocations, at most %v expected", c.name, what, got, want)
			}
		}
		used := protocoltest.Fresh(c.m)
		check("repeated decode", c.again, func() { must(t, used.Decode(b, c.version)) })
		blank := protocoltest.Fresh(c.m)
		check("first decode", c.first, func() { blank.SetDefaults(); must(t, blank.Decode(b, c.version)) })
		var w wire.Writer
		check("encode", 0, func() { w.Reset(); c.m.Encode(&w, c.version) })
	}
	var h protocol.RequestHeader
	if n := testing.AllocsPerRun(50, func() { _, err := h.Parse(header); must(t, err) }); n > 0 {
		t.Errorf("a header with the same client id: %v allocations", n)
	}
}

// TestSplice checks that the encoder adds the payload of a file without reading it.
func TestSplice(t *testing.T) {
	m := fetchResponse()
	for v := m.MinVersion(); v <= m.MaxVersion(); v++ {
		var w wire.Writer
		m.Encode(&w, v)
		if len(w.Splices) != 1 || w.Len() != len(w.Buf)+1<<20 {
			t.Fatalf("v%d: %d splices, %d bytes", v, len(w.Splices), w.Len())
		}
		at := w.Splices[0].At
		whole := append(append(append([]byte(nil), w.Buf[:at]...), make([]byte, 1<<20)...), w.Buf[at:]...)
		got := protocol.New[protocol.FetchResponse]()
		must(t, got.Decode(whole, v))
		if n := len(got.Responses[0].Partitions[0].Records.Bytes); n != 1<<20 {
			t.Fatalf("v%d: %d bytes of records", v, n)
		}
	}
	if n := testing.AllocsPerRun(50, func() {
		w := pooled
		w.Reset()
		m.Encode(w, 18)
	}); n > 0 {
		t.Errorf("encoding with a splice: %v allocations", n)
	}
}

var pooled = &wire.Writer{Buf: make([]byte, 0, 1<<10), Splices: make([]wire.Splice, 0, 4)}

func fetchResponseInline(m *protocol.FetchResponse) *protocol.FetchResponse {
	m.Responses[0].Partitions[0].Records = wire.Records{Bytes: make([]byte, 4<<10)}
	return m
}

func frame(key, version int16) []byte {
	client := "producer-1"
	var w wire.Writer
	protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: key, APIVersion: version, CorrelationID: 9, ClientID: &client})
	return w.Buf
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, m := range map[string]protocol.Message{"Produce": produceRequest(), "Fetch100": fetchRequest(100), "APIVersionsResponse": apiVersionsResponse()} {
		v := m.MaxVersion()
		src := encode(m, v)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			used := protocoltest.Fresh(m)
			for b.Loop() {
				must(b, used.Decode(src, v))
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for name, m := range map[string]protocol.Message{"ProduceResponse": produceResponse(), "FetchResponse": fetchResponse(), "APIVersionsResponse": apiVersionsResponse()} {
		v := m.MaxVersion()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			var w wire.Writer
			for b.Loop() {
				w.Reset()
				m.Encode(&w, v)
			}
		})
	}
}
