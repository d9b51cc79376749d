package handlers

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/topicname"
)

const raftCluster = "Z3JlZ29yLXBlZXItMDAwMA"

// raftDirectory is the directory id of a controller.
func raftDirectory(id int32) (u wire.UUID) {
	copy(u[:], "kwdirectory-0000")
	u[15] += byte(id)
	return u
}

// raftPort is the port of a controller.
func raftPort(id int32) uint16 { return uint16(31083 + 10*id) }

// raftNodes are three controllers.
type raftNodes interface {
	// do returns nil when the node closes the connection.
	do(node int32, req protocol.Request, version int16) protocol.Message
	// pass lets some time pass.
	pass()
}

// raftProbe sends requests to controllers, and writes the answers with names in the place of what
// differs from run to run.
type raftProbe struct {
	t     *testing.T
	nodes raftNodes
	out   io.Writer
	// leader and followers are the present roles, epoch is the leader's.
	leader    int32
	followers []int32
	epoch     int32
	// end is a log end offset of the leader, snapshot its newest snapshot.
	end      int64
	snapshot protocol.FetchResponseSnapshotID
	// live says that the logs may begin at 0, and that there may be no snapshot.
	live bool
}

// find finds the leader.
func (p *raftProbe) find() {
	p.t.Helper()
	req := &protocol.DescribeQuorumRequest{Topics: []protocol.DescribeQuorumRequestTopicData{{TopicName: topicname.ClusterMetadata,
		Partitions: []protocol.DescribeQuorumRequestPartitionData{{}}}}}
	for range 3000 {
		for id := int32(1); id <= 3; id++ {
			m, ok := p.nodes.do(id, req, 2).(*protocol.DescribeQuorumResponse)
			if !ok || m.Topics[0].Partitions[0].ErrorCode != 0 {
				continue
			}
			d := m.Topics[0].Partitions[0]
			fetching := 0
			for _, v := range d.CurrentVoters {
				if v.LogEndOffset > 0 && v.LogEndOffset >= d.HighWatermark-10 {
					fetching++
				}
			}
			// The others know the leader of the epoch once they fetch from it.
			if fetching < 3 || d.HighWatermark < 30 {
				continue
			}
			p.leader, p.epoch, p.end = id, d.LeaderEpoch, d.HighWatermark
			p.followers = slices.DeleteFunc([]int32{1, 2, 3}, func(f int32) bool { return f == id })
			if f, ok := p.nodes.do(id, p.fetch(9, 0, 0), 17).(*protocol.FetchResponse); ok && len(f.Responses) == 1 {
				d := f.Responses[0].Partitions[0]
				if p.snapshot = d.SnapshotID; (p.live || d.LogStartOffset > 0 && p.snapshot.EndOffset > d.LogStartOffset) && p.agreed() {
					return
				}
			}
		}
		p.nodes.pass()
	}
	p.t.Fatal("no leader")
}

// agreed reports whether all nodes know the leader of the epoch. A BeginQuorumEpoch of an old epoch
// changes nothing.
func (p *raftProbe) agreed() bool {
	for id := int32(1); id <= 3; id++ {
		req := p.begin(id, func(d *protocol.BeginQuorumEpochRequestPartitionData) { d.LeaderEpoch = 0 })
		m, ok := p.nodes.do(id, req, 1).(*protocol.BeginQuorumEpochResponse)
		if !ok || len(m.Topics) != 1 || m.Topics[0].Partitions[0].LeaderID != p.leader || m.Topics[0].Partitions[0].LeaderEpoch != p.epoch {
			return false
		}
	}
	return true
}

// ask sends a request and writes the answer.
func (p *raftProbe) ask(title string, node int32, req protocol.Request, version int16) {
	p.t.Helper()
	at := "leader"
	if node != p.leader {
		at = "follower"
	}
	m := p.nodes.do(node, req, version)
	text := "closed"
	if m != nil {
		var b strings.Builder
		p.write(&b, "", reflect.ValueOf(m).Elem())
		text = b.String()
	}
	fmt.Fprintf(p.out, "%s v%d %s at the %s: %s\n", protocol.Name(req.APIKey()), version, title, at, text)
}

