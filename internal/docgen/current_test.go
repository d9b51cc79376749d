package main

import "testing"

// docs/compatibility.md, docs/metrics.md and the licences must be what the code says: `go generate .` brings them up to date.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	if err := run("../..", true); err != nil {
		t.Fatal(err)
	}
}
