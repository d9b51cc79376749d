package java

import (
	"strings"
	"unicode/utf8"
)

// DecodeUTF8 is new String(b, UTF_8): every malformed sequence becomes one U+FFFD. The length of a
// malformed sequence is the one of the JDK's decoder, so that the text has as many characters as in
// Apache Kafka. It returns valid UTF-8.
func DecodeUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var out strings.Builder
	out.Grow(len(b) + len(b)/2)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n <= 1 {
			n = malformed(b)
		}
		out.WriteRune(r)
		b = b[n:]
	}
	return out.String()
}

// malformed returns the length of the malformed sequence at the front of b.
func malformed(b []byte) int {
	first := b[0]
	switch {
	case first >= 0xe0 && first <= 0xef:
		return malformed3(b)
	case first >= 0xf0 && first <= 0xf4:
		return malformed4(b)
	}
	return 1
}

// malformed3 is for a first byte of three. A surrogate is one sequence of three bytes.
func malformed3(b []byte) int {
	if len(b) < 2 || !continues(b, 1) || b[0] == 0xe0 && b[1] < 0xa0 {
		return 1
	}
	if len(b) < 3 || !continues(b, 2) {
		return 2
	}
	return 3
}

// malformed4 is for a first byte of four.
func malformed4(b []byte) int {
	if len(b) < 2 || !continues(b, 1) || b[0] == 0xf0 && b[1] < 0x90 || b[0] == 0xf4 && b[1] > 0x8f {
		return 1
	}
	if len(b) < 3 || !continues(b, 2) {
		return 2
	}
	return 3
}

func continues(b []byte, at int) bool { return b[at]&0xc0 == 0x80 }
