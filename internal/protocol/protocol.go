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

// Message is a message of Kafka's protocol or a record in one of Kafka's logs: a struct with
// generated methods.
type Message interface {
	// MessageName returns Kafka's name, for example ApiVersionsRequest.
	MessageName() string
	// APIKey returns the API key, or the record type, or -1.
	APIKey() int16
	// MinVersion and MaxVersion return the range of the versions that Encode and Decode support.
	MinVersion() int16
	MaxVersion() int16
	// FlexibleFrom returns the first version with compact lengths and tagged fields, or
	// math.MaxInt16 when there is none.
	FlexibleFrom() int16
	// SetDefaults sets every field to its default.
	SetDefaults()
	// Encode appends the message to w. It leaves out fields that the version does not have,
	// whatever their values. The version must be a supported one.
	Encode(w *wire.Writer, version int16)
	// Decode reads the message from src. It ignores trailing bytes, as Kafka does in requests.
	// Fields that the version does not have get their default. []byte fields are views into src,
	// strings are copies.
	//
	// A message may be decoded into again. Decode then reuses slices, and keeps strings and
	// pointers that already have the right value. So callers must not use values of the previous
	// message afterwards. After an error the message holds a mixture and is valid only for another
	// Decode. Errors wrap wire.ErrMalformed or wire.ErrUnsupportedVersion.
	Decode(src []byte, version int16) error
	// DecodeFrom is Decode from a reader. It leaves the reader at the end of the message.
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

// NewRequest makes the request of an API with defaults. It returns nil for an unknown key.
func NewRequest(key int16) Request { return newRequest(key) }

// NewResponse makes the response of an API with defaults. It returns nil for an unknown key.
func NewResponse(key int16) Message { return newResponse(key) }
