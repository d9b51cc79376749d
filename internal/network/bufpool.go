package network

import (
	"math/bits"
	"sync"
)

// Buffers have sizes of powers of two from 4 KiB to 16 MiB. Larger ones are left to the garbage
// collector. A new 1 MiB buffer for each request doubles the cost of a Produce.
const (
	minClassBits = 12
	classes      = 13
)

// bufPool hands out byte buffers by size class. The zero value is ready.
type bufPool struct {
	class [classes]sync.Pool
}

// boxed keeps the slice header off the heap when a buffer goes back: the box stays with the buffer.
type boxed struct {
	b   []byte
	cls int
}

func classFor(n int) int {
	if n <= 1<<minClassBits {
		return 0
	}
	return bits.Len(uint(n-1)) - minClassBits
}

// sizeFor returns the size of the buffer that get returns for n.
func sizeFor(n int) int {
	cls := classFor(n)
	if cls >= classes {
		return n
	}
	return 1 << (minClassBits + cls)
}

// get returns a buffer with a capacity of at least n bytes.
func (p *bufPool) get(n int) *boxed {
	cls := classFor(n)
	if cls >= classes {
		return &boxed{b: make([]byte, n), cls: -1}
	}
	if v := p.class[cls].Get(); v != nil {
		return v.(*boxed)
	}
	return &boxed{b: make([]byte, sizeFor(n)), cls: cls}
}

func (p *bufPool) put(x *boxed) {
	if x == nil || x.cls < 0 {
		return
	}
	p.class[x.cls].Put(x)
}

var frames bufPool
