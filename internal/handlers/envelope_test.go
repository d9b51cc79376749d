package handlers

import (
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/clientrecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

var recordFrom = flag.String("record-envelopes", "", "host:port,host:port of the active and of another controller listener of Apache Kafka: record their answers")

const recordedEnvelopes = "testdata/envelope/answers.txt"

// envelopeCase is one envelope.
type envelopeCase struct {
	name string
	req  *protocol.EnvelopeRequest
}

func defaultPrincipal(t testing.TB, kind, name string) []byte {
	b, err := protocol.EncodeVersioned(&clientrecord.DefaultPrincipal{Type: kind, Name: name}, 0)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// embedded encodes a request of a client.
func embedded(m protocol.Message, version int16) []byte {
	var w wire.Writer
	id := "client"
	protocol.AppendRequestHeader(&w, protocol.RequestHeader{APIKey: m.APIKey(), APIVersion: version, CorrelationID: 7, ClientID: &id})
	if version <= m.MaxVersion() {
		m.Encode(&w, version)
	}
	return w.Buf
}

func validateTopic() *protocol.CreateTopicsRequest {
	req := protocol.New[protocol.CreateTopicsRequest]()
	req.TimeoutMs, req.ValidateOnly = 5000, true
	topic := protocol.New[protocol.CreateTopicsRequestCreatableTopic]()
	topic.Name, topic.NumPartitions, topic.ReplicationFactor = "t", 1, 1
	req.Topics = append(req.Topics, *topic)
	return req
}

func envelopeCases(t testing.TB) (out []envelopeCase) {
	add := func(name string, data, principal, address []byte) {
		req := protocol.New[protocol.EnvelopeRequest]()
		req.RequestData, req.RequestPrincipal, req.ClientHostAddress = data, principal, address
		out = append(out, envelopeCase{name, req})
	}
	alice, v4 := defaultPrincipal(t, "User", "alice"), []byte{127, 0, 0, 1}
	create := embedded(validateTopic(), 7)
	add("a request", create, alice, v4)
	add("a request in an old version", embedded(validateTopic(), 2), alice, v4)
	add("a request from IPv6", create, alice, net.ParseIP("::1"))
	add("bytes after the request", append(append([]byte{}, create...), 1, 2, 3), alice, v4)
	add("no data", nil, alice, v4)
	add("half a header", create[:5], alice, v4)
	add("half a request", create[:len(create)-4], alice, v4)
	add("an unknown version", embedded(validateTopic(), 99), alice, v4)
	add("a version below the lowest", embedded(validateTopic(), 1), alice, v4)
	add("an unknown API", append([]byte{0, 120}, create[2:]...), alice, v4)
	add("an API that is not forwarded", embedded(protocol.New[protocol.MetadataRequest](), 9), alice, v4)
	add("an API of controllers that is not forwarded", embedded(protocol.New[protocol.BrokerHeartbeatRequest](), 1), alice, v4)
	add("an envelope", embedded(out[0].req, 0), alice, v4)
	add("an address of 3 bytes", create, alice, []byte{1, 2, 3})
	add("no address", create, alice, nil)
	add("no principal", create, nil, v4)
	add("an empty principal", create, []byte{}, v4)
	add("half a principal", create, alice[:4], v4)
	add("a principal in version 1", create, append([]byte{0, 1}, alice[2:]...), v4)
	add("an address of 3 bytes and no principal", create, nil, []byte{1, 2, 3})
	add("an address of 3 bytes and no data", nil, alice, []byte{1, 2, 3})
	add("no data and no principal", nil, nil, v4)
	return out
}

// describeEnvelope describes an answer.
func describeEnvelope(frame []byte) string {
	if frame == nil {
		return "connection closed"
	}
	_, body, err := protocol.ParseResponseHeader(frame, protocol.KeyEnvelope, 0)
	var resp protocol.AppliedEnvelope
	if err == nil {
		err = resp.Decode(body, 0)
	}
	if err != nil {
		return err.Error()
	}
	text := protocol.Error(resp.ErrorCode).Name()
	if resp.ResponseData == nil {
		return text
	}
	version := int16(7)
	if len(resp.ResponseData) > 4 && resp.ResponseData[4] != 0 {
		version = 2
	}
	id, body, err := protocol.ParseResponseHeader(resp.ResponseData, protocol.KeyCreateTopics, version)
	var created protocol.CreateTopicsResponse
	for _, version := range []int16{version, 2} {
		if err = created.Decode(body, version); err == nil && len(created.Topics) > 0 {
			break
		}
	}
	if err != nil || len(created.Topics) == 0 {
		return text + fmt.Sprintf(", answer %x", resp.ResponseData)
	}
	return text + fmt.Sprintf(", answer %d: %s %s", id, created.Topics[0].Name, protocol.Error(created.Topics[0].ErrorCode).Name())
}

// TestEnvelopesAreAnsweredAsByKafka compares answers with the recorded ones of controllers of
// Apache Kafka 4.4.
func TestEnvelopesAreAnsweredAsByKafka(t *testing.T) {
	if *recordFrom != "" {
		recordEnvelopes(t)
	}
	want, err := os.ReadFile(recordedEnvelopes)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, active := range []bool{true, false} {
		ch := &creating{active: active}
		r := controllerTable(ch, 41)
		for _, c := range envelopeCases(t) {
			a := callEnvelope(t, r, c.req)
			fmt.Fprintf(&got, "%s | %s | %s\n", role(active), c.name, describeEnvelope(a.Frame))
		}
		if active && (ch.last.Principal != "User:alice" || ch.last.ClientID != "client" || ch.last.Address != "/127.0.0.1" && ch.last.Address != "/::1") {
			t.Errorf("the controller sees %+v", ch.last)
		}
	}
	sameLines(t, got.String(), string(want))
}

func role(active bool) string {
	if active {
		return "active"
	}
	return "standby"
}

func sameLines(t *testing.T, got, want string) {
	t.Helper()
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return ""
		}
		if line(g) != line(w) {
			t.Errorf("got  %s\nwant %s", line(g), line(w))
		}
	}
}

