package client

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// TestConnectLog checks the line about a broker that refuses connections. The texts under Kafka's
// name are those of NetworkClient of Apache Kafka 4.3.1.
func TestConnectLog(t *testing.T) {
	at := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 9092}
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: at, Err: errors.New("connection refused")}
	unknown := &net.OpError{Op: "dial", Net: "tcp", Err: &net.DNSError{Err: "no such host", Name: "nowhere"}}
	for _, c := range []struct {
		verb         *tool.Verb
		kind, group  string
		addr, broker string
		err          error
		want         string
	}{
		{nil, admin, "", "127.0.0.1:9092", "seed_0", refused,
			"WARN [AdminClient clientId=id] Connection to node -1 (/127.0.0.1:9092) could not be established. Node may not be available.\n"},
		{nil, producer, "", "localhost:9092", "seed_1", fmt.Errorf("wrapped: %w", refused),
			"WARN [Producer clientId=id] Connection to node -2 (localhost/127.0.0.1:9092) could not be established. Node may not be available.\n"},
		{nil, consumer, "g", "localhost:9092", "3", refused,
			"WARN [Consumer clientId=id, groupId=g] Connection to node 3 (localhost/127.0.0.1:9092) could not be established. Node may not be available.\n"},
		{nil, admin, "", "nowhere:9092", "seed_0", unknown,
			"WARN Connection to nowhere:9092 could not be established, trying again: dial tcp: lookup nowhere: no such host\n"},
		{&tool.Verb{}, admin, "", "localhost:9092", "seed_0", refused,
			"WARN Connection to localhost:9092 could not be established, trying again: dial tcp 127.0.0.1:9092: connection refused\n"},
	} {
		var errs strings.Builder
		l := newConnectLog(&tool.Env{Verb: c.verb, Stderr: &errs}, c.kind, "id", c.group)
		for range 2 { // within a second the line is printed once
			l.Log(kgo.LogLevelWarn, "another message", "addr", c.addr)
			l.Log(kgo.LogLevelWarn, "unable to open connection to broker", "addr", c.addr, "broker", c.broker, "err", c.err)
		}
		if errs.String() != c.want {
			t.Errorf("%s", errs.String())
		}
	}
}

// TestConnectLogRepeats checks how often the line comes. Kafka's clients print it for each
// try.
func TestConnectLogRepeats(t *testing.T) {
	begin := time.Now()
	for _, c := range []struct {
		verb *tool.Verb
		kind string
		want []bool
	}{
		{nil, consumer, []bool{true, false, true}},
		{&tool.Verb{}, consumer, []bool{true, false, false}},
		{nil, producer, []bool{true, false, true}},
		{nil, admin, []bool{true, false, true}},
		{&tool.Verb{}, admin, []bool{true, false, false}},
	} {
		l := newConnectLog(&tool.Env{Verb: c.verb}, c.kind, "id", "")
		for i, after := range []time.Duration{0, connectEvery - 1, connectEvery} {
			if got := l.due(begin.Add(after)); got != c.want[i] {
				t.Errorf("%s: a line after %s: %t", c.kind, after, got)
			}
		}
	}
}
