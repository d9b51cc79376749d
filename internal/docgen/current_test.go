package main

import "testing"

// The generated pages and licences match the code. `go generate .` updates them.
func TestGeneratedFilesAreCurrent(t *testing.T) {
	if err := run("../..", true); err != nil {
		t.Fatal(err)
	}
}
