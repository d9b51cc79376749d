package client

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/protocol"
)

// TestBrokerCheck checks which lists of bootstrap servers are refused: lists of which a server
// answers and none is a broker. Servers that do not answer prove nothing.
func TestBrokerCheck(t *testing.T) {
	b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Properties: map[string]string{
		"listeners": "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0", "controller.listener.names": "CONTROLLER"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	broker, controller, closed, mute := b.Addr(), b.BoundAddr("CONTROLLER"), "127.0.0.1:1", silent.Addr().String()
	for _, c := range []struct {
		servers []string
		refused bool
	}{
		{[]string{broker}, false},
		{[]string{controller}, true},
		{[]string{controller, controller}, true},
		{[]string{controller, broker}, false},
		{[]string{closed}, false},
		{[]string{closed, controller}, true},
		{[]string{mute, controller}, true},
		{[]string{mute}, false},
	} {
		for _, apart := range []bool{false, true} {
			cl, err := kgo.NewClient(kgo.SeedBrokers(c.servers...))
			if err != nil {
				t.Fatal(err)
			}
			check := &brokerCheck{apart: apart}
			begin := time.Now()
			err = check.wait(t.Context(), cl)
			if NotBroker(err) != c.refused || err != nil && !c.refused {
				t.Errorf("%v: %v", c.servers, err)
			}
			if c.refused && (!errors.Is(err, protocol.ErrUnsupportedVersion) || !strings.HasPrefix(err.(*notBroker).Plain(), controller+" is the port of a controller")) {
				t.Errorf("%v: %v", c.servers, err)
			}
			if again := check.wait(t.Context(), cl); again != err {
				t.Errorf("%v: %v, and then %v", c.servers, err, again)
			}
			if d := time.Since(begin); d > 2*checkTime {
				t.Errorf("%v: the check took %s", c.servers, d)
			}
			cl.Close()
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	cl, err := kgo.NewClient(kgo.SeedBrokers(mute))
	if err != nil {
		t.Fatal(err)
	}
	defer cl.Close()
	if err := (&brokerCheck{}).wait(done, cl); err != nil {
		t.Errorf("the end of a call is taken for a controller: %v", err)
	}
}

// TestBrokerCheckGivesUp checks that a limited patience ends the wait for servers without answer.
func TestBrokerCheckGivesUp(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for _, server := range []string{"127.0.0.1:1", silent.Addr().String()} {
		cl, err := kgo.NewClient(kgo.SeedBrokers(server))
		if err != nil {
			t.Fatal(err)
		}
		check := &brokerCheck{apart: true, patience: 100 * time.Millisecond}
		if err := check.wait(t.Context(), cl); !NoBroker(err) || NotBroker(err) {
			t.Errorf("%s: %v", server, err)
		}
		cl.Close()
	}
}
