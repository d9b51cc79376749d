package client

import (
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"

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
	addr, cause := any("?"), any("")
	for i := 0; i+1 < len(kv); i += 2 {
		switch kv[i] {
		case "addr":
			addr = kv[i+1]
		case "err":
			cause = kv[i+1]
		}
	}
	l.env.Warn("WARN Connection to %v could not be established, trying again: %v", addr, cause)
}
