package handlers

import (
	"time"

	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Ctx is one request on its way: who asks, on which connection, and where the answer goes.
//
// Exactly one of Respond, RespondNone and CloseConnection is called, once, from any goroutine, now or later. The
// request and every []byte in it are valid until then and not after: what is kept must be copied.
type Ctx struct {
	x *network.Exchange
	// Header is the request's header; Header.APIVersion is the version to answer in.
	Header protocol.RequestHeader
	// Now is when the request had been read.
	Now time.Time
	// Principal is who asks, in Kafka's form "User:name"; "User:ANONYMOUS" without authentication.
	Principal string
	// Listener is the name of the listener the request came in on.
	Listener string
	// Privileged is set on the listener that brokers and controllers use among themselves.
	Privileged bool
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
func (c *Ctx) ClientHost() string { return "/" + c.x.Conn().RemoteHost() }

// Respond sends the answer, and counts its error codes for the metrics.
func (c *Ctx) Respond(m protocol.Message) {
	countErrors(c.x, m)
	c.x.Respond(m)
}

// respondCounted is Respond for handlers of the hot path, which have told CountError of the codes themselves.
func (c *Ctx) respondCounted(m protocol.Message) { c.x.Respond(m) }

// RespondNone completes a request that wants no answer.
func (c *Ctx) RespondNone() { c.x.RespondNone() }

// OnAbandon names who is to be told when the client leaves before the answer, so that it does not wait for its data or its
// time-out then. To be called before the handler returns.
func (c *Ctx) OnAbandon(a network.Abandoner) { c.x.OnAbandon(a) }

// CloseConnection ends the connection, as Kafka does where it has no answer; the reason is logged once.
func (c *Ctx) CloseConnection(reason string) { c.x.Abort(reason) }
