package main

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
)

func TestDocIsCurrent(t *testing.T) {
	got, err := os.ReadFile(filepath.Join("..", "..", "..", "docs", "configuration.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, render()) {
		t.Fatal("docs/configuration.md is not what the table says; run go generate ./internal/config")
	}
}
