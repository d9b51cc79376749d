package record

import "fmt"

// MessageSetReader walks the messages of a set of format 0 or 1 and opens wrappers. It returns
// absolute offsets (a wrapper of format 1 stores relative ones), and timestamps as a consumer sees
// them (a wrapper with LogAppendTime sets them all). It checks every checksum. Its use is that of
// [Reader]. The zero value is ready for use.
type MessageSetReader struct {
	rest   []byte
	limits Limits

	inner     []byte // the rest of the open wrapper
	wrapper   Message
	innerBase int64 // added to inner offsets
	buf       []byte

	rec      Record
	timeType TimestampType
	first    bool // rec is the first record of its wrapper, or in none
	err      error
}

// Reset points the reader at a set. The reader does not read an incomplete message at its end, see
// Tail.
func (r *MessageSetReader) Reset(set []byte, limits Limits) {
	buf := r.buf
	if cap(buf) > maxKeptBuffer {
		buf = nil
	}
	*r = MessageSetReader{rest: set, limits: limits, buf: buf}
}

// Err returns the error that ended Next early: ErrCorrupt, ErrTooLarge, ErrUnsupportedCodec, or
// ErrInvalid (a malformed wrapper, or a batch of format 2 in the set).
func (r *MessageSetReader) Err() error { return r.err }

// Record returns the current record. It is valid until Next opens another wrapper.
func (r *MessageSetReader) Record() Record { return r.rec }

// TimestampType returns the timestamp type of the current record.
func (r *MessageSetReader) TimestampType() TimestampType { return r.timeType }

// Codec returns the compression of the current record.
func (r *MessageSetReader) Codec() Codec {
	if r.wrapper == nil {
		return None
	}
	return r.wrapper.Codec()
}

// Tail returns the bytes that were not read. After the end without an error that is an incomplete
// message or nothing.
func (r *MessageSetReader) Tail() []byte { return r.rest }

// Next moves to the next record. It returns false at the end and after an error.
func (r *MessageSetReader) Next() bool {
	if r.err != nil {
		return false
	}
	r.first = false
	if len(r.inner) > 0 {
		return r.nextInner()
	}
	m, rest, err := NextMessage(r.rest)
	if err == ErrShort {
		return false
	}
	if err == nil {
		err = m.Validate()
	}
	if err != nil {
		r.err = err
		return false
	}
	r.rest = rest
	r.wrapper = nil
	r.first = true
	if m.Codec() == None {
		r.emit(m, m.Offset(), m.Timestamp(), m.TimestampType())
		return true
	}
	if r.err = r.open(m); r.err != nil {
		return false
	}
	return r.nextInner()
}

// open decompresses a wrapper and reads it once. It checks the inner messages, and takes the base
// of the offsets from the last one.
func (r *MessageSetReader) open(m Message) error {
	_, value, _ := m.Fields()
	if value == nil {
		return fmt.Errorf("invalid compressed record set with null value (magic = %d): %w", m.Magic(), ErrInvalid)
	}
	var err error
	var large bool
	if r.buf, large, err = unpack(r.buf[:0], value, m.Codec(), r.limits, m.Magic() == 0); err != nil {
		return err
	}
	if large {
		<-opening
	}
	r.inner, r.wrapper = r.buf, m
	last := int64(-1)
	for rest := r.inner; len(rest) > 0; {
		var inner Message
		if inner, rest, err = NextMessage(rest); err == nil {
			err = inner.Validate()
		}
		switch {
		case err != nil:
			return fmt.Errorf("inner message: %v: %w", err, ErrCorrupt)
		case inner.Magic() != m.Magic():
			return fmt.Errorf("compressed message magic %d does not match wrapper magic %d: %w", inner.Magic(), m.Magic(), ErrInvalid)
		case inner.Codec() != None:
			return fmt.Errorf("inner messages must not be compressed: %w", ErrInvalid)
		}
		last = inner.Offset()
	}
	if len(r.inner) == 0 {
		return fmt.Errorf("invalid compressed record set with no inner records: %w", ErrInvalid)
	}
	r.innerBase = 0
	if m.Magic() == 0 || m.Offset() == 0 { // 0: some producers let the broker set the wrapper's offset
		return nil
	}
	if m.Offset() < last {
		return fmt.Errorf("wrapper offset %d is less than the last inner message offset %d and it is not zero: %w", m.Offset(), last, ErrInvalid)
	}
	r.innerBase = m.Offset() - last
	return nil
}

// nextInner returns the next message of the open wrapper. open has checked it.
func (r *MessageSetReader) nextInner() bool {
	m, rest, err := NextMessage(r.inner)
	if err != nil {
		r.err = err
		return false
	}
	r.inner = rest
	timestamp, timeType := m.Timestamp(), m.TimestampType()
	if r.wrapper.TimestampType() == LogAppendTime {
		timestamp, timeType = r.wrapper.Timestamp(), LogAppendTime
	}
	r.emit(m, r.innerBase+m.Offset(), timestamp, timeType)
	return true
}

func (r *MessageSetReader) emit(m Message, offset, timestamp int64, timeType TimestampType) {
	key, value, _ := m.Fields()
	r.rec = Record{Attributes: m.Attributes(), Offset: offset, Timestamp: timestamp, Key: key, Value: value, Size: len(m)}
	r.timeType = timeType
}
