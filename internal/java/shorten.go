package java

import "unicode/utf8"

// Shorten returns the longest beginning of valid UTF-8 that has at most n bytes and ends between
// two characters.
func Shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
