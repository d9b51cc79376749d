package dumplog

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gregorhq/gregor/internal/java"
)

// javaPath is the text of a java.io.File: no double slashes, none at the end.
func javaPath(name string) string {
	for strings.Contains(name, "//") {
		name = strings.ReplaceAll(name, "//", "/")
	}
	if len(name) > 1 {
		name = strings.TrimSuffix(name, "/")
	}
	return name
}

// javaString decodes UTF-8 as Java does: one U+FFFD for each malformed sequence, where Go has one
// for each byte.
func javaString(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var s strings.Builder
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			n = malformed(b)
		}
		s.WriteRune(r)
		b = b[n:]
	}
	return s.String()
}

// malformed is the length of the malformed sequence at the front of b: a lead byte and the
// continuations that could have followed it; a surrogate is one whole sequence.
func malformed(b []byte) int {
	in := func(i int, lo, hi byte) bool { return i < len(b) && b[i] >= lo && b[i] <= hi }
	switch c := b[0]; {
	case c >= 0xe0 && c <= 0xef:
		lo := byte(0x80)
		if c == 0xe0 {
			lo = 0xa0
		}
		if !in(1, lo, 0xbf) {
			return 1
		}
		if c == 0xed && in(1, 0xa0, 0xbf) && in(2, 0x80, 0xbf) {
			return 3
		}
		return 2
	case c >= 0xf0 && c <= 0xf4:
		lo, hi := byte(0x80), byte(0xbf)
		if c == 0xf0 {
			lo = 0x90
		} else if c == 0xf4 {
			hi = 0x8f
		}
		if !in(1, lo, hi) {
			return 1
		}
		if !in(2, 0x80, 0xbf) {
			return 2
		}
		return 3
	}
	return 1
}

// jsonDouble returns the text of a double in JSON. Like Jackson it writes NaN and infinities as
// strings.
func jsonDouble(f float64) string {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return strconv.Quote(java.FormatDouble(f))
	}
	return java.FormatDouble(f)
}