// creating is the controller: it validates topics.
type creating struct {
	active bool
	last   controller.Request
}

func (c *creating) Call(ctx controller.Request, req protocol.Message, done func(protocol.Message)) {
	c.last = ctx
	if !c.active {
		controller.NewCommand(ctx, req, done).Finish(protocol.ErrNotController)
		return
	}
	resp := protocol.New[protocol.CreateTopicsResponse]()
	for i := range req.(*protocol.CreateTopicsRequest).Topics {
		topic := protocol.New[protocol.CreateTopicsResponseCreatableTopicResult]()
		topic.Name, topic.ErrorMessage = req.(*protocol.CreateTopicsRequest).Topics[i].Name, nil
		resp.Topics = append(resp.Topics, *topic)
	}
	done(resp)
}

func controllerTable(ch controller.Channel, applied int64) *Registry {
	local := Forwarding{Controller: ch, Applied: func() int64 { return applied }}
	return NewControllerRegistry(NewRegistry(), noVersions{}, DescribeControllers(noControllers{}, "c"), local)
}

type noVersions struct{}

func (noVersions) Features() ([]Feature, int64) { return nil, 0 }
func (noVersions) ClusterID() string            { return "c" }
func (noVersions) NodeID() int32                { return 1 }

func callEnvelope(t *testing.T, r *Registry, req *protocol.EnvelopeRequest) (a Answer) {
	t.Helper()
	answered := false
	r.Call(embedded(req, 0), Request{Received: time.Unix(0, 0), ClientHost: "10.0.0.9", Listener: "CONTROLLER"}, func(got Answer) { a, answered = got, true })
	if !answered {
		t.Fatal("no answer")
	}
	return a
}

// recordEnvelopes writes what two controllers of Apache Kafka answer.
func recordEnvelopes(t *testing.T) {
	var out strings.Builder
	for i, addr := range strings.Split(*recordFrom, ",") {
		for _, c := range envelopeCases(t) {
			fmt.Fprintf(&out, "%s | %s | %s\n", role(i == 0), c.name, describeEnvelope(exchangeRaw(t, addr, embedded(c.req, 0))))
		}
	}
	if err := os.WriteFile(recordedEnvelopes, []byte(out.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

func exchangeRaw(t *testing.T, addr string, frame []byte) []byte {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = c.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(frame))), frame...))
	var head [4]byte
	if _, err := io.ReadFull(c, head[:]); err != nil {
		return nil
	}
	b := make([]byte, binary.BigEndian.Uint32(head[:]))
	if _, err := io.ReadFull(c, b); err != nil {
		return nil
	}
	return b
}

// TestEnvelopeNamesThePublishedOffset: the broker waits for it.
func TestEnvelopeNamesThePublishedOffset(t *testing.T) {
	for _, active := range []bool{true, false} {
		a := callEnvelope(t, controllerTable(&creating{active: active}, 41), envelopeCases(t)[0].req)
		_, body, _ := protocol.ParseResponseHeader(a.Frame, protocol.KeyEnvelope, 0)
		var resp protocol.AppliedEnvelope
		if err := resp.Decode(body, 0); err != nil || active != (resp.Applied == 41) {
			t.Errorf("active %v: %+v %v", active, resp, err)
		}
	}
}

// TestControllersServeBrokers: the APIs that only brokers call are on controller listeners.
func TestControllersServeBrokers(t *testing.T) {
	served := map[int16]bool{}
	for _, a := range controllerTable(&creating{}, 0).Served() {
		served[a.Key] = true
	}
	for _, key := range []int16{protocol.KeyEnvelope, protocol.KeyBrokerRegistration, protocol.KeyBrokerHeartbeat, protocol.KeyAlterPartition, protocol.KeyAllocateProducerIDs,
		protocol.KeyAssignReplicasToDirs, protocol.KeyCreateTopics, protocol.KeyAPIVersions} {
		if !served[key] {
			t.Errorf("%s is not served", protocol.Name(key))
		}
	}
	r := controllerTable(&creating{}, 0)
	hb := protocol.New[protocol.BrokerHeartbeatRequest]()
	r.Call(embedded(hb, 1), Request{}, func(a Answer) {
		_, body, _ := protocol.ParseResponseHeader(a.Frame, protocol.KeyBrokerHeartbeat, 1)
		var resp protocol.BrokerHeartbeatResponse
		if err := resp.Decode(body, 1); err != nil || resp.ErrorCode != protocol.ErrNotController.Code() {
			t.Errorf("%+v %v", resp, err)
		}
	})
}
