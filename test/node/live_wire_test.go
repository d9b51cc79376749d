package node_test

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor"
)

// ask sends one request with a header of version 1 and returns the answer after its header of
// version 0, or nil when the broker closed the connection.
func ask(t *testing.T, addr string, key, version int16, body []byte) []byte {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	frame := binary.BigEndian.AppendUint32(nil, uint32(10+len(body)))
	frame = binary.BigEndian.AppendUint16(frame, uint16(key))
	frame = binary.BigEndian.AppendUint16(frame, uint16(version))
	frame = append(frame, 0, 0, 0, 7, 0xff, 0xff) // correlation id, no client id
	if _, err := c.Write(append(frame, body...)); err != nil {
		t.Fatal(err)
	}
	size := make([]byte, 4)
	if _, err := io.ReadFull(c, size); errors.Is(err, io.EOF) {
		return nil
	} else if err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, binary.BigEndian.Uint32(size))
	if _, err := io.ReadFull(c, answer); err != nil {
		t.Fatal(err)
	}
	if id := binary.BigEndian.Uint32(answer); id != 7 {
		t.Fatalf("correlation id %d", id)
	}
	return answer[4:]
}

// A request in a version that is not served closes the connection. ApiVersions is the exception:
// its answer to a future version lists the served versions.
func TestUnsupportedVersions(t *testing.T) {
	b := start(t, gregor.Config{InMemory: true})
	for _, version := range []int16{6, 99, -1} {
		var versions kmsg.ApiVersionsResponse
		answer := ask(t, b.Addr(), 18, version, []byte{0}) // the header's tagged fields, from version 3 on
		if err := versions.ReadFrom(answer); err != nil {
			t.Errorf("ApiVersions %d: %x: %v", version, answer, err)
			continue
		}
		if k := versions.ApiKeys; versions.ErrorCode != kerr.UnsupportedVersion.Code || len(k) != 1 || k[0].ApiKey != 18 || k[0].MinVersion != 0 || k[0].MaxVersion != 5 {
			t.Errorf("ApiVersions %d: %+v", version, versions)
		}
	}
	for name, r := range map[string][2]int16{
		"Metadata, future version": {3, 99}, "Fetch, removed version": {1, 3}, "Produce 2, advertised but not served": {0, 2}, "no such API": {200, 0}, "negative": {-5, 0},
	} {
		if answer := ask(t, b.Addr(), r[0], r[1], nil); answer != nil {
			t.Errorf("%s is answered: %x", name, answer)
		}
	}
}

// SASL is not allowed on a plain listener, and the error has Kafka's code.
func TestSaslOnAPlainListener(t *testing.T) {
	b := start(t, gregor.Config{InMemory: true})
	for _, version := range []int16{0, 1} {
		resp := kmsg.SASLHandshakeResponse{Version: version}
		if err := resp.ReadFrom(ask(t, b.Addr(), 17, version, []byte("\x00\x05PLAIN"))); err != nil {
			t.Fatal(err)
		}
		if resp.ErrorCode != kerr.IllegalSaslState.Code || len(resp.SupportedMechanisms) != 0 {
			t.Errorf("%+v", resp)
		}
	}
	resp := kmsg.SASLAuthenticateResponse{Version: 1}
	if err := resp.ReadFrom(ask(t, b.Addr(), 36, 1, make([]byte, 4))); err != nil || resp.ErrorCode != kerr.IllegalSaslState.Code {
		t.Errorf("%+v %v", resp, err)
	}
}

// The first metadata request for a missing topic creates it and answers that the topic is not known
// yet. A request that does not allow the creation changes nothing.
func TestAutomaticCreation(t *testing.T) {
	ctx, b := bounded(t), start(t, gregor.Config{InMemory: true, Properties: map[string]string{"num.partitions": "3"}})
	c := client(t, b)
	metadata := func(topic string, create bool) kmsg.MetadataResponseTopic {
		req := kmsg.NewPtrMetadataRequest()
		req.AllowAutoTopicCreation = create
		req.Topics = []kmsg.MetadataRequestTopic{{Topic: &topic}}
		resp, err := req.RequestWith(ctx, c)
		if err != nil || len(resp.Topics) != 1 {
			t.Fatal(resp, err)
		}
		return resp.Topics[0]
	}
	for range 3 {
		if got := metadata("never", false); got.ErrorCode != kerr.UnknownTopicOrPartition.Code {
			t.Fatalf("%+v", got)
		}
	}
	if got := metadata("made", true); got.ErrorCode != kerr.UnknownTopicOrPartition.Code {
		t.Fatalf("%+v", got)
	}
	eventually(t, ctx, "the topic", func() bool {
		got := metadata("made", false)
		return got.ErrorCode == 0 && len(got.Partitions) == 3
	})
}
