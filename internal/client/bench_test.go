package client

import (
	"net"
	"testing"
	"time"
)

// BenchmarkSend measures a request and its answer over loopback, alone and pipelined.
func BenchmarkSend(b *testing.B) {
	for name, width := range map[string]int{"one": 1, "pipelined": 64} {
		b.Run(name, func(b *testing.B) {
			s := newScripted(b, func(_ int64, c net.Conn) { serveEcho(c) })
			p, h := socketPool(b, Options{})
			done := make(chan error, width)
			send := func() {
				p.Send(s.peer(), NewRequest(question("x"), h.Elapsed()+time.Minute), func(a Answer, err error) { a.Release(); done <- err })
			}
			b.ReportAllocs()
			for range width {
				send()
			}
			for range b.N {
				if err := <-done; err != nil {
					b.Fatal(err)
				}
				send()
			}
			for range width {
				<-done
			}
		})
	}
}
