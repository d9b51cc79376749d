package protocol

import "strconv"

// Error is a Kafka error code. It is a Go error; ErrNone is one too, so compare with it before returning an Error as an error,
// or use OrNil.
type Error int16

func (e Error) fact() *errorFact {
	if i := int(e) + 1; i >= 0 && i < len(errorFacts) {
		return &errorFacts[i]
	}
	return nil
}

// Name is Kafka's name of the code, for example UNKNOWN_TOPIC_OR_PARTITION.
func (e Error) Name() string {
	if f := e.fact(); f != nil {
		return f.name
	}
	return "UNKNOWN_ERROR_CODE_" + strconv.Itoa(int(e))
}

// Message is Kafka's default text for the code.
func (e Error) Message() string {
	if f := e.fact(); f != nil {
		return f.message
	}
	return ErrUnknownServerError.Message()
}

// Retriable is whether a client may simply try again (Kafka's RetriableException).
func (e Error) Retriable() bool {
	f := e.fact()
	return f != nil && f.retriable
}

// Code is the code as messages carry it.
func (e Error) Code() int16 { return int16(e) }

// Error gives name and text.
func (e Error) Error() string { return e.Name() + ": " + e.Message() }

// OrNil is e as an error, nil for ErrNone.
func (e Error) OrNil() error {
	if e == ErrNone {
		return nil
	}
	return e
}
