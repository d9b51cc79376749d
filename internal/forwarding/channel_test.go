package forwarding

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregorhq/gregor/internal/client"
	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/clientrecord"
)

// TestLocalController: this node leads, or no leader is known.
func TestLocalController(t *testing.T) {
	run(t, func(w *world) {
		w.local = func(cmd *controller.Command) { cmd.Finish(protocol.ErrStaleBrokerEpoch) }
		for _, leader := range []int32{-1, 1} {
			w.leads(leader)
			if r := <-w.heartbeat(); r.ErrorCode != protocol.ErrStaleBrokerEpoch.Code() {
				t.Errorf("leader %d: %d", leader, r.ErrorCode)
			}
		}
		if s := w.c.Stats(); s.Local.Load() != 2 || s.Remote.Load() != 0 || len(w.sent) > 0 {
			t.Errorf("sent %v", w.sent)
		}
	})
}

// TestRemoteController: the node's own requests go as they are, those of clients in an envelope.
func TestRemoteController(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		w.remote = func(to client.Peer, r client.Request) *reply {
			switch m := r.Message.(type) {
			case *protocol.BrokerHeartbeatRequest:
				if r.Allowed != (link.Range{Min: 0, Max: 1}) || to.Address != "c2:9093" || to.Listener != "CONTROLLER" {
					t.Errorf("%+v to %+v", r.Allowed, to)
				}
				return beaten(protocol.ErrNone)
			case *protocol.EnvelopeRequest:
				var p clientrecord.DefaultPrincipal
				if _, err := protocol.DecodeVersioned(&p, m.RequestPrincipal); err != nil || p.Type != "User" || p.Name != "alice" {
					t.Errorf("%+v %v", p, err)
				}
				h, _, err := protocol.ParseRequestHeader(m.RequestData)
				if err != nil || *h.ClientID != "app" || h.APIVersion != 7 || !slices.Equal(m.ClientHostAddress, []byte{10, 0, 0, 1}) {
					t.Errorf("%+v %v", h, err)
				}
				return created(r, -1)
			}
			return nil
		}
		if r := <-w.heartbeat(); r.ErrorCode != 0 {
			t.Error(r.ErrorCode)
		}
		if r := <-w.create("t"); codeOf(r) != protocol.ErrNone || r.Topics[0].Name != "t" {
			t.Errorf("%+v", r)
		}
		if got := strings.Join(w.sent, ", "); got != "2 heartbeat BrokerHeartbeatRequest, 2 forward EnvelopeRequest" {
			t.Error(got)
		}
	})
}

// TestAnswerWaitsForThePublication: the client sees the effect of its request on this node.
func TestAnswerWaitsForThePublication(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		w.remote = func(_ client.Peer, r client.Request) *reply { return created(r, 17) }
		c := w.create("t")
		synctest.Wait()
		if len(c) > 0 || len(w.waits) != 1 {
			t.Fatalf("%d answers, %d waits", len(c), len(w.waits))
		}
		w.waits[0]()
		if r := <-c; codeOf(r) != protocol.ErrNone {
			t.Errorf("%+v", r)
		}
	})
}

