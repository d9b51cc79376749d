package main

import "testing"

// docs/compatibility.md must be what the code says: `go generate .` brings it up to date.
func TestCompatibilityIsCurrent(t *testing.T) {
	if err := run("../..", true); err != nil {
		t.Fatal(err)
	}
}
