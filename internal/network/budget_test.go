package network

import (
	"math/rand/v2"
	"net"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
)

// The right to overdraw used to end when a frame was whole: frames that had begun overdrew one
// after the other, and all of them were held.
func TestBudgetHoldsReadersBack(t *testing.T) {
	k := newKeeper()
	_, addr := start(t, k, Options{MaxBytesInFlight: 256 << 10})
	var cs []net.Conn
	for range 8 {
		c := dial(t, addr)
		cs = append(cs, c)
		go func() { _, _ = c.Write(heartbeat(1, 100<<10)) }()
	}
	for range 8 {
		x := <-k.news
		// Of 128 KiB each: two fill the budget, one may overdraw.
		if n := len(k.news); n > 2 {
			t.Fatalf("%d requests of 128 KiB beyond one held in a budget of 256 KiB", n)
		}
		x.Respond(&protocol.HeartbeatResponse{}, 0)
	}
	for _, c := range cs {
		readCorrelation(t, c)
	}
}

// Whatever the order of requests, the bound holds and none of them waits for ever.
func TestBudgetBoundsWhatIsHeld(t *testing.T) {
	const total, frame, requests = 1 << 20, 256 << 10, 64
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		b := newBudget(total)
		// A request takes 64 KiB, then the rest of its frame, then is held until it is answered.
		type request struct {
			hold  holding
			wait  *budgetWaiter
			stage int
		}
		rs := make([]request, requests)
		for left := requests; left > 0; {
			moved := false
			for _, i := range rnd.Perm(requests) {
				r := &rs[i]
				if r.stage == 4 {
					continue
				}
				if r.wait != nil {
					select {
					case <-r.wait.ready:
						r.wait = nil
					default:
						continue
					}
				}
				moved = true
				r.stage++
				switch r.stage {
				case 1:
					r.wait = b.begin(&r.hold, firstChunk)
				case 2:
					r.wait = b.grow(&r.hold, frame-firstChunk)
				case 3:
					// Whole, and held: a client's time-out or the disk decides for how long.
				case 4:
					b.release(&r.hold)
					left--
				}
				if held := total - b.left(); held > total+firstChunk+frame {
					t.Fatalf("seed %d: %d bytes held of a budget of %d", seed, held, total)
				}
			}
			if !moved {
				t.Fatalf("seed %d: %d requests wait for each other", seed, left)
			}
		}
		if b.left() != total {
			t.Fatalf("seed %d: %d of %d bytes are free in the end", seed, b.left(), total)
		}
	}
}
