package handlers

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"regexp"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/coordinator"
	"github.com/gregorhq/gregor/internal/group"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/record"
)

// groupLog keeps coordinator batches in memory and commits them at once.
type groupLog struct {
	mu  sync.Mutex
	end map[int32]int64
}

func (l *groupLog) Bounds(int32) (int64, int64, int64, error)                       { return 0, 0, 0, nil }
func (l *groupLog) Read(int32, int64, int) (_ []byte, _ int64, _ string, err error) { return }
func (l *groupLog) AwaitCommitted(_ int32, _ int64, done func(error))               { done(nil) }
func (l *groupLog) Refuses(int32) error                                             { return nil }
func (l *groupLog) MaxBatchBytes(int32) int                                         { return 1 << 20 }
func (l *groupLog) Append(p, _ int32, b []byte, done func(int64, error)) {
	l.mu.Lock()
	l.end[p] += int64(record.Batch(b).Count())
	last := l.end[p] - 1
	l.mu.Unlock()
	done(last, nil)
}

// groupWorld knows topic t with two partitions, __consumer_offsets, and one node.
type groupWorld struct {
	host string
	port int32
}

func (groupWorld) TopicID(name string) (id wire.UUID) {
	if name == "t" || name == "__consumer_offsets" {
		copy(id[:], name)
	}
	return id
}

func (w groupWorld) TopicName(id wire.UUID) string {
	for _, n := range []string{"t", "__consumer_offsets"} {
		if id == w.TopicID(n) && !id.IsZero() {
			return n
		}
	}
	return ""
}

func (groupWorld) PartitionCount(name string) int32 {
	return map[string]int32{"t": 2, "__consumer_offsets": 50}[name]
}

func (w groupWorld) Locate(keyType int8, _, _ string) (Coordinator, *CoordinatorRefusal) {
	switch keyType {
	case 0:
	case 2: // Apache Kafka has no message where share groups are off
		return Coordinator{}, &CoordinatorRefusal{Err: protocol.ErrInvalidRequest}
	default:
		return Coordinator{}, &CoordinatorRefusal{Err: protocol.ErrInvalidRequest, Message: protocol.ErrInvalidRequest.Message()}
	}
	return Coordinator{NodeID: 1, Host: w.host, Port: w.port}, nil
}

// groupServer serves the group APIs with the settings of the Apache Kafka node
// that the expected answers come from.
func groupServer(t *testing.T) string {
	cfg := group.DefaultConfig()
	cfg.InitialRebalanceDelayMs = 0
	g := coordinator.New(coordinator.Options[*group.Shard]{
		Log: &groupLog{end: map[int32]int64{}}, Partitions: func() int32 { return 50 }, Host: host.Real(),
		WriteTimeoutMs: func() int64 { return 5000 }, New: func(func() int) *group.Shard { return group.New(func() group.Config { return cfg }) },
	})
	for p := range int32(50) {
		g.Load(p, 0)
	}
	for g.States().Active < 50 {
		runtime.Gosched()
	}
	w := groupWorld{host: "127.0.0.1", port: 19492}
	r := NewRegistry(append(GroupAPIs(GroupCoordination{Groups: g, Topics: w}), FindCoordinator(w))...)
	s := network.NewServer(overSockets(r), network.Options{})
	l := &network.Listener{Name: "PLAINTEXT", Protocol: "PLAINTEXT"}
	if err := s.Bind(l, "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	s.Serve()
	t.Cleanup(func() {
		g.UnloadAll()
		stop, done := context.WithTimeout(context.Background(), time.Millisecond)
		s.Stop(stop)
		done()
		g.Close()
	})
	return l.Addr().String()
}

// wireConn speaks raw requests of any version.
type wireConn struct {
	t  *testing.T
	c  net.Conn
	id int32
}

func dialWire(t *testing.T, addr string) *wireConn {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return &wireConn{t: t, c: c}
}

func (w *wireConn) send(r kmsg.Request, version int16) {
	r.SetVersion(version)
	w.id++
	f := kmsg.NewRequestFormatter(kmsg.FormatterClientID("probe"))
	if _, err := w.c.Write(f.AppendRequest(nil, r, w.id)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *wireConn) receive(r kmsg.Request) kmsg.Response {
	w.t.Helper()
	b := w.frame(r)
	resp := r.ResponseKind()
	resp.SetVersion(r.GetVersion())
	b = b[4:]
	if resp.IsFlexible() {
		b = b[1:]
	}
	if err := resp.ReadFrom(b); err != nil {
		w.t.Fatalf("%T: %v", r, err)
	}
	return resp
}

// frame reads one response without its length.
func (w *wireConn) frame(r kmsg.Request) []byte {
	w.t.Helper()
	w.c.SetReadDeadline(time.Now().Add(20 * time.Second))
	var size [4]byte
	if _, err := io.ReadFull(w.c, size[:]); err != nil {
		w.t.Fatalf("%T: %v", r, err)
	}
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	if _, err := io.ReadFull(w.c, b); err != nil {
		w.t.Fatal(err)
	}
	return b
}

// raw returns the response as it came, without its length.
func (w *wireConn) raw(r kmsg.Request, version int16) []byte {
	w.t.Helper()
	w.send(r, version)
	return w.frame(r)
}

func (w *wireConn) do(r kmsg.Request, version int16) kmsg.Response {
	w.t.Helper()
	w.send(r, version)
	return w.receive(r)
}

var uuidText = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)

// canonical is a response as JSON, without what differs from run to run: member
// ids, topic ids by name, and the order of arrays, which in Kafka is a hash map's.
func canonical(t *testing.T, r kmsg.Response, topicIDs map[string]string) string {
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for id, name := range topicIDs {
		b = bytes.ReplaceAll(b, []byte(id), []byte(`"id of `+name+`"`))
	}
	b = uuidText.ReplaceAll(b, []byte("UUID"))
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	out, err := json.Marshal(tidy(v))
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// tidy sorts arrays and drops fields that say nothing.
func tidy(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "UnknownTags")
		delete(v, "ThrottleMillis")
		for k, e := range v {
			v[k] = tidy(e)
		}
	case []any:
		for i := range v {
			v[i] = tidy(v[i])
		}
		slices.SortFunc(v, func(a, b any) int {
			x, _ := json.Marshal(a)
			y, _ := json.Marshal(b)
			return bytes.Compare(x, y)
		})
	}
	return v
}
