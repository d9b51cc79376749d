package protocol

import "strconv"

// Error is a Kafka error code. It is a Go error, and so is ErrNone: compare with it before
// returning an Error as an error.
type Error int16

func (e Error) fact() *errorFact {
	if i := int(e) + 1; i >= 0 && i < len(errorFacts) {
		return &errorFacts[i]
	}
	return nil
}

// Name returns Kafka's name of the code, for example UNKNOWN_TOPIC_OR_PARTITION.
func (e Error) Name() string {
	if f := e.fact(); f != nil {
		return f.name
	}
	return "UNKNOWN_ERROR_CODE_" + strconv.Itoa(int(e))
}

// Message returns Kafka's default text for the code.
func (e Error) Message() string {
	if f := e.fact(); f != nil {
		return f.message
	}
	return ErrUnknownServerError.Message()
}

// Retriable reports whether a client may retry the request (Kafka's RetriableException).
func (e Error) Retriable() bool {
	f := e.fact()
	return f != nil && f.retriable
}

// Code returns the code for a field of a message.
func (e Error) Code() int16 { return int16(e) }

// Error returns the name and the text.
func (e Error) Error() string { return e.Name() + ": " + e.Message() }
