package broker

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// The broker observes every request: an observation must not allocate.
func TestObservingAllocatesNothing(t *testing.T) {
	m := newRequestMetrics(telemetry.NewRegistry(), host.Real())
	x := &network.Exchange{Header: protocol.RequestHeader{APIKey: protocol.KeyFetch, APIVersion: 16}, Received: time.Now(), Size: 100}
	x.CountError(0, 6)
	if n := testing.AllocsPerRun(100, func() { m.Done(x, 0) }); n != 0 {
		t.Fatal(n, "allocations")
	}
}

func BenchmarkObserve(b *testing.B) {
	m := newRequestMetrics(telemetry.NewRegistry(), host.Real())
	b.RunParallel(func(pb *testing.PB) {
		x := &network.Exchange{Header: protocol.RequestHeader{APIKey: 0, APIVersion: 11}, Received: time.Now(), Size: 100}
		for pb.Next() {
			m.Done(x, 100)
		}
	})
}
