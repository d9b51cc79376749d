package shard

import "github.com/gregorhq/gregor/internal/protocol"

// Request describes a request's client to a core.
type Request struct {
	// Version is the version of the request's API.
	Version int16
	// ClientID is the client.id, and ClientHost the client's address in the form "/127.0.0.1".
	ClientID, ClientHost string
}

// API is one request that a core of type S decides. The file of its command declares it once.
// Handlers, engine and broker know the request only by this declaration.
type API[S Core, Q, R any] struct {
	// Key returns the key whose coordinator decides the request, for example the group id.
	Key func(Q) string
	// Reads says that the command never adds records. It also runs while the log refuses records.
	Reads bool
	// Check refuses a request without a core. It may be nil.
	Check func(Request, Q) protocol.Error
	// Decide runs the command on the core that owns the key. The response goes to the waiter.
	Decide func(S, Env, Request, Q, Waiter) Outcome
	// Fail returns the function that makes a response which carries only an error. A request that
	// waits for long should not be kept in memory by that function.
	Fail func(Request, Q) func(protocol.Error) R
}

// Channel carries commands to cores.
type Channel[S Core] interface {
	// Submit runs decide on the core that owns a key. It returns at once. to receives the error
	// when this node is not the coordinator of the key, and, unless reads is set, when the log
	// refuses records.
	Submit(key string, reads bool, to Waiter, decide func(S, Env) Outcome)
	// Gather runs read on every core of this node. It calls done once with the results, in the
	// order of partitions, or with the error of a partition. A partition that is not coordinated
	// here is left out. Gather never waits for a commit. committed holds the keys of which records
	// that are not committed change the Listing, with the Listing before the first such record.
	Gather(read func(core S, committed map[string]Listing) any, done func(parts []any, err protocol.Error))
}

// Call sends a request to the core that owns its key. It calls done exactly once, then or later, on
// any goroutine. The request must stay valid until then.
func (a *API[S, Q, R]) Call(to Channel[S], ctx Request, req Q, done func(R)) {
	w := &waiter[R]{done: done, fail: a.Fail(ctx, req)}
	if a.Check != nil {
		if err := a.Check(ctx, req); err != protocol.ErrNone {
			w.Fail(err)
			return
		}
	}
	to.Submit(a.Key(req), a.Reads, w, func(core S, env Env) Outcome { return a.Decide(core, env, ctx, req, w) })
}

// waiter delivers responses of type R.
type waiter[R any] struct {
	done func(R)
	fail func(protocol.Error) R
}

func (w *waiter[R]) Reply(r any)             { w.done(r.(R)) }
func (w *waiter[R]) Fail(err protocol.Error) { w.done(w.fail(err)) }

// TopicFollower is a Core that keeps state about topics.
type TopicFollower interface {
	// TopicsDeleted drops the state about deleted topics.
	TopicsDeleted(names map[string]bool) Outcome
}

// Topic describes the topic that holds the log of a kind of coordinator, and how it is created.
type Topic struct {
	Name string
	// PartitionsKey and FactorKey are the broker's keys for the number of partitions and replicas.
	PartitionsKey, FactorKey string
	// Configs are names and values of the topic's configs. ConfigsFrom are names, and the broker's
	// keys that hold the values.
	Configs, ConfigsFrom [][2]string
}
