package client

import (
	"math/bits"
	"sync"

	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// Frame is the bytes of an answer, without the length in front.
type Frame struct {
	// Bytes are the bytes.
	Bytes []byte
	class int
}

// Buffers of answers have sizes of powers of two from 4 KiB to 16 MiB. Larger ones are left to the
// garbage collector.
const (
	smallestBits = 12
	classes      = 13
)

var frames [classes]sync.Pool

// newFrame returns a frame with a capacity of at least n bytes and no content.
func newFrame(n int) *Frame {
	class := max(0, bits.Len(uint(max(n, 1)-1))-smallestBits)
	if class >= classes {
		return &Frame{Bytes: make([]byte, 0, n), class: classes}
	}
	if v := frames[class].Get(); v != nil {
		return v.(*Frame)
	}
	return &Frame{Bytes: make([]byte, 0, 1<<(smallestBits+class)), class: class}
}

// NewFrame makes a frame of bytes that the caller does not use any more.
func NewFrame(b []byte) *Frame { return &Frame{Bytes: b, class: classes} }

func (f *Frame) release() {
	if f.class < classes {
		f.Bytes = f.Bytes[:0]
		frames[f.class].Put(f)
	}
}

// Buffer is a run of encoded requests, each with its length in front.
type Buffer struct{ w wire.Writer }

// Bytes returns the encoded bytes.
func (b *Buffer) Bytes() []byte { return b.w.Buf }

// keepBuffer is the largest buffer that is kept for later requests.
const keepBuffer = 1 << 20

var buffers = sync.Pool{New: func() any { return new(Buffer) }}

func newBuffer() *Buffer { return buffers.Get().(*Buffer) }

// Release gives the buffer back. Its bytes must not be used afterwards.
func (b *Buffer) Release() {
	if cap(b.w.Buf) <= keepBuffer {
		b.w.Reset()
		buffers.Put(b)
	}
}