// TestRepetition: what leads to another attempt, and what does not.
func TestRepetition(t *testing.T) {
	for name, c := range map[string]struct {
		first func(r client.Request) *reply
		again bool
		want  protocol.Error
	}{
		"not the controller":   {func(r client.Request) *reply { return refusedEnvelope(r, protocol.ErrNotController) }, true, 0},
		"refused":              {func(client.Request) *reply { return lost(link.Refused) }, true, 0},
		"broken":               {func(client.Request) *reply { return lost(link.Broken) }, true, 0},
		"timed out":            {func(client.Request) *reply { return lost(link.TimedOut) }, true, 0},
		"another node":         {func(client.Request) *reply { return lost(link.WrongNode) }, true, 0},
		"the queue is full":    {func(client.Request) *reply { return lost(link.Full) }, true, 0},
		"the link is closed":   {func(client.Request) *reply { return lost(link.Closed) }, true, 0},
		"no envelopes":         {func(client.Request) *reply { return lost(link.Unsupported) }, false, protocol.ErrUnknownServerError},
		"not encodable":        {func(client.Request) *reply { return lost(link.Invalid) }, false, protocol.ErrUnknownServerError},
		"an unknown principal": {func(r client.Request) *reply { return refusedEnvelope(r, protocol.ErrPrincipalDeserializationFailure) }, false, protocol.ErrUnknownServerError},
		"not authorized":       {func(r client.Request) *reply { return refusedEnvelope(r, protocol.ErrClusterAuthorizationFailed) }, false, protocol.ErrUnknownServerError},
		"an unknown version":   {func(r client.Request) *reply { return refusedEnvelope(r, protocol.ErrUnsupportedVersion) }, false, protocol.ErrUnsupportedVersion},
		"no answer inside":     {func(r client.Request) *reply { return refusedEnvelope(r, protocol.ErrNone) }, false, protocol.ErrUnknownServerError},
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(w *world) {
				w.leads(2)
				n := 0
				w.remote = func(_ client.Peer, r client.Request) *reply {
					if n++; n == 1 {
						return c.first(r)
					}
					return created(r, -1)
				}
				began := time.Now()
				r := <-w.create("t")
				if codeOf(r) != c.want || (n == 2) != c.again || w.c.Waiting() != 0 {
					t.Errorf("%v after %d attempts", codeOf(r), n)
				}
				if took := time.Since(began); c.again && (took < retryPause || took > 2*retryPause) {
					t.Errorf("repeated after %v", took)
				}
			})
		})
	}
	run(t, func(w *world) {
		w.leads(2)
		n := 0
		w.remote = func(client.Peer, client.Request) *reply {
			if n++; n == 1 {
				return beaten(protocol.ErrNotController)
			}
			return lost(link.Unsupported)
		}
		if r := <-w.heartbeat(); r.ErrorCode != protocol.ErrUnsupportedVersion.Code() || n != 2 {
			t.Errorf("%d after %d attempts", r.ErrorCode, n)
		}
	})
}

// TestNewLeader: requests that wait go to it at once, others after the grace of the old leader. A
// heartbeat has no such grace.
func TestNewLeader(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		w.remote = func(to client.Peer, r client.Request) *reply {
			switch {
			case to.ID == 2:
				return nil // the old leader is silent
			case to.Class == client.Heartbeat:
				return beaten(0)
			}
			return created(r, -1)
		}
		beat, c := w.heartbeat(), w.create("t")
		synctest.Wait()
		began := time.Now()
		w.leads(3)
		w.c.LeaderChanged()
		if r := <-beat; r.ErrorCode != 0 || time.Since(began) > time.Millisecond {
			t.Errorf("%d after %v", r.ErrorCode, time.Since(began))
		}
		if r := <-c; codeOf(r) != 0 || time.Since(began).Round(time.Millisecond) != grace {
			t.Errorf("%v after %v", codeOf(r), time.Since(began))
		}
		// Without a call of LeaderChanged the channel looks by itself.
		w.leads(2)
		c = w.create("t")
		synctest.Wait()
		began = time.Now()
		w.leads(4)
		if r := <-c; codeOf(r) != 0 || time.Since(began) > grace+lookInFlight {
			t.Errorf("%v after %v", codeOf(r), time.Since(began))
		}
	})
}

// TestLateRefusalOfAnOldLeader: it has no effect on the attempt at the new one.
func TestLateRefusalOfAnOldLeader(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		w.remote = func(to client.Peer, r client.Request) *reply {
			<-time.NewTimer(time.Second).C
			if to.ID == 2 {
				return refusedEnvelope(r, protocol.ErrNotController)
			}
			return created(r, -1)
		}
		c := w.create("t")
		synctest.Wait()
		w.leads(3)
		if r := <-c; codeOf(r) != 0 || len(w.sent) != 2 {
			t.Errorf("%v, sent %v", codeOf(r), w.sent)
		}
	})
}

// TestWaitsForALeader: a node whose controller follows, and one that has none.
func TestWaitsForALeader(t *testing.T) {
	run(t, func(w *world) {
		w.c.o.Local = nil
		w.remote = func(_ client.Peer, r client.Request) *reply { return created(r, -1) }
		c := w.create("t")
		synctest.Wait()
		if len(w.sent) > 0 || w.c.Waiting() != 1 {
			t.Fatalf("sent %v", w.sent)
		}
		w.leads(2)
		w.mu.Lock()
		w.leader.Address = "" // not known yet
		w.mu.Unlock()
		<-time.NewTimer(time.Second).C
		if len(w.sent) > 0 {
			t.Errorf("sent %v", w.sent)
		}
		w.leads(2)
		if r := <-c; codeOf(r) != 0 {
			t.Error(codeOf(r))
		}
		began := time.Now()
		w.leads(-1)
		if r := <-w.create("t"); codeOf(r) != protocol.ErrRequestTimedOut || time.Since(began).Round(time.Millisecond) != 10*time.Second {
			t.Errorf("%v after %v", codeOf(r), time.Since(began))
		}
		began = time.Now()
		if r := <-w.heartbeat(); r.ErrorCode != protocol.ErrRequestTimedOut.Code() || time.Since(began).Round(time.Millisecond) != 4500*time.Millisecond {
			t.Errorf("%d after %v", r.ErrorCode, time.Since(began))
		}
	})
}

