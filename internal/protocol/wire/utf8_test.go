package wire

import "testing"

// A string that is not UTF-8 never leaves the reader: it is decoded as Java decodes it.
func TestStringsAreDecodedAsJavaDoes(t *testing.T) {
	for in, want := range map[string]string{"g\xff": "g\ufffd", "\xe2\x82": "\ufffd", "\xed\xa0\x80": "\ufffd", "é": "é"} {
		src := append([]byte{0, byte(len(in))}, in...)
		r := NewReader(src)
		if got := r.String(false, ""); got != want || r.Err() != nil {
			t.Errorf("%q: %q, %v", in, got, r.Err())
		}
		r = NewReader(src)
		if got := r.NullableString(false, nil); got == nil || *got != want {
			t.Errorf("%q as nullable: %v", in, got)
		}
	}
}
