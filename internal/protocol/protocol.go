package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

//go:generate go run ./gen
//go:generate go run ./gen -dir metadatarecord
//go:generate go run ./gen -dir grouprecord
//go:generate go run ./gen -dir txnrecord
//go:generate go run ./gen -dir sharerecord
//go:generate go run ./gen -dir remotelogrecord
//go:generate go run ./gen -dir raftrecord
//go:generate go run ./gen -dir logrecord
//go:generate go run ./gen -dir clientrecord
//go:generate go run ./gen -dir controlrecord

// Message is a message of Kafka's protocol or a record that Kafka keeps in a log: a struct with generated methods.
type Message interface {
	// MessageName is Kafka's name, for example ApiVersionsRequest.
	MessageName() string
	// APIKey is the API key, or the record type, or -1.
	APIKey() int16
	// MinVersion and MaxVersion are the versions that Encode and Decode know.
	MinVersion() int16
	MaxVersion() int16
	// FlexibleFrom is the first version with compact lengths and tagged fields, math.MaxInt16 when there is none.
	FlexibleFrom() int16
	// SetDefaults gives every field its default and keeps nothing of what was there.
	SetDefaults()
	// Encode appends the message to w. Fields that the version does not have are left out, whatever they hold. The version
	// must be a known one.
	Encode(w *wire.Writer, version int16)
	// Decode reads the message from src and tolerates bytes behind it, as Kafka does in requests. Fields that the version
	// does not have get their default. []byte fields are views into src, strings are copies.
	//
	// A message may be decoded into again: slices keep their capacity, strings and pointers that have the right value
	// already are kept. So whatever was taken out of the message before must not be used afterwards. After an error the
	// message holds a mixture and is good only for another Decode. Errors wrap wire.ErrMalformed or
	// wire.ErrUnsupportedVersion.
	Decode(src []byte, version int16) error
	// DecodeFrom is Decode from a reader, which afterwards stands behind the message.
	DecodeFrom(r *wire.Reader, version int16) error
}

// Request is a Message that has a response.
type Request interface {
	Message
	// NewResponse makes an empty response with defaults.
	NewResponse() Message
}

// New makes a message, or a struct inside one, with defaults.
func New[T any, P interface {
	*T
	SetDefaults()
}]() *T {
	m := P(new(T))
	m.SetDefaults()
	return (*T)(m)
}

// NewRequest makes the request of an API with defaults; nil when the key is unknown.
func NewRequest(key int16) Request { return newRequest(key) }

// NewResponse makes the response of an API with defaults; nil when the key is unknown.
func NewResponse(key int16) Message { return newResponse(key) }
