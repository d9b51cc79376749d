package handlers

import (
	"log/slog"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// unservedLog writes one WARN line for each client and API that asks for something which this
// version of gregor does not serve.
type unservedLog struct {
	log  *slog.Logger
	seen *telemetry.Limiter
}

// unservedEvery is the time after which a client that still asks gets another line.
const unservedEvery = 24 * time.Hour

func newUnservedLog(log *slog.Logger) *unservedLog {
	return &unservedLog{log: log, seen: telemetry.NewLimiter(unservedEvery)}
}

func (u *unservedLog) warn(now time.Time, h *protocol.RequestHeader, clientHost, what string) {
	u.line(now, h, clientHost, what, "a client asks for something that this version of gregor does not serve")
}

// wrongListener is warn for an API that the listeners for brokers' clients serve.
func (u *unservedLog) wrongListener(now time.Time, h *protocol.RequestHeader, clientHost string) {
	u.line(now, h, clientHost, "the API on a controller listener", "a client uses a controller listener as that of a broker")
}

func (u *unservedLog) line(now time.Time, h *protocol.RequestHeader, clientHost, what, message string) {
	client := ""
	if h.ClientID != nil {
		client = *h.ClientID
	}
	api := protocol.Name(h.APIKey)
	if ok, _ := u.seen.Allow(clientHost+"\x00"+client+"\x00"+api+"\x00"+what, now); ok {
		u.log.Warn(message, "client.address", "/"+clientHost, "client.id", client,
			"api", api, "key", h.APIKey, "not.served", what)
	}
}
