package replication

import (
	"path/filepath"
	"testing"
)

func TestDirectoriesAreNamedInFull(t *testing.T) {
	if got := absolute("data"); !filepath.IsAbs(got) || filepath.Base(got) != "data" {
		t.Error(got)
	}
	if got := absolute("/kafka/data"); got != "/kafka/data" {
		t.Error(got)
	}
}
