package quorum

import (
	"testing"
	"time"

	"github.com/gregorhq/gregor/internal/controller"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// tryRegister sends the registration of a process of broker 9.
func (v *voters) tryRegister(incarnation byte) *protocol.BrokerRegistrationResponse {
	v.t.Helper()
	return ask(v, controller.BrokerRegistration, 4, &protocol.BrokerRegistrationRequest{BrokerID: 9, ClusterID: testCluster, IncarnationID: wire.UUID{incarnation},
		Features: supported(), LogDirs: []wire.UUID{{7: 7}}, Listeners: []protocol.BrokerRegistrationRequestListener{{Name: "P", Host: "h", Port: 1}}})
}

func (v *voters) fenced() bool { return v.leader().c.Image().Broker(9).Fenced }

// A new active controller gives every broker a full session. Meanwhile no other process can take
// the id of the broker, and the broker is not fenced. A broker that stays silent is fenced after
// the session, and then its id is free.
func TestSessionsSurviveAFailover(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9) // incarnation 5
	epoch := v.leader().c.Image().Broker(9).Epoch
	v.cut = v.leader().c.engine.o.NodeID
	old := v.leader()
	v.run("another leader", func() bool { return !old.c.Status().Active && v.leader() != nil })
	v.cut = 0
	activated := v.now
	if r := v.tryRegister(6); protocol.Error(r.ErrorCode) != protocol.ErrDuplicateBrokerRegistration {
		t.Fatalf("another process registers: %v", protocol.Error(r.ErrorCode))
	}
	hb := ask(v, controller.BrokerHeartbeat, 1, &protocol.BrokerHeartbeatRequest{BrokerID: 9, BrokerEpoch: epoch, CurrentMetadataOffset: epoch + 10})
	if hb.ErrorCode != 0 || hb.IsFenced {
		t.Errorf("the live broker: %+v", hb)
	}
	session := v.leader().c.engine.set.sessionTimeout
	v.run("most of a session", func() bool { return v.now.Sub(activated) > session-time.Second })
	if v.fenced() {
		t.Error("fenced before the end of its session")
	}
	v.run("the broker is fenced", v.fenced)
	if r := v.tryRegister(6); r.ErrorCode != 0 {
		t.Errorf("a new process after the session: %v", protocol.Error(r.ErrorCode))
	}
}

// A refused connection proves that the process of a broker has ended. The broker is fenced at once,
// and a new process registers. The proof about an older process of the broker has no effect.
func TestGoneBrokerIsFencedAtOnce(t *testing.T) {
	v := openVoters(t)
	v.run("a leader", func() bool { return v.leader() != nil })
	v.registerAt(9)
	epoch := v.leader().c.Image().Broker(9).Epoch
	began := v.now
	v.leader().c.BrokerGone(9, epoch-1)
	v.leader().c.BrokerGone(8, epoch)
	v.follower().c.BrokerGone(9, epoch)
	v.create("a")
	if v.fenced() {
		t.Fatal("fenced without a proof")
	}
	v.leader().c.BrokerGone(9, epoch)
	v.run("the broker is fenced", v.fenced)
	if r := v.tryRegister(6); r.ErrorCode != 0 || r.BrokerEpoch <= epoch {
		t.Errorf("the new process: %+v", r)
	}
	if v.now.Sub(began) > time.Second {
		t.Errorf("it took %v", v.now.Sub(began))
	}
	v.leader().c.BrokerGone(9, epoch)
	if r := v.tryRegister(7); protocol.Error(r.ErrorCode) != protocol.ErrDuplicateBrokerRegistration {
		t.Errorf("the old proof ends the session of the new process: %v", protocol.Error(r.ErrorCode))
	}
}
