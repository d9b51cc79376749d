package network

import (
	"fmt"
	"io"
	"math"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Exchange is one request and the place of its answer in the connection's order.
//
// Exactly one of Respond, RespondNone, Abort and Close is called, once, from any goroutine. Header
// and Body must not be used after it. Only after an error of Respond is there a second call.
type Exchange struct {
	conn *Conn
	// Header is the parsed request header.
	Header protocol.RequestHeader
	// Body is the request after its header, a view into the frame's buffer.
	Body []byte
	// Received is the time at which the frame had been read and its handler was about to start.
	Received time.Time
	// arrived is the time at which the frame was complete in memory. It is earlier than Received
	// when the frame had to wait behind other requests of its connection.
	arrived time.Time
	// Size is the frame's size in bytes, without the length field.
	Size int

	frame frame
	// reuse allows that the frame's buffer serves another request after the answer. It is off by
	// default: a handler that keeps a view of a request by mistake then never reads the bytes of
	// another one.
	reuse bool

	// left stops waiting when the client leaves. Only the connection's goroutine touches it.
	left Abandoner

	// call is the decoded request. It is released after the answer is
	// written.
	call Releaser

	// errors are the error codes that the answer carries; see CountError.
	errors errorCounts
	// answered is the time at which the answer was complete, sending and sent are the begin and the
	// end of its writing. All are since Received.
	answered, sending, sent time.Duration

	// The rest is guarded by conn.mu.

	done bool
	// closing is the reason for which the connection ends at this exchange, or "".
	closing string
	// parked is the time since Received at which the handler returned without an answer, 0 when it
	// answered at once.
	parked time.Duration
	// out is the encoded answer with its length field, or nil.
	out *wire.Writer
}

var exchanges = sync.Pool{New: func() any { return new(Exchange) }}

// Answers of fetches are large, and others rarely are. They have separate pools, so that small
// answers that wait do not hold large buffers.
var (
	writers      = sync.Pool{New: func() any { return new(wire.Writer) }}
	largeWriters = sync.Pool{New: func() any { return new(wire.Writer) }}
)

// Buffers up to smallWriter bytes are kept for any answer, up to largeWriter for fetches.
const (
	smallWriter = 64 << 10
	largeWriter = 1 << 20
)

func newWriter(key int16) *wire.Writer {
	if key == protocol.KeyFetch {
		return largeWriters.Get().(*wire.Writer)
	}
	return writers.Get().(*wire.Writer)
}

// Conn is the connection that the request came on.
func (x *Exchange) Conn() *Conn { return x.conn }

// ReuseFrame allows the frame's buffer to be used again after the answer. For handlers that keep no
// view of Body.
func (x *Exchange) ReuseFrame() { x.reuse = true }

// Detach gives the frame back. Body is not used after it. A request that waits for long then holds
// neither a buffer nor a part of the budget of all frames. keep leaves the buffer to the garbage
// collector, for requests with views into it.
func (x *Exchange) Detach(keep bool) {
	if !keep {
		frames.put(x.frame.buf)
	}
	x.frame.buf, x.Body = nil, nil
	x.conn.srv.budget.release(&x.frame.held)
}

// Abandoner is a request that waits for something other than its client. Abandon is called when the
// client has left and the exchange is not answered. It returns a function that ends the wait, or
// nil when the wait is over. It is called under a lock of the connection, so it must not answer
// itself.
type Abandoner = interface{ Abandon() (finish func()) }

// Releaser is a decoded request.
type Releaser = interface{ Release() }

// OnAbandon names a request that stops waiting when its client leaves. The handler calls it before
// it returns.
func (x *Exchange) OnAbandon(a Abandoner) { x.left = a }

// OnRelease sets the resource to release after the answer is written or dropped and the handler has
// returned.
func (x *Exchange) OnRelease(call Releaser) { x.call = call }

// Heavy waits until few enough requests with much work are in their handlers. The caller calls
// leave when its work is done.
func (x *Exchange) Heavy() (leave func()) { return x.conn.srv.heavy.enter() }

// Respond encodes the answer at a version of the request's API and queues it. ApiVersions answers
// an unknown version in version 0; all other answers have the version of the request. After an
// error nothing was sent, and the exchange still needs its answer.
func (x *Exchange) Respond(m protocol.Message, version int16) error {
	w := newWriter(x.Header.APIKey)
	w.Reset()
	w.Buf = append(w.Buf, 0, 0, 0, 0)
	protocol.AppendResponseHeader(w, x.Header.APIKey, version, x.Header.CorrelationID)
	m.Encode(w, version)
	if err := w.Err(); err != nil {
		dropWriter(w)
		return err
	}
	size := len(w.Buf) - 4
	for _, s := range w.Splices {
		size += s.Payload.Size()
	}
	if size > math.MaxInt32 {
		dropWriter(w)
		x.Abort(fmt.Sprintf("the answer to %s would have %d bytes", protocol.Name(x.Header.APIKey), size))
		return nil
	}
	w.Buf[0], w.Buf[1], w.Buf[2], w.Buf[3] = byte(size>>24), byte(size>>16), byte(size>>8), byte(size)
	x.finish(w)
	return nil
}

// RespondNone completes the exchange without an answer, for example for a Produce with acks=0.
func (x *Exchange) RespondNone() { x.finish(nil) }

// Abort closes the connection and logs the reason. The answers to earlier requests are still
// written, and no answer to a later one: its client takes answers in the order of the requests.
func (x *Exchange) Abort(reason string) { x.close(reason) }

// Close closes the connection like Abort, without a line in the log.
func (x *Exchange) Close() { x.close(withoutLine) }

// withoutLine is the reason of a close that is not logged.
const withoutLine = "-"

func (x *Exchange) close(reason string) {
	x.conn.mu.Lock()
	x.conn.aborting = true
	x.closing = reason
	x.conn.mu.Unlock()
	x.finish(nil)
}

func (x *Exchange) finish(w *wire.Writer) {
	c := x.conn
	x.answered = c.srv.clock.Now().Sub(x.Received)
	c.mu.Lock()
	x.done = true
	drop := w
	if !c.ended {
		x.out, drop = w, nil
		c.owe(x.unsent())
	}
	write := c.queue.head() == x && !c.writing && !c.reading
	if write {
		c.writing = true
	}
	spawn := write && !c.ended
	if spawn {
		c.srv.wg.Add(1)
	}
	c.mu.Unlock()
	dropWriter(drop)
	switch {
	case spawn:
		c.startFlush()
	case write:
		// The socket is closed, so this does not block: it only drops.
		c.flush()
	}
}

// unsent returns the memory of the answer until it is written, in bytes.
func (x *Exchange) unsent() int {
	if x.out == nil {
		return 0
	}
	return cap(x.out.Buf) + len(x.out.Splices)*payloadCost
}

// payloadCost is the number of bytes that an open file range in an answer counts as.
const payloadCost = 1 << 10

// release gives everything back that the exchange holds. It runs after the answer was written or
// dropped and the handler has returned, see Conn.serving.
func (x *Exchange) release() {
	if x.reuse && x.frame.buf != nil {
		frames.put(x.frame.buf)
	}
	if x.call != nil {
		x.call.Release()
	}
	x.conn.srv.budget.release(&x.frame.held)
	dropWriter(x.out)
	*x = Exchange{}
	exchanges.Put(x)
}

// dropWriter closes payloads and keeps the buffer for another answer.
func dropWriter(w *wire.Writer) {
	if w == nil {
		return
	}
	for i := range w.Splices {
		if cl, ok := w.Splices[i].Payload.(io.Closer); ok {
			_ = cl.Close()
		}
		w.Splices[i] = wire.Splice{}
	}
	w.Splices = w.Splices[:0]
	// A buffer that one huge answer grew is not kept.
	switch c := cap(w.Buf); {
	case c <= smallWriter:
		writers.Put(w)
	case c <= largeWriter:
		largeWriters.Put(w)
	}
}
