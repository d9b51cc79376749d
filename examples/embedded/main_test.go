package main

import (
	"context"
	"testing"
	"time"
)

// TestExample keeps the example working.
func TestExample(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := run(ctx); err != nil {
		t.Fatal(err)
	}
}
