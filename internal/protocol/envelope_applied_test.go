package protocol_test

import (
	"bytes"
	"testing"

	"github.com/gregorhq/gregor/internal/protocol"
	"github.com/gregorhq/gregor/internal/protocol/wire"
)

// TestAppliedEnvelope: a decoder without the field skips it, and one with it takes its absence.
func TestAppliedEnvelope(t *testing.T) {
	for _, applied := range []int64{-1, 0, 1 << 40} {
		in := &protocol.AppliedEnvelope{Applied: applied}
		in.ResponseData, in.ErrorCode = []byte("data"), 41
		var w wire.Writer
		in.Encode(&w, 0)
		var out protocol.AppliedEnvelope
		if err := out.Decode(w.Buf, 0); err != nil || out.Applied != applied || string(out.ResponseData) != "data" || out.ErrorCode != 41 {
			t.Errorf("%d: %+v %v", applied, out, err)
		}
		var plain protocol.EnvelopeResponse
		r := wire.NewReader(w.Buf)
		if err := plain.DecodeFrom(&r, 0); err != nil || r.Len() != 0 || string(plain.ResponseData) != "data" || plain.ErrorCode != 41 {
			t.Errorf("%d: %+v %v", applied, plain, err)
		}
		for n := range len(w.Buf) {
			if err := out.Decode(w.Buf[:n:n], 0); err == nil {
				t.Errorf("%d: no error for %d of %d bytes", applied, n, len(w.Buf))
			}
		}
	}
	in := protocol.EnvelopeResponse{ResponseData: nil, ErrorCode: 3}
	var w wire.Writer
	in.Encode(&w, 0)
	out := protocol.AppliedEnvelope{Applied: 5}
	if err := out.Decode(w.Buf, 0); err != nil || out.Applied != -1 || out.ResponseData != nil || out.ErrorCode != 3 {
		t.Errorf("%+v %v", out, err)
	}
	// An unknown tag before the field.
	b := append(bytes.Clone(w.Buf[:len(w.Buf)-1]), 2, 1, 2, 'x', 'y', 0xd2, 0x8e, 1, 8, 0, 0, 0, 0, 0, 0, 0, 9)
	if err := out.Decode(b, 0); err != nil || out.Applied != 9 {
		t.Errorf("%+v %v", out, err)
	}
	if err := out.Decode(b, 1); err == nil {
		t.Error("version 1 has no error")
	}
}
