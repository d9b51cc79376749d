package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// RequestHeader is the header of every request, without the tagged fields of version 2. Kafka
// defines no tagged fields yet.
type RequestHeader struct {
	APIKey        int16
	APIVersion    int16
	CorrelationID int32
	// ClientID is nil when the client sent null.
	ClientID *string
}

// ParseRequestHeader splits a frame (without its length prefix) into header and body. body is a
// view. It does not check whether the API is served: an unknown API has header version 1. Errors
// wrap wire.ErrMalformed.
func ParseRequestHeader(frame []byte) (RequestHeader, []byte, error) {
	var h RequestHeader
	body, err := h.Parse(frame)
	return h, body, err
}

// Parse is ParseRequestHeader into a used header. It does not copy an unchanged client id.
func (h *RequestHeader) Parse(frame []byte) (body []byte, err error) {
	peek := wire.NewReader(frame)
	version := RequestHeaderVersion(peek.Int16(), peek.Int16())
	r := wire.NewReader(frame)
	data := RequestHeaderData{ClientID: h.ClientID}
	if err := data.DecodeFrom(&r, version); err != nil {
		return nil, err
	}
	h.APIKey, h.APIVersion = data.RequestAPIKey, data.RequestAPIVersion
	h.CorrelationID, h.ClientID = data.CorrelationID, data.ClientID
	return r.Rest(), nil
}

// AppendRequestHeader writes the header of a request in the version of its API and version.
func AppendRequestHeader(w *wire.Writer, h RequestHeader) {
	data := RequestHeaderData{RequestAPIKey: h.APIKey, RequestAPIVersion: h.APIVersion, CorrelationID: h.CorrelationID, ClientID: h.ClientID}
	data.encode(w, RequestHeaderVersion(h.APIKey, h.APIVersion))
}

// AppendResponseHeader writes the header of the response to a request of this API and version.
func AppendResponseHeader(w *wire.Writer, key, version int16, correlationID int32) {
	data := ResponseHeaderData{CorrelationID: correlationID}
	data.encode(w, ResponseHeaderVersion(key, version))
}

// ParseResponseHeader splits a response frame (without its length prefix) into correlation id and
// body. body is a view.
func ParseResponseHeader(frame []byte, key, version int16) (correlationID int32, body []byte, err error) {
	r := wire.NewReader(frame)
	var data ResponseHeaderData
	if err := data.DecodeFrom(&r, ResponseHeaderVersion(key, version)); err != nil {
		return 0, nil, err
	}
	return data.CorrelationID, r.Rest(), nil
}
