package host

import (
	crand "crypto/rand"
	"encoding/binary"
	"sync"
	"sync/atomic"
	"time"
)

// Real returns the host of this process. Its Elapsed starts now.
func Real() Host { return real{began: time.Now()} }

type real struct{ began time.Time }

func (real) Now() time.Time           { return time.Now() }
func (h real) Elapsed() time.Duration { return max(time.Since(h.began), 1) }
func (real) Go(f func())              { go f() }

// start starts the goroutine of r. It ends with the channel.
func (r *resident) start() {
	go func() {
		for f := range r.work {
			f()
		}
	}()
}

func (real) AfterFunc(d time.Duration, f func()) Timer { return time.AfterFunc(d, f) }

func (real) Uint64() uint64 {
	var b [8]byte
	_, _ = crand.Read(b[:]) // never fails: crypto/rand ends the process instead
	return binary.LittleEndian.Uint64(b[:])
}

func (real) Each(n, width int, f func(i int)) {
	if width = min(n, width); width <= 1 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range width {
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	wg.Wait()
}
