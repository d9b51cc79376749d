package node_test

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

// Marks for values that an input cannot know. The test replaces a mark by a value of the same
// length before it sends the input.
var (
	markTopic   = wire.UUID([]byte("<id of topic t.>"))
	markMember  = "<id of the member that joined last, 41 c>"
	markSession = []byte("<fs>") // of the newest fetch session
)

// seeder fills requests with existing or nearly existing values.
type seeder struct{ *rand.Rand }

// request returns a request of an API in a version.
func (s seeder) request(key, version int16) protocol.Message {
	m := protocol.NewRequest(key)
	v := reflect.ValueOf(m).Elem()
	protocoltest.Fill(s.Rand, v, version)
	protocoltest.Each(v, s.set)
	return m
}

// set sets a field to a plausible value.
func (s seeder) set(owner, name string, f reflect.Value) {
	if protocoltest.SetText(f, func() string { return s.text(owner, name) }) {
		return
	}
	switch f.Interface().(type) {
	case wire.UUID:
		f.Set(reflect.ValueOf(markTopic))
	case wire.Records:
		f.Set(reflect.ValueOf(wire.Records{Bytes: s.records()}))
	case []int32:
		for i := range f.Len() {
			f.Index(i).SetInt(int64(i))
		}
	default:
		if f.CanInt() {
			f.SetInt(s.number(name))
		}
	}
}

func (s seeder) text(owner, name string) string {
	switch {
	case strings.Contains(name, "Group"), name == "Key", name == "CoordinatorKeys":
		return "g"
	case name == "MemberID":
		return []string{"", markMember, markMember}[s.IntN(3)]
	case name == "ProtocolType":
		return "consumer"
	case strings.HasPrefix(owner, "JoinGroup"), name == "ProtocolName":
		return "range"
	case strings.Contains(owner, "Config") && name == "Name", name == "ConfigurationKeys":
		return []string{"retention.ms", "cleanup.policy", "compression.type", "max.message.bytes"}[s.IntN(4)]
	case name == "Value":
		return []string{"1000", "compact", "gzip", ""}[s.IntN(4)]
	case strings.HasPrefix(owner, "CreateTopics"):
		return []string{"made", "made-2"}[s.IntN(2)]
	}
	return "t"
}

func (s seeder) number(name string) int64 {
	small := int64(s.IntN(4)) - 1
	switch name {
	case "SessionID":
		return []int64{0, int64(binary.BigEndian.Uint32(markSession))}[s.IntN(2)]
	case "SessionTimeoutMs", "RebalanceTimeoutMs":
		return 10
	case "TimeoutMs":
		return 10_000
	case "Acks":
		return []int64{-1, -1, 1, 0}[s.IntN(4)]
	case "MaxBytes", "PartitionMaxBytes", "MaxNumOffsets":
		return 1 << 20
	case "ReplicaID", "CurrentLeaderEpoch", "LastFetchedEpoch", "LeaderEpoch", "ProducerID", "ReplicationFactor":
		return -1
	case "ResourceType":
		return []int64{2, 4, 8, 32}[s.IntN(4)]
	case "Timestamp":
		return small - 2
	case "Partition", "PartitionIndex", "Index":
		return max(small, 0)
	}
	return small
}

func (s seeder) records() []byte {
	b := record.NewBuilder(record.BuilderOptions{Codec: record.Codec(s.IntN(5)), LeaderEpoch: -1})
	for i := range int64(3) {
		_ = b.Append(i, 1_700_000_000_000, []byte("key"), []byte("value"), nil)
	}
	out, _ := b.Bytes()
	return out
}

func encodeBody(m protocol.Message, version int16) []byte {
	var w wire.Writer
	m.Encode(&w, version)
	return w.Buf
}

// seedRequests adds requests of every served API, in its first and its last version, and of some
// APIs that are not served.
func seedRequests(f *testing.F, served []protocol.APIVersionsResponseAPIVersion) {
	s := seeder{rand.New(rand.NewPCG(1, 2))}
	for _, api := range served {
		first := max(api.MinVersion, protocol.NewRequest(api.APIKey).MinVersion())
		f.Add(api.APIKey, first, encodeBody(s.request(api.APIKey, first), first))
		for range 2 {
			f.Add(api.APIKey, api.MaxVersion, encodeBody(s.request(api.APIKey, api.MaxVersion), api.MaxVersion))
		}
	}
	for _, r := range [][2]int16{{18, 99}, {18, -1}, {3, 99}, {0, 2}, {999, 0}, {-1, -1}} {
		f.Add(r[0], r[1], []byte{0})
	}
}
