package controller

import (
	"time"

	"github.com/gregorhq/gregor/internal/protocol"
)

// API is one request that the active controller decides. The file of the API declares it once; the
// engine, the broker and the handlers know it only by its declaration.
type API[Q, R protocol.Message] struct {
	// decide works out the records to append and the response to send once they are committed.
	decide func(*Core, Env, Request, Q) ([]Record, R)
	// fail answers a request that was not decided: every element of the response carries the error.
	fail func(Q, protocol.Error) R
	// timeout is the time that the request may wait for its decision. Nil means defaultTimeout.
	timeout func(Q) time.Duration
	// published: the response waits until the node that was asked has published the change, so that
	// its next answers show the change.
	published bool
}

// defaultTimeout bounds requests without a time-out of their own. A commit takes that long only
// when the quorum has lost its majority.
const defaultTimeout = 30 * time.Second

// Channel carries requests to the active controller.
type Channel interface {
	// Call sends a request of a declared API. It calls done exactly once, with the response of that
	// API, also when the request fails or times out. The request must not change until then.
	Call(ctx Request, req protocol.Message, done func(protocol.Message))
}

// Call sends a request over a channel.
func (a *API[Q, R]) Call(to Channel, ctx Request, req Q, done func(R)) {
	to.Call(ctx, req, func(m protocol.Message) { done(m.(R)) })
}

// entry is an API of any type.
type entry interface {
	command(ctx Request, req protocol.Message, done func(protocol.Message)) *Command
	isPublished() bool
}

// entries are the declared APIs by key. Only declare writes to it, while the program initializes.
var entries = map[int16]entry{}

// declare enters an API.
func declare[Q, R protocol.Message](a API[Q, R]) *API[Q, R] {
	var q Q
	entries[q.APIKey()] = &a
	return &a
}

// Published reports whether answers to requests with this key wait until the node that got the
// request has published the change.
func Published(key int16) bool { return entries[key] != nil && entries[key].isPublished() }

// Command is one request on its way through the engine: it is decided at most once and answered
// once.
type Command struct {
	// Context describes the request.
	Context Request
	// Timeout is the time that the request may wait for its decision.
	Timeout time.Duration
	// Decide works out the records; the response waits for Finish.
	Decide func(*Core, Env) []Record
	// Finish answers: with the response of Decide when err is none, otherwise with err.
	Finish func(err protocol.Error)
}

// NewCommand binds a request to its API, which must be declared, and to the receiver of its answer.
func NewCommand(ctx Request, req protocol.Message, done func(protocol.Message)) *Command {
	a := entries[req.APIKey()]
	if a == nil {
		panic("controller: no API is declared for " + req.MessageName())
	}
	return a.command(ctx, req, done)
}

func (a *API[Q, R]) isPublished() bool { return a.published }

func (a *API[Q, R]) command(ctx Request, req protocol.Message, done func(protocol.Message)) *Command {
	q := req.(Q)
	c := &Command{Context: ctx, Timeout: defaultTimeout}
	if a.timeout != nil {
		c.Timeout = a.timeout(q)
	}
	var response R
	c.Decide = func(core *Core, e Env) (records []Record) {
		records, response = a.decide(core, e, ctx, q)
		return records
	}
	c.Finish = func(err protocol.Error) {
		if err != protocol.ErrNone {
			response = a.fail(q, err)
		}
		done(response)
	}
	return c
}

func millis(ms int32) time.Duration { return time.Duration(ms) * time.Millisecond }
