package storage

import "github.com/gregorhq/gregor/internal/testkit/batches"

var (
	keyed = batches.Keyed
	lines = batches.Lines
)
