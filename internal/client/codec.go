package client

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/gregorhq/gregor/internal/client/link"
	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// askVersion is the first version of ApiVersions that a link asks with. A peer that does not know
// it answers with its own versions of ApiVersions.
const (
	askVersion = 4
	// askNamedVersion also names the cluster and the node (KIP-1242).
	askNamedVersion = 5
)

var errPayload = errors.New("a request cannot carry a payload outside of its buffer")

// encode appends a frame: length, header and message. It returns the number of bytes. After an
// error the buffer is as it was before.
func encode(b *Buffer, h protocol.RequestHeader, m protocol.Message) (n int, err error) {
	start := len(b.w.Buf)
	var w wire.Writer
	w.Buf = append(b.w.Buf, 0, 0, 0, 0)
	protocol.AppendRequestHeader(&w, h)
	m.Encode(&w, h.APIVersion)
	if err := w.Err(); err != nil {
		return 0, fmt.Errorf("%s: %w", m.MessageName(), err)
	}
	if len(w.Splices) > 0 {
		return 0, errPayload
	}
	b.w.Buf = w.Buf
	n = len(w.Buf) - start
	binary.BigEndian.PutUint32(w.Buf[start:], uint32(n-4))
	return n, nil
}

// correlationOf returns the correlation id of an answer.
func correlationOf(f *Frame) (id int32, ok bool) {
	if len(f.Bytes) < 4 {
		return 0, false
	}
	return int32(binary.BigEndian.Uint32(f.Bytes)), true
}

// decode reads an answer into resp.
func decode(f *Frame, key, version int16, resp protocol.Message) error {
	_, body, err := protocol.ParseResponseHeader(f.Bytes, key, version)
	if err == nil {
		err = resp.Decode(body, version)
	}
	if err != nil {
		return fmt.Errorf("unreadable answer to %s version %d: %w", protocol.Name(key), version, err)
	}
	return nil
}

// parseVersions reads an answer to ApiVersions. A peer that does not know the version of the
// request answers in version 0, with UNSUPPORTED_VERSION and often with the range of ApiVersions
// (KIP-511).
func parseVersions(f *Frame, version int16) (n link.Negotiation, err error) {
	_, body, err := protocol.ParseResponseHeader(f.Bytes, protocol.KeyAPIVersions, version)
	if err != nil {
		return n, err
	}
	r := wire.NewReader(body)
	n.Err = protocol.Error(r.Int16())
	n.AskMax = -1
	if n.Err == protocol.ErrUnsupportedVersion {
		version = 0
	}
	resp := protocol.New[protocol.APIVersionsResponse]()
	if err := resp.Decode(body, version); err != nil {
		if n.Err != protocol.ErrNone { // the code is enough
			return n, nil
		}
		return n, fmt.Errorf("unreadable answer to ApiVersions version %d: %w", version, err)
	}
	n.Versions = &link.Versions{}
	for _, a := range resp.APIKeys {
		n.Versions.Set(a.APIKey, link.Range{Min: a.MinVersion, Max: a.MaxVersion})
		if a.APIKey == protocol.KeyAPIVersions {
			n.AskMax = a.MaxVersion
		}
	}
	return n, nil
}

// versionsRequest is the first request of a connection.
func (p *Pool) versionsRequest(to Peer, version int16) *protocol.APIVersionsRequest {
	req := protocol.New[protocol.APIVersionsRequest]()
	req.ClientSoftwareName, req.ClientSoftwareVersion = p.o.Software, p.o.Version
	if version >= askNamedVersion && p.named(to) {
		req.ClusterID, req.NodeID = &p.o.ClusterID, to.ID
	}
	return req
}

// named reports whether the first request names the cluster and the node.
func (p *Pool) named(to Peer) bool { return p.o.ClusterID != "" && to.ID >= 0 }
