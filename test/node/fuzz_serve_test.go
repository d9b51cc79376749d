package node_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
	"github.com/gregorhq/gregor/internal/testkit"
	"github.com/gregorhq/gregor/record"
)

// fuzzed is a broker that receives one input after another. A new broker replaces it after a number
// of inputs.
type fuzzed struct {
	b      *gregor.Broker
	nc     net.Conn
	in     *bufio.Reader
	served map[int16]protocol.APIVersionsResponseAPIVersion
	inputs int
	// ignore are the goroutines that existed before.
	ignore goleak.Option

	topic   wire.UUID
	member  string
	session int32
}

// A new broker replaces the old one after this number of inputs, or when the process has this
// number of bytes.
const (
	maxInputs = 1000
	maxHeap   = 256 << 20
)

// patience bounds the time of an answer. Only a failing test waits for it.
const patience = 30 * time.Second

var fuzzProperties = map[string]string{
	"group.min.session.timeout.ms": "1", "group.max.session.timeout.ms": "20", "offsets.topic.num.partitions": "1",
}

func (z *fuzzed) start() error {
	b, err := gregor.Start(context.Background(), gregor.Config{InMemory: true, Properties: fuzzProperties})
	if err != nil {
		return err
	}
	z.b, z.inputs, z.member = b, 0, ""
	create := protocol.New[protocol.CreateTopicsRequest]()
	t := protocol.CreateTopicsRequestCreatableTopic{Name: "t", NumPartitions: 3, ReplicationFactor: 1}
	create.Topics, create.TimeoutMs = append(create.Topics, t), 10_000
	var created protocol.CreateTopicsResponse
	if err := z.call(create, 7, &created); err != nil {
		return err
	}
	if len(created.Topics) != 1 || created.Topics[0].ErrorCode != 0 {
		return fmt.Errorf("no topic: %+v", created)
	}
	z.topic = created.Topics[0].TopicID
	commit := protocol.New[protocol.OffsetCommitRequest]()
	commit.GroupID, commit.GenerationIDOrMemberEpoch = "g", -1
	commit.Topics = []protocol.OffsetCommitRequestRequestTopic{{Name: "t", Partitions: []protocol.OffsetCommitRequestRequestPartition{{CommittedOffset: 1, CommittedLeaderEpoch: -1}}}}
	var committed protocol.OffsetCommitResponse
	for {
		// The first request for a coordinator creates its topic.
		find := protocol.New[protocol.FindCoordinatorRequest]()
		find.Key = "g"
		if err := z.call(find, 0, new(protocol.FindCoordinatorResponse)); err != nil {
			return err
		}
		if err := z.call(commit, 8, &committed); err != nil {
			return err
		}
		switch e := protocol.Error(committed.Topics[0].Partitions[0].ErrorCode); {
		case e == protocol.ErrNone:
			return nil
		case !e.Retriable():
			return e
		}
	}
}

// stop ends the broker and checks that nothing of it is left.
func (z *fuzzed) stop(t testing.TB) {
	if z.b == nil {
		return
	}
	z.hangUp()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := z.b.Shutdown(ctx); err != nil || ctx.Err() != nil {
		t.Errorf("shutdown: %v, %v", err, ctx.Err())
	}
	z.b = nil
	if err := goleak.Find(z.ignore, goleak.IgnoreTopFunction("os/signal.NotifyContext.func1")); err != nil { // the fuzzer's
		t.Error(err)
	}
}

func (z *fuzzed) hangUp() {
	if z.nc != nil {
		_ = z.nc.(*net.TCPConn).SetLinger(0) // so that thousands of connections do not wait for their last packets
		_ = z.nc.Close()
		z.nc = nil
	}
}

func (z *fuzzed) send(frames []byte) error {
	if z.nc == nil {
		nc, err := net.Dial("tcp", z.b.Addr())
		if err != nil {
			return err
		}
		z.nc, z.in = nc, bufio.NewReader(nc)
	}
	_ = z.nc.SetDeadline(time.Now().Add(patience))
	_, err := z.nc.Write(frames)
	return err
}

// maxAnswer bounds the bytes of an answer.
const maxAnswer = 110 << 20

