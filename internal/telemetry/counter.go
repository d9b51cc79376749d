package telemetry

import (
	"math/rand/v2"
	"runtime"
	"sync/atomic"
)

// cell is one shard. It fills a cache line, so that cores do not contend for it.
type cell struct {
	n atomic.Uint64
	_ [56]byte
}

// Counter counts events or bytes. It only increases. Add does not allocate and is safe for
// concurrent use. The hot counters of a node are sharded. Children of a labelled family have one
// cell.
type Counter struct {
	one    atomic.Uint64
	shards []cell // nil for an unsharded counter; otherwise the length is a power of two
}

// shardMask is the number of shards of hot series minus one. The number is a power of two near the
// number of cores.
var shardMask = func() uint64 {
	n := uint64(1)
	for n < uint64(runtime.GOMAXPROCS(0)) && n < maxShards {
		n *= 2
	}
	return n - 1
}()

// NewCounter makes a sharded counter that belongs to no registry.
func NewCounter() *Counter { return newSharded() }

func newSharded() *Counter {
	if shardMask == 0 {
		return &Counter{}
	}
	return &Counter{shards: make([]cell, shardMask+1)}
}

// Inc adds one.
func (c *Counter) Inc() { c.Add(1) }

// Add adds n. It ignores negative n: a counter never decreases.
func (c *Counter) Add(n int64) {
	if n <= 0 {
		return
	}
	if c.shards == nil {
		c.one.Add(uint64(n))
		return
	}
	c.AddAt(rand.Uint64(), n)
}

// AddAt is Add for callers that have a number which spreads over cores, for example the number of a
// connection.
func (c *Counter) AddAt(shard uint64, n int64) {
	switch {
	case n <= 0:
	case c.shards == nil:
		c.one.Add(uint64(n))
	default:
		c.shards[shard&shardMask].n.Add(uint64(n))
	}
}

// Value returns the sum. Under concurrent Adds it is a value between the sum at the begin of the
// call and the sum at its end.
func (c *Counter) Value() uint64 {
	sum := c.one.Load()
	for i := range c.shards {
		sum += c.shards[i].n.Load()
	}
	return sum
}

// Gauge is a number that goes up and down. Its methods do not allocate and are safe for concurrent
// use.
type Gauge struct{ v atomic.Int64 }

// Set replaces the value.
func (g *Gauge) Set(v int64) { g.v.Store(v) }

// Add changes the value by d, which may be negative.
func (g *Gauge) Add(d int64) { g.v.Add(d) }

// Value returns the current value.
func (g *Gauge) Value() int64 { return g.v.Load() }
