package broker

import (
	"sync"
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/network"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/telemetry"
)

// The first requests of an API may end on several connections at once. Every connection must see
// the counter, the timer and the histogram, or none of them. The broker once panicked here, because
// the counter was visible first.
func TestFirstRequestsOfManyConnectionsAtOnce(t *testing.T) {
	for range 20 {
		m := newRequestMetrics(telemetry.NewRegistry(), host.Real())
		begin := make(chan struct{})
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				<-begin
				for key := range int16(protocol.MaxAPIKey + 1) {
					x := &network.Exchange{Header: protocol.RequestHeader{APIKey: key}, Received: time.Now(), Size: 10}
					m.Done(x, 0)
				}
			})
		}
		close(begin)
		wg.Wait()
	}
}
