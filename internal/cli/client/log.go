package client

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// connectLog prints to stderr that no broker accepts a connection. The client tries again, as
// Kafka's does.
type connectLog struct {
	env *tool.Env
	// client names the client as Kafka's log lines do.
	client string
	// every is the least time between two lines; 0 for one line only.
	every time.Duration
	// next is the time of the next line, in nanoseconds.
	next atomic.Int64
}

// connectEvery is the time between two lines about connections under Kafka's names: the default of
// reconnect.backoff.max.ms. gregor's own form, which gives up sooner, prints one line.
const connectEvery = time.Second

func newConnectLog(e *tool.Env, kind, id, group string) *connectLog {
	l := &connectLog{env: e, client: logName(kind, id, group)}
	if !e.Native() {
		l.every = connectEvery
	}
	return l
}

// logName names a client of a kind as Kafka's log lines do.
func logName(kind, id, group string) string {
	name := map[string]string{admin: "AdminClient", producer: "Producer", consumer: "Consumer"}[kind] + " clientId=" + id
	if group != "" {
		name += ", groupId=" + group
	}
	return name
}

// Level implements kgo.Logger.
func (*connectLog) Level() kgo.LogLevel { return kgo.LogLevelWarn }

// Log implements kgo.Logger.
func (l *connectLog) Log(_ kgo.LogLevel, msg string, kv ...any) {
	var refused *net.OpError
	cause, _ := field(kv, "err").(error)
	tried := errors.As(cause, &refused) || !errors.Is(cause, context.DeadlineExceeded) // see Props.dial
	if msg != "unable to open connection to broker" || !tried || !l.due(time.Now()) {
		return
	}
	if l.env.Native() || refused == nil || refused.Addr == nil {
		l.env.Warn("WARN Connection to %v could not be established, trying again: %v", field(kv, "addr"), field(kv, "err"))
		return
	}
	l.env.Warn("WARN [%s] Connection to node %s (%s) could not be established. Node may not be available.",
		l.client, kafkaNode(field(kv, "broker")), javaAddress(field(kv, "addr"), refused.Addr))
}

// due reports whether a line may be printed now.
func (l *connectLog) due(now time.Time) bool {
	next, later := l.next.Load(), int64(math.MaxInt64)
	if l.every > 0 {
		later = now.Add(l.every).UnixNano()
	}
	return now.UnixNano() >= next && l.next.CompareAndSwap(next, later)
}

// kafkaNode is the number of a node in Kafka's log lines. Bootstrap servers, which the library
// calls seed_0 and so on, count down from -1.
func kafkaNode(broker any) string {
	text := fmt.Sprint(broker)
	if n, err := strconv.Atoi(strings.TrimPrefix(text, "seed_")); err == nil && strings.HasPrefix(text, "seed_") {
		return strconv.Itoa(-1 - n)
	}
	return text
}

// javaAddress writes an address as Java does: name/IP:port, without a name where the IP was given.
func javaAddress(asked any, at net.Addr) string {
	host, _, _ := net.SplitHostPort(fmt.Sprint(asked))
	if net.ParseIP(host) != nil {
		host = ""
	}
	return host + "/" + at.String()
}

// field returns the value of a name in the library's pairs.
func field(kv []any, name string) any {
	for i := 0; i+1 < len(kv); i += 2 {
		if kv[i] == name {
			return kv[i+1]
		}
	}
	return "?"
}

// coordinatorLog also prints that a group's coordinator is not available. The library tries again
// and logs that at its debug level only, so that level is open until a coordinator answers.
type coordinatorLog struct {
	*connectLog
	group string
	// absent means that the cluster reported no coordinator. settled means that a coordinator
	// answered a join, or that the warning was printed.
	absent, settled atomic.Bool
}

// coordinatorTime is how long a coordinator may be absent without a warning, such as while the
// offsets topic is created.
const coordinatorTime = 10 * time.Second

// Level implements kgo.Logger.
func (l *coordinatorLog) Level() kgo.LogLevel {
	if l.settled.Load() {
		return l.connectLog.Level()
	}
	return kgo.LogLevelDebug
}

// Log implements kgo.Logger.
func (l *coordinatorLog) Log(level kgo.LogLevel, msg string, kv ...any) {
	if level <= l.connectLog.Level() {
		l.connectLog.Log(level, msg, kv...)
		return
	}
	if msg != "retrying request" {
		return
	}
	if cause, _ := field(kv, "request_error").(error); errors.Is(cause, kerr.CoordinatorNotAvailable) {
		l.absent.Store(true)
		if since, _ := field(kv, "time_since_start").(time.Duration); since >= coordinatorTime {
			l.warn("trying again")
		}
	}
}

// warn prints once that there is no coordinator, if the cluster reported none.
func (l *coordinatorLog) warn(what string) {
	if l.absent.Load() && !l.settled.Swap(true) {
		l.env.Warn("WARN The coordinator of group %s is not available, %s", l.group, what)
	}
}

// OnBrokerRead implements kgo.HookBrokerRead.
func (l *coordinatorLog) OnBrokerRead(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, err error) {
	if key == int16(kmsg.JoinGroup) && err == nil {
		l.settled.Store(true)
	}
}