// write writes a value without fields that are zero.
func (p *raftProbe) write(b *strings.Builder, name string, v reflect.Value) {
	switch {
	case v.Type() == reflect.TypeFor[wire.UUID]():
		b.WriteString(p.directory(v.Interface().(wire.UUID)))
	case v.Type() == reflect.TypeFor[wire.Records]():
		b.WriteString(describeRecords(v.Interface().(wire.Records)))
	case v.Kind() == reflect.Struct:
		b.WriteString("{")
		for i, sep := 0, ""; i < v.NumField(); i++ {
			if f := v.Type().Field(i); f.Name != "_" && (!v.Field(i).IsZero() || f.Name == "ErrorCode") {
				b.WriteString(sep + f.Name + ":")
				p.write(b, f.Name, v.Field(i))
				sep = " "
			}
		}
		b.WriteString("}")
	case v.Kind() == reflect.Slice:
		all := make([]string, v.Len())
		for i := range all {
			var one strings.Builder
			p.write(&one, name, v.Index(i))
			all[i] = one.String()
		}
		if name != "Topics" && name != "Partitions" {
			slices.Sort(all) // the order is by node id, and any node may lead
		}
		b.WriteString("[" + strings.Join(all, " ") + "]")
	case v.Kind() == reflect.Pointer && v.IsNil():
		b.WriteString("null")
	case v.Kind() == reflect.Pointer:
		p.write(b, name, v.Elem())
	case v.Kind() == reflect.String:
		fmt.Fprintf(b, "%q", p.words(v.String()))
	case v.CanInt():
		b.WriteString(p.number(name, v.Int()))
	case v.CanUint():
		b.WriteString(p.number(name, int64(v.Uint())))
	default:
		fmt.Fprint(b, v.Interface())
	}
}

// describeRecords tells nothing about batches: the logs differ.
func describeRecords(r wire.Records) string {
	if r.Bytes == nil {
		return "null"
	}
	return "records"
}

func (p *raftProbe) role(id int64) string {
	switch {
	case id == int64(p.leader):
		return "L"
	case id == int64(p.followers[0]):
		return "F1"
	case id == int64(p.followers[1]):
		return "F2"
	}
	return fmt.Sprint(id)
}

func (p *raftProbe) directory(u wire.UUID) string {
	for id := range int32(10) {
		if u == raftDirectory(id) {
			return "directory of " + p.role(int64(id))
		}
	}
	return fmt.Sprint(u)
}

// words replaces the directory ids of the voters in a text.
func (p *raftProbe) words(s string) string {
	if i := strings.Index(s, "VoterSet("); i >= 0 {
		s = s[:i] + "VoterSet(...)."
	} else if i := strings.Index(s, "set of voters"); i >= 0 {
		s = s[:i] + "set of voters VoterSet(...)."
	}
	for id := int32(1); id <= 3; id++ {
		s = strings.ReplaceAll(s, raftDirectory(id).String(), "directory of "+p.role(int64(id)))
		s = strings.ReplaceAll(s, fmt.Sprintf("id=%d,", id), "id="+p.role(int64(id))+",")
	}
	return s
}

// number names node ids, ports and epochs, and hides offsets and times that differ.
func (p *raftProbe) number(name string, n int64) string {
	switch {
	case slices.Contains([]string{"LeaderID", "NodeID", "VoterID", "ReplicaID"}, name):
		return p.role(n)
	case name == "Port" && n > 0:
		return "port of " + p.role((n-31083)/10)
	case name == "LeaderEpoch" || name == "Epoch" && n > 1:
		switch d := n - int64(p.epoch); {
		case d == 0:
			return "E"
		case n > 0 && d > -100 && d < 100:
			return fmt.Sprintf("E%+d", d)
		}
	case strings.HasSuffix(name, "Timestamp") && n > 0:
		return "time"
	case (strings.HasSuffix(name, "Offset") || name == "HighWatermark" || name == "Size") && n > 0:
		return "some"
	}
	return fmt.Sprint(n)
}

// raftSockets are controllers of an Apache Kafka cluster on this machine.
type raftSockets struct{ t *testing.T }

func (s raftSockets) pass() {
	select {
	case <-time.After(100 * time.Millisecond):
	case <-s.t.Context().Done():
	}
}

func (s raftSockets) do(node int32, req protocol.Request, version int16) protocol.Message {
	s.t.Helper()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", raftPort(node)))
	if err != nil {
		return nil
	}
	defer c.Close()
	if _, err := c.Write(raftFrame(req, version)); err != nil {
		s.t.Fatal(err)
	}
	if err := c.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		s.t.Fatal(err)
	}
	var size [4]byte
	if _, err := io.ReadFull(c, size[:]); err != nil {
		return nil
	}
	frame := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(c, frame); err != nil {
		return nil
	}
	return raftAnswer(s.t, frame, req, version)
}

// raftFrame encodes a request with its length in front.
func raftFrame(req protocol.Request, version int16) []byte {
	var w wire.Writer
	client := "probe"
	protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: req.APIKey(), APIVersion: version, CorrelationID: 7, ClientID: &client})
	req.Encode(&w, version)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(w.Buf))), w.Buf...)
}

func raftAnswer(t *testing.T, frame []byte, req protocol.Request, version int16) protocol.Message {
	t.Helper()
	_, body, err := protocol.ParseResponseHeader(frame, req.APIKey(), version)
	if err != nil {
		t.Fatal(err)
	}
	m := req.NewResponse()
	if err := m.Decode(body, version); err != nil {
		t.Fatalf("%T version %d: %v", m, version, err)
	}
	return m
}
