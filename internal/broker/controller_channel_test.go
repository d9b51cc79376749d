package broker

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// TestWaitForAnOffset: a function waits for the publication of an offset, for its patience, or for
// the end of the queue.
func TestWaitForAnOffset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, h := newPublications(func() {}), host.Real()
		var mu sync.Mutex // the functions run in timers, too
		var ran []string
		at := func(name string, offset int64) {
			p.at(offset, h, func() {
				mu.Lock()
				defer mu.Unlock()
				ran = append(ran, name)
			})
		}
		check := func(want ...string) {
			t.Helper()
			mu.Lock()
			defer mu.Unlock()
			if len(ran) != len(want) {
				t.Fatalf("ran %v, want %v", ran, want)
			}
			for i := range want {
				if ran[i] != want[i] {
					t.Fatalf("ran %v, want %v", ran, want)
				}
			}
			ran = nil
		}
		at("first image", 0)
		check()
		p.published(5)
		check("first image")
		at("5", 5)
		check("5")
		at("7", 7)
		at("6", 6)
		at("9", 9)
		p.published(6)
		check("6")
		p.published(8)
		check("7")
		<-time.NewTimer(publicationPatience + time.Millisecond).C
		synctest.Wait()
		check("9")
		p.published(9)
		check()
		at("20", 20)
		p.close()
		check("20")
		at("30", 30)
		check("30")
	})
}

// TestChannelOfACombinedNode: the controller in this process answers, and no connection is opened.
func TestChannelOfACombinedNode(t *testing.T) {
	n := startWith(t, nil)
	if s := n.forwarding.Stats(); s.Local.Load() == 0 || s.Remote.Load() > 0 || s.Repeated.Load() > 0 {
		t.Errorf("%d local, %d remote, %d repeated", s.Local.Load(), s.Remote.Load(), s.Repeated.Load())
	}
	if l := n.leader(); l.ID != n.id || l.Epoch == 0 || len(n.peers.Links()) > 0 {
		t.Errorf("leader %+v, links %v", l, n.peers.Links())
	}
	if err := n.Stop(context.Background()); err != nil {
		t.Fatal(err)
	}
	done := make(chan protocol.Error, 1)
	req := protocol.New[protocol.BrokerHeartbeatRequest]()
	controller.BrokerHeartbeat.Call(n.forwarding, n.request(1), req, func(r *protocol.BrokerHeartbeatResponse) { done <- protocol.Error(r.ErrorCode) })
	if e := <-done; e != protocol.ErrNotController {
		t.Errorf("a stopped node answers %v", e)
	}
}
