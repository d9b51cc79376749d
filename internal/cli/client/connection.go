package client

import (
	"context"
	"math/rand/v2"
	"net"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// dial opens a connection as the properties say. A request that is over opens none: a server that
// never answers would be reported as one that takes no connection.
func (p Props) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d := net.Dialer{Timeout: p.Millis("socket.connection.setup.timeout.ms", 10*time.Second)}
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		for _, buffer := range []struct {
			key string
			set func(int) error
		}{{"send.buffer.bytes", tcp.SetWriteBuffer}, {"receive.buffer.bytes", tcp.SetReadBuffer}} {
			if n := p.number(buffer.key, -1); n >= 0 { // -1 is the system's default
				_ = buffer.set(int(n)) // a size that the system refuses leaves its default
			}
		}
	}
	return conn, nil
}

// pauses are the options of the times between two tries, and of the age of metadata. Without
// properties the library's own times count.
func (p Props) pauses() (opts []kgo.Opt) {
	_, first := p["retry.backoff.ms"]
	_, most := p["retry.backoff.max.ms"]
	if first || most {
		opts = append(opts, kgo.RetryBackoffFn(p.pause))
	}
	if n := p.number("metadata.max.age.ms", 0); n > 0 {
		// The library's least age is the pause between two requests for metadata.
		opts = append(opts, kgo.MetadataMaxAge(max(time.Duration(n)*time.Millisecond, time.Second)))
	}
	return opts
}

// pause is the time before a try, counted from 1. It doubles from retry.backoff.ms to
// retry.backoff.max.ms, and varies by a fifth, as in Java's clients.
func (p Props) pause(try int) time.Duration {
	first, most := p.Millis("retry.backoff.ms", 100*time.Millisecond), p.Millis("retry.backoff.max.ms", time.Second)
	d := min(first, most)
	for ; try > 1 && d < most; try-- {
		d = max(1, min(2*d, most))
	}
	return time.Duration(float64(d) * (0.8 + 0.4*rand.Float64()))
}
