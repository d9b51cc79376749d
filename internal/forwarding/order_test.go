package forwarding

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
)

// TestOrderOfRepetitions: the requests of a lane reach the new leader in their order.
func TestOrderOfRepetitions(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		var order []string
		w.remote = func(to client.Peer, r client.Request) *reply {
			if to.ID == 2 {
				return refusedEnvelope(r, protocol.ErrNotController)
			}
			h, body, _ := protocol.ParseRequestHeader(r.Message.(*protocol.EnvelopeRequest).RequestData)
			var req protocol.CreateTopicsRequest
			if err := req.Decode(body, h.APIVersion); err != nil {
				t.Error(err)
			}
			return created(r, -1)
		}
		w.c.o.Remote = inOrder{w, &order}
		var all []<-chan *protocol.CreateTopicsResponse
		for i := range 100 {
			all = append(all, w.create(fmt.Sprintf("t%03d", i)))
		}
		synctest.Wait()
		w.leads(3)
		for _, c := range all {
			if r := <-c; codeOf(r) != 0 {
				t.Error(codeOf(r))
			}
		}
		if len(order) != 100 || !slices.IsSorted(order) {
			t.Errorf("%v", order)
		}
	})
}

// TestRepetitionDoesNotOvertake: a request waits while a later one is in flight to the controller
// that refused it.
func TestRepetitionDoesNotOvertake(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		attempts := map[string]int{}
		var order []string
		w.remote = func(_ client.Peer, r client.Request) *reply {
			_, body, _ := protocol.ParseRequestHeader(r.Message.(*protocol.EnvelopeRequest).RequestData)
			var req protocol.CreateTopicsRequest
			_ = req.Decode(body, 7)
			name := req.Topics[0].Name
			w.mu.Lock()
			attempts[name]++
			first := attempts[name] == 1
			order = append(order, name)
			w.mu.Unlock()
			switch {
			case first:
				delay := map[string]time.Duration{"a": 10 * time.Millisecond, "b": 300 * time.Millisecond}[name]
				<-time.NewTimer(delay).C
				return refusedEnvelope(r, protocol.ErrNotController)
			}
			return created(r, -1)
		}
		began := time.Now()
		a := w.create("a")
		synctest.Wait()
		b := w.create("b")
		synctest.Wait()
		if r := <-a; codeOf(r) != 0 || time.Since(began) < 300*time.Millisecond {
			t.Errorf("%v after %v", codeOf(r), time.Since(began))
		}
		if r := <-b; codeOf(r) != 0 || order[0] != "a" {
			t.Errorf("%v, order %v", codeOf(r), order)
		}
	})
}

// TestNewLeaderNeedsNoPause: the pause after a failure is for the leader that failed.
func TestNewLeaderNeedsNoPause(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		w.remote = func(to client.Peer, r client.Request) *reply {
			if to.ID == 2 {
				return lost(link.Refused)
			}
			return created(r, -1)
		}
		c := w.create("t")
		synctest.Wait()
		began := time.Now()
		w.leads(3)
		w.c.LeaderChanged()
		if r := <-c; codeOf(r) != 0 || time.Since(began) > time.Millisecond {
			t.Errorf("%v after %v", codeOf(r), time.Since(began))
		}
	})
}

// TestLocalRequestsDoNotOvertake: when this node becomes the leader, the requests that wait come
// before new ones.
func TestLocalRequestsDoNotOvertake(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		w.remote = func(client.Peer, client.Request) *reply { return lost(link.Refused) }
		n := 0
		w.c.o.Local = deciding(func(cmd *controller.Command) {
			if n++; n == 1 {
				cmd.Finish(protocol.ErrPolicyViolation)
			} else {
				cmd.Finish(protocol.ErrInvalidConfig)
			}
		})
		first := w.create("first")
		synctest.Wait()
		w.leads(1)
		second := w.create("second")
		if a, b := codeOf(<-first), codeOf(<-second); a != protocol.ErrPolicyViolation || b != protocol.ErrInvalidConfig {
			t.Errorf("first %v, second %v", a, b)
		}
	})
}

// deciding is a local controller that decides inside Submit.
type deciding func(cmd *controller.Command)

// Submit implements Local.
func (f deciding) Submit(cmd *controller.Command) { f(cmd) }

// inOrder notes the order of the requests to node 3.
type inOrder struct {
	w     *world
	order *[]string
}

func (s inOrder) Send(to client.Peer, r client.Request, done func(client.Answer, error)) {
	if to.ID == 3 {
		_, body, _ := protocol.ParseRequestHeader(r.Message.(*protocol.EnvelopeRequest).RequestData)
		var req protocol.CreateTopicsRequest
		_ = req.Decode(body, 7)
		*s.order = append(*s.order, req.Topics[0].Name)
	}
	s.w.Send(to, r, done)
}
