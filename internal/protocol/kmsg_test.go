package protocol_test

import (
	"bytes"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/clientrecord"
	"github.com/gregorhq/gregor/internal/protocol/grouprecord"
	"github.com/gregorhq/gregor/internal/protocol/protocoltest"
	"github.com/gregorhq/gregor/internal/protocol/txnrecord"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// oracle is the common interface of kmsg's requests and responses. kmsg must only decode valid
// bytes.
type oracle interface {
	MaxVersion() int16
	SetVersion(version int16)
	Default()
	AppendTo(dst []byte) []byte
	ReadFrom(src []byte) error
}

// TestKmsg exchanges random messages of every API and version with kmsg, an independent codec, in
// both directions. One decodes the bytes of the other, and encodes them to the same bytes.
func TestKmsg(t *testing.T) {
	pairs, versions := 0, 0
	for _, api := range protocol.APIs() {
		req := kmsg.RequestForKey(api.Key)
		if req == nil {
			t.Logf("kmsg does not know %s", api.Name)
			continue
		}
		for _, p := range []struct {
			ours   protocol.Message
			theirs oracle
		}{{protocol.NewRequest(api.Key), req.(oracle)}, {protocol.NewResponse(api.Key), req.ResponseKind().(oracle)}} {
			pairs++
			for v := p.ours.MinVersion(); v <= min(p.ours.MaxVersion(), p.theirs.MaxVersion()); v++ {
				versions++
				for round := range 6 {
					rnd := rand.New(rand.NewPCG(uint64(api.Key)<<8|uint64(v), uint64(round)))
					compareBoth(t, rnd, p.ours, p.theirs, v)
				}
			}
			if top := p.theirs.MaxVersion(); top < p.ours.MaxVersion() {
				t.Logf("%s: kmsg knows version %d, we know %d", p.ours.MessageName(), top, p.ours.MaxVersion())
			}
		}
	}
	if pairs < 170 || versions < 500 {
		t.Errorf("only %d messages in %d versions were compared", pairs, versions)
	}
}

func freshOracle(o oracle, version int16) oracle {
	o = reflect.New(reflect.TypeOf(o).Elem()).Interface().(oracle)
	o.Default()
	o.SetVersion(version)
	return o
}

func compareBoth(t *testing.T, rnd *rand.Rand, ours protocol.Message, theirs oracle, v int16) {
	t.Helper()
	ours.SetDefaults()
	protocoltest.Fill(rnd, reflect.ValueOf(ours).Elem(), v)
	b := encode(ours, v)
	theirs = freshOracle(theirs, v) // kmsg does not clear a field for a null
	if err := theirs.ReadFrom(b); err != nil {
		t.Errorf("%s v%d: kmsg cannot read %x: %v", ours.MessageName(), v, b, err)
	}
	if again := theirs.AppendTo(nil); !bytes.Equal(again, b) {
		t.Errorf("%s v%d:\nours %x\nkmsg %x", ours.MessageName(), v, b, again)
	}
	theirs = freshOracle(theirs, v)
	protocoltest.Fill(rnd, reflect.ValueOf(theirs).Elem(), v)
	theirs.SetVersion(v)
	b = theirs.AppendTo(nil)
	r := wire.NewReader(b)
	if err := ours.DecodeFrom(&r, v); err != nil || r.Len() > 0 {
		t.Errorf("%s v%d: %v, %d bytes left of kmsg's %x", ours.MessageName(), v, err, r.Len(), b)
	}
	again := encode(ours, v)
	if v < kmsgTagsEarly[ours.MessageName()] && len(again) < len(b) {
		theirs = freshOracle(theirs, v)
		if err := theirs.ReadFrom(again); err != nil {
			t.Errorf("%s v%d: kmsg cannot read %x: %v", ours.MessageName(), v, again, err)
		}
		b = theirs.AppendTo(nil)
	}
	if !bytes.Equal(again, b) {
		t.Errorf("%s v%d:\nkmsg %x\nours %x", ours.MessageName(), v, b, again)
	}
}

// kmsgTagsEarly lists messages in which kmsg also writes a tagged field in versions before it
// exists. Kafka's schemas do not have it there, and a reader skips it.
var kmsgTagsEarly = map[string]int16{
	"BrokerHeartbeatRequest": 2, "FetchRequest": 18, "FetchResponse": 16, "FetchSnapshotRequest": 1, "FetchSnapshotResponse": 1,
	"ProduceResponse": 10, "VoteResponse": 1,
}

// versioned is a record in kmsg. Its version is a field and precedes the bytes.
type versioned interface {
	Default()
	AppendTo(dst []byte) []byte
	ReadFrom(src []byte) error
}

// TestKmsgRecords does the same with the records that kmsg has.
func TestKmsgRecords(t *testing.T) {
	for _, p := range []struct {
		ours   protocol.Message
		theirs versioned
	}{
		{protocol.New[grouprecord.OffsetCommitKey](), new(kmsg.OffsetCommitKey)},
		{protocol.New[grouprecord.OffsetCommitValue](), new(kmsg.OffsetCommitValue)},
		{protocol.New[grouprecord.GroupMetadataKey](), new(kmsg.GroupMetadataKey)},
		{protocol.New[grouprecord.GroupMetadataValue](), new(kmsg.GroupMetadataValue)},
		{protocol.New[txnrecord.TransactionLogKey](), new(kmsg.TxnMetadataKey)},
		{protocol.New[txnrecord.TransactionLogValue](), new(kmsg.TxnMetadataValue)},
		{protocol.New[clientrecord.ConsumerProtocolSubscription](), new(kmsg.ConsumerMemberMetadata)},
		{protocol.New[clientrecord.ConsumerProtocolAssignment](), new(kmsg.ConsumerMemberAssignment)},
	} {
		for v := p.ours.MinVersion(); v <= p.ours.MaxVersion(); v++ {
			for round := range 20 {
				rnd := rand.New(rand.NewPCG(uint64(v), uint64(round)))
				p.ours.SetDefaults()
				protocoltest.Fill(rnd, reflect.ValueOf(p.ours).Elem(), v)
				b := whole(protocol.EncodeVersioned(p.ours, v))
				if strings.HasSuffix(p.ours.MessageName(), "Key") {
					b = whole(protocol.EncodeRecordKey(p.ours))
				}
				p.theirs = reflect.New(reflect.TypeOf(p.theirs).Elem()).Interface().(versioned)
				p.theirs.Default()
				if err := p.theirs.ReadFrom(b); err != nil {
					t.Errorf("%s v%d: kmsg cannot read %x: %v", p.ours.MessageName(), v, b, err)
				}
				if again := p.theirs.AppendTo(nil); !bytes.Equal(again, b) {
					t.Errorf("%s v%d:\nours %x\nkmsg %x", p.ours.MessageName(), v, b, again)
				}
			}
		}
	}
}
