package protocol_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// TestHeaderBytes checks the bytes of the two request headers: the client id is never compact, and
// tagged fields follow in version 2.
func TestHeaderBytes(t *testing.T) {
	for _, c := range []struct {
		frame []byte
		want  string
	}{
		{[]byte{0, 18, 0, 2, 0, 0, 0, 5, 0, 2, 'm', 'e', 'B'}, "me"},
		{[]byte{0, 18, 0, 3, 0, 0, 0, 5, 0, 2, 'm', 'e', 0, 'B'}, "me"},
		{[]byte{0, 18, 0, 3, 0, 0, 0, 5, 0, 2, 'm', 'e', 1, 9, 2, 'x', 'y', 'B'}, "me"}, // an unknown tag
		{[]byte{0, 18, 0, 3, 0, 0, 0, 5, 0xff, 0xff, 0, 'B'}, ""},
		{[]byte{0, 18, 0, 99, 0, 0, 0, 5, 0, 0, 0, 'B'}, ""},        // a future version
		{[]byte{0, 7, 0, 0, 0, 0, 0, 5, 0, 2, 'm', 'e', 'B'}, "me"}, // an API that Kafka has removed
	} {
		h, body, err := protocol.ParseRequestHeader(c.frame)
		if err != nil || string(body) != "B" || h.CorrelationID != 5 || h.APIKey != int16(c.frame[1]) || h.APIVersion != int16(c.frame[3]) {
			t.Errorf("%x: %+v, %x, %v", c.frame, h, body, err)
			continue
		}
		if c.want != "" && *h.ClientID != c.want || c.frame[8] == 0xff && h.ClientID != nil {
			t.Errorf("%x: client id %v", c.frame, h.ClientID)
		}
		for n := range len(c.frame) - 1 {
			if _, _, err := protocol.ParseRequestHeader(c.frame[:n:n]); !errors.Is(err, wire.ErrMalformed) {
				t.Errorf("%x cut to %d: %v", c.frame, n, err)
			}
		}
	}
}

func TestResponseHeader(t *testing.T) {
	for _, c := range []struct {
		key, version int16
		want         []byte
	}{
		{protocol.KeyMetadata, 8, []byte{0, 0, 1, 0}},
		{protocol.KeyMetadata, 9, []byte{0, 0, 1, 0, 0}},
		{protocol.KeyAPIVersions, 4, []byte{0, 0, 1, 0}}, // always version 0
	} {
		var w wire.Writer
		protocol.AppendResponseHeader(&w, c.key, c.version, 256)
		if !bytes.Equal(w.Buf, c.want) {
			t.Errorf("%s v%d: %x", protocol.Name(c.key), c.version, w.Buf)
		}
		id, body, err := protocol.ParseResponseHeader(append(w.Buf, 'B'), c.key, c.version)
		if id != 256 || string(body) != "B" || err != nil {
			t.Errorf("%s v%d: %d, %x, %v", protocol.Name(c.key), c.version, id, body, err)
		}
	}
}

func TestRegistry(t *testing.T) {
	if n := len(protocol.APIs()); n != 91 {
		t.Errorf("%d APIs", n)
	}
	for _, a := range protocol.APIs() {
		req, resp := protocol.NewRequest(a.Key), protocol.NewResponse(a.Key)
		if req.MessageName() != a.Name+"Request" || resp.MessageName() != a.Name+"Response" || req.NewResponse().MessageName() != resp.MessageName() {
			t.Errorf("%s: %s, %s", a.Name, req.MessageName(), resp.MessageName())
		}
	}
	for _, key := range []int16{-1, 7, protocol.MaxAPIKey + 1, 32767, -32768} {
		if protocol.NewRequest(key) != nil || protocol.NewResponse(key) != nil {
			t.Errorf("there is no API %d", key)
		}
		if _, ok := protocol.LookupAPI(key); ok {
			t.Errorf("there is no API %d", key)
		}
	}
	if protocol.Name(7) != "Unknown(7)" || protocol.Name(18) != "ApiVersions" || protocol.MaxAPIKey != 94 {
		t.Error(protocol.Name(7), protocol.Name(18), protocol.MaxAPIKey)
	}
}
