package handlers

import (
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Ctx is one decoded request for its handler: the client's identity, and the way to answer.
//
// Exactly one of Respond, RespondNone and CloseConnection is called, once, from any goroutine, now
// or later. The request and every []byte in it are valid until then. A handler copies the bytes
// that it keeps for longer.
type Ctx struct {
	x Exchange
	// Header is the request's header; Header.APIVersion is the version of the answer.
	Header protocol.RequestHeader
	// Now is the time at which the request had been read.
	Now time.Time
	// Principal is the client's principal in Kafka's form "User:name". It is "User:ANONYMOUS"
	// without authentication.
	Principal string
	// Listener is the name of the listener that the request came in on.
	Listener string
	// Privileged is set on the listener that brokers and controllers use for each other. There is
	// no such listener yet.
	Privileged bool

	clientHost string
	registry   *Registry
}

// Version is the request's API version.
func (c *Ctx) Version() int16 { return c.Header.APIVersion }

// ClientID is the client.id of the request header, empty when it has none.
func (c *Ctx) ClientID() string {
	if c.Header.ClientID == nil {
		return ""
	}
	return *c.Header.ClientID
}

// ClientHost is the client's address in the form that DescribeGroups shows: "/127.0.0.1".
func (c *Ctx) ClientHost() string { return "/" + c.clientHost }

// Respond sends the answer and counts its error codes for the metrics.
func (c *Ctx) Respond(m protocol.Message) {
	countErrors(c.x, m)
	c.respondCounted(m)
}

// respondCounted sends the answer of a handler of the hot path, which counts the error codes
// itself. An answer that cannot be encoded is replaced.
func (c *Ctx) respondCounted(m protocol.Message) {
	if err := c.x.Respond(m, c.Header.APIVersion); err != nil {
		c.replace(m, err)
	}
}

// RespondNone completes a request that has no answer.
func (c *Ctx) RespondNone() { c.x.RespondNone() }

// OnAbandon names a request that stops waiting for data or for its timeout when its client leaves.
// The handler calls it before it returns.
func (c *Ctx) OnAbandon(a Abandoner) { c.x.OnAbandon(a) }

// unserved writes a line to the log that the client asks for something which is not served.
func (c *Ctx) unserved(what string) {
	c.registry.unserved.warn(c.Now, &c.Header, c.clientHost, what)
}

// CloseConnection ends the connection, as Kafka does where it has no answer. The reason is logged.
func (c *Ctx) CloseConnection(reason string) { c.x.Abort(reason) }
