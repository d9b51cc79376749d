//go:build hostile

package hostile

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

// world is the attackers' knowledge of the broker: existing objects, and values from earlier
// answers.
type world struct {
	topics []string
	ids    map[string]wire.UUID
	groups []string

	mu        sync.Mutex
	members   []membership
	sessions  []int32
	producers []int64
}

type membership struct {
	group, id  string
	generation int32
}

// learn stores the values of an answer, so that later requests name real members, sessions and
// producers.
func (w *world) learn(s sent, group string, body []byte) {
	r := wire.NewReader(body)
	if protocol.ResponseHeaderVersion(s.key, s.version) >= 1 {
		r.SkipTags()
	}
	resp := protocol.NewResponse(s.key)
	if resp == nil || resp.DecodeFrom(&r, s.version) != nil {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	switch m := resp.(type) {
	case *protocol.JoinGroupResponse:
		if m.MemberID != "" && len(m.MemberID) < 200 {
			w.members = append(last(w.members, 64), membership{group, m.MemberID, m.GenerationID})
		}
	case *protocol.FetchResponse:
		if m.SessionID != 0 {
			w.sessions = append(last(w.sessions, 64), m.SessionID)
		}
	case *protocol.InitProducerIDResponse:
		if m.ErrorCode == 0 {
			w.producers = append(last(w.producers, 64), m.ProducerID)
		}
	}
}

func last[T any](s []T, n int) []T {
	if len(s) >= n {
		return s[len(s)-n+1:]
	}
	return s
}

// generator makes requests for one attacker.
type generator struct {
	rnd *rand.Rand
	w   *world
	m   membership // of the request under construction
}

func pick[T any](g *generator, s ...T) (zero T) {
	if len(s) == 0 {
		return zero
	}
	return s[g.rnd.IntN(len(s))]
}

// request makes a request of an API with random fields, most of them plausible.
func (g *generator) request(key, version int16) protocol.Message {
	m := protocol.NewRequest(key)
	v := reflect.ValueOf(m).Elem()
	protocoltest.Fill(g.rnd, v, version)
	g.m = membership{group: pick(g, g.w.groups...)}
	g.w.mu.Lock()
	if n := len(g.w.members); n > 0 && g.rnd.IntN(4) > 0 {
		g.m = g.w.members[g.rnd.IntN(n)]
	}
	g.w.mu.Unlock()
	protocoltest.Each(v, g.set)
	return m
}

// neverRandom fields would let one request break the assumptions of the test: timeouts of weeks,
// settings of the broker.
var neverRandom = map[string]bool{
	"TimeoutMs": true, "MaxWaitMs": true, "RebalanceTimeoutMs": true, "SessionTimeoutMs": true, "ResourceType": true, "ResourceName": true,
	"NumPartitions": true, "Count": true,
}

// set replaces most random values by plausible ones.
func (g *generator) set(owner, name string, f reflect.Value) {
	// Some values stay random.
	if g.rnd.IntN(8) == 0 && !neverRandom[name] {
		return
	}
	if protocoltest.SetText(f, func() string { return g.text(owner, name) }) {
		return
	}
	switch f.Interface().(type) {
	case wire.UUID:
		f.Set(reflect.ValueOf(pick(g, g.w.ids[pick(g, g.w.topics...)], wire.UUID{})))
	case wire.Records:
		f.Set(reflect.ValueOf(wire.Records{Bytes: g.records()}))
	case []int32:
		for i := range f.Len() {
			f.Index(i).SetInt(int64(pick[int32](g, 0, 1, 2, -1, 1)))
		}
	default:
		if f.CanInt() {
			g.setInt(owner, name, f)
		}
	}
}

func (g *generator) setInt(owner, name string, f reflect.Value) {
	values := map[string][]int64{
		"TimeoutMs": {0, 1, 50, 200, -1}, "MaxWaitMs": {0, 1, 20, 200, -5}, "RebalanceTimeoutMs": {0, 1, 50, 300, -1}, "SessionTimeoutMs": {50, 60, 200, 2000, 10},
		"Acks": {-1, -1, 1, 1, -1, 1, 0, 7}, "MinBytes": {0, 1, 100, 1 << 20}, "MaxBytes": {0, 1, 100, 1 << 20, 1<<31 - 1}, "PartitionMaxBytes": {0, 1, 100, 1 << 20, 1<<31 - 1},
		"Index": {0, 1, 2}, "Partition": {0, 1, 2}, "PartitionIndex": {0, 1, 2}, "PartitionIndexes": {0, 1, 2},
		"Offset": {0, 1, 10, -1}, "FetchOffset": {0, 1, 2, 5, 100, -1}, "CommittedOffset": {0, 1, 100, -1}, "Timestamp": {-1, -2, -3, 0, -4, 1 << 40},
		"ReplicaID": {-1, -1, -2, 1, 2}, "CurrentLeaderEpoch": {-1, 0, 0, 1}, "LeaderEpoch": {-1, 0, 1}, "LastFetchedEpoch": {-1, 0, 1, -1}, "SessionEpoch": {0, -1, 1, 2, 3},
		"NumPartitions": {1, 3, -1, 0, 1 << 30}, "ReplicationFactor": {1, -1, 1, 2}, "Count": {1, 4, 5, 0, 1<<31 - 1, -1}, "KeyType": {0, 0, 1, 2}, "IsolationLevel": {0, 1},
		"ResourceType": {2, 2, 2, 16, 32, 4, 8, 99}, "ConfigOperation": {0, 1, 2, 3}, "ProducerEpoch": {-1, 0}, "ProducerID": {-1, -1, 0, 1000}, "EndpointType": {1, 2}, "NodeID": {-1, 1},
		"RetentionTimeMs": {-1, -1, 1, 1 << 40}, "ResponsePartitionLimit": {1, 2, 2000, 0, -1}, "ReplicaEpoch": {-1, 0},
	}
	switch name {
	case "SessionID":
		g.w.mu.Lock()
		f.SetInt(int64(pick(g, append([]int32{0, 0}, g.w.sessions...)...)))
		g.w.mu.Unlock()
	case "GenerationID", "GenerationIDOrMemberEpoch":
		f.SetInt(int64(pick(g, g.m.generation, g.m.generation, -1)))
	case "ResourceType":
		v := pick(g, values[name]...)
		// A request that changes a setting may only change those of topics and groups.
		if !strings.HasPrefix(owner, "Describe") {
			v = pick[int64](g, 2, 2, 32, 16, 99)
		}
		f.SetInt(v)
	default:
		if vs := values[name]; len(vs) > 0 {
			f.SetInt(pick(g, vs...))
		}
	}
}

var configNames = []string{"retention.ms", "cleanup.policy", "max.message.bytes", "compression.type", "message.timestamp.type", "segment.bytes", "min.insync.replicas",
	"retention.bytes", "flush.messages", "no.such.key", "consumer.session.timeout.ms", "interval.ms", "write.caching"}

var configValues = []string{"1", "1000", "-1", "delete", "compact", "compact,delete", "gzip", "zstd", "lz4", "snappy", "producer", "LogAppendTime", "CreateTime", "nonsense", "", "1048576", "true"}

func (g *generator) text(owner, name string) string {
	switch {
	case name == "GroupID", name == "Groups", name == "GroupsNames", name == "Key", name == "CoordinatorKeys":
		return pick(g, g.m.group, g.m.group, pick(g, g.w.groups...), "", "never-seen")
	case name == "MemberID", name == "Leader":
		return pick(g, g.m.id, g.m.id, g.m.id, "", "nobody")
	case name == "GroupInstanceID":
		return pick(g, "static-1", "static-2", "")
	case name == "ProtocolType":
		return pick(g, "consumer", "consumer", "connect")
	case name == "ProtocolName", strings.HasPrefix(owner, "JoinGroup") && name == "Name":
		return pick(g, "range", "range", "roundrobin")
	case strings.Contains(owner, "Config") && name == "Name", name == "ConfigurationKeys":
		return pick(g, configNames...)
	case name == "Value":
		return pick(g, configValues...)
	case name == "ResourceName":
		return pick(g, pick(g, g.w.topics...), pick(g, g.w.groups...), "1", "", "subscription")
	case name == "TransactionalID":
		return pick(g, "", "tx-1")
	case name == "StatesFilter", name == "TypesFilter":
		return pick(g, "Stable", "Empty", "Classic", "consumer", "Dead")
	case name == "Name", name == "Topic", name == "TopicName", name == "Topics", name == "TopicNames":
		return g.topicName(owner)
	case name == "CommittedMetadata", name == "Reason":
		return strings.Repeat("m", g.rnd.IntN(6000))
	}
	return "text"
}

func (g *generator) topicName(owner string) string {
	if strings.HasPrefix(owner, "CreateTopics") {
		return pick(g, "made-1", "made-2", "made.1", "made_1", pick(g, g.w.topics...), "../../etc/passwd", "..", "__consumer_offsets", "")
	}
	name := pick(g, pick(g, g.w.topics...), pick(g, g.w.topics...), pick(g, g.w.topics...), "made-1", "no-such-topic", "__consumer_offsets", "bad/name")
	if name == "__consumer_offsets" && (strings.HasPrefix(owner, "DeleteTopics") || strings.HasPrefix(owner, "CreatePartitions")) {
		// Kafka allows the request, and it would end the honest clients' groups.
		return "made-1"
	}
	return name
}

// records returns the bytes of a produce: usually one whole batch, often with an error.
func (g *generator) records() []byte {
	o := record.BuilderOptions{Codec: record.Codec(g.rnd.IntN(5)), LeaderEpoch: -1}
	if g.rnd.IntN(3) == 0 {
		g.w.mu.Lock()
		o.Producer = &record.Producer{ID: pick(g, append([]int64{5}, g.w.producers...)...), Sequence: int32(g.rnd.IntN(20))}
		g.w.mu.Unlock()
	}
	o.Transactional, o.Control = o.Producer != nil && g.rnd.IntN(10) == 0, g.rnd.IntN(30) == 0
	b := record.NewBuilder(o)
	for i := range 1 + g.rnd.IntN(10) {
		_ = b.Append(int64(i), 1_700_000_000_000+g.rnd.Int64N(1000), []byte{byte('a' + g.rnd.IntN(5))}, make([]byte, g.rnd.IntN(2000)), nil)
	}
	out, err := b.Bytes()
	if err != nil {
		return nil
	}
	switch damaged := append([]byte(nil), out...); g.rnd.IntN(8) {
	case 0:
		damaged[g.rnd.IntN(len(damaged))] ^= byte(1 + g.rnd.IntN(255))
		return damaged
	case 1: // with a corrected checksum
		for range 1 + g.rnd.IntN(4) {
			damaged[21+g.rnd.IntN(len(damaged)-21)] = byte(g.rnd.Uint32())
		}
		binary.BigEndian.PutUint32(damaged[17:], record.Batch(damaged).ComputeCRC())
		return damaged
	case 2:
		return damaged[:g.rnd.IntN(len(damaged))]
	case 3:
		return append(damaged, damaged...)
	default:
		return damaged
	}
}

// mutate damages a frame after its length field: flips, cuts, lengths of all ones, pieces of
// another frame.
func (g *generator) mutate(frame, other []byte) []byte {
	b := append([]byte(nil), frame[4:]...)
	for range 1 + g.rnd.IntN(4) {
		if len(b) < 9 {
			break
		}
		i := g.rnd.IntN(len(b))
		switch g.rnd.IntN(6) {
		case 0:
			b[i] ^= 1 << g.rnd.IntN(8)
		case 1:
			b[i] = pick[byte](g, 0, 1, 0x7f, 0x80, 0xff)
		case 2:
			for j := i; j < min(i+4, len(b)); j++ {
				b[j] = pick[byte](g, 0xff, 0x7f)
			}
		case 3:
			b = b[:i]
		case 4:
			b = append(b[:i], other[min(4+i, len(other)):]...)
		case 5:
			b = append(b[:i:i], append([]byte{byte(g.rnd.Uint32())}, b[i:]...)...)
		}
	}
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

func fixed() *rand.Rand { return rand.New(rand.NewPCG(1, 1)) }
