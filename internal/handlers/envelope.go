package handlers

// Envelope (key 58), version 0 (KIP-590), on controller listeners: a broker forwards a request of
// its client, with the client's principal and address. The answer carries the answer to the
// client. When that one says NOT_CONTROLLER anywhere, the envelope says NOT_CONTROLLER instead, so
// that the broker looks for the active controller.
//
// Errors, as in Apache Kafka (EnvelopeUtils): INVALID_REQUEST for a client address that has neither
// 4 nor 16 bytes and for an API that is not forwarded, PRINCIPAL_DESERIALIZATION_FAILURE for a
// principal that is not one of DefaultKafkaPrincipalBuilder, UNSUPPORTED_VERSION for an embedded
// request that cannot be read.
//
// The answer of a gregor controller has a tagged field of its own: the metadata offset that the
// controller had published. The broker answers its client when it has published that offset too.

import (
	"net/netip"
	"slices"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/clientrecord"
)

// forwardable are the APIs that a broker of Apache Kafka 4.4 forwards (ApiKeys.forwardable).
var forwardable = []int16{
	protocol.KeyCreateTopics, protocol.KeyDeleteTopics, protocol.KeyCreateACLs, protocol.KeyDeleteACLs, protocol.KeyAlterConfigs,
	protocol.KeyCreatePartitions, protocol.KeyCreateDelegationToken, protocol.KeyRenewDelegationToken, protocol.KeyExpireDelegationToken,
	protocol.KeyElectLeaders, protocol.KeyIncrementalAlterConfigs, protocol.KeyAlterPartitionReassignments,
	protocol.KeyListPartitionReassignments, protocol.KeyAlterClientQuotas, protocol.KeyAlterUserScramCredentials,
	protocol.KeyDescribeQuorum, protocol.KeyUpdateFeatures, protocol.KeyUnregisterBroker, protocol.KeyAllocateProducerIDs,
	protocol.KeyAddRaftVoter, protocol.KeyRemoveRaftVoter,
}

// Envelope answers embedded requests from the table of a controller listener. applied returns the
// offset of the metadata that this node has published; nil means that the answers lack it.
func Envelope(r *Registry, applied func() int64) API {
	return NewAPI(0, 0, func(c *Ctx, req *protocol.EnvelopeRequest) {
		resp := protocol.New[protocol.AppliedEnvelope]()
		inner, err := unwrap(c, req)
		if err == protocol.ErrNone {
			err = r.readable(inner.Header, inner.Body)
		}
		if err != protocol.ErrNone {
			resp.ErrorCode = err.Code()
			c.Respond(resp)
			return
		}
		moved := false
		call := &Call{counted: func(code int16) { moved = moved || code == protocol.ErrNotController.Code() }}
		call.done = func(a Answer) {
			switch {
			case a.Closed != "":
				// Kafka closes the connection of the broker, too.
				c.CloseConnection("embedded request: " + a.Closed)
				return
			case moved:
				resp.ErrorCode = protocol.ErrNotController.Code()
			default:
				resp.ResponseData = a.Frame
				if applied != nil {
					resp.Applied = applied()
				}
			}
			c.Respond(resp)
		}
		r.serveCall(call, inner)
	})
}

// unwrap reads the client and the header of an embedded request.
func unwrap(c *Ctx, req *protocol.EnvelopeRequest) (inner Request, err protocol.Error) {
	principal, err := principalOf(req.RequestPrincipal)
	if err != protocol.ErrNone {
		return inner, err
	}
	address, ok := netip.AddrFromSlice(req.ClientHostAddress)
	if !ok {
		return inner, protocol.ErrInvalidRequest
	}
	header, body, failed := protocol.ParseRequestHeader(req.RequestData)
	if _, known := protocol.LookupAPI(header.APIKey); failed != nil || !known {
		return inner, protocol.ErrUnsupportedVersion
	}
	if !slices.Contains(forwardable, header.APIKey) {
		return inner, protocol.ErrInvalidRequest
	}
	return Request{Header: header, Body: body, Received: c.Now, ClientHost: address.Unmap().String(), Listener: c.Listener, Principal: principal}, protocol.ErrNone
}

// principalOf reads a principal as DefaultKafkaPrincipalBuilder writes it.
func principalOf(b []byte) (string, protocol.Error) {
	var p clientrecord.DefaultPrincipal
	if _, err := protocol.DecodeVersioned(&p, b); err != nil {
		return "", protocol.ErrPrincipalDeserializationFailure
	}
	return p.Type + ":" + p.Name, protocol.ErrNone
}

// readable reports whether the table serves an embedded request and can decode it.
func (r *Registry) readable(h protocol.RequestHeader, body []byte) protocol.Error {
	a := r.apis[h.APIKey]
	if a == nil || h.APIVersion < a.MinVersion || h.APIVersion > a.MaxVersion {
		return protocol.ErrUnsupportedVersion
	}
	if protocol.NewRequest(h.APIKey).Decode(body, h.APIVersion) != nil {
		return protocol.ErrUnsupportedVersion
	}
	return protocol.ErrNone
}
