package uuid

import (
	"strings"
	"testing"
)

func TestText(t *testing.T) {
	id := [16]byte{0xb4, 0x58, 0x53, 0xe4, 0xe8, 0xfa, 0x41, 0xf5, 0xba, 0x9e, 0x00, 0xf5, 0x0b, 0x89, 0x93, 0x12}
	const text = "tFhT5Oj6QfW6ngD1C4mTEg"
	if got := Format(id); got != text {
		t.Error(got)
	}
	for _, s := range []string{text, text + "=="} {
		if got, err := Parse(s); got != id || err != nil {
			t.Errorf("%s: %v, %v", s, got, err)
		}
	}
}

func TestParseRefusesWithKafkasText(t *testing.T) {
	for in, want := range map[string]string{
		"":                      "Input string `` decoded as 0 bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID",
		"nonsense":              "Input string `nonsense` decoded as 6 bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID",
		"short":                 "Input string `short` decoded as 3 bytes, which is not equal to the expected 16 bytes of a base64-encoded UUID",
		"tFhT5Oj6QfW6ngD1C4m g": "Illegal base64 character 20",
		strings.Repeat("a", 25): "Input string with prefix `aaaaaaaaaaaaaaaaaaaaaaaa` is too long to be decoded as a base64 UUID",
	} {
		if _, err := Parse(in); err == nil || err.Error() != want {
			t.Errorf("%q: %v\nwant %s", in, err, want)
		}
	}
}
