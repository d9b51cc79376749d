package protocol

import "github.com/gregorhq/gregor/internal/protocol/wire"

// appliedTag is the number of gregor's tagged field in EnvelopeResponse. It is far above Kafka's
// numbers. Apache Kafka skips tagged fields that it does not know.
const appliedTag = 18258

// AppliedEnvelope is an EnvelopeResponse with gregor's tagged field Applied. It has the wire format
// of EnvelopeResponse version 0, and an EnvelopeResponse without the field decodes into it.
type AppliedEnvelope struct {
	EnvelopeResponse
	// Applied is the offset of the metadata log up to which the controller had published when it
	// answered, -1 when it is not known. The change that the answer reports is not above it.
	Applied int64
}

// SetDefaults sets every field to its default.
func (m *AppliedEnvelope) SetDefaults() {
	m.EnvelopeResponse.SetDefaults()
	m.Applied = -1
}

// Encode appends the message to w.
func (m *AppliedEnvelope) Encode(w *wire.Writer, version int16) {
	m.EnvelopeResponse.Encode(w, version)
	if m.Applied < 0 {
		return
	}
	w.Buf = w.Buf[:len(w.Buf)-1] // the number of tagged fields, 0
	w.Uvarint(1)
	mark := w.BeginTag(appliedTag)
	w.Int64(m.Applied)
	w.EndTag(mark)
}

// Decode reads the message from src; see Message.
func (m *AppliedEnvelope) Decode(src []byte, version int16) error {
	r := wire.NewReader(src)
	return m.DecodeFrom(&r, version)
}

// DecodeFrom reads the message from r.
func (m *AppliedEnvelope) DecodeFrom(r *wire.Reader, version int16) error {
	if err := wire.CheckVersion("EnvelopeResponse", version, m.MinVersion(), m.MaxVersion()); err != nil {
		return err
	}
	m.SetDefaults()
	m.ResponseData = r.NullableBytes(true)
	m.ErrorCode = r.Int16()
	for range r.TagCount() {
		tag, end := r.Tag()
		if tag == appliedTag {
			m.Applied = r.Int64()
			r.EndTag(end)
			continue
		}
		r.SkipTo(end)
	}
	return r.Err()
}
