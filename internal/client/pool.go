package client

import (
	"cmp"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/host"
)

// Pool holds the links of a node to its peers. All methods are safe for concurrent use. None of
// them waits for a peer.
type Pool struct {
	o Options

	mu     sync.Mutex
	links  map[Peer]*conduit
	closed bool
}

// New makes a pool without connections.
func New(o Options) *Pool {
	if o.Software == "" {
		o.Software = "gregor"
	}
	if o.Version == "" {
		o.Version = "dev"
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Pool{o: o, links: map[Peer]*conduit{}}
}

// Send sends a request and returns at once. done runs once, inside a step of the link and never
// inside Send: with the answer, or with an *Error. It must return soon; it may call methods of the
// pool, except Close. The message must not change until then.
func (p *Pool) Send(to Peer, r Request, done func(Answer, error)) {
	c := &call{request: r, done: done}
	c.Key, c.Allowed, c.Deadline, c.Owner = r.Message.APIKey(), r.Allowed, r.Deadline, c
	l := p.linkTo(to)
	if l == nil || !l.put(event{kind: submitted, call: c}) {
		p.o.Host.Go(func() { done(Answer{}, &Error{Peer: to, Fault: link.Fault{Kind: link.Closed}}) })
	}
}

// Retry ends the backoff of the links to a node, because the node has shown that it runs.
func (p *Pool) Retry(node int32) {
	for _, l := range p.all() {
		if l.peer.ID == node {
			l.put(event{kind: retried})
		}
	}
}

// Drop closes a link and fails its requests with Closed. A later Send opens a new one.
func (p *Pool) Drop(peer Peer) {
	p.mu.Lock()
	l := p.links[peer]
	delete(p.links, peer)
	p.mu.Unlock()
	if l != nil {
		l.put(event{kind: dropped})
	}
}

// Versions returns the versions of an API that a peer serves. ok is false when the link was never
// ready, or when the peer does not serve the API.
func (p *Pool) Versions(peer Peer, key int16) (r link.Range, ok bool) {
	p.mu.Lock()
	l := p.links[peer]
	p.mu.Unlock()
	if l == nil {
		return r, false
	}
	v := l.versions.Load()
	if v == nil {
		return r, false
	}
	return v.Of(key)
}

// Close ends all links, and fails their requests with Closed. It waits for the steps that run.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for _, l := range p.all() {
		l.end()
	}
}

// all returns the links in a fixed order.
func (p *Pool) all() []*conduit {
	p.mu.Lock()
	out := make([]*conduit, 0, len(p.links))
	for _, l := range p.links { // any order
		out = append(out, l)
	}
	p.mu.Unlock()
	slices.SortFunc(out, func(a, b *conduit) int { return comparePeers(a.peer, b.peer) })
	return out
}

func comparePeers(a, b Peer) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Listener, b.Listener), cmp.Compare(a.Class, b.Class))
}

// linkTo returns the link to a peer, nil after Close.
func (p *Pool) linkTo(to Peer) *conduit {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	l := p.links[to]
	if l == nil {
		p.sweep()
		l = p.newConduit(to)
		p.links[to] = l
	}
	return l
}

// forgetAfter is the time after which the link of a peer that is not used any more is forgotten. A
// node that moves has another address, so another link.
const forgetAfter = 15 * time.Minute

// sweep forgets links without a connection that were not used for long. The caller holds mu.
func (p *Pool) sweep() {
	before := p.o.Host.Elapsed() - forgetAfter
	for peer, l := range p.links { // any order
		if l.unused(before) {
			delete(p.links, peer)
		}
	}
}

func (p *Pool) newConduit(to Peer) *conduit {
	limits := p.o.Limits
	limits.AskVersion = askVersion
	if p.named(to) {
		limits.AskVersion = askNamedVersion
	}
	limits.Seed = p.o.Host.Uint64()
	c := &conduit{pool: p, peer: to, core: link.New(limits)}
	c.stats.used.Store(int64(p.o.Host.Elapsed()))
	c.loop = host.NewLoop(p.o.Host, c.step)
	return c
}
