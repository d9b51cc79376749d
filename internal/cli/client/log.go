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

// connectLog tells on stderr, once, that nobody answers. The client goes on trying, as Kafka's does.
type connectLog struct {
	env  *tool.Env
	told atomic.Bool
}

// Level implements kgo.Logger.
func (*connectLog) Level() kgo.LogLevel { return kgo.LogLevelWarn }

// Log implements kgo.Logger.
func (l *connectLog) Log(_ kgo.LogLevel, msg string, kv ...any) {
	if msg != "unable to open connection to broker" || l.told.Swap(true) {
		return
	}
	l.env.Warn("WARN Connection to %v could not be established, trying again: %v", field(kv, "addr"), field(kv, "err"))
}

// field is the value of a name in the library's pairs.
func field(kv []any, name string) any {
	for i := 0; i+1 < len(kv); i += 2 {
		if kv[i] == name {
			return kv[i+1]
		}
	}
	return "?"
}

// coordinatorLog tells, besides, that a group's coordinator is not there. Nothing else would: the library goes on trying
// and says so on its finest level only, which is therefore open until a coordinator has answered.
type coordinatorLog struct {
	connectLog
	group string
	// absent: the cluster has said that there is no coordinator now. settled: a coordinator has answered a join, or it has
	// been told that there is none.
	absent, settled atomic.Bool
}

// coordinatorTime is how long a coordinator may be away without a word: it is while the offsets topic is being made.
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
			l.tell("trying again")
		}
	}
}

// tell says once that there is no coordinator, if that is so.
func (l *coordinatorLog) tell(what string) {
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
