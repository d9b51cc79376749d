package client

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/host"
	"github.com/gregorhq/gregor/internal/protocol"
)

// Class separates requests to the same peer: each class has its own connection, because answers
// come in the order of the requests.
type Class uint8

// The classes of requests.
const (
	// General is for requests with short answers.
	General Class = iota
	// Fetch is for fetches, which wait for data (a long poll).
	Fetch
	// Heartbeat is for the registration and the heartbeats of brokers, which must not wait behind
	// slow requests.
	Heartbeat
	// Partition is for AlterPartition and AssignReplicasToDirs.
	Partition
	// Forward is for requests of clients to the controller.
	Forward
	// Quorum is for the requests of KRaft besides fetches.
	Quorum
)

var classNames = [...]string{"general", "fetch", "heartbeat", "partition", "forward", "quorum"}

// String returns the name of the class for logs and metrics.
func (c Class) String() string {
	if int(c) < len(classNames) {
		return classNames[c]
	}
	return fmt.Sprintf("class-%d", uint8(c))
}

// Peer names a link: a node's listener, and a class of requests.
type Peer struct {
	// ID is the node id, or below 0 when it is unknown (a bootstrap server).
	ID int32
	// Address is the host:port of the listener.
	Address string
	// Listener is the name of the listener. It selects the security of the connection.
	Listener string
	Class    Class
}

// String describes the peer in errors and logs.
func (p Peer) String() string {
	if p.ID < 0 {
		return p.Address
	}
	return fmt.Sprintf("node %d (%s)", p.ID, p.Address)
}

// Request is one request to a peer. NewRequest makes it.
type Request struct {
	Message protocol.Request
	// Allowed are the versions that the caller allows.
	Allowed link.Range
	// Deadline is the time (host.Clock.Elapsed) by which the answer must have come.
	Deadline time.Duration
	// Prepare, when set, completes Message for the chosen version, before it is encoded. It runs
	// inside a step of the link.
	Prepare func(version int16)
	// Into, when set, is the message that the answer is decoded into; its memory is reused. It must
	// be the response of the API. Nil means a new one.
	Into protocol.Message
}

// NewRequest makes a request that allows every stable version of its API.
func NewRequest(m protocol.Request, deadline time.Duration) Request {
	r := Request{Message: m, Deadline: deadline, Allowed: link.Range{Min: m.MinVersion(), Max: m.MaxVersion()}}
	if a, ok := protocol.LookupAPI(m.APIKey()); ok {
		r.Allowed.Max = min(r.Allowed.Max, a.MaxStable)
	}
	return r
}

// Answer is the answer to a request.
type Answer struct {
	Message protocol.Message
	// Version is the version of request and answer.
	Version int16
	frame   *Frame
}

// Release gives the memory of the answer's bytes back, for later answers. Message and its []byte
// fields must not be used afterwards. Release need not be called.
func (a *Answer) Release() {
	if a.frame != nil {
		a.frame.release()
		a.frame = nil
	}
}

// Change is a change of a link's connection.
type Change struct {
	Peer Peer
	// Err is nil when the link is ready for requests. Otherwise it is the reason why a dial failed
	// or the connection ended.
	Err error
}

// Options are the parts of a Pool.
type Options struct {
	Host host.Host
	// Transport carries the frames. It must be set.
	Transport Transport
	// ClientID is the client id in the request headers.
	ClientID string
	// Software and Version name this program in ApiVersions (KIP-511). Empty means gregor and dev.
	Software, Version string
	// ClusterID, when set, is the cluster that every peer with a known id must belong to. The first
	// request of a connection names the cluster and the node (KIP-1242). Peers before Kafka 4.4 do
	// not check them.
	ClusterID string
	// Limits bound each link.
	Limits link.Options
	// OnChange, when set, learns of each change of a connection. It runs inside a step of the link,
	// and must return soon.
	OnChange func(Change)
	// Logger gets lines about connections. Nil means no lines.
	Logger *slog.Logger
}

// Transport opens connections to peers.
type Transport interface {
	// Dial opens a connection and returns at once. It reports to events, from any goroutine,
	// possibly before it returns.
	Dial(to Peer, events Events) Conn
}

// Conn is an outbound connection. Its methods do not block.
type Conn interface {
	// Write sends frames, each with its length in front. The connection owns the buffer and gives
	// it back by Buffer.Release.
	Write(b *Buffer)
	// Close ends the dial or the connection. Events that come later have no effect.
	Close()
}

// Events takes the events of a connection: Opened, then Wrote and Received, last Broken. All
// methods are safe for concurrent use and do not block.
type Events interface {
	// Opened says that the connection carries frames.
	Opened()
	// Wrote says that n bytes have left.
	Wrote(n int)
	// Received passes an answer, without its length. The callee owns it.
	Received(f *Frame)
	// Broken says that the dial failed, or that the connection has ended.
	Broken(f link.Fault)
}
