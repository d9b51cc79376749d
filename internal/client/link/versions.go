package link

import (
	"fmt"

	"github.com/gregorhq/gregor/internal/protocol"
)

// Range is a range of versions, both ends included. It is empty when Max is below Min.
type Range struct{ Min, Max int16 }

// Versions are the versions that a peer serves, by API key, from its answer to ApiVersions.
type Versions struct {
	ranges [protocol.MaxAPIKey + 1]Range
	served [protocol.MaxAPIKey + 1]bool
}

// Set enters an API. Keys that this version of Kafka's protocol does not have are ignored.
func (v *Versions) Set(key int16, r Range) {
	if key >= 0 && key <= protocol.MaxAPIKey && r.Min <= r.Max {
		v.ranges[key], v.served[key] = r, true
	}
}

// Of returns the versions of an API. ok is false when the peer does not serve it.
func (v *Versions) Of(key int16) (r Range, ok bool) {
	if key < 0 || key > protocol.MaxAPIKey {
		return Range{}, false
	}
	return v.ranges[key], v.served[key]
}

// choose returns the highest version that both the caller and the peer allow.
func (v *Versions) choose(r *Request) (version int16, fault Fault) {
	peer, ok := v.Of(r.Key)
	if !ok {
		return 0, Fault{Kind: Unsupported, Cause: fmt.Errorf("the peer does not serve %s", protocol.Name(r.Key))}
	}
	version = min(peer.Max, r.Allowed.Max)
	if version < peer.Min || version < r.Allowed.Min {
		return 0, Fault{Kind: Unsupported, Cause: fmt.Errorf("the peer serves %s versions %d to %d, the caller allows %d to %d", protocol.Name(r.Key),
			peer.Min, peer.Max, r.Allowed.Min, r.Allowed.Max)}
	}
	return version, Fault{}
}

// Negotiation is the content of an answer to ApiVersions.
type Negotiation struct {
	Err protocol.Error
	// Versions are the peer's versions. It is not used when Err is set.
	Versions *Versions
	// AskMax is the highest version of ApiVersions in an answer with UNSUPPORTED_VERSION, or below
	// 0 when the answer does not contain it.
	AskMax int16
}

// Negotiated takes the answer to the ApiVersions request that Answer has announced.
func (l *Link) Negotiated(now Time, conn uint64, n Negotiation) {
	if conn != l.conn || l.state != Negotiating {
		return
	}
	switch {
	case n.Err == protocol.ErrNone:
		l.versions = *n.Versions
		l.setState(now, Ready)
		l.checking = false
		l.used = max(l.used, now)
		l.emit(Effect{Kind: Up})
	case n.Err == protocol.ErrUnsupportedVersion && l.askVersion > 0:
		l.ask(max(0, min(n.AskMax, l.askVersion-1)))
	case n.Err == protocol.ErrRebootstrapRequired:
		l.drop(now, Fault{Kind: WrongNode, Cause: n.Err})
	default:
		l.drop(now, Fault{Kind: Broken, Cause: fmt.Errorf("ApiVersions is answered with %s", n.Err.Name())})
	}
}

// ask asks for the peer's versions.
func (l *Link) ask(version int16) {
	l.correlation++
	l.askVersion, l.askCorrelation = version, l.correlation
	l.emit(Effect{Kind: Ask, Conn: l.conn, Version: version, Correlation: l.correlation})
}
