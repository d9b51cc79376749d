// Package uuid holds the text form of Kafka's UUIDs (Kafka: org.apache.kafka.common.Uuid): base64
// for URLs, 22 characters without padding.
package uuid

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// maxLen is the length of the text with padding, which Kafka reads and does not write.
const maxLen = 24

// Format returns the text of an id.
func Format(id [16]byte) string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// Parse reads the text of an id. The error has Kafka's text.
func Parse(s string) (id [16]byte, err error) {
	if len(s) > maxLen {
		return id, fmt.Errorf("Input string with prefix `%s` is too long to be decoded as a base64 UUID", s[:maxLen])
	}
	s = strings.TrimRight(s, "=")
	if i := strings.IndexFunc(s, isForeign); i >= 0 {
		return id, fmt.Errorf("Illegal base64 character %x", s[i])
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(b) != len(id) {
		return id, fmt.Errorf("Input string `%s` decoded as %d bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID", s, len(b))
	}
	return [16]byte(b), nil
}

// isForeign reports whether a character is not in the alphabet of base64 for URLs.
func isForeign(r rune) bool {
	return !('A' <= r && r <= 'Z' || 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '_')
}
