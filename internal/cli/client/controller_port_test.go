package client

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor"
	"github.com/gregorhq/gregor/internal/cli/tool"
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
	if err := (&brokerCheck{}).wait(done, cl); !errors.Is(err, context.Canceled) {
		t.Errorf("the end of a call is taken for a controller: %v", err)
	}
}

// TestNoAnswerEndsTheWait checks that a call ends after its patience for a server that refuses the
// connection, and for one that takes it and never answers. Each call waits again.
func TestNoAnswerEndsTheWait(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	const patience = "100"
	for _, server := range []string{"127.0.0.1:1", silent.Addr().String()} {
		for _, native := range []bool{false, true} {
			var lines lockedBuilder
			e := &tool.Env{Name: "kafka-topics", Stdout: io.Discard, Stderr: &lines}
			if native {
				e.Verb = &tool.Verb{}
			}
			cl, err := New(e, Options{Bootstrap: server, Props: Props{"default.api.timeout.ms": patience}})
			if err != nil {
				t.Fatal(err)
			}
			consumer, err := NewConsumer(e, Options{Bootstrap: server, Props: Props{}}, "")
			if err != nil {
				t.Fatal(err)
			}
			consumer.Admin.brokers.patience = 100 * time.Millisecond
			producer, err := newProducer(e, Options{Bootstrap: server, Props: Props{"max.block.ms": patience}})
			if err != nil {
				t.Fatal(err)
			}
			begin := time.Now()
			for range 2 {
				_, err := Metadata(t.Context(), cl, []string{})
				if err = Unreachable("listTopics", err); !NoBroker(err) || NotBroker(err) || err.Error() != "Timed out waiting for a node assignment. Call: listTopics" {
					t.Errorf("%s: %v", server, err)
				}
				err = AskSharded(t.Context(), cl, kmsg.NewPtrListGroupsRequest())[0].Err
				if err = Unreachable("listGroups", err); !NoBroker(err) || NotBroker(err) {
					t.Errorf("%s: %v", server, err)
				}
				err = consumer.Fatal(t.Context(), consumer.PollRecords(t.Context(), 1))
				if !NoBroker(err) || NotBroker(err) || !strings.Contains(err.(tool.Plain).Plain(), "no broker answered within 100ms;") {
					t.Errorf("%s: %v", server, err)
				}
				err = NewBlocking(producer, Props{"max.block.ms": patience}).Topic(t.Context(), "x")
				if !NoBroker(err) || NotBroker(err) {
					t.Errorf("%s: %v", server, err)
				}
			}
			if d := time.Since(begin); d < 600*time.Millisecond || d > 10*time.Second {
				t.Errorf("%s: eight calls with a patience of 100 ms took %s", server, d)
			}
			for text := range strings.Lines(lines.String()) {
				// A slow machine may need more than the patience for a connection.
				slow := strings.Contains(text, "dial tcp") && strings.Contains(text, "i/o timeout")
				if server == silent.Addr().String() && !slow {
					t.Errorf("the server took each connection, but: %s", text)
				}
			}
			consumer.end()
			for _, c := range []*kgo.Client{cl.Client, consumer.Client, producer.Client} {
				c.Close()
			}
		}
	}
}

// TestCallWaitsForAStart checks that a tool that runs before its broker listens waits for it.
func TestCallWaitsForAStart(t *testing.T) {
	for _, controllers := range []bool{false, true} {
		free, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		addr := free.Addr().String()
		_ = free.Close()
		var start sync.Once
		afterRefusal := func(ctx context.Context, network, to string) (net.Conn, error) {
			conn, err := new(net.Dialer).DialContext(ctx, network, to)
			if err != nil {
				start.Do(func() {
					b, err := gregor.Start(t.Context(), gregor.Config{InMemory: true, Addr: addr})
					if err != nil {
						t.Error(err)
						return
					}
					t.Cleanup(func() { _ = b.Shutdown(context.Background()) })
				})
			}
			return conn, err
		}
		var lines lockedBuilder
		e := &tool.Env{Name: "kafka-topics", Stdout: io.Discard, Stderr: &lines}
		cl, err := New(e, Options{Bootstrap: addr, Extra: []kgo.Opt{kgo.Dialer(afterRefusal)}, Controllers: controllers})
		if err != nil {
			t.Fatal(err)
		}
		defer cl.Close()
		md, err := Metadata(t.Context(), cl, []string{})
		if err != nil || len(md.Brokers) != 1 {
			t.Errorf("%v: %v", controllers, err)
		}
		if n := strings.Count(lines.String(), "could not be established. Node may not be available."); n != 1 {
			t.Errorf("%d warnings within a second:\n%s", n, lines.String())
		}
	}
}

// lockedBuilder takes the lines of several connections.
type lockedBuilder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

func (b *lockedBuilder) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
