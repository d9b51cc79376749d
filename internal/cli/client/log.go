package client

import (
	"errors"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/cli/tool"
)

// connectLog prints once to stderr that no broker accepts a connection. The client tries again, as
// Kafka's does.
type connectLog struct {
	env     *tool.Env
	printed atomic.Bool
}

// Level implements kgo.Logger.
func (*connectLog) Level() kgo.LogLevel { return kgo.LogLevelWarn }

// Log implements kgo.Logger.
func (l *connectLog) Log(_ kgo.LogLevel, msg string, kv ...any) {
	if msg != "unable to open connection to broker" || l.printed.Swap(true) {
		return
	}
	l.env.Warn("WARN Connection to %v could not be established, trying again: %v", field(kv, "addr"), field(kv, "err"))
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
	connectLog
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