func (z *fuzzed) receive() ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(z.in, head[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(head[:])
	if size > maxAnswer {
		return nil, fmt.Errorf("an answer of %d bytes", size)
	}
	answer := make([]byte, size)
	_, err := io.ReadFull(z.in, answer)
	return answer, err
}

func frameOf(key, version int16, corr int32, body []byte) []byte {
	client := "fuzz"
	w := &wire.Writer{Buf: make([]byte, 4)}
	protocol.AppendRequestHeader(w, protocol.RequestHeader{APIKey: key, APIVersion: version, CorrelationID: corr, ClientID: &client})
	w.Raw(body)
	binary.BigEndian.PutUint32(w.Buf, uint32(len(w.Buf)-4))
	return w.Buf
}

// call sends a request and decodes the answer, on a connection without other requests in flight.
func (z *fuzzed) call(m protocol.Message, version int16, resp protocol.Message) error {
	if err := z.send(frameOf(m.APIKey(), version, 1, encodeBody(m, version))); err != nil {
		return err
	}
	answer, err := z.receive()
	if err != nil {
		return fmt.Errorf("%s: %w", m.MessageName(), err)
	}
	return decodeAnswer(answer, m.APIKey(), version, 1, resp)
}

func decodeAnswer(answer []byte, key, version int16, corr int32, resp protocol.Message) error {
	got, body, err := protocol.ParseResponseHeader(answer, key, version)
	if err != nil || got != corr {
		return fmt.Errorf("correlation id %d instead of %d: %v", got, corr, err)
	}
	r := wire.NewReader(body)
	if err := resp.DecodeFrom(&r, version); err != nil {
		return fmt.Errorf("unreadable answer %x: %w", body, err)
	}
	if r.Len() > 0 {
		return fmt.Errorf("%d bytes too many in the answer %x", r.Len(), body)
	}
	return nil
}

// alive produces a record to a new topic and reads it back.
func (z *fuzzed) alive() error {
	z.hangUp()
	create := protocol.New[protocol.CreateTopicsRequest]()
	create.Topics, create.TimeoutMs = []protocol.CreateTopicsRequestCreatableTopic{{Name: fmt.Sprintf("alive-%d", time.Now().UnixNano()), NumPartitions: 1, ReplicationFactor: 1}}, 10_000
	var created protocol.CreateTopicsResponse
	if err := z.call(create, 7, &created); err != nil || created.Topics[0].ErrorCode != 0 {
		return fmt.Errorf("no topic can be made: %+v, %w", created, err)
	}
	b := record.NewBuilder(record.BuilderOptions{LeaderEpoch: -1})
	if err := b.Append(0, 1, nil, []byte("still there"), nil); err != nil {
		return err
	}
	batch, err := b.Bytes()
	if err != nil {
		return err
	}
	produce := protocol.New[protocol.ProduceRequest]()
	produce.Acks, produce.TimeoutMs = -1, 10_000
	part := protocol.ProduceRequestPartitionProduceData{Records: wire.Records{Bytes: batch}}
	produce.TopicData = []protocol.ProduceRequestTopicProduceData{{TopicID: created.Topics[0].TopicID, PartitionData: []protocol.ProduceRequestPartitionProduceData{part}}}
	var produced protocol.ProduceResponse
	if err := z.call(produce, 13, &produced); err != nil || produced.Responses[0].PartitionResponses[0].ErrorCode != 0 {
		return fmt.Errorf("no record is taken: %+v, %w", produced, err)
	}
	fetch := protocol.New[protocol.FetchRequest]()
	fetch.MaxWaitMs, fetch.MinBytes, fetch.MaxBytes, fetch.SessionEpoch = 10_000, 1, 1<<20, -1
	from := *protocol.New[protocol.FetchRequestPartition]()
	from.PartitionMaxBytes = 1 << 20
	fetch.Topics = []protocol.FetchRequestTopic{{TopicID: created.Topics[0].TopicID, Partitions: []protocol.FetchRequestPartition{from}}}
	var fetched protocol.FetchResponse
	if err := z.call(fetch, 13, &fetched); err != nil {
		return err
	}
	if got := fetched.Responses[0].Partitions[0]; got.ErrorCode != 0 || !bytes.Contains(got.Records.Bytes, []byte("still there")) {
		return fmt.Errorf("no record is given: %+v", got)
	}
	return nil
}

// answer sends one request and a second one whose answer shows that the first one is complete. It
// returns nil when the first request has no answer, or when the connection has ended.
func (z *fuzzed) answer(key, version int16, body []byte) (answer []byte, closed bool, err error) {
	const question, behind = 1, 2
	err = z.send(append(frameOf(key, version, question, body), frameOf(protocol.KeyAPIVersions, 0, behind, nil)...))
	for n := 0; err == nil; n++ {
		var got []byte
		if got, err = z.receive(); err != nil {
			break
		}
		switch corr := binary.BigEndian.Uint32(got); {
		case corr == question && n == 0:
			answer = got
		case corr == behind:
			return answer, false, decodeAnswer(got, protocol.KeyAPIVersions, 0, behind, new(protocol.APIVersionsResponse))
		default:
			return nil, false, fmt.Errorf("correlation id %d", corr)
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, false, err
	}
	var op *net.OpError
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &op) {
		z.hangUp()
		return answer, true, nil
	}
	return nil, false, err
}

// serve sends one input and checks the answer.
func (z *fuzzed) serve(t *testing.T, key, version int16, body []byte) {
	body = bytes.ReplaceAll(body, markTopic[:], z.topic[:])
	body = bytes.ReplaceAll(body, markSession, binary.BigEndian.AppendUint32(nil, uint32(z.session)))
	if z.member != "" {
		body = bytes.ReplaceAll(body, []byte(markMember), []byte(z.member))
	}
	req := protocol.NewRequest(key)
	served, is := z.served[key]
	is = is && version >= max(served.MinVersion, req.MinVersion()) && version <= served.MaxVersion
	var rule rules
	if whole := is && req.Decode(body, version) == nil; whole {
		body, rule = tamed(req, version, body)
	} else {
		rule.mayClose = true
	}
	answer, closed, err := z.answer(key, version, body)
	name := fmt.Sprintf("%s v%d", protocol.Name(key), version)
	switch {
	case err != nil:
		t.Fatalf("%s: %v", name, err)
	case closed && !rule.mayClose:
		t.Errorf("%s: a request that can be read ends the connection", name)
	case !closed && answer == nil && !rule.mute:
		t.Errorf("%s: no answer", name)
	case answer != nil:
		if key == protocol.KeyAPIVersions && !is {
			version = 0 // the version of the answer to a future client
		}
		resp := protocol.NewResponse(key)
		if err := decodeAnswer(answer, key, version, 1, resp); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		z.learn(resp)
	}
	if z.inputs++; rule.last {
		z.renew(t, false)
		return
	}
	if closed {
		if err := z.call(protocol.New[protocol.APIVersionsRequest](), 0, new(protocol.APIVersionsResponse)); err != nil {
			t.Fatalf("after %s: %v", name, err)
		}
	}
	var mem runtime.MemStats
	if z.inputs%64 == 0 {
		runtime.ReadMemStats(&mem)
	}
	if z.inputs >= maxInputs || mem.HeapAlloc > maxHeap {
		z.renew(t, true)
	}
}

// renew starts a new broker. The old one must still work, unless an input has changed it.
func (z *fuzzed) renew(t *testing.T, check bool) {
	if check {
		if err := z.alive(); err != nil {
			t.Error(err)
		}
	}
	z.stop(t)
	if err := z.start(); err != nil {
		t.Fatal(err)
	}
}

func (z *fuzzed) learn(resp protocol.Message) {
	switch m := resp.(type) {
	case *protocol.JoinGroupResponse:
		if len(m.MemberID) == len(markMember) {
			z.member = m.MemberID
		}
	case *protocol.FetchResponse:
		if m.SessionID != 0 {
			z.session = m.SessionID
		}
	}
}

// FuzzServe checks that a live broker answers every input of a client, of any API and version, or
// closes that connection, and that it continues to serve the other clients.
func FuzzServe(f *testing.F) {
	z := &fuzzed{ignore: goleak.IgnoreCurrent()}
	if err := z.start(); err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if z.b != nil {
			if err := z.alive(); err != nil {
				f.Error(err)
			}
			z.stop(f)
		}
	})
	var versions protocol.APIVersionsResponse
	if err := z.call(protocol.New[protocol.APIVersionsRequest](), 0, &versions); err != nil {
		f.Fatal(err)
	}
	z.served = map[int16]protocol.APIVersionsResponseAPIVersion{}
	for _, api := range versions.APIKeys {
		z.served[api.APIKey] = api
	}
	seedRequests(f, versions.APIKeys)
	f.Fuzz(func(t *testing.T, key, version int16, body []byte) {
		testkit.Bounded(t)
		z.serve(t, key, version, body)
	})
}
