package handlers

import (
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/record"
)

// overSockets serves a registry's APIs on a network server.
func overSockets(r *Registry) network.Handler {
	return network.HandlerFunc(func(x *network.Exchange) {
		r.Serve(Request{Header: x.Header, Body: x.Body, Received: x.Received, ClientHost: x.Conn().RemoteHost(),
			Listener: x.Conn().Listener().Name}, x)
	})
}

// A Call gives the answer that a client reads from a socket, byte for byte. Small record sets are
// copied into the answer, large ones are ranges of a segment file.
func TestCallAnswersLikeASocket(t *testing.T) {
	ids := map[string][16]byte{}
	r, addr := dataRegistry(t, ids)
	p := &dataProbe{t: t, addr: addr, ids: ids, w: dialWire(t, addr)}
	call := func(req kmsg.Request, version int16) Answer {
		req.SetVersion(version)
		got := make(chan Answer, 1)
		frame := kmsg.NewRequestFormatter(kmsg.FormatterClientID("probe")).AppendRequest(nil, req, p.w.id+1)[4:]
		r.Call(frame, Request{ClientHost: "127.0.0.1", Listener: "PLAINTEXT", Received: time.Now()}, func(a Answer) { got <- a })
		return <-got
	}
	for _, size := range []int{10, 2 * inlineBelow} {
		produce := p.produceRequest("segments", 0, 1, probeBatch(t, record.BuilderOptions{}, probeMs, strings.Repeat("v", size)))
		if a := call(produce, 9); a.Frame == nil || a.Closed != "" {
			t.Fatalf("Produce of %d bytes: %+v", size, a)
		}
	}
	for offset := range int64(3) { // the last fetch is at the end and finds nothing
		req := p.fetchRequest("segments", 0, offset)
		req.MaxBytes = 1
		got := call(req, 12)
		want := p.w.raw(req, 12)
		if string(got.Frame) != string(want) {
			t.Errorf("fetch at %d: %d bytes without a socket and %d with one differ: %s", offset, len(got.Frame), len(want), got.Closed)
		}
		if offset == 1 && len(want) < inlineBelow {
			t.Errorf("the answer has %d bytes: it does not come from the file", len(want))
		}
	}
	if a := call(p.produceRequest("segments", 0, 0, probeBatch(t, record.BuilderOptions{}, probeMs, "v")), 9); a.Frame != nil || a.Closed != "" {
		t.Errorf("a Produce with acks=0 is answered: %+v", a)
	}
	if a := call(kmsg.NewPtrMetadataRequest(), 9); a.Closed == "" {
		t.Error("an API that is not served does not close the connection")
	}
}

// A Fetch that waits for data ends when its client leaves, with or without a socket.
func TestCallEndsItsWaitWhenTheClientLeaves(t *testing.T) {
	ids := map[string][16]byte{}
	r, addr := dataRegistry(t, ids)
	p := &dataProbe{t: t, addr: addr, ids: ids}
	req := p.fetchRequest("segments", 0, 0)
	req.MaxWaitMillis = 1 << 30
	req.SetVersion(12)
	got := make(chan Answer, 1)
	frame := kmsg.NewRequestFormatter().AppendRequest(nil, req, 1)[4:]
	c := r.Call(frame, Request{Received: time.Now()}, func(a Answer) { got <- a })
	select {
	case <-got:
		t.Fatal("a fetch without data is answered at once")
	default:
	}
	c.Abandon()
	<-got
}
