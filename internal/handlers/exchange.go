package handlers

import (
	"bytes"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Request is one request as it arrived.
type Request struct {
	// Header is the request's header; Header.APIVersion is the version of the answer.
	Header protocol.RequestHeader
	// Body holds the bytes after the header.
	Body []byte
	// Received is the time at which the request had been read.
	Received time.Time
	// ClientHost is the client's IP address in text.
	ClientHost string
	// Listener is the name of the listener that the request came in on.
	Listener string
	// Principal is the client's principal. Empty means User:ANONYMOUS.
	Principal string
	// Privileged says that the listener is the one that brokers and controllers use for each other.
	Privileged bool
}

// Exchange carries the answer of one request back to its client. network.Exchange implements it for
// sockets, and Call for requests that arrive without one.
//
// Exactly one of Respond, RespondNone, Abort and Close is called, once, from any goroutine. The
// request and its body must not be used after that call.
type Exchange interface {
	// Respond encodes the answer at a version of the request's API and sends it. The error means
	// that the answer cannot be encoded and nothing was sent: another call follows.
	Respond(m protocol.Message, version int16) error
	// RespondNone completes a request that has no answer, such as a Produce with acks=0.
	RespondNone()
	// Abort closes the client's connection. The reason is for the log.
	Abort(reason string)
	// Close closes the client's connection without a line in the log.
	Close()
	// CountError records that the answer contains an error code n times; code 0 means no error. All
	// calls come before Respond.
	CountError(code int16, n int)
	// OnAbandon names a request that stops waiting when its client leaves. The handler calls it
	// before it returns.
	OnAbandon(a Abandoner)
	// Detach gives the frame's share of the memory for requests back before the answer. keep says
	// that the request still has views into the frame's buffer.
	Detach(keep bool)
	// ReuseFrame allows that the frame's buffer serves another request after the answer.
	ReuseFrame()
	// OnRelease sets the resource to release after the answer is sent and the handler has returned.
	OnRelease(r Releaser)
	// Heavy waits until few enough requests with much work are in their handlers. The caller calls
	// leave when its work is done.
	Heavy() (leave func())
}

// Abandoner is a request that waits for something other than its client. Abandon returns a function
// that ends the wait, or nil when the wait is over. Abandon itself must not answer the exchange.
// Package network declares the same type, so that neither package needs the other.
type Abandoner = interface{ Abandon() (finish func()) }

// Releaser is a decoded request. Release puts it back into its pool.
type Releaser = interface{ Release() }

// Answer is the outcome of a Call.
type Answer struct {
	// Frame is the encoded answer: response header and body, without the length in front. It is nil
	// for a request that has no answer.
	Frame []byte
	// Closed is the reason why the client's connection ends, or empty.
	Closed string
}

// Call is one request that arrived without a socket, and its Exchange.
type Call struct {
	header protocol.RequestHeader
	done   func(Answer)
	// counted, when set, learns of the error codes of the answer.
	counted func(code int16)

	mu       sync.Mutex
	abandon  Abandoner
	release  Releaser
	answered bool
	// serving is set until the handler returns.
	serving bool
}

// Call serves one request from the bytes of its header and body. It calls done once, from any
// goroutine, possibly before it returns. The caller sets ClientHost, Listener and Received of from.
func (r *Registry) Call(frame []byte, from Request, done func(Answer)) *Call {
	c := &Call{done: done}
	var err error
	if from.Header, from.Body, err = protocol.ParseRequestHeader(frame); err != nil {
		c.Abort("unreadable request header: " + err.Error())
		return c
	}
	r.serveCall(c, from)
	return c
}

// serveCall serves a request whose header is read.
func (r *Registry) serveCall(c *Call, from Request) {
	c.header, c.serving = from.Header, true
	r.Serve(from, c)
	c.mu.Lock()
	c.serving = false
	c.mu.Unlock()
	c.releaseOnce()
}

// Abandon ends the wait of a request whose client has left. The request is answered nevertheless.
func (c *Call) Abandon() {
	c.mu.Lock()
	var finish func()
	if c.abandon != nil && !c.answered {
		finish = c.abandon.Abandon()
	}
	c.mu.Unlock()
	if finish != nil {
		finish()
	}
}

// Respond implements Exchange.
func (c *Call) Respond(m protocol.Message, version int16) error {
	var w wire.Writer
	protocol.AppendResponseHeader(&w, c.header.APIKey, version, c.header.CorrelationID)
	m.Encode(&w, version)
	frame, err := flatten(&w)
	if w.Err() != nil {
		return w.Err()
	}
	if err != nil {
		c.finish(Answer{Closed: "cannot read what the answer carries: " + err.Error()})
		return nil
	}
	c.finish(Answer{Frame: frame})
	return nil
}

// flatten copies the payloads of an encoded message into their places and closes them.
func flatten(w *wire.Writer) ([]byte, error) {
	var out bytes.Buffer
	var failed error
	at := 0
	for _, s := range w.Splices {
		out.Write(w.Buf[at:s.At])
		at = s.At
		n, err := s.Payload.(io.WriterTo).WriteTo(&out)
		if err == nil && n != int64(s.Payload.Size()) {
			err = io.ErrUnexpectedEOF
		}
		failed = errors.Join(failed, err)
		if cl, ok := s.Payload.(io.Closer); ok {
			failed = errors.Join(failed, cl.Close())
		}
	}
	out.Write(w.Buf[at:])
	return out.Bytes(), failed
}

// RespondNone implements Exchange.
func (c *Call) RespondNone() { c.finish(Answer{}) }

// Abort implements Exchange.
func (c *Call) Abort(reason string) { c.finish(Answer{Closed: reason}) }

// Close implements Exchange.
func (c *Call) Close() { c.finish(Answer{Closed: "the request is not served"}) }

func (c *Call) finish(a Answer) {
	c.mu.Lock()
	c.answered = true
	c.mu.Unlock()
	c.done(a)
	c.releaseOnce()
}

func (c *Call) releaseOnce() {
	c.mu.Lock()
	r := c.release
	if !c.answered || c.serving {
		r = nil
	}
	if r != nil {
		c.release = nil
	}
	c.mu.Unlock()
	if r != nil {
		r.Release()
	}
}

// OnAbandon implements Exchange.
func (c *Call) OnAbandon(a Abandoner) {
	c.mu.Lock()
	c.abandon = a
	c.mu.Unlock()
}

// OnRelease implements Exchange.
func (c *Call) OnRelease(r Releaser) {
	c.mu.Lock()
	c.release = r
	c.mu.Unlock()
}

// CountError implements Exchange; a Call has no metrics.
func (c *Call) CountError(code int16, _ int) {
	if c.counted != nil {
		c.counted(code)
	}
}

// Detach implements Exchange; the caller owns the frame.
func (c *Call) Detach(bool) {}

// ReuseFrame implements Exchange.
func (c *Call) ReuseFrame() {}

// Heavy implements Exchange; the caller decides how many calls it makes at a time.
func (c *Call) Heavy() (leave func()) { return func() {} }