// TestLeadershipMovesAway: the local controller learns that another one leads, and back.
func TestLeadershipMovesAway(t *testing.T) {
	run(t, func(w *world) {
		w.leads(1)
		w.local = func(cmd *controller.Command) {
			w.leads(2)
			cmd.Finish(protocol.ErrNotController)
		}
		w.remote = func(_ client.Peer, r client.Request) *reply {
			w.leads(1)
			w.mu.Lock()
			w.local = func(cmd *controller.Command) { cmd.Finish(protocol.ErrPolicyViolation) }
			w.mu.Unlock()
			return refusedEnvelope(r, protocol.ErrNotController)
		}
		if r := <-w.create("t"); codeOf(r) != protocol.ErrPolicyViolation || w.c.Waiting() != 0 {
			t.Errorf("%v", codeOf(r))
		}
		if s := w.c.Stats(); s.Local.Load() != 2 || s.Remote.Load() != 1 || s.Repeated.Load() != 1 {
			t.Errorf("%d local, %d remote, %d repeated", s.Local.Load(), s.Remote.Load(), s.Repeated.Load())
		}
	})
}

// TestSilentController: the request ends when its time is over, and the late answer is ignored.
func TestSilentController(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		release := make(chan struct{})
		w.remote = func(_ client.Peer, r client.Request) *reply { <-release; return created(r, -1) }
		began := time.Now()
		c := w.create("t")
		if r := <-c; codeOf(r) != protocol.ErrRequestTimedOut || time.Since(began).Round(time.Millisecond) != 11*time.Second {
			t.Errorf("%v after %v", codeOf(r), time.Since(began))
		}
		close(release)
		synctest.Wait()
		if len(c) > 0 || w.c.Stats().TimedOut.Load() != 1 {
			t.Error("answered twice")
		}
	})
}

// TestCloseFailsWhatWaits: also requests that come later, and those of the local controller.
func TestCloseFailsWhatWaits(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		w.remote = func(client.Peer, client.Request) *reply { return nil }
		var kept []*controller.Command
		c := w.create("a")
		synctest.Wait()
		w.leads(1)
		w.local = func(cmd *controller.Command) { kept = append(kept, cmd) }
		beat := w.heartbeat()
		synctest.Wait()
		w.c.Close()
		if r := <-c; codeOf(r) != protocol.ErrNotController {
			t.Error(codeOf(r))
		}
		kept[0].Finish(protocol.ErrNotController) // as quorum.Controller.Close does
		if r := <-beat; r.ErrorCode != protocol.ErrNotController.Code() {
			t.Error(r.ErrorCode)
		}
		w.leads(2)
		if r := <-w.create("b"); codeOf(r) != protocol.ErrNotController {
			t.Error(codeOf(r))
		}
	})
}

// TestUnusableClients: a client without an IP address cannot be forwarded, and a full lane refuses.
func TestUnusableClients(t *testing.T) {
	run(t, func(w *world) {
		w.leads(2)
		w.remote = func(client.Peer, client.Request) *reply { return nil }
		out := make(chan protocol.Message, 1)
		req := protocol.New[protocol.DeleteTopicsRequest]()
		req.Topics = make([]protocol.DeleteTopicsRequestDeleteTopicState, 1)
		w.c.Call(controller.Request{Version: 6, Address: "/nowhere"}, req, func(m protocol.Message) { out <- m })
		if r := (<-out).(*protocol.DeleteTopicsResponse); r.Responses[0].ErrorCode != protocol.ErrUnknownServerError.Code() {
			t.Errorf("%+v", r)
		}
		for range maxWaiting {
			w.create("t")
		}
		if r := <-w.create("t"); codeOf(r) != protocol.ErrNotController {
			t.Error(codeOf(r))
		}
	})
}
