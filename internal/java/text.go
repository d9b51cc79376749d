package java

import (
	"math"
	"strings"
	"unicode/utf16"
)

// Trim is String.trim: it removes blanks and control characters at both ends.
func Trim(s string) string {
	return strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
}

// Length is String.length: the number of UTF-16 units.
func Length(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// Abs is Kafka's Utils.abs: the absolute value, and 0 for the smallest number, which has none.
func Abs(n int32) int32 {
	if n == math.MinInt32 {
		return 0
	}
	return max(n, -n)
}

// HashCode is String.hashCode. It counts UTF-16 units.
func HashCode(s string) int32 {
	var h int32
	for _, r := range s {
		if r1, r2 := utf16.EncodeRune(r); r1 != '\uFFFD' {
			h = 31*(31*h+int32(r1)) + int32(r2)
			continue
		}
		h = 31*h + int32(r)
	}
	return h
}
