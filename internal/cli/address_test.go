package cli

import (
	"strings"
	"testing"
)

// TestBadAddresses checks that all verbs refuse a bad address in the same way: as a wrong command
// line, in words without the classes of Java.
func TestBadAddresses(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"topics list", "consume x", "produce x", "groups list", "configs describe topics", "offsets get x",
		"log-dirs describe", "cluster id", "records delete x:0:1", "perf consume x --num-records 1",
		"perf produce x --num-records 1 --record-size 1"} {
		for address, want := range map[string]string{
			"127.0.0.1":       "127.0.0.1 is not the address of a server; the form is HOST:PORT, such as localhost:9092\n",
			"localhost:99999": "localhost:99999 is not the address of a server; the form is HOST:PORT, such as localhost:9092\n",
			",":               "no server is given; the form is HOST:PORT, such as localhost:9092\n",
		} {
			code, _, errs := call(t.Context(), "127.0.0.1:1", append(strings.Fields(line), "--bootstrap-server", address)...)
			if code != exitUsage || !strings.HasPrefix(errs, want) {
				t.Errorf("gregor %s --bootstrap-server %s: exit code %d\n%s", line, address, code, errs)
			}
		}
	}
}
