package network

import (
	"strings"
	"testing"
)

func TestStranger(t *testing.T) {
	for head, want := range map[string]string{
		"\x16\x03\x01\x02": "TLS", "\x16\x03\x03\x00": "TLS", "GET ": "admin.listener", "POST": "admin.listener",
		"\x16\x04\x00\x00": "", "\xff\xff\xff\xff": "", "GETT": "",
	} {
		got := stranger([4]byte([]byte(head)))
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%q: %q", head, got)
		}
	}
}
